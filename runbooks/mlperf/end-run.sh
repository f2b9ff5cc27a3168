# What ends a run: its processes and its folder.
# shellcheck shell=bash disable=SC2154 # place.sh, work.sh
end_run() { # COMMAND_ID
  local leader started owner
  if [[ -n $1 ]]; then
    # A step's processes are a group, which may be this script's own.
    read -r leader started 2>/dev/null <"$base/$1/step" || :
    ! runs_since "${leader-}" "${started-}" || [[ $leader == "$(stat_of $$ 3)" ]] || kill -KILL -- "-$leader" 2>/dev/null || :
    rm -rf "${base:?}/$1" "$base/claim.$1"
  fi
  read -r owner _ 2>/dev/null <"$base/lock" || :
  [[ ${owner-} != "$1" ]] || rm -f "$base/lock"
}
