# Where a command's steps meet, and how they say and fail.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
umask 022
base=${GTF_ROOT-}/var/lib/graviton-tf-mlperf
((EUID == 0)) || [[ -n ${GTF_ROOT-} ]] || base=${TMPDIR:-/var/tmp}/graviton-tf-mlperf-$EUID
work=$base/${SSM_COMMAND_ID:?needs SSM agent 3.3.2746.0 or later}
source=$work/inference
venv=$work/venv
results=$work/results
# The files that Prepare has unpacked, at their places in the package.
files=$work/files
# What is measured with: as asked for, else the deployment's images, else nothing but synthetic ones.
dataset=${SSM_Dataset-}
[[ -n $dataset || ${SSM_Workload-} != resnet50 ]] || dataset=${SSM_Images-}
[[ $dataset != synthetic ]] || dataset=''
# The agent, a systemd service, has none; git and pip want one.
# Ubuntu's AWS CLI may come from a snap.
export HOME=${HOME:-/root} PATH=$PATH:${GTF_ROOT-}/snap/bin AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-${AWS_SSM_REGION_NAME-}} AWS_PAGER=''
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

runs_since() { # PID STARTED: is it still the process that started then?
  [[ -n ${1-} && -n ${2-} && $(stat_of "$1" 20) == "$2" ]]
}

# For the watchdog, which ends what a dead agent leaves of a step.
[[ ! -d $work ]] || echo "$$ $(stat_of $$ 20)" >"$work/step"
