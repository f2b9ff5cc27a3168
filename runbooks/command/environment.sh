#!/bin/bash
# A Python that has TensorFlow and what else the programs need, in the work folder, which goes with it:
# `python` in the work folder names it. Where the server runs by a Python of its own, TensorFlow is that one's.
# shellcheck disable=SC2154 # work: work.sh; SSM_*: the agent
set -euo pipefail
note_step
# shellcheck source=../../userdata/bootstrap.sh disable=SC1091
. "$work/files/userdata/bootstrap.sh"
# shellcheck source=../../userdata/phases/packages.sh disable=SC1091
. "$work/files/userdata/phases/packages.sh"
# shellcheck source=../../userdata/phases/venv.sh disable=SC1091
. "$work/files/userdata/phases/venv.sh"
# The operator reads the last line of stderr.
fail() {
  echo "$*" >&2
  exit 1
}

target() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1])).get(sys.argv[2]) or "")' "$work/target.json" "$1"; }

# What this is tested with, for where nobody says.
pinned() { grep -Eom1 "^$1==[0-9.]+" "$work/files/setup/requirements.txt"; }
wanted=${SSM_TensorFlowVersion:-$(target tensorflow)}
[[ -n $wanted ]] || wanted=$(pinned 'tensorflow(-cpu)?') wanted=${wanted#*==}
[[ $wanted =~ ^2\.(1[4-9]|[2-9][0-9])\.[0-9]+ ]] ||
  fail "TensorFlow $wanted is too old for this: set TensorFlowVersion to 2.14.0 or later"
[[ -z ${SSM_PipIndexUrl-} ]] || export PIP_INDEX_URL=$SSM_PipIndexUrl
export PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1
pip=("$work/venv/bin/python" -m pip install --quiet)

require() { # MIB-OF-DISK MIB-OF-MEMORY
  local disk memory
  disk=$(df -Pm "$work" | awk 'NR == 2 { print $4 }')
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' "${GTF_PROC:-/proc}/meminfo")
  ((disk >= $1)) || fail "this needs $1 MiB of disk at $work, where $disk MiB are free"
  ((memory >= $2)) || fail "this needs $2 MiB of memory, of which $memory MiB are available"
}

# The server's Python, where it holds the TensorFlow that is wanted. What root runs must be root's own.
server_python() {
  local python
  python=$(target python)
  [[ $python == /* && -x $python && -O $python && $(target tensorflow) == "$wanted" ]] || return 1
  "$python" -c 'import sys, venv, importlib.util as u; sys.exit(not (sys.version_info >= (3, 10) and u.find_spec("tensorflow")))' 2>/dev/null &&
    echo "$python"
}

if python=$(server_python); then
  require 200 1024
  must 'cannot make the virtual environment' "$python" -m venv --without-pip "$work/venv"
  # It sees what the server has, and the server sees nothing of it.
  "$python" -c 'import site; print(*site.getsitepackages(), sep="\n")' \
    >"$("$work/venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')/server.pth"
  "$work/venv/bin/python" -m pip --version >/dev/null 2>&1 ||
    must 'the Python of the server has no pip' "$work/venv/bin/python" -m ensurepip
else
  require 2560 1024
  GTF_TENSORFLOW_VERSION=$wanted packages_for_wheel
  python=$(GTF_TENSORFLOW_VERSION=$wanted find_python)
  package=$(tensorflow_package "$(uname -m)" "$wanted")==$wanted
  must 'cannot make the virtual environment' "$python" -m venv "$work/venv"
  say "installing $package"
  must "cannot install $package" "${pip[@]}" "$package" requests
fi

# LoadGen has no wheel for aarch64: there it is compiled.
compiler() {
  local minor
  minor=$("$work/venv/bin/python" -c 'import sys; print(sys.version_info[1])')
  if uses_apt; then install_packages g++ "python3.$minor-dev"; else install_packages gcc-c++ "python3.$minor-devel"; fi
}
if [[ ${SSM_Mode-} == benchmark ]] && ! "$work/venv/bin/python" -c 'import mlperf_loadgen' 2>/dev/null; then
  loadgen=$(pinned mlcommons-loadgen)
  if [[ $(uname -m) == aarch64 ]]; then must 'cannot install a compiler for LoadGen' compiler; fi
  say "installing $loadgen"
  must "cannot install $loadgen" "${pip[@]}" "$loadgen"
fi

echo "$work/venv/bin/python" >"$work/python"
"$work/venv/bin/python" -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("tensorflow"))' ||
  fail 'the virtual environment has no TensorFlow'
rm -f "$work/step"
say "TensorFlow $wanted, $("$work/venv/bin/python" --version)"
