#!/bin/bash
# The watchdog, run by a timer: a server that misses three looks in a row is restarted, after ten the group is
# told to replace the instance. A server that has not answered since the machine or this script started it
# gets the time it had at boot, because loading a model is not a failure.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

restart_after=3
replace_after=10

read_count() { # FILE DEFAULT
  local count
  count=$(cat "$1" 2>/dev/null || true)
  if [[ $count =~ ^[0-9]{1,15}$ ]]; then echo "$count"; else echo "$2"; fi
}

report() { # MESSAGE
  say "$1"
  log_events "server/$instance" \
    "{\"event\":\"health\",\"instance\":$(json_string "$instance"),\"misses\":$misses,\"action\":$(json_string "$1")}" ||
    say 'cannot write to the log group'
}

main() {
  local misses instance status starting=$run/starting
  mkdir -p "$run"
  # Stopped by someone who wants it stopped.
  [[ $(supervisor is-active graviton-tf.service || true) != inactive ]] || return 0

  if status=$(model_status 2>&1) && is_available "$status"; then
    echo 0 >"$run/misses"
    echo 0 >"$starting"
    return
  fi
  # /run is empty after a boot.
  [[ -s $starting ]] || now >"$starting"
  if (($(now) - $(read_count "$starting" 0) < GTF_READY_TIMEOUT_SECONDS * 1000)); then return 0; fi

  misses=$(($(read_count "$run/misses" 0) + 1))
  echo "$misses" >"$run/misses"
  say "miss $misses: ${status:0:500}"
  case $misses in
    "$restart_after")
      instance=$(metadata instance-id)
      now >"$starting"
      report "restarting the model server after $misses misses"
      supervisor restart graviton-tf.service
      ;;
    "$replace_after")
      instance=$(metadata instance-id)
      echo 0 >"$run/misses"
      report "asking the group to replace the instance after $misses misses"
      replace_instance
      ;;
  esac
}

main
