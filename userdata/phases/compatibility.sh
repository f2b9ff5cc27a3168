# Which Python, glibc and package a TensorFlow release needs, and what a machine image offers: the rows of
# compatibility.txt, which the synthesis checked already for the images that it knows.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

compatibility() { sed -n "s/^$1 //p" "${BASH_SOURCE[0]%/*}/compatibility.txt"; } # KIND

# release_row VERSION: prints OLDEST-PYTHON NEWEST-PYTHON GLIBC PACKAGE-FOR-AARCH64 PACKAGE-FOR-X86-64.
release_row() {
  local minor=${1#2.} from row found=''
  minor=${minor%%.*}
  while read -r from row; do
    if ((minor >= ${from#2.})); then found=$row; fi
  done < <(compatibility release)
  [[ -n $found ]] || fail "TensorFlow $1 is too old: the oldest that is supported is $(compatibility release | sed 's/ .*//;q')"
  echo "$found"
}

tensorflow_package() { # MACHINE VERSION
  local row aarch64 x86_64
  row=$(release_row "$2")
  read -r _ _ _ aarch64 x86_64 <<<"$row"
  case $1 in
    aarch64) echo "$aarch64" ;;
    x86_64) echo "$x86_64" ;;
    *) fail "TensorFlow has no wheel for $1" ;;
  esac
}

# Prints the minor versions of the oldest and the newest Python 3 that the release and the model server run on. A
# wheel file (GTF_WHEEL_KEY) is for the one that its name tells.
python_minors() { # VERSION
  local row oldest newest server
  server=$(compatibility server)
  if [[ ${GTF_WHEEL_KEY-} =~ -cp3([0-9]+)-[^-/]+-[^-/]+$ ]]; then
    ((BASH_REMATCH[1] >= ${server#3.})) ||
      fail "the wheel ${GTF_WHEEL_KEY##*/} is for Python 3.${BASH_REMATCH[1]}, the model server needs $server or later"
    echo "${BASH_REMATCH[1]} ${BASH_REMATCH[1]}"
    return
  fi
  row=$(release_row "$1")
  read -r oldest newest _ <<<"$row"
  oldest=${oldest#3.} newest=${newest#3.} server=${server#3.}
  echo "$((oldest > server ? oldest : server)) $newest"
}

# offered_python OLDEST NEWEST: the minor version of the newest Python between them that this machine image has in
# its repositories, or nothing. What no row names is taken for Amazon Linux 2023, as its relatives are.
offered_python() {
  local id row python found=''
  # shellcheck source=/dev/null
  id=$([[ ! -r $root/etc/os-release ]] || . "$root/etc/os-release"; echo "${ID:-}-${VERSION_ID:-}")
  row=$(compatibility image | awk -v id="$id" '$1 == id { print $3 } $1 == "amzn-2023" { other = $3 } END { print other }' | head -n 1)
  for python in ${row//,/ }; do
    python=${python#3.}
    if ((python >= $1 && python <= $2)); then found=$python; fi
  done
  echo "$found"
}

check_glibc() { # VERSION
  local row floor found
  row=$(release_row "$1")
  read -r _ _ floor _ <<<"$row"
  found=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
  [[ $found =~ ^glibc\ 2\.([0-9]+) ]] || return 0
  ((BASH_REMATCH[1] >= ${floor#2.})) || fail "TensorFlow $1 needs glibc $floor, this machine image has 2.${BASH_REMATCH[1]}"
}
