#!/bin/bash
# LoadGen's summaries as the benchmark result.
# shellcheck disable=SC2154 # place.sh, work.sh
# shellcheck source=work.sh
. "$here/work.sh"
[[ -e $work/measured ]] || fail 'there is no result: see the step Measure'
PYTHONPATH=$files "$venv/bin/python" "$here/result.py" "$work" "$dataset"
