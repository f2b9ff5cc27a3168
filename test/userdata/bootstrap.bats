#!/usr/bin/env bats
# The whole boot, with stubs for what an instance has.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() { setup_instance; }

# json EXPRESSION: of the boot's last JSON event, as Python sees it (`event`).
json() {
  python3 -c 'import json, sys
text = sys.stdin.read()
events = []
while text.strip():
    batch, at = json.JSONDecoder().raw_decode(text.lstrip())
    text = text.lstrip()[at:]
    events += batch
found = [json.loads(e["message"]) for e in events if e["message"].startswith("{")]
event = found[-1]
messages = [e["message"] for e in events]
print(eval(sys.argv[1]))' "$1" < <(stream boot)
}

@test "a wheel boots to exactly one SUCCESS signal with the instance's id" {
  run -0 boot
  [[ $(count 'signal-resource') == 1 ]]
  assert_called 'aws cloudformation signal-resource --stack-name Serving --logical-resource-id ServerGroup --status SUCCESS --unique-id i-0123456789abcdef0'
  [[ $(json 'event["status"]') == ready ]]
  [[ $(json 'event["instance"]') == i-0123456789abcdef0 ]]
  [[ $(json '" ".join(sorted(event["phases"]))') == 'address environment kernel model packages ready scripts service signal timers tools variables venv' ]]
  assert_output_has '"event":"boot"'
  grep -q 'venv took' "$GTF_ROOT/var/log/graviton-tf/boot.log"
  [[ -z $(find "$TMPDIR" -mindepth 1) ]]
}

@test "a container boots to exactly one SUCCESS signal" {
  user_data container
  run -0 boot
  [[ $(count 'signal-resource') == 1 ]]
  assert_called '--status SUCCESS'
  [[ $(json '" ".join(sorted(event["phases"]))') == 'address environment image kernel model packages ready scripts service signal timers tools variables' ]]
}

@test "a second run does nothing twice and signals again" {
  run -0 boot
  : >"$CALLS"
  run -0 boot
  assert_not_called 's3 cp'
  assert_not_called 'pip install'
  assert_called '--status SUCCESS'
}

# fails_in PHASE CAUSE: one FAILURE signal that names the phase, and the cause in the log group.
fails_in() {
  run ! boot
  [[ $(count 'signal-resource') == 1 ]]
  assert_called "--status FAILURE --unique-id i-0123456789abcdef0.$1"
  [[ $(json 'event["status"] + " " + event["phase"]') == "failed $1" ]]
  [[ $(json 'event["cause"]') == *"$2"* ]] || { json 'event["cause"]'; return 1; }
  [[ $(json 'len(event["log"]) > 0') == True ]]
  [[ $(json 'any(m.startswith("FAILED in phase '"$1"':") for m in messages)') == True ]]
}

@test "kernel: an old one is named" {
  on uname <<<'echo 4.14.355-275.582.amzn2.aarch64'
  fails_in kernel 'the kernel is 4.14.355-275.582.amzn2.aarch64, TensorFlow on Graviton needs 5.10 or later'
  assert_not_called 's3 cp'
}

@test "kernel: 5.9 is older than 5.10, which is enough" {
  on uname <<<'echo 5.9.16'
  fails_in kernel 'the kernel is 5.9.16'
  on uname <<<'case $1 in -r) echo 5.10.0 ;; *) echo aarch64 ;; esac'
  run -0 boot
}

@test "kernel: without the AWS CLI the report installs it" {
  on uname <<<'echo 5.4.0-1103-aws'
  unstub aws dnf
  stub apt-get
  on apt-get <<'SH'
[[ $* != *install* ]] || ln -sf "$STUBS/../stub-link" "$STUBS/aws"
SH
  ln -s "$BATS_TEST_DIRNAME/stub" "$BATS_TEST_TMPDIR/stub-link"
  fails_in kernel 'the kernel is 5.4.0-1103-aws'
  assert_called 'install -y --no-install-recommends awscli'
}

@test "tools: a package manager that fails" {
  unstub aws
  on dnf <<<'echo "No match for argument" >&2; exit 1'
  run ! boot
  assert_output_has 'FAILED in phase tools'
}

@test "scripts: an asset that cannot be fetched gives the CLI's reason" {
  on aws <<'SH'
[[ "$1 $2" != "s3 cp" ]] || { echo "fatal error: An error occurred (403) when calling HeadObject: Forbidden" >&2; exit 1; }
usual "$@"
SH
  fails_in scripts 'cannot fetch s3://assets/scripts.zip: fatal error: An error occurred (403)'
}

@test "scripts: nothing of a tree with another checksum is run" {
  export GTF_SCRIPTS_SHA256=0000
  fails_in scripts 'expected 0000'
  [[ ! -e $GTF_ROOT/opt/graviton-tf ]]
}

