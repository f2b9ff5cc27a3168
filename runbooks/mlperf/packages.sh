#!/bin/bash
# Installs what the build needs from the distribution; what is there already is left alone.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/mlperf/work.sh"
python=$(<"$work/python")
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# The distribution's own Python goes without its minor version in packages' names.
[[ $(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || :) == "$version" ]] && version=3

has_headers() { "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'; }
has_venv() { "$python" -c 'import venv, ensurepip' 2>/dev/null; }

missing_packages() {
  local -a missing=()
  if boot uses_apt; then
    command -v g++ >/dev/null || missing+=(build-essential)
    has_headers || missing+=("python$version-dev")
    has_venv || missing+=("python$version-venv")
  else
    command -v g++ >/dev/null || missing+=(gcc-c++)
    has_headers || missing+=("python$version-devel")
    has_venv || missing+=("python$version-pip")
  fi
  for tool in git curl tar gzip; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  echo "${missing[*]-}"
}

read -ra missing <<<"$(missing_packages)"
if ((${#missing[@]})); then
  must "cannot install ${missing[*]}" boot install_packages "${missing[@]}"
  read -ra missing <<<"$(missing_packages)"
  ((${#missing[@]} == 0)) || fail "after installing, ${missing[*]} is still missing: install it for $python"
fi
[[ "$SSM_Model $dataset $SSM_Vocabulary" != *s3://* ]] || must 'cannot install the AWS CLI' boot ensure_aws_cli
say 'compiler, Python headers, git and curl are there'
