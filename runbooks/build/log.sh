#!/bin/bash
# The logs, for the results bucket; also of a build that failed. Of a long one both ends: its end tells why it failed.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/build/work.sh" Log
MOST=8000000
for file in "$logs"/*; do
  [[ -f $file ]] || continue
  echo "#@ ${file##*/}"
  if (($(stat -c %s "$file") > 2 * MOST)); then
    head -c "$MOST" "$file"
    printf '\n#@ [%s bytes left out]\n' "$(($(stat -c %s "$file") - 2 * MOST))"
    tail -c "$MOST" "$file"
  else
    cat "$file"
  fi
  echo
done
