#!/usr/bin/env bats
# Units: installed, started, and what they contain.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() {
  setup_instance
  units=$GTF_ROOT/etc/systemd/system
}

@test "the runtime's unit is the one that is installed" {
  run -0 phase service
  grep -qx 'ExecStart=/opt/graviton-tf/serve/wheel.sh' "$units/graviton-tf.service"
  user_data container
  run -0 phase service
  grep -qx 'ExecStart=/opt/graviton-tf/serve/container.sh' "$units/graviton-tf.service"
}

@test "units are read, enabled and restarted, in this order" {
  run -0 phase service
  [[ $(calls systemctl) == 'systemctl daemon-reload
systemctl enable graviton-tf.service
systemctl restart graviton-tf.service' ]]
}

@test "the watchdog starts after the server; the model's timer only for a bucket" {
  run -0 phase service timers
  [[ $(calls timer) == 'systemctl enable graviton-tf-health.timer
systemctl restart graviton-tf-health.timer' ]]
  : >"$CALLS"
  from_bucket models
  run -0 phase timers
  assert_called 'systemctl restart graviton-tf-health.timer graviton-tf-model.timer'
}

@test "the model's timer has the interval that was asked for" {
  from_bucket models
  GTF_MODEL_POLL_SECONDS=17 run -0 phase service
  [[ $(grep -c '=17$' "$units/graviton-tf-model.timer") == 2 ]]
  run ! grep -r '@' "$units"
}

@test "a model that is an asset has no timer" {
  run -0 phase service
  [[ ! -e $units/graviton-tf-model.timer && -e $units/graviton-tf-health.timer ]]
}

@test "every script that a unit runs exists and can be run" {
  run -0 phase service
  local script
  while read -r script; do
    [[ -x $GTF_ROOT$script ]] || { echo "$script"; return 1; }
  done < <(sed -nE 's/^Exec[A-Za-z]+=\+?//p' "$units"/*)
}

@test "the wheel's server runs as nobody, and cannot reach the role's credentials" {
  local unit=$USERDATA/systemd/wheel/graviton-tf.service directive
  for directive in DynamicUser=yes NoNewPrivileges=yes ProtectSystem=strict CapabilityBoundingSet= \
    'IPAddressDeny=169.254.169.254 fd00:ec2::254'; do
    grep -qxF "$directive" "$unit" || { echo "$directive"; return 1; }
  done
}

@test "every unit is one that systemd accepts" {
  local analyze
  analyze=$(PATH=/usr/bin:/bin command -v systemd-analyze) || skip 'this machine has no systemd'
  local folder=$BATS_TEST_TMPDIR/units runtime
  for runtime in wheel container dockerhub; do
    user_data "$runtime"
    from_bucket models
    run -0 phase service
    mkdir -p "$folder"
    # Its own checks look for what units run.
    sed "s|=\(+\?\)/opt/graviton-tf|=\1$USERDATA|" "$units/graviton-tf.service" >"$folder/graviton-tf.service"
    cp "$units"/*.timer "$folder"
    for unit in stopped health model; do
      sed "s|=/opt/graviton-tf|=$USERDATA|" "$units/graviton-tf-$unit.service" >"$folder/graviton-tf-$unit.service"
    done
    run "$analyze" verify "$folder"/graviton-tf*
    # Newer directives are ignored by an older systemd, which says so; units of other packages are not ours.
    output=$(grep 'graviton-tf' <<<"$output" | grep -vE "Unknown (key|lvalue).*Restart(Steps|MaxDelaySec)" || true)
    [[ -z $output ]] || { echo "$output"; return 1; }
  done
}
