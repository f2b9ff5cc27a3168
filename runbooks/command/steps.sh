# How the steps of a long command say and fail, and what they find. Sourced by a runbook's own work.sh.
# shellcheck shell=bash disable=SC2154 # work: ../troubleshoot/work.sh
set -euo pipefail
umask 022
# The files that Prepare has unpacked, at their places in the package.
files=$work/files
# The agent, a systemd service, has none; git and pip want one.
# Ubuntu's AWS CLI may come from a snap.
export HOME=${HOME:-/root} PATH=$PATH:${GTF_ROOT-}/snap/bin AWS_PAGER=''
[[ -z ${AWS_SSM_REGION_NAME-} ]] || export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-$AWS_SSM_REGION_NAME}
export GIT_TERMINAL_PROMPT=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

# fail and stat_of.
# shellcheck source=lock.sh
. "$files/runbooks/command/lock.sh"

say() { echo "$*"; }

# must SENTENCE COMMAND…: a failing command's last line of stderr completes the sentence.
must() {
  local what=$1 errors=$work/stderr.$BASHPID status=0
  shift
  "$@" 2>"$errors" || status=$?
  cat "$errors" >&2
  [[ $status == 0 ]] || fail "$what: $(grep -v '^[[:space:]]*$' "$errors" | tail -n 1 | cut -c 1-500 || :) (status $status)"
  rm -f "$errors"
}

# The boot's uses_apt, install_packages and ensure_aws_cli; its fail and say are not this document's.
boot() { (
  # shellcheck source=../../userdata/bootstrap.sh
  . "$files/userdata/bootstrap.sh"
  "$@"
); }

# For the guard, which ends what a dead agent leaves of a step: the leader of its process group.
step_group=$(stat_of $$ 3)
echo "$step_group $(stat_of "$step_group" 20)" >"$work/program"
