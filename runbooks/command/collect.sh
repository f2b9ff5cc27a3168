#!/bin/bash
# Facts of the machine and its model server; and what of them is to be measured.
# shellcheck disable=SC2154 # work: work.sh
set -euo pipefail
files=$work/files/runbooks
python3 "$files/troubleshoot/collect.py" --facts "$work/facts.json" >/dev/null
exec python3 "$files/command/target.py" "$work"
