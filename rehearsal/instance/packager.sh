#!/bin/bash
# Stands in for dnf and apt on the rehearsed instance: says what an instance would install, checks that this
# machine has the commands those packages bring, and installs nothing.
set -euo pipefail

[[ ${1:-} == install ]] || { echo "packager.sh: expected 'install PACKAGE…', got '$*'" >&2; exit 2; }
shift

# What a package is needed for; nothing where only a library or a daemon of its own is meant.
commands_of() {
  case $1 in
    awscli*) echo aws ;;
    amazon-ecr-credential-helper) echo docker-credential-ecr-login ;;
    docker | docker.io) echo docker ;;
    python3.* | python3) echo python3 ;;
    python3*-venv | python3*-pip | ca-certificates) ;;
    *) echo "$1" ;;
  esac
}

for package; do
  echo "an instance would install $package"
  for command in $(commands_of "$package"); do
    command -v "$command" >/dev/null || { echo "this machine has no $command, which $package brings" >&2; exit 1; }
  done
done
