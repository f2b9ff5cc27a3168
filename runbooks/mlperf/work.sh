# What a command's steps share: folders, and how they say and fail.
# shellcheck shell=bash disable=SC2034,SC2154 # work: place.sh
set -euo pipefail
umask 022
source=$work/inference
venv=$work/venv
results=$work/results
# What is measured with: as asked for, else the deployment's images, else nothing but synthetic ones.
dataset=${SSM_Dataset-}
[[ -n $dataset || ${SSM_Workload-} != resnet50 ]] || dataset=${SSM_Images-}
[[ $dataset != synthetic ]] || dataset=''
# The agent, a systemd service, has none; git and pip want one.
# Ubuntu's AWS CLI may come from a snap.
export HOME=${HOME:-/root} PATH=$PATH:${GTF_ROOT-}/snap/bin AWS_PAGER=''
[[ -z ${AWS_SSM_REGION_NAME-} ]] || export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-$AWS_SSM_REGION_NAME}
export GIT_TERMINAL_PROMPT=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { echo "$*"; }

# The sentence is the last line of stderr: what the operator is shown.
fail() {
  echo "$*" >&2
  exit 1
}

# must SENTENCE COMMAND…: a failing command's last line of stderr completes the sentence.
must() {
  local what=$1 errors=$work/stderr.$BASHPID status=0
  shift
  "$@" 2>"$errors" || status=$?
  cat "$errors" >&2
  [[ $status == 0 ]] || fail "$what: $(grep -v '^[[:space:]]*$' "$errors" | tail -n 1 | cut -c 1-500 || :) (status $status)"
  rm -f "$errors"
}

# A field of /proc/PID/stat, counted from behind the name.
stat_of() { # PID FIELD
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) && cut -d ' ' -f "$2" <<<"${line##*) }"
}

runs_since() { # PID STARTED: is it still the process that started then, and no zombie?
  [[ -n ${1-} && -n ${2-} && $(stat_of "$1" 20) == "$2" && $(stat_of "$1" 1) != Z ]]
}

# For the watchdog, which ends what a dead agent leaves of a step: its process group.
step_group=$(stat_of $$ 3)
[[ ! -d $work ]] || echo "$step_group $(stat_of "$step_group" 20)" >"$work/step"
