#!/bin/bash
# The scenarios, one after the other.
# shellcheck disable=SC2154 # place.sh, work.sh
# shellcheck source=work.sh
. "$here/work.sh"
# shellcheck source=../../userdata/phases/serving-environment.sh
. "$files/userdata/phases/serving-environment.sh"
# shellcheck source=threads.sh
. "$here/threads.sh"
# shellcheck source=harness.sh
. "$here/harness.sh"

# Offline asks everything at once: how much that must be, to last as long as it shall, only a short run before tells.
expected_qps() {
  local samples=32
  # Enough batches of 32 for every worker of the harness to have some.
  [[ $SSM_Workload != resnet50 ]] || samples=$((128 * $(getconf _NPROCESSORS_ONLN)))
  run_harness Offline $samples 1 calibration >&2
  # One and a half times as much, since more is only longer.
  awk -F ': *' '/^Samples per second/ { printf "%d\n", $2 * 1.5 + 1 }' "$results/calibration/mlperf_log_summary.txt"
}

set_environment
say 'environment:'
cat "$work/environment"
for scenario in ${SSM_Scenarios//,/ }; do
  qps=$SSM_Qps
  if [[ $scenario == Offline && $SSM_Samples == 0 && $qps == 0 ]]; then
    say 'Offline: a short run, for the rate to expect'
    qps=$(expected_qps)
    say "Offline: $qps samples a second expected"
  fi
  say "$scenario begins at $(date -u +%H:%M:%S) UTC"
  run_harness "$scenario" "$SSM_Samples" "$qps" "$scenario"
  sed -n '/^Result is/p; /^Samples per second/p; /^90th percentile/p' "$results/$scenario/mlperf_log_summary.txt"
done
