# What one command leaves for the next: downloads, sources, what the build tool has built already.
# shellcheck shell=bash disable=SC2154 # kept, work: work.sh
# fail, say and must are the caller's; so is fetch: ../command/fetch.sh

# All of it. First what it was for: without that nothing is used again of what a removal that was cut short has left.
drop_kept() {
  rm -f "$kept/for"
  rm -rf "${kept:?}"
}

# open_kept WHAT: the folder, with what an earlier command for the same has left, or empty. It is root's alone, since
# what is in it is run by root.
open_kept() {
  local folder
  for folder in "${kept%/*}" "$kept"; do
    (umask 077 && mkdir -p "$folder")
    [[ -O $folder && ! -L $folder && $(stat -c %a "$folder") == 700 ]] ||
      fail "$folder must be a folder of user $EUID with mode 700: remove it"
  done
  if [[ $SSM_Fresh != true && $(cat "$kept/for" 2>/dev/null) == "$1" ]]; then
    say "going on with what an earlier command for $1 has left"
  else
    drop_kept
    (umask 077 && mkdir "$kept")
    echo "$1" >"$kept/for"
  fi
  # What works in there is this command's, and ends with it.
  echo "$kept" >"$work/folders"
}

# fetch_kept NAME URL FILE CHECKSUM: as fetch, into the kept folder; what is there already, and as the checksum says,
# is not fetched again.
fetch_kept() {
  local file=$kept/downloads/$3
  mkdir -p "${file%/*}"
  if [[ -n $4 && -f $file && sha256:$(sha256sum "$file" | cut -d ' ' -f 1) == "$4" ]]; then
    say "${2%%\?*} is there already"
    printf '%s\t%s\t%s\tverified\n' "$1" "${2%%\?*}" "$4" >>"$work/sources"
    return
  fi
  fetch "$1" "$2" "$file.part" "$4"
  mv "$file.part" "$file"
}
