# The wheel runtime: TensorFlow from PyPI and the model server's libraries, in a virtual environment.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

phase_venv() {
  local venv=$var/venv requirements=$home/wheel/requirements.txt package wanted python found
  package=$(tensorflow_package "$(uname -m)" "$GTF_TENSORFLOW_VERSION")==$GTF_TENSORFLOW_VERSION
  # Written last, so a venv without it is one that was not finished.
  wanted="$package requirements=$(sha256sum "$requirements" | cut -d' ' -f1)"
  if [[ -x $venv/bin/python && $(cat "$venv/graviton-tf.installed" 2>/dev/null) == "$wanted" ]]; then
    say "$package is installed"
    return
  fi
  check_glibc "$GTF_TENSORFLOW_VERSION"
  python=$(find_python)
  mkdir -p "$var"
  must 'cannot make the virtual environment' "$python" -m venv --clear "$venv"
  # Nothing on an instance reads pip's cache again.
  [[ -n ${PIP_CACHE_DIR:-} ]] || local -x PIP_NO_CACHE_DIR=1
  must "cannot install $package" "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --requirement "$requirements" "$package"
  found=$(must "cannot import $package" "$venv/bin/python" -c 'import tensorflow; print(tensorflow.__version__)')
  [[ $found == "$GTF_TENSORFLOW_VERSION" ]] || fail "the venv holds TensorFlow $found, expected $GTF_TENSORFLOW_VERSION"
  echo "$wanted" >"$venv/graviton-tf.installed"
}
