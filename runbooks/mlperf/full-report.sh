#!/bin/bash
# The whole result, for the results bucket.
# shellcheck disable=SC2154 # place.sh, work.sh
# shellcheck source=work.sh
. "$here/work.sh"
[[ -e $work/report.json ]] || fail 'there is no result: see the step Measure'
cat "$work/report.json"
