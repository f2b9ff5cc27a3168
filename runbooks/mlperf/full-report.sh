#!/bin/bash
# The whole result, for the results bucket.
# shellcheck disable=SC2154 # work: work.sh
cat "$work/report.json"
