# Where the steps of one command meet; every shell step begins with it. collect.py, shadow.py, analyze.py and
# report.py know the same place.
# shellcheck shell=bash
umask 077
base=${GTF_ROOT-}/var/lib/graviton-tf-diagnosis
((EUID == 0)) || [[ -n ${GTF_ROOT-} ]] || base=${XDG_RUNTIME_DIR:-/tmp}/graviton-tf-diagnosis-$EUID
# shellcheck disable=SC2034 # for what follows
work=$base/${SSM_COMMAND_ID:?is not set: this runbook needs SSM agent 3.3.2746.0 or later}
