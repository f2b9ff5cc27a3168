#!/bin/bash
# The result for programs.
# shellcheck disable=SC2154 # place.sh
python3 "$here/report.py" "$work/report.json"
