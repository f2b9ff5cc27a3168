#!/bin/bash
# May this build begin here? Makes its work folder, sees to it that it is the only one and leaves no process, and
# unpacks what its steps share.
# shellcheck disable=SC2154 # base, work: ../troubleshoot/work.sh
set -euo pipefail
umask 077

# An agent that does not know ENV_VAR parameters leaves them unset.
[[ -n ${SSM_Fresh+set} ]] || fail "the parameter Fresh did not arrive: this runbook needs SSM agent \
3.3.2746.0 or later (AWS-UpdateSSMAgent)"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null ||
  fail "this runbook needs python3 3.7 or later, got: $(python3 --version 2>&1 || :)"
[[ -n $SSM_ArtifactsBucket ]] || fail 'ArtifactsBucket: got none; allowed is the bucket that what is built goes to'

end_leftovers() {
  end_shadow "$1"
  end_program "$1"
}

make_base
# More than all steps may take together.
take_lock 259200 command
mkdir -p "$work"
start_guard
unpack_carried "$work/files"
