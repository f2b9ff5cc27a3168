#!/bin/bash
# Takes back what a network of the test and its Docker daemon leave in the kernel: their bridges, and the rules that name
# one of them.
set -euo pipefail
for table in nat filter mangle; do
  while read -r verb rest; do
    # Words of a rule hold no spaces that would need quotes.
    # shellcheck disable=SC2086
    [[ $verb != -A || $rest != *gtf-* ]] || iptables -t "$table" -D $rest
  done < <(iptables -t "$table" -S)
done
for bridge in gtf-system gtf-docker; do
  [[ ! -e /sys/class/net/$bridge ]] || ip link delete "$bridge"
done
