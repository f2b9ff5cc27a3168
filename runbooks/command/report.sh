#!/bin/bash
# The report for programs, cut to what Run Command keeps.
# shellcheck disable=SC2154 # work: work.sh
exec python3 "$work/files/runbooks/command/report.py" "$work"
