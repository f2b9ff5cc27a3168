#!/bin/bash
# TensorFlow at the release's commit, from what an earlier command has left, or fetched.
# shellcheck disable=SC2154
# shellcheck source=../build/work.sh
. "$work/files/runbooks/build/work.sh" Sources
# shellcheck source=../command/checkout.sh
. "$files/runbooks/command/checkout.sh"
read -r clang _ <"$work/needs"
[[ $SSM_Compiler == clang ]] || clang=''
open_kept "TensorFlow $SSM_Release by $SSM_Compiler${clang:+ $clang} for Python 3.$(<"$work/python.minor")"

commit=$(<"$work/commit") url=${SSM_Sources%/}/tensorflow/tensorflow.git tag=refs/tags/v$SSM_Release verified=verified
source=$kept/tensorflow
if [[ $commit == - ]]; then
  verified=unverified
  # An annotated tag is told first, and then what it is on.
  commit=$(must "Sources: cannot ask $url for $tag" git ls-remote --exit-code "$url" "$tag" "$tag^{}" | tail -n 1 | cut -f 1)
  remark "The commit of TensorFlow $SSM_Release is not pinned: $commit is what $url says that its tag is."
fi
# Whole, or not there.
if [[ -d $source && $(git -C "$source" rev-parse HEAD 2>/dev/null) == "$commit" ]]; then
  say "commit $commit is there already"
else
  rm -rf "$source" "$source.new"
  checkout "$url" "$commit" "$source.new"
  mv "$source.new" "$source"
fi
printf 'TensorFlow\t%s\tcommit:%s\t%s\n' "$url" "$commit" "$verified" >>"$work/sources"
note commit "$commit"
# Its first line: below it TensorFlow has a comment.
bazel=$(head -n 1 "$source/.bazelversion")
[[ $bazel =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] ||
  fail "TensorFlow $SSM_Release has no .bazelversion that names a release of bazel: got ${bazel:0:100}"
echo "$bazel" >"$work/bazel.version"
say "TensorFlow $SSM_Release, commit $commit, wants bazel $bazel"