@test "variables: one that is missing, for the inline part and for the rest" {
  unset GTF_SCRIPTS_KEY
  fails_in start 'GTF_SCRIPTS_KEY is not set'
}

@test "variables: one that is wrong" {
  export GTF_PROCESSES='a[$(touch '"$BATS_TEST_TMPDIR"'/pwned)]'
  fails_in variables "GTF_PROCESSES is 'a[\$(touch"
  [[ ! -e $BATS_TEST_TMPDIR/pwned ]]
}

@test "packages: what cannot be installed" {
  unstub python3.11
  on dnf <<<'echo "Unable to find a match: python3.12" >&2; exit 1'
  export GTF_TENSORFLOW_VERSION=2.14.1
  printf '#!/bin/sh\nexit 1\n' >"$STUBS/python3.11"
  stub python3
  on python3 <<'SH'
[[ $2 != *ensurepip* ]] || exit 1
exec "$TOOLS/python3" "$@"
SH
  fails_in packages 'cannot install python3.11: Unable to find a match'
}

@test "image: a pull that fails gives Docker's reason" {
  user_data container
  on docker <<<'[[ $1 == info ]] || { echo "pull access denied" >&2; exit 1; }'
  fails_in image 'cannot pull'
}

@test "venv: pip's failure" {
  on python <<'SH'
[[ $2 != pip ]] || { echo "ERROR: No matching distribution found for tensorflow==2.20.0" >&2; exit 1; }
SH
  fails_in venv 'cannot install tensorflow==2.20.0: ERROR: No matching distribution'
}

@test "model: another checksum" {
  export GTF_MODEL_SHA256=1111
  fails_in model 'expected 1111'
}

@test "environment: a line that is no variable" {
  export GTF_SERVING_ENVIRONMENT='not a variable'
  fails_in environment "GTF_SERVING_ENVIRONMENT has the line 'not a variable'"
}

@test "service: a unit that cannot be started" {
  on systemctl <<<'usual "$@"; [[ $1 != restart ]] || { echo "Job failed" >&2; exit 1; }'
  fails_in service 'cannot start the model server: Job failed'
}

