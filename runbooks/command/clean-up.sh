#!/bin/bash
# Ends the program, removes the work folder with the Python environment, and frees the lock.
# shellcheck disable=SC2154 # work: work.sh
end_program "$SSM_COMMAND_ID"
# The guard ends with this folder.
rm -rf "${work:?}"
free_lock "$SSM_COMMAND_ID"
