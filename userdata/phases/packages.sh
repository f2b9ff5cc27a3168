# Installs what the runtime needs from the distribution; what is there already is left alone.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

phase_packages() {
  case $GTF_RUNTIME in
    container) packages_for_container ;;
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
  local package=python3-venv
  if find_python >/dev/null; then return; fi
  # The newest that Amazon Linux 2023 has had for long is 3.12.
  if ! uses_apt; then package=python3.$(($(newest_python_minor) > 11 ? 12 : 11)); fi
  must "cannot install $package" install_packages "$package"
  find_python >/dev/null || fail "TensorFlow $GTF_TENSORFLOW_VERSION needs Python 3.10 to 3.$(newest_python_minor) with venv, which this machine image does not offer"
}

# The newest Python that the TensorFlow release has wheels for.
# https://www.tensorflow.org/install/source#cpu
newest_python_minor() {
  local minor=${GTF_TENSORFLOW_VERSION#2.}
  minor=${minor%%.*}
  if ((minor < 16)); then echo 11; elif ((minor < 20)); then echo 12; else echo 13; fi
}

# Prints the Python to build the venv with. The model server needs 3.10; a Python without venv and pip's
# own wheel (Ubuntu's, before python3-venv) does not count.
find_python() {
  local newest candidate
  newest=$(newest_python_minor)
  for candidate in python3.12 python3.11 python3.10 python3.13 python3; do
    if "$candidate" -c "import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, $newest))" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}
