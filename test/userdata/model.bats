#!/usr/bin/env bats
# The model from an asset; test_model_sync.py has the bucket.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() {
  setup_instance
  base=$GTF_ROOT/var/lib/graviton-tf/models/$GTF_MODEL_NAME
}

@test "an asset becomes the base path, and staging is empty again" {
  run -0 phase model
  [[ $(<"$base/1/saved_model.pb") == 'a graph' ]]
  [[ -z $(ls "$GTF_ROOT/var/lib/graviton-tf/staging") ]]
}

@test "a second run fetches nothing; a tree that was changed is fetched again" {
  run -0 phase model
  : >"$CALLS"
  run -0 phase model
  assert_not_called 's3 cp'
  echo changed >"$base/1/saved_model.pb"
  run -0 phase model
  [[ $(<"$base/1/saved_model.pb") == 'a graph' ]]
}

@test "an asset with another checksum never becomes visible" {
  export GTF_MODEL_SHA256=1234
  run -1 phase model
  assert_output_has 's3://assets/model.zip holds the tree'
  [[ ! -e $base ]]
}

@test "what an interrupted run left is not in the way" {
  mkdir -p "$GTF_ROOT/var/lib/graviton-tf/staging/$GTF_MODEL_SHA256/tree/1"
  echo half >"$GTF_ROOT/var/lib/graviton-tf/staging/$GTF_MODEL_SHA256/tree/1/half"
  run -0 phase model
  [[ ! -e $base/1/half ]]
}

@test "a file that is no zip is a failure" {
  on aws <<<'echo nonsense >"$5"'
  run -1 phase model
  assert_output_has 'cannot unpack s3://assets/model.zip'
}

@test "an asset without a version folder is a failure" {
  local empty=$BATS_TEST_TMPDIR/empty
  mkdir -p "$empty/not-a-number"
  touch "$empty/not-a-number/saved_model.pb"
  (cd "$empty" && python3 -m zipfile -c ../empty.zip ./*)
  GTF_MODEL_SHA256=$(. "$USERDATA/bootstrap.sh" && tree_sha256 "$empty")
  on aws <<<'cp "$BATS_TEST_TMPDIR/empty.zip" "$5"'
  run -1 phase model
  assert_output_has "the model 'half_plus_two' has no folder <version>/saved_model.pb"
}

@test "the checksum of a tree is the one that README.md describes" {
  . "$USERDATA/bootstrap.sh"
  [[ $(tree_sha256 "$ASSETS/model") == "$(cd "$ASSETS/model" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1)" ]]
}

@test "from a bucket: the values reach the sync as they are" {
  from_bucket $'a "b" $c\nd'
  stub python3
  on python3 <<<'[[ $1 != *model_sync.py ]] || { mkdir -p "$GTF_ROOT/var/lib/graviton-tf/models/$GTF_MODEL_NAME/1"; touch "$GTF_ROOT/var/lib/graviton-tf/models/$GTF_MODEL_NAME/1/saved_model.pb"; printf "%s" "$3" >"$STUBS/prefix"; }'
  run -0 phase model
  [[ $(<"$STUBS/prefix") == "--prefix=$GTF_MODEL_PREFIX" ]]
  assert_called "--base-path=$base --staging=$GTF_ROOT/var/lib/graviton-tf/staging/versions --server-url=http://127.0.0.1:8501/v1/models/half_plus_two --wait 120"
}

@test "from a bucket: the sync's reason is the cause" {
  from_bucket models
  on aws <<<'echo "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied" >&2; exit 254'
  run -1 phase model
  assert_output_has 'cannot fetch the model: model: An error occurred (AccessDenied)'
}
