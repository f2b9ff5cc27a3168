#!/usr/bin/env bats
# What is wrong already when the server starts, in the log group.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() {
  setup_instance
  install_boot_scripts
}

# As the deployment's asset holds them: the troubleshooting runbook's files lie beside the boot's own.
install_boot_scripts() {
  mkdir -p "$GTF_ROOT/opt/graviton-tf/troubleshoot"
  cp -r "$USERDATA"/. "$GTF_ROOT/opt/graviton-tf/"
  cp "$USERDATA"/../runbooks/troubleshoot/{analyze.py,collect.py,recommend.sh} "$GTF_ROOT/opt/graviton-tf/troubleshoot/"
}

checks() { bash "$GTF_ROOT/opt/graviton-tf/serve/checks.sh"; }
findings() { stream boot | python3 -c 'import json, sys
for event in json.loads(sys.stdin.read().replace("][", ",")):
    for row in json.loads(event["message"])["findings"]: print(row["id"], row["status"], row["remediation"])'; }

@test "a kernel below the floor is a finding with its remedy" {
  GTF_KERNEL_FLOOR=99.1 run -0 checks
  findings | grep -q '^platform.kernel FAIL'
}

@test "a kernel above the floor is none" {
  GTF_KERNEL_FLOOR=2.6 run -0 checks
  run ! grep platform.kernel <(findings)
}

@test "TensorFlow that started without oneDNN is found by its own log" {
  on journalctl <<<'echo "2026-11-22 19:57:44.937577: W tensorflow/tsl/platform/profile_utils/cpu_utils.cc:118] Failed to find bogomips"'
  run -0 checks
  findings | grep -q '^backend.onednn FAIL.*TF_ENABLE_ONEDNN_OPTS=1'
}

@test "the boot starts them without waiting, and goes on when they cannot start" {
  run -0 phase service timers
  assert_called 'systemctl start --no-block graviton-tf-checks.service'
  on systemctl <<<'[[ $* != *checks* ]]'
  run -0 phase timers
  assert_output_has 'the checks were not started'
}

@test "a log group that cannot be written to fails nothing" {
  on aws <<<'exit 255'
  run -0 checks
  assert_output_has 'cannot write to the log group'
}

@test "an instance of its own run is left as it was" {
  run -0 checks
  [[ -z $(ls -A "$TMPDIR") ]]
}
