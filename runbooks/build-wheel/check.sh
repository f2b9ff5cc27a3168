#!/bin/bash
# Can this instance do it? Before anything is installed or downloaded.
# shellcheck disable=SC2154
# shellcheck source=../build/work.sh
. "$work/files/runbooks/build/work.sh" Check
# shellcheck source=../command/resources.sh
. "$files/runbooks/command/resources.sh"
# shellcheck source=tables.sh
. "$here/tables.sh"
# shellcheck source=python.sh
. "$here/python.sh"

# What builds in a day, and its disk.
SIZE='c7g.4xlarge (16 vCPUs, 32 GiB) with a volume of 100 GB'
# Bazel's output for the wheel and the libraries, the sources, the compiler.
DISK_MIB=61440
# With fewer, the largest files of TensorFlow do not compile, one at a time or not; 16 GiB instances have that.
MEMORY_MIB=14336
# What a compilation takes at most of the time, and what bazel and the system need beside them.
JOB_MIB=1536
REST_MIB=4096

machine=$(uname -m)
[[ $machine == aarch64 ]] ||
  fail "this machine is $machine: what Graviton runs is built on Graviton, such as a $SIZE"
commit_of "$SSM_Release" >"$work/commit"
release_needs "$SSM_Release" >"$work/needs"
compatible check_glibc "$SSM_Release"
choose_python >"$work/python.minor"
minor=$(<"$work/python.minor")
server=$(compatible compatibility server)
((minor >= ${server#3.})) ||
  remark "The wheel is for Python 3.$minor; this library's model server needs Python $server or later."

need_memory "$MEMORY_MIB" 'a build of TensorFlow' "use a $SIZE"
# What an earlier command has left counts.
mkdir -p "${kept%/*/*}"
left=$(du -sm "$kept" 2>/dev/null | cut -f 1 || :)
need_disk $((DISK_MIB > ${left:-0} + 4096 ? DISK_MIB - ${left:-0} : 4096)) 'a build of TensorFlow' "${kept%/*/*}" "use a $SIZE"

available=$(memory_mib MemAvailable) vcpus=$(getconf _NPROCESSORS_ONLN)
jobs=$(((available - REST_MIB) / JOB_MIB))
((jobs <= vcpus)) || jobs=$vcpus
[[ $SSM_Jobs == 0 ]] || jobs=$SSM_Jobs
printf '%s\n' "$jobs" >"$work/jobs"
printf '%s\n' "$((available - REST_MIB / 2))" >"$work/ram"
note release "$SSM_Release"
note python "3.$minor"
say "TensorFlow $SSM_Release for Python 3.$minor by $SSM_Compiler on $(distribution): $jobs compilations at once"
