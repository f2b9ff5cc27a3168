# Checks what user data exports before any of it is used: a boot that fails says which variable is wrong.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

# number NAME MIN: the variable holds a whole number. Arithmetic would run what is written in one that does not.
number() {
  [[ ${!1:-} =~ ^(0|[1-9][0-9]{0,8})$ && ${!1} -ge $2 ]] ||
    fail "$1 is '${!1:-}', expected a whole number of at least $2"
}

one_of() { # NAME VALUE…
  local name=$1 value
  shift
  for value; do [[ ${!name:-} != "$value" ]] || return 0; done
  fail "$name is '${!name:-}', expected one of: $*"
}

given() {
  local name
  for name; do [[ -n ${!name:-} ]] || fail "$name is not set: user data must export it"; done
}

# A few may be empty, none may be absent: an absent one is a user data that was written for other scripts.
declared() {
  local name
  for name; do [[ -n ${!name+x} ]] || fail "$name is not set: user data must export it, if only as ''"; done
}

# A wheel's file name tells what it is; what it tells must fit before anything is fetched.
# https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
wheel_file() {
  local name=${GTF_WHEEL_KEY##*/} machine
  machine=$(uname -m)
  given GTF_WHEEL_BUCKET
  [[ $name =~ ^tensorflow[a-z0-9_]*-2\.[0-9]+\.[^-]+(-[0-9][^-]*)?-cp3([0-9]{1,2})-[^-]+-[^-]+\.whl$ ]] ||
    fail "GTF_WHEEL_KEY is '$GTF_WHEEL_KEY', expected a TensorFlow wheel's own name like tensorflow-2.16.1-cp311-cp311-linux_$machine.whl"
  [[ ${name%.whl} == *"_$machine" ]] || fail "the wheel $name is not built for this machine, which is $machine"
  [[ -z $GTF_WHEEL_SHA256 || $GTF_WHEEL_SHA256 =~ ^[0-9a-f]{64}$ ]] ||
    fail "GTF_WHEEL_SHA256 is '$GTF_WHEEL_SHA256', expected 64 hexadecimal digits"
}

phase_variables() {
  local name
  one_of GTF_RUNTIME container wheel dockerhub
  one_of GTF_MODEL_SOURCE asset bucket
  given GTF_MODEL_NAME GTF_MODEL_BUCKET
  [[ $GTF_MODEL_NAME != */* && $GTF_MODEL_NAME != . && $GTF_MODEL_NAME != .. ]] ||
    fail "GTF_MODEL_NAME is '$GTF_MODEL_NAME', expected the name of one folder"
  number GTF_REST_PORT 1
  number GTF_READY_TIMEOUT_SECONDS 1
  number GTF_PROCESSES 1
  for name in GTF_INTRA_OP_THREADS GTF_INTER_OP_THREADS GTF_OMP_NUM_THREADS GTF_REST_THREADS; do
    declared "$name"
    [[ -z ${!name} ]] || number "$name" 1
  done
  one_of GTF_BF16_FAST_MATH auto off
  one_of GTF_MONITORING true false
  one_of GTF_WARMUP true false
  declared GTF_BATCHING GTF_SERVING_ENVIRONMENT GTF_DNS_ZONE GTF_DNS_NAME
  case $GTF_RUNTIME in
    container)
      given GTF_IMAGE GTF_COMMAND
      declared GTF_ECR_REGISTRY GTF_ENTRYPOINT
      number GTF_GRPC_PORT 1
      ;;
    dockerhub)
      given GTF_IMAGE
      declared GTF_ECR_REGISTRY
      ;;
    wheel)
      [[ ${GTF_TENSORFLOW_VERSION:-} =~ ^2\.[0-9]{1,3}\.[0-9]+[a-z0-9.]*$ ]] ||
        fail "GTF_TENSORFLOW_VERSION is '${GTF_TENSORFLOW_VERSION:-}', expected a version like 2.20.0"
      declared GTF_WHEEL_BUCKET GTF_WHEEL_KEY GTF_WHEEL_SHA256
      [[ -z $GTF_WHEEL_KEY ]] || wheel_file
      ;;
  esac
  case $GTF_MODEL_SOURCE in
    asset) given GTF_MODEL_KEY GTF_MODEL_SHA256 ;;
    bucket)
      declared GTF_MODEL_PREFIX
      number GTF_MODEL_POLL_SECONDS 1
      ;;
  esac
}