@test "ready: a model server that never answers" {
  export GTF_READY_TIMEOUT_SECONDS=1
  on curl <<'SH'
case "$*" in
  */latest/api/token*) printf token ;;
  */latest/meta-data/*) printf i-0123456789abcdef0 ;;
  *) echo 'curl: (7) Failed to connect' >&2; exit 7 ;;
esac
SH
  on sleep <<<'/bin/sleep "$1"'
  fails_in ready 'the model is not AVAILABLE after 1 s: curl: (7) Failed to connect'
}

@test "timers: a supervisor that refuses them" {
  on systemctl <<<'[[ $2 != *timer ]] || { echo refused >&2; exit 4; }; usual "$@"'
  fails_in timers 'cannot enable the timers: refused'
}

@test "a phase's own mistake, such as a variable that is not set, is a failure like any other" {
  local scripts=$BATS_TEST_TMPDIR/scripts
  cp -r "$ASSETS/scripts" "$scripts"
  # shellcheck disable=SC2016
  echo 'phase_environment() { echo "$no_such_variable"; }' >"$scripts/phases/environment.sh"
  (cd "$scripts" && python3 -m zipfile -c ../changed.zip ./*)
  GTF_SCRIPTS_SHA256=$(. "$USERDATA/bootstrap.sh" && tree_sha256 "$scripts")
  on aws <<<'[[ $4 != *scripts.zip ]] || { cp "$BATS_TEST_TMPDIR/changed.zip" "$5"; exit; }; usual "$@"'
  fails_in environment 'no_such_variable: unbound variable'
}

@test "no instance metadata: reported and signalled as unknown" {
  on curl <<<'echo "curl: (7) Failed to connect to metadata" >&2; exit 7'
  run ! boot
  assert_called '--status FAILURE --unique-id unknown.start'
  grep -q 'Failed to connect to metadata' "$EVENTS/boot_unknown"
}

@test "SIGTERM ends the phases, is reported and signals FAILURE" {
  on aws <<'SH'
[[ "$1 $2 $4" != "s3 cp "*model.zip ]] || { echo $$ >"$STUBS/fetching"; exec /bin/sleep 60; }
usual "$@"
SH
  bash "$USERDATA/bootstrap.sh" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- &
  local boot=$! i
  for i in {1..100}; do [[ $i && ! -s $STUBS/fetching ]] || break; /bin/sleep 0.1; done
  kill -TERM "$boot"
  if wait "$boot"; then false; fi
  is_gone "$(<"$STUBS/fetching")"
  [[ $(count 'signal-resource') == 1 ]]
  assert_called '--status FAILURE'
  [[ $(json 'event["cause"]') == 'stopped by a signal' ]]
}

@test "the pull and the model overlap" {
  user_data container
  # Each waits until the other has begun: one after the other, neither would end.
  on docker <<'SH'
case "$1 $2" in
  "image inspect") [[ -e $STUBS/pulled ]] || exit 1; [[ $3 != --format ]] || echo arm64 ;;
  "pull --quiet")
    : >"$STUBS/pulling"
    for i in {1..50}; do [[ ! -e $STUBS/fetching ]] || { : >"$STUBS/pulled"; exit 0; }; /bin/sleep 0.1; done
    echo "the model did not begin" >&2; exit 1 ;;
esac
SH
  on aws <<'SH'
if [[ "$1 $2 $4" == "s3 cp "*model.zip ]]; then
  : >"$STUBS/fetching"
  for i in {1..50}; do [[ ! -e $STUBS/pulling ]] || break; /bin/sleep 0.1; done
  [[ -e $STUBS/pulling ]] || exit 1
fi
usual "$@"
SH
  run -0 boot
}

@test "when the model fails, the pull is ended and the model is the phase that is reported" {
  user_data container
  export GTF_MODEL_SHA256=1111
  on docker <<'SH'
case "$1 $2" in
  "image inspect") exit 1 ;;
  "pull --quiet") echo $$ >"$STUBS/pulling"; exec /bin/sleep 60 ;;
esac
SH
  on aws <<'SH'
[[ "$1 $2 $4" != "s3 cp "*model.zip ]] || for i in {1..50}; do [[ ! -s $STUBS/pulling ]] || break; /bin/sleep 0.1; done
usual "$@"
SH
  SECONDS=0
  fails_in model 'expected 1111'
  ((SECONDS < 20))
  is_gone "$(<"$STUBS/pulling")"
}

@test "a signal that CloudFormation refuses does not fail a good boot" {
  on aws <<'SH'
usual "$@"
[[ $1 != cloudformation ]] || { echo "ValidationError: stack is in CREATE_COMPLETE" >&2; exit 254; }
SH
  run -0 boot
  assert_output_has 'CloudFormation did not take the signal'
}

@test "a boot that fails while no stack operation waits for it asks the group for another instance" {
  export GTF_MODEL_SHA256=1111
  on aws <<'SH'
usual "$@"
[[ $1 != cloudformation ]] || { echo "ValidationError: stack is in CREATE_COMPLETE" >&2; exit 254; }
SH
  fails_in model 'expected 1111'
  assert_called 'aws autoscaling set-instance-health --instance-id i-0123456789abcdef0 --health-status Unhealthy'
}

@test "a boot whose failure is known to CloudFormation is left to it" {
  export GTF_MODEL_SHA256=1111
  fails_in model 'expected 1111'
  assert_not_called autoscaling
}

@test "a log group that refuses does not keep the signal from being sent" {
  on aws <<'SH'
usual "$@"
[[ $1 != logs ]] || exit 254
SH
  run -0 boot
  assert_output_has 'cannot write to the log group'
  assert_called '--status SUCCESS'
}

@test "the unique id is cut to 64 characters" {
  . "$USERDATA/bootstrap.sh"
  signal FAILURE "$(printf 'i-%080d' 0)"
  [[ $(calls signal-resource) =~ --unique-id\ (.*)$ && ${#BASH_REMATCH[1]} == 64 ]]
}

@test "values are data: quotes, dollars, backticks and newlines survive the whole boot" {
  local evil=$'a "b" \'c\' $(touch '"$BATS_TEST_TMPDIR"$'/pwned) `touch '"$BATS_TEST_TMPDIR"$'/pwned` \\ ${HOME}\nsecond & third'
  export GTF_MODEL_NAME=${evil//\//-} GTF_STACK=$evil GTF_SERVING_ENVIRONMENT=$'MINE=$(touch pwned) "x" \\n'
  run -0 boot
  [[ ! -e $BATS_TEST_TMPDIR/pwned && ! -e pwned ]]
  [[ -e $GTF_ROOT/var/lib/graviton-tf/models/$GTF_MODEL_NAME/1/saved_model.pb ]]
  [[ $(env -i bash -c '. "$1"; printf %s "$GTF_STACK"' - "$GTF_ROOT/etc/graviton-tf/boot.env") == "$evil" ]]
  grep -qxF 'MINE=$(touch pwned) "x" \n' "$GTF_ROOT/etc/graviton-tf/serving.env"
}

@test "user data with its exports stays well below EC2's limit" {
  (($(wc -c <"$USERDATA/bootstrap.sh") < 10 * 1024))
}
