# One run of the harness: the guide's commands, with settings for LoadGen beside the rules' mlperf.conf.
# shellcheck shell=bash disable=SC2154,SC2164 # work, source, venv, results: work.sh, which has set -e

# The rules: a scenario lasts 600 s at least. What is shorter is said to be so in the result.
readonly RULES_SECONDS=600

# settings SCENARIO SAMPLES QPS: LoadGen's user.conf. SAMPLES 0 is the rules' least, or the time's where it is shorter.
settings() {
  local milliseconds=$((SSM_Seconds * 1000))
  # LoadGen makes all queries beforehand, at the rate that this latency stands for, and is INVALID when they run out.
  echo '*.SingleStream.target_latency = 1'
  echo "*.Offline.target_qps = $(($3 > 0 ? $3 : 1))"
  if (($2 > 0)); then
    printf '*.%s.%s\n' "$1" 'min_duration = 1' "$1" "min_query_count = $2" "$1" "max_query_count = $2"
  else
    echo "*.$1.min_duration = $milliseconds"
    ((SSM_Seconds >= RULES_SECONDS)) || echo "*.$1.min_query_count = 1"
  fi
}

# run_harness SCENARIO SAMPLES QPS NAME: leaves the summary and the output in $results/NAME.
run_harness() {
  local scenario=$1 status=0 kept=$results/$4 logs failed
  local -a command
  mkdir -p "$kept"
  settings "$scenario" "$2" "$3" >"$kept/user.conf"
  case $SSM_Workload in
    resnet50)
      cd "$source/vision/classification_and_detection"
      export DATA_DIR MODEL_DIR=$PWD
      DATA_DIR=$(<"$work/images.folder")
      logs=output/tf-cpu/resnet50
      command=(./run_local.sh tf resnet50 cpu "--scenario=$scenario" "--user_conf=$kept/user.conf")
      # So many images are preprocessed and no more.
      ((SSM_Samples == 0)) || command+=("--count=$2")
      ;;
    bert)
      cd "$source/language/bert"
      logs=build/logs
      command=(python3 run.py --backend=tf "--scenario=$scenario" "--user_conf=$kept/user.conf")
      ;;
  esac
  # The two scenarios write to the same place.
  rm -rf "$logs"
  # run_local.sh calls `python`.
  PATH=$venv/bin:$PATH "${command[@]}" >"$kept/harness.log" 2>&1 || status=$?
  failed=$(grep -c 'failed on contentid' "$kept/harness.log" || :)
  # It counts them among the answered ones, and ends well.
  ((failed == 0)) || fail "$scenario: $failed inferences failed, so that its figures say nothing; the first: $(
    grep -m 1 'failed on contentid' "$kept/harness.log" | cut -c 1-400)"
  [[ $status == 0 ]] || fail "$scenario: the harness ended with status $status: $(
    grep -v '^[[:space:]]*$' "$kept/harness.log" | tail -n 1 | cut -c 1-400)"
  grep -q '^Result is' "$logs/mlperf_log_summary.txt" 2>/dev/null ||
    fail "$scenario: the harness wrote no result to $logs/mlperf_log_summary.txt"
  cp "$logs/mlperf_log_summary.txt" "$logs/mlperf_log_detail.txt" "$kept/"
}
