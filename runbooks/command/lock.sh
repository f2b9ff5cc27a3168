# One command at a time on an instance, of whichever runbook: each would spoil what the other measures.
# shellcheck shell=bash disable=SC2154 # base: work.sh

fail() {
  echo "$*" >&2
  exit 1
}

# A field of /proc/PID/stat, counted from behind the name; nothing of a process that is over, waited for or not.
stat_of() { # PID FIELD
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) && line=${line##*) } && [[ $line != Z* ]] && cut -d ' ' -f "$2" <<<"$line"
}

# The agent runs a command by a process of its own, which starts each step as a group: the nearest ancestor that
# is not of this group. When it is gone, by a cancellation too, the command is over.
agent_process() {
  local process=$$ group
  group=$(stat_of $$ 3)
  while ((process > 1)) && [[ $(stat_of "$process" 3) == "$group" ]]; do process=$(stat_of "$process" 2); done
  echo "$process"
}

make_base() {
  mkdir -p "$base"
  [[ -O $base && ! -L $base && $(stat -c %a "$base") == 700 ]] ||
    fail "$base must be a folder of user $EUID with mode 700: remove it"
}

# take_lock SECONDS WHAT: it is free again when the command's agent process is gone, or after SECONDS. What an
# owner that is gone has left is cleaned up by end_leftovers COMMAND_ID, which is the caller's. Sets `worker`,
# the agent's process, and `worker_start`.
take_lock() {
  local lock=$base/lock boot now owner ends booted its_worker its_start
  boot=$(cat /proc/sys/kernel/random/boot_id)
  now=$(date +%s)
  worker=$(agent_process)
  worker_start=$(stat_of "$worker" 20)
  echo "$SSM_COMMAND_ID $((now + $1)) $boot $worker $worker_start" >"$base/claim.$SSM_COMMAND_ID"
  trap 'rm -f "$base/claim.$SSM_COMMAND_ID"' EXIT
  claim() { ln "$base/claim.$SSM_COMMAND_ID" "$lock" 2>/dev/null; }
  if ! claim; then
    read -r owner ends booted its_worker its_start <"$lock" || :
    if [[ $owner != "$SSM_COMMAND_ID" ]]; then
      [[ $booted != "$boot" || ! $ends =~ ^[0-9]+$ || $(stat_of "$its_worker" 20) != "$its_start" ]] || ((ends < now)) ||
        fail "another $2 is under way on this instance: command $owner, which ends by \
$(date -u -d "@$ends" +%H:%M:%S) UTC at the latest"
      # Renamed by one of those who found it so.
      mv "$lock" "$lock.$SSM_COMMAND_ID"
      echo "cleaning up after command ${owner:-}, which did not"
      end_leftovers "$owner"
      [[ -z $owner ]] || rm -rf "${base:?}/$owner"
      rm -f "$lock.$SSM_COMMAND_ID"
      claim || fail "another $2 has just begun on this instance"
    fi
  fi
}

free_lock() { # COMMAND_ID
  local owner
  rm -f "$base/claim.$1"
  read -r owner _ 2>/dev/null <"$base/lock" || :
  [[ ${owner-} != "$1" ]] || rm -f "$base/lock"
}
