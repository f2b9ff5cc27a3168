# A program of tuning/ runs in a session of its own, so that a cancellation, which is SIGKILL for the step's
# group, leaves it time to take back what it has begun. Here is who ends it then.
# shellcheck shell=bash disable=SC2154 # base, work, worker, worker_start: work.sh, lock.sh

# The running program's, in the work folder: "pid start".
is_running() { # FILE
  local pid start
  read -r pid start 2>/dev/null <"$1" && [[ -n $start && $(stat_of "$pid" 20) == "$start" ]]
}

# For the guard, which must never read half of it: while this step runs, the command does.
note_step() {
  echo "$$ $(stat_of $$ 20)" >"$work/step.new"
  mv "$work/step.new" "$work/step"
}

# Whoever works in a folder, or is a program of it: a build tool's server and what it has started are in no group of
# the step's.
end_workers() { # FOLDER
  local folder signal pids tries
  folder=$(realpath "$1" 2>/dev/null) || return 0
  for signal in TERM KILL; do
    tries=0
    # Of what has just ended, and of the kernel's own, find says that there is none, and fails.
    while pids=$({ find /proc -mindepth 2 -maxdepth 2 \( -name cwd -o -name exe \) \( -lname "$folder" -o -lname "$folder/*" \) 2>/dev/null || :; } |
      cut -d / -f 3 | sort -u | grep -vx "$$") && [[ -n $pids ]] && ((tries++ < 20)); do
      # shellcheck disable=SC2086 # many numbers
      [[ $tries -gt 1 && $signal == TERM ]] || kill "-$signal" $pids 2>/dev/null || :
      sleep 0.5
    done
  done
}

end_program() { # COMMAND_ID
  local file=$base/$1/program folder pid tries=0
  if is_running "$file"; then
    read -r pid _ <"$file"
    kill -TERM "$pid" 2>/dev/null || :
    # It takes a published version back, and waits until the server has let go of it.
    while is_running "$file" && ((tries++ < 120)); do sleep 0.5; done
    kill -KILL -- "-$pid" 2>/dev/null || :
  fi
  # Folders beside the work folder in which only this command works.
  [[ -f $base/$1/folders ]] || return 0
  while IFS= read -r folder; do end_workers "$folder"; done <"$base/$1/folders"
}

# Ends with the work folder, which CleanUp removes; cleans up itself when the agent's process is gone, or the
# step that waits for a program.
guard() {
  while [[ -d $work ]]; do
    if [[ $(stat_of "$worker" 20) != "$worker_start" ]] || { [[ -f $work/step ]] && ! is_running "$work/step"; }; then
      end_program "$SSM_COMMAND_ID"
      rm -rf "${work:?}"
      free_lock "$SSM_COMMAND_ID"
    else
      sleep 0.5
    fi
  done
}

start_guard() {
  {
    declare -p base work worker worker_start SSM_COMMAND_ID
    declare -f stat_of is_running end_workers end_program free_lock guard
    echo guard
  } >"$work/guard.sh"
  setsid bash "$work/guard.sh" </dev/null >/dev/null 2>&1 &
}
