#!/bin/bash
# shellcheck disable=SC2154 # work: work.sh
exec python3 "$work/files/runbooks/right-size/traffic.py" "$work"
