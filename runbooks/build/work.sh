# What the steps of a build share: . work.sh STEP. The runbook's word.sh comes before it.
# shellcheck shell=bash disable=SC2034,SC2154 # word: word.sh; work: ../troubleshoot/work.sh; files: ../command/steps.sh
# shellcheck source=../command/steps.sh
. "$work/files/runbooks/command/steps.sh"
here=$files/runbooks/$word
build=$files/runbooks/build
# What took long, for the next command, if this one fails.
kept=${GTF_ROOT-}/var/lib/graviton-tf-build/$word
# What is built, and what goes into its record.
artifacts=$work/artifacts
logs=$work/logs
mkdir -p "$artifacts" "$logs" "$work/tmp"
# An instance's /tmp may be memory.
export TMPDIR=$work/tmp
# Nothing on an instance reads pip's cache again.
[[ -n ${PIP_CACHE_DIR-} ]] || export PIP_NO_CACHE_DIR=1
[[ -z ${SSM_PipIndexUrl-} ]] || export PIP_INDEX_URL=$SSM_PipIndexUrl
# shellcheck source=kept.sh
. "$build/kept.sh"

# note NAME VALUE: for the record; a dot in the name is a level.
note() { printf '%s\t%s\n' "$1" "$2" >>"$work/facts"; }

# remark SENTENCE: what the reader of the report must know.
remark() { echo "$1" | tee -a "$work/notes"; }

# done_before STEP FILE: a step whose work is not there has nothing to do, and does not hide why.
done_before() { [[ -e $2 ]] || fail "there is nothing to go on with: see the step $1"; }

# How long each step took.
step_begun=$(date +%s%3N)
step_name=$1
trap 'printf "%s\t%s\n" "$step_name" "$(($(date +%s%3N) - step_begun))" >>"$work/milliseconds"' EXIT
