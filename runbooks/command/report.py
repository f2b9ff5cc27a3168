"""Prints the report so small that Run Command keeps all of it: report.py WORK."""

import json
import sys
from pathlib import Path

# Run Command keeps 24,000 characters; in ASCII a character is a byte, whichever of the two is counted.
MOST = 23500


def text_of(report):
    return json.dumps(report, separators=(",", ":"))


def lists_in(value):
    """Every list of more than one entry."""
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    if isinstance(value, list) and len(value) > 1:
        yield value
    for entry in entries:
        yield from lists_in(entry)


def cut(report):
    """Takes entries from the ends of the longest lists, where they matter least, and counts them."""
    while len(text_of(report)) > MOST:
        longest = max(lists_in(report), key=lambda entries: len(text_of(entries)), default=None)
        if longest is None:
            break
        longest.pop()
        report["omitted"] = report.get("omitted", 0) + 1
    return report


if __name__ == "__main__":
    file = Path(sys.argv[1], "report.json")
    if not file.exists():
        sys.exit("There is no report: see the steps before.")
    print(text_of(cut(json.loads(file.read_text(encoding="utf-8")))))
