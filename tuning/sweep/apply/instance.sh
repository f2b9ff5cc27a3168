#!/bin/bash
# The instance's model server, by the functions of its own units. USERDATA is the folder userdata/.
#   instance.sh USERDATA restart     restarts it; the watchdog then gives it the time it had at boot
#   instance.sh USERDATA restarts    how often it was started again by itself since
#   instance.sh USERDATA last-line   what it printed last
# shellcheck disable=SC1091,SC2154 # where the folder is, is the caller's to say; bootstrap.sh sets root
set -euo pipefail
userdata=$1 verb=$2
. "$userdata/bootstrap.sh"
. "$userdata/serve/model-server.sh"
unit=graviton-tf.service

# health.sh counts no miss while this is younger than GTF_READY_TIMEOUT_SECONDS.
hold_off_the_watchdog() {
  mkdir -p "$root/run/graviton-tf"
  now >"$root/run/graviton-tf/starting"
}

case $verb in
  restart)
    hold_off_the_watchdog
    supervisor restart "$unit"
    # A look that found the old server has set it to 0 again.
    hold_off_the_watchdog
    ;;
  restarts) supervisor show --property=NRestarts "$unit" 2>/dev/null | sed -n 's/^NRestarts=\([0-9]\{1,6\}\)$/\1/p' ;;
  last-line) unit_logs 1 ;;
esac
