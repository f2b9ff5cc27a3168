# What releases.txt and packages.txt say of this command's release, and of this instance.
# shellcheck shell=bash disable=SC2154 # here, files, SSM_*: ../build/work.sh

rows() { sed -n "s/^$2  *//p" "$here/$1.txt"; } # TABLE KIND

# The JAR's classifier, which JavaCPP names after the machine.
platform() {
  local machine
  machine=$(uname -m)
  case $machine in
    aarch64) echo linux-arm64 ;;
    # Nobody's Graviton: what the tests of this runbook run on.
    x86_64) echo linux-x86_64 ;;
    *) fail "this needs an aarch64 machine, got $machine" ;;
  esac
}

# release_row: prints TENSORFLOW COMMIT OLDEST-JDK NEWEST-JDK STATE.
release_row() {
  local release row
  while read -r release row; do
    if [[ $release == "$SSM_Release" ]]; then
      echo "$row"
      return
    fi
  done < <(rows releases release)
  fail "Release: got $SSM_Release; allowed are $(rows releases release | sed 's/ .*//' | paste -sd ' ')"
}

# wheel_row: prints PYTHON REQUIREMENT TAG CHECKSUM of the wheel that the build takes the native libraries from.
wheel_row() {
  local release platform row
  while read -r release platform row; do
    if [[ "$release $platform" == "$SSM_Release $1" ]]; then echo "$row"; fi
  done < <(rows releases wheel)
}

# The distribution by ID and VERSION_ID, one that packages.txt knows; or the sentence why not.
distribution() {
  local id known why
  # shellcheck source=/dev/null
  id=$([[ ! -r ${GTF_ROOT-}/etc/os-release ]] || . "${GTF_ROOT-}/etc/os-release"; echo "${ID:-}-${VERSION_ID:-}")
  while read -r known _; do [[ $known != "$id" ]] || { echo "$id" && return; }; done < <(rows packages distribution)
  while read -r known why; do [[ $known != "$id" ]] || fail "$why"; done < <(rows packages refused)
  fail "the distribution is ${id#-}; allowed are $(rows packages distribution | sed 's/^[^ ]* *//' | paste -sd , | sed 's/,/, /g')"
}

# wanted_packages DISTRIBUTION KIND…: their names there, in the guide's order.
wanted_packages() {
  local distribution=$1 kind name
  shift
  for kind; do
    for name in $(rows packages "$kind"); do instead "$distribution" "$name"; done
  done
}

instead() { # DISTRIBUTION NAME
  local where name names
  while read -r where name names; do
    if [[ "$where $name" == "$1 $2" ]]; then
      names=${names%%#*}
      # shellcheck disable=SC2086 # a list of words
      [[ $names == '- ' ]] || printf '%s\n' $names
      return
    fi
  done < <(rows packages instead)
  echo "$2"
}

# find_jdk OLDEST NEWEST: prints the home of the newest JDK between them, if one is installed.
find_jdk() {
  local javac version best=0 home=''
  for javac in "${JAVA_HOME:-/nowhere}/bin/javac" "$(command -v javac || :)" "${GTF_ROOT-}"/usr/lib/jvm/*/bin/javac; do
    [[ -x $javac ]] || continue
    version=$("$javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    if [[ $version ]] && ((version >= $1 && version <= $2 && version > best)); then
      best=$version home=$(readlink -f "$javac") home=${home%/bin/javac}
    fi
  done
  [[ $home ]] && echo "$home"
}
