# Installs what the runtime needs from the distribution; what is there already is left alone.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

# shellcheck source=compatibility.sh
. "${BASH_SOURCE[0]%/*}/compatibility.sh"

phase_packages() {
  case $GTF_RUNTIME in
    container | dockerhub) packages_for_container ;;
    wheel) packages_for_wheel ;;
  esac
}

packages_for_container() {
  local -a missing=()
  command -v docker >/dev/null || if uses_apt; then missing+=(docker.io); else missing+=(docker); fi
  [[ -z $GTF_ECR_REGISTRY ]] || command -v docker-credential-ecr-login >/dev/null || missing+=(amazon-ecr-credential-helper)
  [[ ${missing[*]:-} ]] || return 0
  # Amazon Linux 2 keeps both in an "extra".
  if command -v amazon-linux-extras >/dev/null; then amazon-linux-extras enable docker >/dev/null; fi
  must "cannot install ${missing[*]}" install_packages "${missing[@]}"
  command -v docker >/dev/null || fail "docker is still missing after installing ${missing[*]}"
}

packages_for_wheel() {
  local package=python3-venv minors minor
  # First, because a failure within a condition ends nothing.
  minors=$(python_minors "$GTF_TENSORFLOW_VERSION")
  if find_python >/dev/null; then return; fi
  if ! uses_apt; then
    minor=$(offered_python "${minors% *}" "${minors#* }")
    [[ -n $minor ]] || no_python "$minors"
    package=python3.$minor
  fi
  must "cannot install $package" install_packages "$package"
  find_python >/dev/null || no_python "$minors"
}

no_python() { # "OLDEST NEWEST"
  local pythons="3.${1% *} to 3.${1#* }"
  [[ ${1% *} != "${1#* }" ]] || pythons=3.${1% *}
  fail "TensorFlow $GTF_TENSORFLOW_VERSION needs Python $pythons with venv, which this machine image does not offer"
}

# Prints the Python to build the venv with: one that the release and the model server run on; a Python without
# venv and pip's own wheel (Ubuntu's, before python3-venv) does not count.
find_python() {
  local minors candidate
  minors=$(python_minors "$GTF_TENSORFLOW_VERSION")
  for candidate in python3.12 python3.11 python3.10 python3.13 python3; do
    if "$candidate" -c "import sys, venv, ensurepip; sys.exit(not (3, ${minors% *}) <= sys.version_info[:2] <= (3, ${minors#* }))" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}
