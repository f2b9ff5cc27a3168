# Where a command's steps meet; place.py knows the same place.
# shellcheck shell=bash disable=SC2034
base=${GTF_ROOT-}/var/lib/graviton-tf-mlperf
((EUID == 0)) || [[ -n ${GTF_ROOT-} ]] || base=${TMPDIR:-/var/tmp}/graviton-tf-mlperf-$EUID
work=$base/${SSM_COMMAND_ID:?needs SSM agent 3.3.2746.0 or later}
# The files that the document carries, at their places in the package.
files=$work/files
here=$files/runbooks/mlperf
