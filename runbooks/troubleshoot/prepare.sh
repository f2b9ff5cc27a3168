#!/bin/bash
# May this diagnosis run here? Makes its work folder, and sees to it that it is the only one.
# shellcheck disable=SC2154 # work: work.sh
set -euo pipefail
umask 077

# An agent that does not know ENV_VAR parameters leaves them unset.
for name in LogPath Server BatchSize Requests ShadowSeconds KernelFloor EndOfPatch; do
  variable=SSM_$name
  [[ -n ${!variable+set} ]] || fail "the parameter $name did not arrive: this runbook needs SSM agent \
3.3.2746.0 or later (AWS-UpdateSSMAgent)"
done
python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null ||
  fail "this runbook needs python3 3.7 or later, got: $(python3 --version 2>&1 || :)"

end_leftovers() { end_shadow "$1"; }

make_base
# The other steps' timeouts add up to less than 600 s.
take_lock $((SSM_ShadowSeconds + 600)) diagnosis
mkdir -p "$work"
