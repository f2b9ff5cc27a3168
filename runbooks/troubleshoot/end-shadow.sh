# What could outlive a shadow's watchdog, which ends everything else: a container and a unit.
# shellcheck shell=bash
end_shadow() { # COMMAND_ID
  ! command -v docker >/dev/null || timeout 20 docker rm --force "graviton-tf-shadow-$1" >/dev/null 2>&1 || :
  [[ ! -d /run/systemd/system || $EUID != 0 ]] || systemctl stop "graviton-tf-shadow-$1.service" 2>/dev/null || :
}
