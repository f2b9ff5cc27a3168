# The wheel runtime: TensorFlow from PyPI and the model server's libraries, in a virtual environment.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

# Up to 2.15 the aarch64 build of `tensorflow` is a stub that needs tensorflow-cpu-aws.
tensorflow_package() { # MACHINE VERSION
  local minor=${2#*.}
  minor=${minor%%.*}
  case $1 in
    aarch64) if ((minor <= 15)); then echo tensorflow-cpu-aws; else echo tensorflow; fi ;;
    x86_64) echo tensorflow-cpu ;;
    *) fail "TensorFlow has no wheel for $1" ;;
  esac
}

phase_venv() {
  local venv=$var/venv requirements=$home/wheel/requirements.txt package wanted python found
  package=$(tensorflow_package "$(uname -m)" "$GTF_TENSORFLOW_VERSION")==$GTF_TENSORFLOW_VERSION
  # Written last, so a venv without it is one that was not finished.
  wanted="$package requirements=$(sha256sum "$requirements" | cut -d' ' -f1)"
  if [[ -x $venv/bin/python && $(cat "$venv/graviton-tf.installed" 2>/dev/null) == "$wanted" ]]; then
    say "$package is installed"
    return
  fi
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
