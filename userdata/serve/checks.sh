#!/bin/bash
# What is wrong already when the server starts (kernel, memory, threads, backend), written to the log group
# once a boot, by the same rules as the troubleshooting runbook. It starts no shadow and touches no traffic.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

troubleshoot=$here/troubleshoot

main() {
  local instance line status=0
  instance=$(metadata instance-id)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  python3 "$troubleshoot/collect.py" --facts "$work/facts.json" >/dev/null
  bash "$troubleshoot/recommend.sh" "$work/facts.json" >"$work/recommended.json"
  # TensorFlow says at its start which backend it took, unless TF_CPP_MIN_LOG_LEVEL keeps it quiet.
  unit_logs 400 >"$work/server.log" || :
  python3 "$troubleshoot/analyze.py" --json --facts "$work/facts.json" --recommended "$work/recommended.json" \
    --kernel-floor "$GTF_KERNEL_FLOOR" "$work/server.log" >"$work/report.json" || status=$?
  # 1 and 2 are verdicts, not failures.
  ((status <= 2)) || fail "analyze.py ended with status $status"
  line=$(python3 "$here/serve/findings.py" "$instance" <"$work/report.json")
  say "$line"
  log_events "boot/$instance" "$line" || say 'cannot write to the log group'
}

main
