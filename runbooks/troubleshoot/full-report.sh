#!/bin/bash
# The whole report, for the results bucket: what Run Command keeps of a step's stdout may be too little for it.
# shellcheck disable=SC2154 # work: work.sh
cat "$work/report.json"
