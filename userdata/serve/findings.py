"""Prints a report's findings as the one event that checks.sh logs: findings.py INSTANCE <REPORT."""

import json
import sys

report = json.load(sys.stdin)
kept = ("id", "status", "evidence", "remediation")
findings = [{key: row[key] for key in kept} for row in report["checks"] if row["status"] in ("FAIL", "WARN")]
print(json.dumps({"event": "checks", "instance": sys.argv[1], "findings": findings}))
