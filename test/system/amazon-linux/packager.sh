#!/bin/bash
# Stands in for dnf and yum: knows the names of Amazon Linux's repository and no other, takes the words that a boot
# gives it and no other, and has Debian's apt-get do the work.
set -euo pipefail
name=${0##*/} repository=/etc/graviton-tf-repository.txt enabled=/etc/graviton-tf-extras

[[ "${1-} ${2-}" == '-y install' && $# -gt 2 ]] || { echo "$name: expected -y install PACKAGE…, got: $*" >&2 && exit 1; }
shift 2

debian_name() { # NAME
  awk -v name="$1" -v extras=" $(cat "$enabled" 2>/dev/null | xargs) " '
    $1 == name { print $2; exit }
    $1 == "extra" && $3 == name && index(extras, " " $2 " ") { print $4; exit }' "$repository"
}

declare -a packages=()
for wanted; do
  found=$(debian_name "$wanted")
  [[ $found ]] || { echo "Error: Unable to find a match: $wanted" >&2 && exit 1; }
  packages+=("$found")
done
DEBIAN_FRONTEND=noninteractive /opt/debian/apt-get -qq update
DEBIAN_FRONTEND=noninteractive /opt/debian/apt-get -qq -y --no-install-recommends install "${packages[@]}"
echo "$*" >>/var/log/graviton-tf-packager.log
echo 'Complete!'
