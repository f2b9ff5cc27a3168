# Installs the units and starts the model server.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

# shellcheck source=../serve/model-server.sh
. "$home/serve/model-server.sh"

phase_service() {
  local units=$root/etc/systemd/system unit text
  for unit in "$home/systemd"/graviton-tf* "$home/systemd/$GTF_RUNTIME"/graviton-tf*; do
    [[ $unit != *-model.* || $GTF_MODEL_SOURCE == bucket ]] || continue
    text=$(<"$unit")
    write_file "$units/$(basename "$unit")" <<<"${text//@GTF_MODEL_POLL_SECONDS@/"${GTF_MODEL_POLL_SECONDS:-}"}"
  done
  must 'cannot read the units' supervisor daemon-reload
  must 'cannot enable the model server' supervisor enable graviton-tf.service
  must 'cannot start the model server' supervisor restart graviton-tf.service
}

# Only once the server has answered: the watchdog would take a slow start for a broken server.
phase_timers() {
  local -a timers=(graviton-tf-health.timer)
  [[ $GTF_MODEL_SOURCE != bucket ]] || timers+=(graviton-tf-model.timer)
  must 'cannot enable the timers' supervisor enable "${timers[@]}"
  must 'cannot start the timers' supervisor restart "${timers[@]}"
  # What it finds is for the log group; no boot waits for it or fails by it.
  { supervisor enable graviton-tf-checks.service && supervisor start --no-block graviton-tf-checks.service; } ||
    say 'the checks were not started'
}
