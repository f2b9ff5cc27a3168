#!/bin/bash
# May this command run here? Makes its work folder, sees to it that it is the only one, unpacks its programs.
# shellcheck disable=SC2154 # base, work: work.sh
set -euo pipefail
umask 077

# An agent that does not know ENV_VAR parameters leaves them unset.
[[ -n ${SSM_Model+set} ]] || fail "the parameter Model did not arrive: this runbook needs SSM agent \
3.3.2746.0 or later (AWS-UpdateSSMAgent)"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null ||
  fail "this runbook needs python3 3.7 or later, got: $(python3 --version 2>&1 || :)"

end_leftovers() {
  end_shadow "$1"
  end_program "$1"
}

make_base
# More than all steps may take together.
take_lock 21600 command
mkdir -p "$work"
start_guard
unpack_carried "$work/files"
