#!/bin/bash
# The scenarios, one after the other.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/mlperf/work.sh"
# shellcheck source=../../userdata/phases/serving-environment.sh
. "$files/userdata/phases/serving-environment.sh"
# shellcheck source=threads.sh
. "$here/threads.sh"
# shellcheck source=harness.sh
. "$here/harness.sh"

# LoadGen asks all of Offline's samples at once, as many as it expects to take the time: too few are INVALID, and
# how many that is only a run tells. A short one comes before, and what it underestimates is run again.
MOST_RUNS=3

reached_qps() { # NAME FACTOR: of that run's rate, a whole number above it
  awk -F ': *' -v factor="$2" '/^Samples per second/ { printf "%d\n", $2 * factor + 1 }' \
    "$results/$1/mlperf_log_summary.txt"
}

measure_offline() {
  local samples=32 qps run
  # Enough batches of 32 for every worker of the harness to have some.
  [[ $SSM_Workload != resnet50 ]] || samples=$((128 * $(getconf _NPROCESSORS_ONLN)))
  say 'Offline: a short run, for the rate to expect'
  run_harness Offline "$samples" 1 calibration
  qps=$(reached_qps calibration 1.2)
  for ((run = 1; run <= MOST_RUNS; run++)); do
    say "Offline: $qps samples a second expected"
    run_harness Offline 0 "$qps" Offline
    grep -q 'Min duration satisfied : NO' "$results/Offline/mlperf_log_summary.txt" || return 0
    qps=$(reached_qps Offline 1.2)
  done
}

set_environment
say 'environment:'
cat "$work/environment"
for scenario in ${SSM_Scenarios//,/ }; do
  say "$scenario begins at $(date -u +%H:%M:%S) UTC"
  if [[ $scenario == Offline && $SSM_Samples == 0 && $SSM_Qps == 0 ]]; then
    measure_offline
  else
    run_harness "$scenario" "$SSM_Samples" "$SSM_Qps" "$scenario"
  fi
  sed -n '/^Result is/p; /^Samples per second/p; /^90th percentile/p' "$results/$scenario/mlperf_log_summary.txt"
done
touch "$work/measured"
