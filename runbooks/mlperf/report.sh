#!/bin/bash
# The result for programs.
# shellcheck disable=SC2154 # work, files: work.sh
python3 "$files/runbooks/mlperf/report.py" "$work/report.json"
