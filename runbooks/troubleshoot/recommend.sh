#!/bin/bash
# The recommended threads for the server in facts.json, by the one formula: serving_environment.
#   recommend.sh FACTS    prints them; as a step of the runbook it writes recommended.json
# shellcheck disable=SC2154 # work: work.sh
set -euo pipefail
# In the document the formula stands before this file; on an instance beside its folder.
# shellcheck source=../../userdata/phases/serving-environment.sh
declare -F serving_environment >/dev/null || . "$(dirname "${BASH_SOURCE[0]}")/../phases/serving-environment.sh"
# What the formula expects of its callers.
say() { echo "$1"; }
fail() {
  echo "$1" >&2
  exit 1
}

facts=${1:-${work-}/facts.json}
[[ $# -gt 0 ]] || exec >"$work/recommended.json"
read -r usable processes < <(python3 -c '
import json, sys
server = json.load(open(sys.argv[1])).get("server", {})
print(server.get("vcpus", 0), server.get("processes", 1))' "$facts" || echo 0 1)
((usable > 0)) || usable=$(online_vcpus)
# The server may use fewer than the machine has.
online_vcpus() { echo "$usable"; }

environment=$(GTF_PROCESSES=$processes GTF_INTRA_OP_THREADS='' GTF_INTER_OP_THREADS='' GTF_OMP_NUM_THREADS='' \
  GTF_REST_THREADS='' GTF_BF16_FAST_MATH=auto GTF_SERVING_ENVIRONMENT='' serving_environment)
value() { sed -n "s/^$1=//p" <<<"$environment"; }
bf16=false
[[ -z $(value DNNL_DEFAULT_FPMATH_MODE) ]] || bf16=true
printf '{"vcpus":%d,"processes":%d,"intraOp":%d,"interOp":%d,"ompNumThreads":%d,"bf16":%s}\n' "$usable" \
  "$(value PROCESSES)" "$(value TENSORFLOW_INTRA_OP_PARALLELISM)" "$(value TENSORFLOW_INTER_OP_PARALLELISM)" \
  "$(value OMP_NUM_THREADS)" "$bf16"
