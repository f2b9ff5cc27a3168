#!/usr/bin/env bats
# The Docker Hub runtime: the model server's libraries by the image's own Python, and the server in that image.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() {
  setup_instance
  user_data dockerhub
  : >"$STUBS/pulled"
  libraries=$GTF_ROOT/var/lib/graviton-tf/libraries
}

# says FACTS: what the image's Python says of its user, group, version and TensorFlow.
says() { printf '[[ $* != *find_spec* ]] || { echo "%s"; exit; }; usual "$@"\n' "$1" | on docker; }

serve_it() {
  phase environment >/dev/null
  : >"$CALLS"
  bash "$GTF_ROOT/opt/graviton-tf/serve/dockerhub.sh"
}

# The docker run of the server, one argument a line.
docker_run() {
  local -a words
  eval "words=($(calls 'docker run' | tail -n 1))" # the stub quoted it for the shell
  printf '%s\n' "${words[@]}"
}
has_pair() { docker_run | grep -xF -A1 -- "$1" | grep -qxF -- "$2" || { echo "expected $1 $2"; docker_run; return 1; }; }

@test "it boots to a SUCCESS signal, with the phases that it needs" {
  rm "$STUBS/pulled"
  run -0 boot
  assert_called '--status SUCCESS'
  assert_called "docker pull --quiet $GTF_IMAGE"
  grep -q 'libraries took' "$GTF_ROOT/var/log/graviton-tf/boot.log"
  grep -q ExecStart=/opt/graviton-tf/serve/dockerhub.sh "$GTF_ROOT/etc/systemd/system/graviton-tf.service"
}

@test "the image's own pip installs the libraries, shut in, into a folder that it may write to" {
  run -0 phase libraries
  local install
  install=$(calls 'pip install')
  [[ $install == *" --target /libraries --requirement /opt/graviton-tf/wheel/requirements.txt" ]]
  for word in '--cap-drop ALL' '--security-opt no-new-privileges' --read-only '--tmpfs /tmp' \
    "--volume $GTF_ROOT/var/lib/graviton-tf/staging/libraries:/libraries $GTF_ROOT" \
    "--volume $GTF_ROOT/opt/graviton-tf/wheel:/opt/graviton-tf/wheel:ro $GTF_IMAGE python3 -m pip"; do
    [[ $install == *"${word% "$GTF_ROOT"}"* ]] || { echo "expected $word in $install"; return 1; }
  done
  assert_called "--network none $GTF_IMAGE python3 -c"
  [[ $(<"$libraries/graviton-tf.installed") == "$GTF_IMAGE requirements="* ]]
}

@test "a second run starts no container; another image does" {
  run -0 phase libraries
  : >"$CALLS"
  run -0 phase libraries
  assert_not_called 'docker run'
  GTF_IMAGE=armswdev/tensorflow-arm-neoverse:r24.01-tf-2.15.0-onednn-acl run -0 phase libraries
  assert_called 'pip install'
}

@test "libraries that were not finished are installed anew, and are never in place before" {
  on docker <<<'[[ $* != *"pip install"* ]] || { echo "No matching distribution found for orjson" >&2; exit 1; }; usual "$@"'
  run -1 phase libraries
  assert_output_has "cannot install the model server's libraries in $GTF_IMAGE: No matching distribution found for orjson"
  [[ ! -e $libraries ]]
  rm "$STUBS/behaviour/docker"
  run -0 phase libraries
  [[ -e $libraries/graviton-tf.installed ]]
}

@test "an image that cannot run the model server is refused with the reason" {
  local facts reason
  while IFS='|' read -r facts reason; do
    says "$facts"
    run -1 phase libraries
    assert_output_has "$reason" || return 1
    assert_not_called 'pip install'
  done <<EOT
1000 1000 8 True|$GTF_IMAGE has Python 3.8, the model server needs 3.10 or later
1000 1000 10 False|the Python of $GTF_IMAGE has no TensorFlow
0 0 10 True|$GTF_IMAGE runs as root, expected an image with a user of its own
welcome|the Python of $GTF_IMAGE says 'welcome' of itself
EOT
  on docker <<<'[[ $* != *find_spec* ]] || { echo "exec: \"python3\": executable file not found" >&2; exit 127; }; usual "$@"'
  run -1 phase libraries
  assert_output_has "cannot run the Python of $GTF_IMAGE: exec: \"python3\": executable file not found"
}

@test "the server is shut in, with its model, the libraries and the server read-only" {
  run -0 serve_it
  local word
  for word in --rm --init --read-only; do docker_run | grep -qxF -e "$word"; done
  has_pair --cap-drop ALL
  has_pair --security-opt no-new-privileges
  has_pair --tmpfs /tmp
  has_pair --network bridge
  has_pair --memory 7372800000
  has_pair --volume "$GTF_ROOT/var/lib/graviton-tf/models:/models:ro"
  has_pair --volume "$GTF_ROOT/opt/graviton-tf/wheel:/opt/graviton-tf/wheel:ro"
  has_pair --volume "$libraries:/opt/graviton-tf/libraries:ro"
  has_pair --volume "$GTF_ROOT/etc/graviton-tf/monitoring.config:/etc/graviton-tf/monitoring.config:ro"
  [[ $(docker_run | grep -cx -e '--volume') == 4 && $(docker_run | grep -c ':ro$') == 4 ]]
  [[ $(docker_run | grep -x -A1 -e '--publish' | grep -v -e '^--') == 127.0.0.1:8501:8501 ]] # REST alone
  run ! grep -E -- '--privileged|--cap-add|--user| host ' "$CALLS"
}

@test "the server gets the serving environment and the wheel runtime's flags" {
  export GTF_BATCHING='max_batch_size { value: 32 }' GTF_PROCESSES=2 GTF_REST_THREADS=8 GTF_REST_PORT=9501
  run -0 serve_it
  [[ $(docker_run | sed -n '/^armswdev/,$p') == "$GTF_IMAGE
python3
-m
model_server
--rest_api_port=8501
--model_name=half_plus_two
--model_base_path=/models/half_plus_two
--tensorflow_intra_op_parallelism=2
--tensorflow_inter_op_parallelism=1
--processes=2
--enable_model_warmup=true
--address=0.0.0.0
--rest_api_num_threads=8
--enable_batching=true
--batching_parameters_file=/etc/graviton-tf/batching.config
--monitoring_config_file=/etc/graviton-tf/monitoring.config" ]]
  has_pair --publish 127.0.0.1:9501:8501
  has_pair --env-file "$GTF_ROOT/etc/graviton-tf/serving.env"
  has_pair --env PYTHONPATH=/opt/graviton-tf/wheel:/opt/graviton-tf/libraries
  has_pair --env TF_CPP_MIN_LOG_LEVEL=1
  has_pair --volume "$GTF_ROOT/etc/graviton-tf/batching.config:/etc/graviton-tf/batching.config:ro"
}

@test "a log level of the user's own stays" {
  export GTF_SERVING_ENVIRONMENT=$'TF_ENABLE_ONEDNN_OPTS=1\nTF_CPP_MIN_LOG_LEVEL=0'
  run -0 serve_it
  run ! grep -F TF_CPP_MIN_LOG_LEVEL=1 "$CALLS"
}

@test "variables: the image must be given" {
  run -0 phase variables
  GTF_IMAGE='' run -1 phase variables
  assert_output_has 'GTF_IMAGE is not set: user data must export it'
}
