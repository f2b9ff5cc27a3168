#!/bin/bash
# LoadGen's summaries as the benchmark result.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/mlperf/work.sh"
[[ -e $work/measured ]] || fail 'there is no result: see the step Measure'
PYTHONPATH=$files "$venv/bin/python" "$here/result.py" "$work" "$dataset"
