#!/usr/bin/env python3
"""Prints the report so small that Run Command keeps all of it."""

import json
import sys

if "work_folder" not in globals():
    # In the document the files of a step are one.
    from work import work_folder


def fits(report):
    # Run Command keeps 24,000 characters; in ASCII a character is a byte, whichever of the two is counted.
    return len(json.dumps(report, separators=(",", ":"))) <= 23500


file = work_folder() / "report.json"
if not file.exists():
    sys.exit("there is no report: see the step Verdict")
report = json.loads(file.read_text(encoding="utf-8"))
# Ranked: the last ones matter least.
while report.get("kernels") and not fits(report):
    report["kernels"].pop()
    report["kernelsOmitted"] = report.get("kernelsOmitted", 0) + 1
for key in ("issue", "facts"):
    if not fits(report):
        del report[key]
print(json.dumps(report, separators=(",", ":")))
