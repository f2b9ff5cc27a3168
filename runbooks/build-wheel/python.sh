# Which Python the wheel is for.
# shellcheck shell=bash disable=SC2154 # SSM_*: the agent

# has_python MINOR
has_python() { command -v "python3.$1" >/dev/null || [[ $(minor_of python3) == "$1" ]]; }

minor_of() { "$1" -c 'import sys; print(sys.version_info[1])' 2>/dev/null || :; }

# python_path MINOR: prints where it is.
python_path() {
  command -v "python3.$1" || { [[ $(minor_of python3) == "$1" ]] && command -v python3; }
}

# choose_python: prints the minor version of the newest Python 3 that the release has wheels for and this machine has
# or its repositories offer; below what the model server runs on only where there is no other.
choose_python() {
  local row oldest newest server minor best='' lower=''
  row=$(compatible release_row "$SSM_Release")
  read -r oldest newest _ <<<"$row"
  oldest=${oldest#3.} newest=${newest#3.}
  server=$(compatible compatibility server)
  if [[ -n $SSM_Python ]]; then
    minor=${SSM_Python#3.}
    ((minor >= oldest && minor <= newest)) ||
      fail "Python: got $SSM_Python; allowed for TensorFlow $SSM_Release are 3.$oldest to 3.$newest"
    { has_python "$minor" || offered_minors | grep -qx "$minor"; } ||
      fail "Python: got $SSM_Python, which $(distribution) neither has nor offers; allowed are $(pythons_here)"
    echo "$minor"
    return
  fi
  for ((minor = oldest; minor <= newest; minor++)); do
    if has_python "$minor" || offered_minors | grep -qx "$minor"; then
      if ((minor >= ${server#3.})); then best=$minor; else lower=$minor; fi
    fi
  done
  [[ -n $best$lower ]] || fail "TensorFlow $SSM_Release needs Python 3.$oldest to 3.$newest, and $(distribution) has \
$(pythons_here): build on Amazon Linux 2023, Ubuntu 22.04 or 24.04, or Debian 12"
  echo "${best:-$lower}"
}

pythons_here() {
  local minor
  for minor in {6..15}; do
    if has_python "$minor" || offered_minors | grep -qx "$minor"; then echo "3.$minor"; fi
  done | paste -sd , - | sed 's/^$/none/'
}
