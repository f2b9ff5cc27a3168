#!/bin/bash
# The boot's own rules, asked for values that are not an instance's. USERDATA is the folder userdata/.
#   environment.sh USERDATA machine          vCPUs, whether the CPU has BF16, threads by number of processes
#   environment.sh USERDATA write ROOT       what the boot writes to etc/graviton-tf, below ROOT, from GTF_*
#   environment.sh USERDATA read FILE        the variables of a boot.env, NAME=value each with a NUL after it
# shellcheck disable=SC1091 # where the folder is, is the caller's to say
set -euo pipefail
userdata=$1 verb=$2
shift 2
. "$userdata/bootstrap.sh"
. "$userdata/phases/serving-environment.sh"
. "$userdata/phases/environment.sh"

case $verb in
  machine)
    vcpus=$(online_vcpus)
    bf16=false
    if cpu_has_bf16; then bf16=true; fi
    echo "vcpus $vcpus"
    echo "bf16 $bf16"
    # Numbers of processes that leave no vCPU over.
    for ((count = 1; count <= vcpus; count = count < vcpus && count * 2 > vcpus ? vcpus : count * 2)); do
      ((vcpus % count)) || echo "threads $count $(threads_per_process "$vcpus" "$count")"
    done
    ;;
  read)
    while IFS= read -r name; do unset "$name"; done < <(compgen -v GTF_)
    set -a
    # shellcheck source=/dev/null
    . "$1"
    while IFS= read -r name; do printf '%s=%s\0' "$name" "${!name}"; done < <(compgen -v GTF_ && compgen -v AWS_E)
    ;;
  write)
    # Not GTF_ROOT: that one stands in boot.env where the boot had it.
    # shellcheck disable=SC2034 # phase_environment reads it
    root=$1
    phase_environment >/dev/null
    ;;
esac
