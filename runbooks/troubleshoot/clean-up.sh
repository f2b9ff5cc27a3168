#!/bin/bash
# Removes the shadow and the work folder, and frees the lock if this command holds it.
# shellcheck disable=SC2154 # base, work: work.sh
end_shadow "$SSM_COMMAND_ID"
# The shadow's watchdog ends with this folder, at the latest.
rm -rf "${work:?}" "$base/claim.$SSM_COMMAND_ID"
read -r owner _ 2>/dev/null <"$base/lock" || :
[[ ${owner-} != "$SSM_COMMAND_ID" ]] || rm -f "$base/lock"
