#!/bin/bash
# Installs what the build needs from the distribution; what is there already is left alone.
# shellcheck disable=SC2154
# shellcheck source=../build/work.sh
. "$work/files/runbooks/build/work.sh" Packages
# shellcheck source=tables.sh
. "$here/tables.sh"
# shellcheck source=python.sh
. "$here/python.sh"
# shellcheck source=compiler.sh
. "$here/compiler.sh"
minor=$(<"$work/python.minor")

has_headers() { "$(python_path "$minor")" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' 2>/dev/null; }
has_venv() { "$(python_path "$minor")" -c 'import venv, ensurepip' 2>/dev/null; }

# What makes the wheel of 2.17 and 2.18 has no PATH: one elsewhere would be missed after hours.
# https://github.com/tensorflow/tensorflow/issues/82195
has_patchelf() { [[ -x ${GTF_ROOT-}/usr/bin/patchelf || -x ${GTF_ROOT-}/bin/patchelf ]]; }

# The distribution's own Python goes without its minor version in packages' names.
package_of_python() { if [[ $(minor_of python3) == "$minor" ]]; then echo python3; else echo "python3.$minor"; fi; }

missing_packages() {
  local -a missing=() tools=(git curl tar gzip unzip zip)
  local python tool
  python=$(package_of_python)
  has_python "$minor" || missing+=("$python")
  if boot uses_apt; then
    # Clang, too, takes its C++ library, its headers and its linker from here.
    command -v g++ >/dev/null || missing+=(build-essential)
    has_headers || missing+=("$python-dev")
    has_venv || missing+=("$python-venv")
    command -v xz >/dev/null || missing+=(xz-utils)
  else
    command -v g++ >/dev/null || missing+=(gcc-c++)
    has_headers || missing+=("$python-devel")
    has_venv || missing+=("$python-pip")
    command -v xz >/dev/null || missing+=(xz)
  fi
  for tool in "${tools[@]}"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  has_patchelf || missing+=(patchelf)
  # shellcheck disable=SC2207 # words
  [[ $SSM_Compiler != gcc ]] || find_gcc >/dev/null || missing+=($(gcc_packages))
  echo "${missing[*]-}"
}

read -ra missing <<<"$(missing_packages)"
if ((${#missing[@]})); then
  must "cannot install ${missing[*]}" boot install_packages "${missing[@]}"
  read -ra missing <<<"$(missing_packages)"
  ((${#missing[@]} == 0)) || fail "after installing, ${missing[*]} is still missing: install it"
fi
[[ $SSM_Compiler != gcc ]] || find_gcc >/dev/null || fail "Compiler: got gcc, and $(distribution) has \
$(gcc -dumpfullversion 2>/dev/null || echo none); allowed is gcc $LEAST_GCC or later, or clang"
python_path "$minor" >"$work/python"
say "$("$(<"$work/python")" --version), its headers, a C++ compiler, git and the rest are there"
