#!/bin/bash
# May this build begin here? Makes its work folder, sees to it that it is the only one and leaves no process, and
# unpacks what its steps share.
set -euo pipefail
umask 077

need_agent Fresh
[[ -n $SSM_ArtifactsBucket ]] || fail 'ArtifactsBucket: got none; allowed is the bucket that what is built goes to'
begin 259200
