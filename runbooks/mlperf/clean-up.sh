#!/bin/bash
# Removes the work folder and frees the lock if this command holds it; the watchdog ends with the folder.
end_run "$SSM_COMMAND_ID"
