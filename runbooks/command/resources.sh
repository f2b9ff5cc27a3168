# Whether the machine is large enough, before anything is downloaded.
# shellcheck shell=bash

memory_mib() { # NAME in /proc/meminfo
  awk -v name="$1:" '$1 == name { print int($2 / 1024) }' "${GTF_PROC:-/proc}/meminfo"
}

need_memory() { # MIB WHAT REMEDY
  local available total
  available=$(memory_mib MemAvailable) total=$(memory_mib MemTotal)
  ((available >= $1)) || fail "$2 needs $(($1 / 1024)) GiB of free memory, and this instance has \
$((available / 1024)) of $((total / 1024)) GiB free: $3"
}

need_disk() { # MIB WHAT FOLDER REMEDY
  local free
  free=$(df -Pm "$3" | awk 'NR == 2 { print $4 }')
  ((free >= $1)) || fail "$2 needs $1 MiB free on the disk of $3, and there are $free: $4"
}
