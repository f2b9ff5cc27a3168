#!/bin/bash
# May this command run here? Makes its work folder, sees to it that it is the only one, unpacks its programs.
set -euo pipefail
umask 077

need_agent Model
begin 21600
