#!/bin/bash
# May this run begin here? Makes its work folder, sees to it that it is the only one and leaves nothing, and unpacks
# what its steps share.
# shellcheck disable=SC2154 # SSM_*: the agent
set -euo pipefail
umask 077

need_agent Workload
[[ $SSM_Scenarios != *,* || ${SSM_Scenarios%,*} != "${SSM_Scenarios#*,}" ]] ||
  fail "Scenarios: got $SSM_Scenarios; allowed is each once"
begin 216000
