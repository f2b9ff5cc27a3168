#!/bin/bash
# What the harness printed and LoadGen logged, for the results bucket; also of a run that failed.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/mlperf/work.sh"
for file in "$results"/*/{harness.log,user.conf,mlperf_log_summary.txt,mlperf_log_detail.txt}; do
  [[ -f $file ]] || continue
  echo "#@ ${file#"$results"/}"
  head -c 2000000 "$file"
  echo
done
