#!/usr/bin/env bats
# Waiting for the model server, and the one real prediction.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() {
  setup_instance
  phase model >/dev/null
  version=$GTF_ROOT/var/lib/graviton-tf/models/half_plus_two/1
  : >"$CALLS"
}

# status JSON: what the model server answers to a look at its state, until `later` says more.
answers() {
  printf '%s' "$1" >"$STUBS/status"
  on curl <<<'[[ $* == *:predict* || $* != */v1/models/* ]] || { cat "$STUBS/status"; exit; }; usual "$@"'
}

state() { printf '{"model_version_status":[{"version":"%s","state":"%s","status":{"error_code":"OK","error_message":""}}]}' "$1" "$2"; }

@test "AVAILABLE and a right answer to the model's own request" {
  run -0 phase ready
  assert_output_has 'version 1 is AVAILABLE'
  assert_output_has 'the model answered its own request'
  assert_called '--data-binary'
  assert_called 'http://127.0.0.1:8501/v1/models/half_plus_two:predict'
}

@test "the request is the model's own file" {
  on curl <<<'[[ $* != *:predict* ]] || for word; do [[ $word != @* ]] || cp "${word#@}" "$STUBS/body"; done; usual "$@"'
  run -0 phase ready
  [[ $(<"$STUBS/body") == '{"instances":[[1]]}' ]]
}

@test "a model that brings no request is ready when it is AVAILABLE" {
  rm "$version/assets.extra/sample_request.json"
  run -0 phase ready
  assert_output_has 'no prediction was tried: the model brings neither'
  assert_not_called ':predict'
}

@test "an answer other than 200 fails with the answer's text" {
  on curl <<<'[[ $* != *:predict* ]] || { while [[ $1 != --output ]]; do shift; done; printf "{\"error\":\"wrong shape\"}" >"$2"; printf 400; exit; }; usual "$@"'
  run -1 phase ready
  assert_output_has 'the model answers its own request with 400: {"error":"wrong shape"}'
}

@test "a request that is no JSON fails" {
  echo '{' >"$version/assets.extra/sample_request.json"
  run -1 phase ready
  assert_output_has "the model's own request cannot be read: sample_request.json is not JSON"
}

@test "a server that loads is waited for" {
  answers "$(state 1 LOADING)"
  on sleep <<<"printf '%s' '$(state 1 AVAILABLE)' >\"\$STUBS/status\""
  run -0 phase ready
  [[ $(count sleep) == 1 ]]
}

@test "a model that never gets AVAILABLE fails with its last state" {
  export GTF_READY_TIMEOUT_SECONDS=1
  answers "$(state 1 LOADING)"
  on sleep <<<'/bin/sleep 0.3'
  run -1 phase ready
  assert_output_has 'the model is not AVAILABLE after 1 s: {"model_version_status":[{"version":"1","state":"LOADING"'
  assert_output_has 'the last line of the journal'
}

@test "a model that cannot be loaded is not waited for" {
  answers '{"model_version_status":[{"version":"1","state":"END","status":{"error_code":"DATA_LOSS","error_message":"Cannot parse saved_model.pb"}}]}'
  on sleep <<<'echo "waited" >&2; exit 1'
  run -1 phase ready
  assert_output_has 'the model cannot be loaded: {"model_version_status":[{"version":"1","state":"END"'
  assert_output_has 'Cannot parse saved_model.pb'
  assert_not_called sleep
}

@test "a version that was unloaded may be followed by another" {
  answers "$(state 1 END)"
  on sleep <<<"printf '%s' '$(state 1 AVAILABLE)' >\"\$STUBS/status\""
  run -0 phase ready
}

@test "a version that failed may be followed by another" {
  answers '{"model_version_status":[{"version":"2","state":"LOADING"},{"version":"1","state":"END","status":{"error_code":"DATA_LOSS"}}]}'
  on sleep <<<"printf '%s' '$(state 1 AVAILABLE)' >\"\$STUBS/status\""
  run -0 phase ready
}

@test "a unit that failed is not waited for" {
  answers ''
  on systemctl <<<'[[ $1 == is-failed ]] || usual "$@"'
  run -1 phase ready
  assert_output_has 'the model server stopped: the last line of the journal'
}

@test "a unit that restarts again and again is not waited for" {
  answers ''
  on systemctl <<<'[[ $1 != show ]] || { echo NRestarts=3; exit; }; usual "$@"'
  run -1 phase ready
  assert_output_has 'the model server stopped: the last line of the journal'
}

@test "of several versions, the request is the newest available one's" {
  cp -r "$version" "${version%1}10"
  echo '{"instances":["ten"]}' >"${version%1}10/assets.extra/sample_request.json"
  answers '{"model_version_status": [
    {"version": "9", "state": "AVAILABLE"}, {"version": "10", "state": "AVAILABLE"}, {"version": "11", "state": "LOADING"}]}'
  run -0 phase ready
  assert_output_has 'version 10 is AVAILABLE'
}

@test "a name is percent-encoded in the URL" {
  export GTF_MODEL_NAME='größe & "x"?'
  GTF_READY_TIMEOUT_SECONDS=1 run phase ready
  assert_called 'http://127.0.0.1:8501/v1/models/gr%C3%B6%C3%9Fe%20%26%20%22x%22%3F'
}

@test "the logs come from the supervisor that was swapped in" {
  stub supervisor
  on supervisor <<<'case $1 in is-failed) ;; logs) echo "logged by $2, $3 lines" ;; esac'
  answers ''
  GTF_SUPERVISOR=$STUBS/supervisor run -1 phase ready
  assert_output_has 'the model server stopped: logged by graviton-tf.service, 1 lines'
  assert_not_called journalctl
}
