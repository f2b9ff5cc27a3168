#!/bin/bash
# ExecStopPost of the model server: has an unexpected stop reported. By a unit of its own, because what runs
# inside the wheel's unit cannot reach the credentials that the report needs.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# systemd says "success" for a stop that was asked for.
[[ ${SERVICE_RESULT:-unknown} != success ]] || exit 0

mkdir -p "$run"
echo "${SERVICE_RESULT:-unknown}: ${EXIT_CODE:-ended} ${EXIT_STATUS:-}" >"$run/stopped"
supervisor start --no-block graviton-tf-stopped.service
