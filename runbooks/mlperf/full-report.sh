#!/bin/bash
# The whole result, for the results bucket.
# shellcheck disable=SC2154 # place.sh
cat "$work/report.json"
