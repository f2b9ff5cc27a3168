#!/bin/bash
# May this run begin here? Makes its work folder, and sees to it that it is the only one and leaves nothing.
# shellcheck disable=SC2154 # place.sh, work.sh

# An agent that does not know ENV_VAR parameters leaves them unset.
for name in Workload Scenarios Seconds Samples Qps Bf16 Python Commit Sources Model ModelChecksum Images Dataset \
  DatasetChecksum Vocabulary VocabularyChecksum PipIndexUrl; do
  variable=SSM_$name
  [[ -n ${!variable+set} ]] || fail "the parameter $name did not arrive: this runbook needs SSM agent \
3.3.2746.0 or later (AWS-UpdateSSMAgent)"
done
[[ $SSM_Scenarios != *,* || ${SSM_Scenarios%,*} != "${SSM_Scenarios#*,}" ]] ||
  fail "Scenarios: got $SSM_Scenarios; allowed is each once"

umask 077
mkdir -p "$base"
[[ -O $base && ! -L $base && $(stat -c %a "$base") == 700 ]] ||
  fail "$base must be a folder of user $EUID with mode 700: remove it"

lock=$base/lock
boot=$(cat /proc/sys/kernel/random/boot_id)
# The agent runs a command by a process of its own, which starts each step as a group. When it is gone, by a
# cancellation too, the command is over.
worker=$(stat_of "$step_group" 2)
started=$(stat_of "$worker" 20)
echo "$SSM_COMMAND_ID $boot $worker $started" >"$base/claim.$SSM_COMMAND_ID"
trap 'rm -f "$base/claim.$SSM_COMMAND_ID"' EXIT
claim() { ln "$base/claim.$SSM_COMMAND_ID" "$lock" 2>/dev/null; }

if ! claim; then
  read -r owner booted its_worker its_start <"$lock" || :
  if [[ ${owner-} != "$SSM_COMMAND_ID" ]]; then
    [[ ${booted-} != "$boot" ]] || ! runs_since "${its_worker-}" "${its_start-}" ||
      fail "another MLPerf run is under way on this instance: command $owner"
    # Renamed by one of those who found it so.
    mv "$lock" "$lock.$SSM_COMMAND_ID"
    say "cleaning up after command ${owner:-}, which did not"
    end_run "${owner-}"
    rm -f "$lock.$SSM_COMMAND_ID"
    claim || fail 'another MLPerf run has just begun on this instance'
  fi
fi
mkdir -p "$work" "$results"

# After a cancellation the agent runs no step any more, CleanUp included, and a dataset is large.
watch() {
  while [[ -d $work ]] && runs_since "$worker" "$started"; do sleep 2; done
  end_run "$SSM_COMMAND_ID"
}
export base work worker started
export -f watch runs_since stat_of end_run
setsid bash -c watch </dev/null >/dev/null 2>&1 &
