#!/bin/bash
# TensorFlow and the harness's libraries in a virtual environment, and LoadGen built from the same commit: its
# ConstructSUT takes the third argument that the harness passes.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/mlperf/work.sh"
pip=("$venv/bin/python" -m pip)
index=()
[[ -z $SSM_PipIndexUrl ]] || index=(--index-url "$SSM_PipIndexUrl")
# Nothing on an instance reads pip's cache again.
[[ -n ${PIP_CACHE_DIR:-} ]] || export PIP_NO_CACHE_DIR=1

must 'cannot make the virtual environment' "$(<"$work/python")" -m venv "$venv"
must 'cannot install the pinned packages' "${pip[@]}" install --quiet --only-binary :all: "${index[@]}" \
  --requirement "$here/requirements.txt"
cd "$source/loadgen"
CFLAGS='-std=c++14' must 'cannot build LoadGen' "$venv/bin/python" setup.py --quiet bdist_wheel --dist-dir "$work/wheels"
must 'cannot install LoadGen' "${pip[@]}" install --quiet --no-index --no-deps "$work"/wheels/*.whl
cd "$work"
must 'cannot import what the harness imports' "$venv/bin/python" -c '
import mlperf_loadgen, numpy, tensorflow
print("TensorFlow", tensorflow.__version__, "numpy", numpy.__version__)'
