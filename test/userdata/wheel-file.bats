#!/usr/bin/env bats
# The wheel runtime from a wheel file in S3.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() {
  setup_instance
  from_file tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl
}

from_file() { # NAME
  export GTF_TENSORFLOW_VERSION=2.16.1 GTF_WHEEL_BUCKET=our-wheels GTF_WHEEL_KEY=builds/$1 GTF_WHEEL_SHA256=''
  export ASSETS=$BATS_TEST_TMPDIR/bucket
  mkdir -p "$ASSETS"
  [[ -e $ASSETS/$1 ]] || echo 'a wheel' >"$ASSETS/$1"
}

@test "it is fetched under its own name, verified, and installed with the model server's libraries" {
  GTF_WHEEL_SHA256=$(sha256sum "$ASSETS/${GTF_WHEEL_KEY##*/}" | cut -d' ' -f1)
  export GTF_WHEEL_SHA256
  local file=$GTF_ROOT/var/lib/graviton-tf/staging/wheel/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl
  run -0 phase venv
  assert_called "aws s3 cp --only-show-errors s3://our-wheels/$GTF_WHEEL_KEY $file"
  assert_called "--requirement $GTF_ROOT/opt/graviton-tf/wheel/requirements.txt $file"
  [[ ! -e $file ]]
  : >"$CALLS"
  run -0 phase venv
  assert_not_called 's3 cp'
  assert_not_called pip
}

@test "another checksum than the one that was given is a failure before pip sees the file" {
  GTF_WHEEL_SHA256=$(printf 0%.0s {1..64}) run -1 phase venv
  assert_output_has "s3://our-wheels/$GTF_WHEEL_KEY has the checksum"
  assert_not_called pip
}

@test "a file that is not there is a failure with the reason" {
  on aws <<<'echo "fatal error: An error occurred (404) when calling the HeadObject operation" >&2; exit 1'
  run -1 phase venv
  assert_output_has "cannot fetch s3://our-wheels/$GTF_WHEEL_KEY: fatal error: An error occurred (404)"
}

@test "another file is another runtime" {
  run -0 phase venv
  : >"$CALLS"
  from_file tensorflow-2.16.1-2ours-cp311-cp311-linux_aarch64.whl
  run -0 phase venv
  assert_called 'pip install'
}

@test "the Python is the one that the file is for" {
  from_file tensorflow-2.16.1-cp312-cp312-linux_aarch64.whl
  printf '[[ " $* " != *" install "* ]] || ln -sf "%s/stub" "$STUBS/python3.12"\n' "$BATS_TEST_DIRNAME" | on dnf
  on python3.11 <<<'[[ $2 != *"(3, 12) <="* ]]'
  stub python3
  on python3 <<<'exit 1'
  run -0 phase packages
  [[ $(calls dnf) == 'dnf -y install python3.12' ]]
}

@test "a version beyond a release's number is the file's own; another number is a failure" {
  on python <<<'[[ $2 != "import tensorflow"* ]] || echo 2.16.1-dev0+selfbuilt'
  run -0 phase venv
  from_file tensorflow-2.16.1-3ours-cp311-cp311-linux_aarch64.whl
  on python <<<'[[ $2 != "import tensorflow"* ]] || echo 2.16.10'
  run -1 phase venv
  assert_output_has 'the venv holds TensorFlow 2.16.10, expected 2.16.1'
}

@test "variables: what the name tells must fit this machine" {
  local name
  run -0 phase variables
  for name in tensorflow.whl numpy-2.16.1-cp311-cp311-linux_aarch64.whl tensorflow-2.16.1-py3-none-any.whl; do
    from_file "$name"
    run -1 phase variables
    assert_output_has "GTF_WHEEL_KEY is 'builds/$name', expected a TensorFlow wheel's own name like tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl"
  done
  from_file tensorflow-2.16.1-cp311-cp311-linux_x86_64.whl
  run -1 phase variables
  assert_output_has 'the wheel tensorflow-2.16.1-cp311-cp311-linux_x86_64.whl is not built for this machine, which is aarch64'
  from_file tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl
  GTF_WHEEL_SHA256=12 run -1 phase variables
  assert_output_has "GTF_WHEEL_SHA256 is '12', expected 64 hexadecimal digits"
}

@test "a wheel for a Python that is too old for the model server is refused" {
  from_file tensorflow-2.16.1-cp39-cp39-linux_aarch64.whl
  run -1 phase packages
  assert_output_has 'the wheel tensorflow-2.16.1-cp39-cp39-linux_aarch64.whl is for Python 3.9, the model server needs 3.10 or later'
}

@test "a real pip installs it with what it depends on into a real virtual environment" {
  local machine name
  machine=$(/bin/uname -m)
  unstub python3.11
  printf '%s "$@"\n' /bin/uname | on uname
  # The libraries that every wheel runtime has are none of this test's business, and take long.
  cp -r "$USERDATA" "$BATS_TEST_TMPDIR/userdata"
  export USERDATA=$BATS_TEST_TMPDIR/userdata PIP_NO_INDEX=1 PIP_FIND_LINKS=$BATS_TEST_TMPDIR/bucket
  : >"$USERDATA/wheel/requirements.txt"
  mkdir -p "$ASSETS"
  name=$(python3 "$BATS_TEST_DIRNAME/fake_wheel.py" "$BATS_TEST_TMPDIR/bucket" 2.16.1 "linux_$machine")
  from_file "$name"
  run -0 phase variables packages venv
  local python=$GTF_ROOT/var/lib/graviton-tf/venv/bin/python
  [[ $("$python" -c 'import its_dependency, tensorflow; print(tensorflow.__version__)') == 2.16.1 ]]
}
