# The wheel runtime: TensorFlow from PyPI or from a wheel file in S3, and the model server's libraries, in a virtual
# environment.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

# shellcheck source=compatibility.sh
. "${BASH_SOURCE[0]%/*}/compatibility.sh"

# fetch_wheel FILE: the wheel file, verified where its checksum was given.
fetch_wheel() {
  local url=s3://$GTF_WHEEL_BUCKET/$GTF_WHEEL_KEY found
  rm -rf "${1%/*}" && mkdir -p "${1%/*}"
  must "cannot fetch $url" aws s3 cp --only-show-errors "$url" "$1"
  [[ -n $GTF_WHEEL_SHA256 ]] || return 0
  found=$(sha256sum "$1" | cut -d' ' -f1)
  [[ $found == "$GTF_WHEEL_SHA256" ]] || fail "$url has the checksum $found, expected $GTF_WHEEL_SHA256"
}

phase_venv() {
  local venv=$var/venv requirements=$home/wheel/requirements.txt package from wanted python found
  package=$(tensorflow_package "$(uname -m)" "$GTF_TENSORFLOW_VERSION")==$GTF_TENSORFLOW_VERSION from=$package
  if [[ -n $GTF_WHEEL_KEY ]]; then
    package="s3://$GTF_WHEEL_BUCKET/$GTF_WHEEL_KEY${GTF_WHEEL_SHA256:+ sha256=$GTF_WHEEL_SHA256}"
    # pip goes by the name.
    from=$var/staging/wheel/${GTF_WHEEL_KEY##*/}
  fi
  # Written last, so a venv without it is one that was not finished.
  wanted="$package requirements=$(sha256sum "$requirements" | cut -d' ' -f1)"
  if [[ -x $venv/bin/python && $(cat "$venv/graviton-tf.installed" 2>/dev/null) == "$wanted" ]]; then
    say "$package is installed"
    return
  fi
  # Which glibc a file needs only its name may tell, and pip reads that.
  if [[ -n $GTF_WHEEL_KEY ]]; then fetch_wheel "$from"; else check_glibc "$GTF_TENSORFLOW_VERSION"; fi
  python=$(find_python)
  mkdir -p "$var"
  must 'cannot make the virtual environment' "$python" -m venv --clear "$venv"
  # Nothing on an instance reads pip's cache again.
  [[ -n ${PIP_CACHE_DIR:-} ]] || local -x PIP_NO_CACHE_DIR=1
  must "cannot install $package" "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --requirement "$requirements" "$from"
  found=$(must "cannot import $package" "$venv/bin/python" -c 'import tensorflow; print(tensorflow.__version__)')
  # One that was built outside a release says so behind the number: 2.20.0-dev0+selfbuilt.
  [[ $found == "$GTF_TENSORFLOW_VERSION" || (-n $GTF_WHEEL_KEY && $found == "$GTF_TENSORFLOW_VERSION"[-+.a-z]*) ]] ||
    fail "the venv holds TensorFlow $found, expected $GTF_TENSORFLOW_VERSION"
  echo "$wanted" >"$venv/graviton-tf.installed"
  rm -rf "$var/staging/wheel"
}
