#!/usr/bin/env bats
# What the units run: the container, the wheel's server, the report of a stop.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() { setup_instance; }

# serve SCRIPT: as its unit does, with what the boot wrote.
serve() {
  phase environment >/dev/null
  : >"$CALLS"
  bash "$GTF_ROOT/opt/graviton-tf/serve/$1.sh"
}

# The docker run of a container, one argument a line.
docker_run() {
  local -a words
  eval "words=($(calls 'docker run' | tail -n 1))" # the stub quoted it for the shell
  printf '%s\n' "${words[@]}"
}
has() { docker_run | grep -qxF -- "$1" || { echo "expected the argument $1"; docker_run; return 1; }; }
has_pair() { docker_run | grep -xF -A1 -- "$1" | grep -qxF -- "$2" || { echo "expected $1 $2"; docker_run; return 1; }; }

container() {
  user_data container
  : >"$STUBS/pulled"
}

@test "container: shut in, and with nothing but its model" {
  container
  run -0 serve container
  local flag
  for flag in --rm --init --read-only; do has "$flag"; done
  has_pair --cap-drop ALL
  has_pair --security-opt no-new-privileges
  has_pair --tmpfs /tmp
  has_pair --network bridge
  has_pair --volume "$GTF_ROOT/var/lib/graviton-tf/models:/models:ro"
  run ! grep -E -- '--privileged|--cap-add| host ' "$CALLS"
  [[ $(docker_run | grep -c :ro) == 2 ]] # the model and the monitoring file
}

@test "container: the flags follow the script that the image serves with" {
  container
  GTF_REST_THREADS=16 run -0 serve container
  [[ $(docker_run | sed -n '/tensorflow-inference/,$p') == "$GTF_IMAGE
/usr/bin/tf_serving_entrypoint.sh
--tensorflow_intra_op_parallelism=4
--tensorflow_inter_op_parallelism=1
--enable_model_warmup=true
--rest_api_num_threads=16
--monitoring_config_file=/etc/graviton-tf/monitoring.config" ]]
  has_pair --env MODEL_NAME=half_plus_two
  has_pair --env MODEL_BASE_PATH=/models
  has_pair --env-file "$GTF_ROOT/etc/graviton-tf/serving.env"
  has_pair --publish 127.0.0.1:8501:8501
  has_pair --publish 127.0.0.1:8500:8500
}

@test "container: batching and an entry point of its own" {
  container
  export GTF_BATCHING='max_batch_size { value: 32 }' GTF_ENTRYPOINT=/bin/bash
  run -0 serve container
  has --enable_batching=true
  has --batching_parameters_file=/etc/graviton-tf/batching.config
  has_pair --volume "$GTF_ROOT/etc/graviton-tf/batching.config:/etc/graviton-tf/batching.config:ro"
  has_pair --entrypoint /bin/bash
}

@test "container: the host keeps a tenth of the memory, of 512 MiB to 2 GiB" {
  container
  local total limit
  while read -r total limit; do
    machine_with bf16 "$total"
    run -0 serve container
    has_pair --memory "$((limit * 1024))"
    has_pair --memory-swap "$((limit * 1024))"
  done <<'EOT'
2097152 1572864
8388608 7549748
268435456 266338304
EOT
}

@test "container: a reboot does not pull what is here, and what a crash left is removed" {
  container
  run -0 serve container
  assert_not_called 'docker pull'
  [[ $(calls 'docker' | head -n 1) == 'docker rm --force graviton-tf' ]]
  rm "$STUBS/pulled"
  run -0 serve container
  assert_called "docker pull --quiet $GTF_IMAGE"
}

@test "container: credentials for ECR where Docker looks for them" {
  container
  on docker <<<'echo "$DOCKER_CONFIG" >>"$STUBS/config"; usual "$@"'
  run -0 serve container
  [[ $(sort -u "$STUBS/config") == "$GTF_ROOT/etc/graviton-tf/docker" ]]
}

@test "container: a hostile name stays one argument" {
  container
  export GTF_MODEL_NAME=$'a "b" $(id) `id`\n--privileged'
  on docker <<<'[[ $1 != run ]] || for word; do [[ $word != MODEL_NAME=* ]] || printf %s "$word" >"$STUBS/name"; done; usual "$@"'
  run -0 serve container
  [[ $(<"$STUBS/name") == "MODEL_NAME=$GTF_MODEL_NAME" ]]
}

@test "wheel: the flags that the model server takes, and the serving environment" {
  phase venv >/dev/null
  on python <<<'printf "%s\n" "$@" >"$STUBS/arguments"; env >"$STUBS/environment"'
  export GTF_SERVING_ENVIRONMENT=$'TF_ENABLE_ONEDNN_OPTS=1\nMINE= "two  words" \\ $x '
  GTF_REST_THREADS=8 GTF_PROCESSES=2 run -0 serve wheel
  [[ $(<"$STUBS/arguments") == "-m
model_server
--rest_api_port=8501
--model_name=half_plus_two
--model_base_path=$GTF_ROOT/var/lib/graviton-tf/models/half_plus_two
--tensorflow_intra_op_parallelism=2
--tensorflow_inter_op_parallelism=1
--processes=2
--enable_model_warmup=true
--address=127.0.0.1
--rest_api_num_threads=8
--monitoring_config_file=$GTF_ROOT/etc/graviton-tf/monitoring.config" ]]
  grep -qxF 'TF_ENABLE_ONEDNN_OPTS=1' "$STUBS/environment"
  grep -qxF 'DNNL_DEFAULT_FPMATH_MODE=BF16' "$STUBS/environment"
  grep -qxF 'MINE= "two  words" \ $x ' "$STUBS/environment"
  grep -qxF "PYTHONPATH=$GTF_ROOT/opt/graviton-tf/wheel" "$STUBS/environment"
  grep -qxF TF_CPP_MIN_LOG_LEVEL=1 "$STUBS/environment"
}

@test "wheel: batching as the container has it" {
  phase venv >/dev/null
  on python <<<'printf "%s\n" "$@" >"$STUBS/arguments"'
  run -0 serve wheel
  run -1 grep -F batching "$STUBS/arguments"
  export GTF_BATCHING='max_batch_size { value: 32 }'
  run -0 phase variables
  run -0 serve wheel
  grep -qxF -e --enable_batching=true "$STUBS/arguments"
  grep -qxF -e "--batching_parameters_file=$GTF_ROOT/etc/graviton-tf/batching.config" "$STUBS/arguments"
  [[ $(<"$GTF_ROOT/etc/graviton-tf/batching.config") == 'max_batch_size { value: 32 }' ]]
}

@test "a stop that was asked for is not reported" {
  SERVICE_RESULT=success run -0 serve stopping
  assert_not_called systemctl
}

@test "an unexpected stop is reported by another unit, with its reason and the last lines" {
  SERVICE_RESULT=oom-kill EXIT_CODE=killed EXIT_STATUS=KILL run -0 serve stopping
  assert_called 'systemctl start --no-block graviton-tf-stopped.service'
  on journalctl <<<$'echo "loading"; echo "out of \\"memory\\""'
  run -0 serve stopped
  assert_called 'journalctl --unit graviton-tf.service --lines 100'
  python3 -c 'import json, sys
events = [e["message"] for e in json.load(sys.stdin)]
assert json.loads(events[0]) == {"event": "stopped", "instance": "i-0123456789abcdef0", "reason": "oom-kill: killed KILL"}, events
assert events[1:] == ["loading", "out of \"memory\""], events' < <(stream server)
}
