# Where a command's steps meet; work.py, and analyze.py which stands alone, know the same place.
# shellcheck shell=bash disable=SC2034
base=${GTF_ROOT-}/var/lib/graviton-tf-diagnosis
((EUID == 0)) || [[ -n ${GTF_ROOT-} ]] || base=${XDG_RUNTIME_DIR:-/tmp}/graviton-tf-diagnosis-$EUID
work=$base/${SSM_COMMAND_ID:?needs SSM agent 3.3.2746.0 or later}
