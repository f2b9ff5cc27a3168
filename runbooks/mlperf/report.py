"""Prints the result so small that Run Command keeps all of it.

report.py FILE
"""

import json
import sys
from pathlib import Path


def compact(report: dict) -> str:
    return json.dumps(report, separators=(",", ":"))


def fits(report: dict) -> bool:
    # Run Command keeps 24,000 characters; in ASCII a character is a byte, whichever of the two is counted.
    return len(compact(report)) <= 23500


file = Path(sys.argv[1])
if not file.exists():
    sys.exit("there is no result: see the step Measure")
report = json.loads(file.read_text(encoding="utf-8"))
# From the end of what is least missed: the summaries, which the figures were taken from, then the notes.
for scenario in report["scenarios"]:
    while scenario["summary"] and not fits(report):
        scenario["summary"].popitem()
        report["omitted"] += 1
while report["notes"] and not fits(report):
    report["notes"].pop()
    report["omitted"] += 1
print(compact(report))
