#!/bin/bash
# LoadGen's summaries as the benchmark result.
# shellcheck disable=SC2154 # work, venv, files, dataset: work.sh
PYTHONPATH=$files "$venv/bin/python" "$files/runbooks/mlperf/result.py" "$work" "$dataset"
