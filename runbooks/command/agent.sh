# What of the instance every runbook's scripts need before anything else.
# shellcheck shell=bash
# fail SENTENCE is lock.sh's.

need_agent() { # PARAMETER…
  local name
  # An agent that does not know ENV_VAR parameters leaves them unset.
  for name; do
    [[ -v SSM_$name ]] || fail "the parameter $name did not arrive: this runbook needs SSM agent \
3.3.2746.0 or later (AWS-UpdateSSMAgent)"
  done
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null ||
    fail "this runbook needs python3 3.7 or later, got: $(python3 --version 2>&1 || :)"
}
