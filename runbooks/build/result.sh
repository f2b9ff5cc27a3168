#!/bin/bash
# What came of it, as a report and as text.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/build/work.sh" Result
[[ -e $work/uploaded || -e $work/refused ]] || fail 'there is no result: see the steps before'
python3 "$build/record.py" report "$work" "$word"
