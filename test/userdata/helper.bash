# One setup for all: a sandbox folder for an instance, stubs for what an instance has, user data's variables.
# shellcheck shell=bash disable=SC2034,SC2016,SC2154

bats_require_minimum_version 1.5.0

setup_instance() {
  export GTF_ROOT=$BATS_TEST_TMPDIR/root STUBS=$BATS_TEST_TMPDIR/stubs CALLS=$BATS_TEST_TMPDIR/calls
  export EVENTS=$BATS_TEST_TMPDIR/events TMPDIR=$BATS_TEST_TMPDIR/tmp HOME=$BATS_TEST_TMPDIR
  mkdir -p "$GTF_ROOT" "$STUBS/behaviour" "$STUBS/usual" "$EVENTS" "$TMPDIR"
  : >"$CALLS"
  export PATH=$STUBS:$TOOLS
  unset GTF_SUPERVISOR GTF_PACKAGER AWS_ENDPOINT_URL AWS_EC2_METADATA_SERVICE_ENDPOINT PIP_CACHE_DIR
  export GTF_LISTEN_ADDRESS=127.0.0.1 GTF_PROC=$BATS_TEST_TMPDIR/proc
  machine_with $'Features\t: fp asimd bf16 i8mm' 8000000
  stub aws curl docker docker-credential-ecr-login systemctl journalctl uname getconf sleep dnf
  default_behaviour
  user_data wheel
}

stub() { local name; for name; do ln -sf "$BATS_TEST_DIRNAME/stub" "$STUBS/$name"; done; }
unstub() { local name; for name; do rm -f "$STUBS/$name"; done; }
on() { cat >"$STUBS/behaviour/$1"; }      # COMMAND, its behaviour in this test on stdin
usually() { cat >"$STUBS/usual/$1"; }      # the same, for all tests

machine_with() { # CPUINFO MEMORY-KIB
  mkdir -p "$GTF_PROC"
  printf '%s\n' "$1" >"$GTF_PROC/cpuinfo"
  printf 'MemTotal:       %s kB\n' "$2" >"$GTF_PROC/meminfo"
}

default_behaviour() {
  usually uname <<<'case $1 in -r) echo 6.1.158-180.294.amzn2023.aarch64 ;; -m) echo aarch64 ;; esac'
  usually getconf <<<'echo 4'
  usually sleep <<<':'
  usually systemctl <<'SH'
case $1 in
  is-active) echo active ;;
  is-failed) exit 1 ;;
  show) echo NRestarts=0 ;;
esac
SH
  usually journalctl <<<'echo "the last line of the journal"'
  usually docker <<'SH'
case "$1 $2" in
  "image inspect") [[ -e $STUBS/pulled ]] || { echo "No such image" >&2; exit 1; }; [[ $3 != --format ]] || echo arm64 ;;
  "pull --quiet") : >"$STUBS/pulled" ;;
  # The Python of an image from Docker Hub says who and what it is: only root can give a folder to another.
  "run --rm") [[ $* != *find_spec* ]] || if [[ $(id -u) == 0 ]]; then echo "1000 1000 10 True"; else echo "$(id -u) $(id -g) 10 True"; fi ;;
esac
SH
  usually aws <<'SH'
case "$1 $2" in
  "s3 cp")
    key=${4##*/}
    cp "$ASSETS/$key" "$5" ;;
  "logs put-log-events")
    cat "${8#file://}" >>"$EVENTS/${6//\//_}" ;;
esac
SH
  # As the model server answers when all is well.
  usually curl <<'SH'
