#!/bin/bash
# Writes why the model server stopped, and its last lines, to the log group.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

main() {
  local instance reason line
  local -a lines=()
  instance=$(metadata instance-id)
  reason=$(cat "$run/stopped" 2>/dev/null || echo unknown)
  while IFS= read -r line; do lines+=("${line:0:2000}"); done < <(unit_logs 100 | iconv -c -f UTF-8 -t UTF-8)
  log_events "server/$instance" \
    "{\"event\":\"stopped\",\"instance\":$(json_string "$instance"),\"reason\":$(json_string "$reason")}" \
    ${lines[@]+"${lines[@]}"}
}

main
