#!/bin/bash
# May this diagnosis run here? Makes its work folder, and sees to it that it is the only one.
# shellcheck disable=SC2154 # base, work: work.sh
set -euo pipefail
umask 077

fail() {
  echo "$1" >&2
  exit 1
}

# An agent that does not know ENV_VAR parameters leaves them unset.
for name in LogPath Server BatchSize Requests ShadowSeconds KernelFloor EndOfPatch; do
  variable=SSM_$name
  [[ -n ${!variable+set} ]] || fail "the parameter $name did not arrive: this runbook needs SSM agent \
3.3.2746.0 or later (AWS-UpdateSSMAgent)"
done
python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null ||
  fail "this runbook needs python3 3.7 or later, got: $(python3 --version 2>&1 || :)"

mkdir -p "$base"
[[ -O $base && ! -L $base && $(stat -c %a "$base") == 700 ]] ||
  fail "$base must be a folder of user $EUID with mode 700: remove it"

# A field of /proc/PID/stat, counted from behind the name.
stat_of() { # PID FIELD
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) && cut -d ' ' -f "$2" <<<"${line##*) }"
}

lock=$base/lock
boot=$(cat /proc/sys/kernel/random/boot_id)
now=$(date +%s)
# The agent runs a command by a process of its own, which starts each step as a group. When it is gone, by a
# cancellation too, the command is over; and the other steps' timeouts add up to less than 600 s.
worker=$(stat_of "$(stat_of $$ 3)" 2)
echo "$SSM_COMMAND_ID $((now + SSM_ShadowSeconds + 600)) $boot $worker $(stat_of "$worker" 20)" \
  >"$base/claim.$SSM_COMMAND_ID"
trap 'rm -f "$base/claim.$SSM_COMMAND_ID"' EXIT
claim() { ln "$base/claim.$SSM_COMMAND_ID" "$lock" 2>/dev/null; }

if ! claim; then
  read -r owner ends booted worker started <"$lock" || :
  if [[ $owner != "$SSM_COMMAND_ID" ]]; then
    [[ $booted != "$boot" || ! $ends =~ ^[0-9]+$ || $(stat_of "$worker" 20) != "$started" ]] || ((ends < now)) ||
      fail "another diagnosis is under way on this instance: command $owner, which ends by \
$(date -u -d "@$ends" +%H:%M:%S) UTC at the latest"
    # Renamed by one of those who found it so.
    mv "$lock" "$lock.$SSM_COMMAND_ID"
    echo "cleaning up after command ${owner:-}, which did not"
    end_shadow "$owner"
    [[ -z $owner ]] || rm -rf "${base:?}/$owner"
    rm -f "$lock.$SSM_COMMAND_ID"
    claim || fail 'another diagnosis has just begun on this instance'
  fi
fi
mkdir -p "$work"
