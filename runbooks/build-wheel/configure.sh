#!/bin/bash
# TensorFlow's own ./configure, with nobody to ask.
# shellcheck disable=SC2154
# shellcheck source=../build/work.sh
. "$work/files/runbooks/build/work.sh" Configure
# shellcheck source=compiler.sh
. "$here/compiler.sh"
# shellcheck source=environment.sh
. "$here/environment.sh"
use_compiler
build_environment >"$work/environment"
set_environment
cd "$kept/tensorflow"
rm -f .tf_configure.bazelrc
status=0
timeout 600 ./configure </dev/null >"$logs/configure.log" 2>&1 || status=$?
[[ $status == 0 && -s .tf_configure.bazelrc ]] || fail "./configure ended with status $status: $(
  grep -v '^[[:space:]]*$' "$logs/configure.log" | tail -n 1 | cut -c 1-500 || :)"
cp .tf_configure.bazelrc "$logs/tf_configure.bazelrc"
touch "$work/configured"
cat .tf_configure.bazelrc
