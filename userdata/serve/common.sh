# What every script that a unit runs begins with: boot.env is in the environment (EnvironmentFile).
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../bootstrap.sh
. "$here/bootstrap.sh"
# shellcheck source=model-server.sh
. "$here/serve/model-server.sh"
# Where state lives that a reboot forgets.
# shellcheck disable=SC2034 # for who sources this

run=$root/run/graviton-tf

# serving.env is read word for word, as `docker run --env-file` reads it: no quotes, no escapes.
serving_value() { # NAME
  sed -n "s/^$1=//p" "$root/etc/graviton-tf/serving.env" | tail -n 1
}