url=${!#} output=
while (($#)); do
  case $1 in --output) output=$2 ;; http://*) url=$1 ;; esac
  shift
done
case $url in
  */latest/api/token) printf token ;;
  */latest/meta-data/instance-id) printf i-0123456789abcdef0 ;;
  *:predict) printf '{"predictions":[1]}' >"$output"; printf 200 ;;
  */v1/models/*) printf '{"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}]}' ;;
esac
SH
  # A Python that makes a venv whose Python installs and imports what it is told to.
  stub python3.11
  usually python3.11 <<'SH'
[[ $2 != venv ]] || { mkdir -p "$4/bin"; ln -sf "$(readlink "$STUBS/python3.11")" "$4/bin/python"; }
SH
  usually python <<<'[[ $2 != "import tensorflow"* ]] || echo "$GTF_TENSORFLOW_VERSION"'
}

# What lib/userdata exports, and no more: a server of this kind, with its model from an asset.
user_data() { # container|wheel|dockerhub
  unset GTF_IMAGE GTF_ECR_REGISTRY GTF_ENTRYPOINT GTF_COMMAND GTF_TENSORFLOW_VERSION GTF_WHEEL_BUCKET GTF_WHEEL_KEY GTF_WHEEL_SHA256 GTF_MODEL_PREFIX GTF_MODEL_POLL_SECONDS
  export GTF_REGION=eu-west-1 GTF_STACK=Serving GTF_RESOURCE=ServerGroup GTF_LOG_GROUP=/graviton/serving
  export GTF_KERNEL_FLOOR=5.10 GTF_SCRIPTS_BUCKET=assets GTF_SCRIPTS_KEY=scripts.zip GTF_RUNTIME=$1
  GTF_SCRIPTS_SHA256=$(<"$ASSETS/scripts.sha256")
  case $1 in
    container)
      export GTF_ECR_REGISTRY=763104351884.dkr.ecr.eu-west-1.amazonaws.com GTF_ENTRYPOINT=''
      export GTF_IMAGE=$GTF_ECR_REGISTRY/tensorflow-inference-graviton:2.14.1-cpu-py310-ubuntu20.04-ec2
      export GTF_COMMAND=/usr/bin/tf_serving_entrypoint.sh
      ;;
    dockerhub) export GTF_IMAGE=armswdev/tensorflow-arm-neoverse:r24.03-tf-2.15.1-onednn-acl GTF_ECR_REGISTRY='' ;;
    wheel) export GTF_TENSORFLOW_VERSION=2.20.0 GTF_WHEEL_BUCKET='' GTF_WHEEL_KEY='' GTF_WHEEL_SHA256='' ;;
  esac
  export GTF_MODEL_NAME=half_plus_two GTF_MODEL_SOURCE=asset GTF_MODEL_BUCKET=assets GTF_MODEL_KEY=model.zip
  GTF_MODEL_SHA256=$(<"$ASSETS/model.sha256")
  export GTF_SCRIPTS_SHA256 GTF_MODEL_SHA256 GTF_REST_PORT=8501 GTF_GRPC_PORT=8500
  export GTF_READY_TIMEOUT_SECONDS=5 GTF_PROCESSES=1 GTF_INTRA_OP_THREADS='' GTF_INTER_OP_THREADS=''
  export GTF_OMP_NUM_THREADS='' GTF_REST_THREADS='' GTF_BF16_FAST_MATH=auto GTF_MONITORING=true GTF_WARMUP=true
  export GTF_DNS_ZONE='' GTF_DNS_NAME='' GTF_BATCHING='' GTF_SERVING_ENVIRONMENT=$'TF_ENABLE_ONEDNN_OPTS=1\nOMP_PROC_BIND=false\nOMP_PLACES=cores'
}

from_bucket() { # PREFIX
  unset GTF_MODEL_KEY GTF_MODEL_SHA256
  export GTF_MODEL_SOURCE=bucket GTF_MODEL_PREFIX=$1 GTF_MODEL_POLL_SECONDS=60
}

# The rest of the folder where a boot would have put it.
install_scripts() {
  mkdir -p "$GTF_ROOT/opt"
  ln -sfn "$USERDATA" "$GTF_ROOT/opt/graviton-tf"
}

# phase NAME…: phases as the boot runs them, without the boot around them.
phase() {
  install_scripts
  bash -c '
    . "$GTF_ROOT/opt/graviton-tf/bootstrap.sh"
    for file in "$home"/phases/*.sh; do . "$file"; done
    state=$(mktemp -d) instance=i-0123456789abcdef0 started=$(now)
    run_lane 0 "$@"' phase "$@"
}

boot() { bash "$USERDATA/bootstrap.sh" </dev/null; }

calls() { grep -F -- "$1" "$CALLS" || true; }    # recorded calls that hold the text
count() { grep -cF -- "$1" "$CALLS" || true; }   # how many
stream() { cat "$EVENTS/$1_i-0123456789abcdef0"; } # events of boot/… or server/…

assert_output_has() { [[ $output == *"$1"* ]] || { echo "expected: $1"; echo "got: $output"; return 1; }; }
assert_called() { [[ -n $(calls "$1") ]] || { echo "expected the call: $1"; cat "$CALLS"; return 1; }; }
assert_not_called() { [[ -z $(calls "$1") ]] || { echo "unexpected call: $1"; cat "$CALLS"; return 1; }; }

# is_gone PID: ended, or a zombie that no one has waited for yet.
is_gone() {
  local try
  for try in {1..50}; do
    [[ $(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null || echo Z) != Z ]] || return 0
    /bin/sleep 0.1
  done
  echo "process $1 is still there after $try looks"
  return 1
}
