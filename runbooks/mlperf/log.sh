#!/bin/bash
# What the harness printed and LoadGen logged, for the results bucket; also of a run that failed.
# shellcheck disable=SC2154 # place.sh, work.sh
# shellcheck source=work.sh
. "$here/work.sh"
for file in "$results"/*/{harness.log,user.conf,mlperf_log_summary.txt,mlperf_log_detail.txt}; do
  [[ -f $file ]] || continue
  echo "#@ ${file#"$results"/}"
  head -c 2000000 "$file"
  echo
done
