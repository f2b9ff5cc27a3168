#!/usr/bin/env bats
# The watchdog.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() {
  setup_instance
  install_scripts
}

look() { bash "$GTF_ROOT/opt/graviton-tf/serve/health.sh"; }
looks() { local i; for ((i = 0; i < $1; i++)); do look >/dev/null; done; }
server() { # answers|silent
  case $1 in
    answers) rm -f "$STUBS/behaviour/curl" ;;
    silent) on curl <<<'[[ $* != */v1/models/* ]] || { echo "curl: (7) Failed to connect" >&2; exit 7; }; usual "$@"' ;;
  esac
}

@test "a server that answers is left alone" {
  looks 12
  assert_not_called restart
  assert_not_called autoscaling
}

@test "two misses are forgotten by an answer; three in a row restart the server" {
  look
  server silent && looks 2
  server answers && look
  server silent && looks 2
  assert_not_called restart
  look
  [[ $(count 'systemctl restart graviton-tf.service') == 1 ]]
  grep -q '"misses\\":3' <(stream server)
}

@test "after a restart it has the time to load that it had at boot" {
  look
  server silent && looks 3
  : >"$CALLS"
  GTF_READY_TIMEOUT_SECONDS=600 looks 12
  assert_not_called restart
  assert_not_called autoscaling
}

@test "ten misses ask the group to replace the instance, once" {
  look
  server silent && looks 3
  echo 0 >"$GTF_ROOT/run/graviton-tf/starting" # the time to load has passed
  looks 6
  assert_not_called autoscaling
  look
  [[ $(calls autoscaling) == 'aws autoscaling set-instance-health --instance-id i-0123456789abcdef0 --health-status Unhealthy --no-should-respect-grace-period' ]]
  [[ $(count 'systemctl restart') == 1 ]]
}

@test "after a reboot, misses count only once the server had its time" {
  server silent
  GTF_READY_TIMEOUT_SECONDS=600 looks 12
  assert_not_called restart
  GTF_READY_TIMEOUT_SECONDS=0 looks 3
  assert_called restart
}

@test "a server that loads a model answers, but not with AVAILABLE: a miss" {
  look
  on curl <<<'[[ $* != */v1/models/* ]] || { echo "{\"model_version_status\":[{\"state\":\"LOADING\"}]}"; exit; }; usual "$@"'
  run -0 look
  assert_output_has 'miss 1: {"model_version_status"'
}

@test "a server that someone stopped is left alone" {
  look
  server silent
  on systemctl <<<'[[ $1 != is-active ]] || { echo inactive; exit 3; }'
  looks 12
  assert_not_called restart
}

@test "a log group that refuses does not keep the watchdog from acting" {
  look
  server silent
  on aws <<<'[[ $1 != logs ]] || exit 254'
  looks 3
  assert_called 'systemctl restart graviton-tf.service'
}
