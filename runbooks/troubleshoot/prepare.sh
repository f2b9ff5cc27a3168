#!/bin/bash
# May this diagnosis run here? Makes its work folder, and sees to it that it is the only one.
# shellcheck disable=SC2154 # work: work.sh
set -euo pipefail
umask 077

need_agent LogPath Server BatchSize Requests ShadowSeconds KernelFloor EndOfPatch

end_leftovers() { end_shadow "$1"; }

make_base
# The other steps' timeouts add up to less than 600 s.
take_lock $((SSM_ShadowSeconds + 600)) diagnosis
mkdir -p "$work"
