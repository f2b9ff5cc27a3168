# What the tables beside this file say: releases.txt, toolchains.txt, distributions.txt; and the boot's
# compatibility.txt.
# shellcheck shell=bash disable=SC2154 # here, files: ../build/work.sh
# fail is the caller's.

rows() { sed -n "s/^$2  *//p" "$here/$1.txt" | tr -s ' '; } # TABLE KIND

# What the deployment says of a key, in a parameter of words KEY=VALUE.
given() { tr ' ' '\n' <<<"$1" | sed -n "s/^${2//./\\.}=//p"; } # WORDS KEY

# commit_of RELEASE: prints its tag's commit, or - where none is known.
commit_of() {
  local commit
  commit=$(given "$SSM_Commits" "$1")
  [[ -n $commit ]] || commit=$(rows releases commit | awk -v release="$1" '$1 == release { print $2 }')
  [[ -n $commit ]] || fail "Release: got $1, whose commit is not known; allowed are $(rows releases commit |
    awk '{ printf "%s%s", separator, $1; separator = ", " }'), and what the deployment's commits name"
  echo "$commit"
}

# release_needs RELEASE: prints CLANG TARGET.
release_needs() {
  rows releases from | awk -v minor="$(cut -d . -f 2 <<<"$1")" '{ split($1, from, ".") } from[2] <= minor { found = $2 " " $3 } END { print found }'
}

# sha256_of TOOL VERSION: of what is downloaded of it.
sha256_of() {
  local words=$SSM_BazelSha256 property=bazelSha256 found
  [[ $1 == bazel ]] || words=$SSM_LlvmSha256 property=llvmSha256
  found=$(given "$words" "$2")
  [[ -n $found ]] || found=$(rows toolchains "$1" | awk -v version="$2" '$1 == version { print $2 }')
  [[ -n $found ]] || fail "$1 $2, which TensorFlow $SSM_Release wants, has no pinned checksum: let the deployment \
give it by $property (SHA-256 of the file for aarch64)"
  echo "$found"
}

# The boot's functions on compatibility.txt, in a shell of their own: its fail and say are not this document's.
compatible() { (
  # shellcheck source=../../userdata/bootstrap.sh
  . "$files/userdata/bootstrap.sh"
  # shellcheck source=../../userdata/phases/compatibility.sh
  . "$files/userdata/phases/compatibility.sh"
  "$@"
); }

# Prints ID-VERSION_ID of this machine's distribution.
distribution() { (
  # shellcheck source=/dev/null
  [[ ! -r ${GTF_ROOT-}/etc/os-release ]] || . "${GTF_ROOT-}/etc/os-release"
  echo "${ID:-unknown}-${VERSION_ID:-}"
); }

# Prints the minor versions of the Pythons 3 in this distribution's repositories.
offered_minors() {
  local id
  id=$(distribution)
  {
    compatible compatibility image | tr -s ' ' | awk -v id="$id" '$1 == id { print $3 }'
    rows distributions distribution | awk -v id="$id" '$1 == id && $2 != "-" { print $2 }'
  } | tr ',' '\n' | sed -n 's/^3\.//p'
}

# Prints the packages of a gcc that is new enough, where this distribution's own is not.
gcc_packages() { rows distributions distribution | awk -v id="$(distribution)" '$1 == id && $3 != "-" { print $3 }' | tr ',' ' '; }
