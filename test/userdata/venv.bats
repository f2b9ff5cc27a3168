#!/usr/bin/env bats
# The wheel runtime's virtual environment.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() { setup_instance; }

@test "the package by machine and release" {
  local machine version package
  while read -r machine version package; do
    rm -rf "${GTF_ROOT:?}/var"
    : >"$CALLS"
    on uname <<<"echo $machine"
    GTF_TENSORFLOW_VERSION=$version run -0 phase venv
    [[ $(calls 'pip install') == *" $package==$version" ]] || { echo "$machine $version: $(calls 'pip install')"; return 1; }
  done <<'EOT'
aarch64 2.14.1 tensorflow-cpu-aws
aarch64 2.15.1 tensorflow-cpu-aws
aarch64 2.16.1 tensorflow
aarch64 2.20.0 tensorflow
x86_64 2.14.1 tensorflow-cpu
x86_64 2.20.0 tensorflow-cpu
EOT
}

@test "the model server's libraries come with it, and pip keeps no cache" {
  on python <<<'[[ $2 != pip ]] || echo "no cache: ${PIP_NO_CACHE_DIR:-}" >>"$CALLS"; usual "$@"'
  run -0 phase venv
  assert_called "--requirement $GTF_ROOT/opt/graviton-tf/wheel/requirements.txt tensorflow==2.20.0"
  assert_called 'no cache: 1'
}

@test "a cache that was given is used" {
  export PIP_CACHE_DIR=$BATS_TEST_TMPDIR/cache
  on python <<<'[[ $2 != pip ]] || echo "no cache: ${PIP_NO_CACHE_DIR:-}" >>"$CALLS"; usual "$@"'
  run -0 phase venv
  grep -qx 'no cache: ' "$CALLS"
}

@test "a second run installs nothing; another release does" {
  run -0 phase venv
  : >"$CALLS"
  run -0 phase venv
  assert_not_called 'pip'
  GTF_TENSORFLOW_VERSION=2.19.0 run -0 phase venv
  assert_called 'tensorflow==2.19.0'
}

@test "a venv that was not finished is made anew" {
  on python <<<'[[ $2 != pip ]] || exit 1'
  run -1 phase venv
  rm "$STUBS/behaviour/python"
  : >"$CALLS"
  run -0 phase venv
  assert_called 'venv --clear'
  assert_called 'pip install'
}

@test "a TensorFlow that does not import is a failure with its reason" {
  on python <<<'[[ $2 != "import tensorflow"* ]] || { echo "ImportError: cannot allocate memory in static TLS block" >&2; exit 1; }'
  run -1 phase venv
  assert_output_has 'cannot import tensorflow==2.20.0: ImportError: cannot allocate memory in static TLS block'
}

@test "another TensorFlow than the one asked for is a failure" {
  on python <<<'[[ $2 != "import tensorflow"* ]] || echo 2.19.1'
  run -1 phase venv
  assert_output_has 'the venv holds TensorFlow 2.19.1, expected 2.20.0'
}
