#!/bin/bash
# TensorFlow Java at the commit of its release, and the wheel that its build takes the native libraries from: from where
# the deployment says, at the place where the build's own script looks before it downloads. Nothing where nothing is built.
# shellcheck source=../build/work.sh disable=SC2154
. "$work/files/runbooks/build/work.sh" Sources
# shellcheck source=tables.sh
. "$here/tables.sh"
# shellcheck source=../command/checkout.sh
. "$files/runbooks/command/checkout.sh"

if [[ $SSM_Source != build ]]; then
  say 'nothing is built'
  exit
fi
row=$(release_row)
read -r _ commit _ <<<"$row"
repository=${SSM_Sources%/}/tensorflow/java.git
source=$kept/java
if [[ $(git -C "$source" rev-parse HEAD 2>/dev/null) == "$commit" ]]; then
  say "$repository at $commit is there already"
else
  rm -rf "$source"
  checkout "$repository" "$commit" "$source"
fi
printf 'Sources\t%s\tcommit:%s\tverified\n' "$repository" "$commit" >>"$work/sources"

# https://github.com/tensorflow/java/blob/master/tensorflow-core/tensorflow-core-native/scripts/dist_download.sh
place=$source/tensorflow-core/tensorflow-core-native/target/dist/tensorflow.whl
platform=$(platform)
row=$(wheel_row "$platform")
read -r python requirement tag checksum <<<"$row"
if [[ ! -f $place || $(sha256sum "$place" | cut -d ' ' -f 1) != "$checksum" ]]; then
  wheels=$work/wheels
  printf '%s --hash=sha256:%s\n' "$requirement" "$checksum" >"$work/native.txt"
  must "cannot fetch the wheel $requirement with the native libraries" "$kept/venv/bin/python" -m pip download --quiet \
    --no-deps --require-hashes --only-binary :all: --platform "$tag" --python-version "$python" --implementation cp \
    --abi "cp$python" --dest "$wheels" --requirement "$work/native.txt"
  # What an older wheel was unpacked to must not be mixed with it.
  rm -rf "${place%/*}"
  mkdir -p "${place%/*}"
  mv "$wheels"/*.whl "$place"
fi
printf 'Native libraries\t%s\tsha256:%s\tverified\n' "$requirement" "$checksum" >>"$work/sources"
say "TensorFlow Java at $commit, native libraries of $requirement"
