#!/bin/bash
# The harness at its commit, with the two submodules that it needs here at the commits that it records.
# shellcheck source=work.sh disable=SC2154
. "$work/files/runbooks/mlperf/work.sh"

# shellcheck source=../command/checkout.sh
. "$files/runbooks/command/checkout.sh"

checkout "${SSM_Sources%/}/mlcommons/inference.git" "$SSM_Commit" "$source"
for submodule in third_party/pybind language/bert/DeepLearningExamples; do
  [[ $submodule != language/* || $SSM_Workload == bert ]] || continue
  read -r mode _ commit _ < <(git -C "$source" ls-tree HEAD "$submodule") || :
  [[ ${mode-} == 160000 ]] || fail "Commit: got $SSM_Commit, which has no submodule $submodule; allowed is MLPerf \
inference v2.0 and what is like it"
  url=$(git config --file "$source/.gitmodules" "submodule.$submodule.url")
  checkout "${SSM_Sources%/}/${url#https://github.com/}" "$commit" "$source/$submodule"
done
say "MLPerf inference $SSM_Commit"
