# The recommended environment, by the boot's formula, under every name that someone reads it by.
# shellcheck shell=bash disable=SC2154 # work: work.sh

# Prints NAME=value lines.
harness_environment() {
  local recommended intra inter
  recommended=$(GTF_PROCESSES=1 GTF_INTRA_OP_THREADS='' GTF_INTER_OP_THREADS='' GTF_OMP_NUM_THREADS='' GTF_REST_THREADS='' \
    GTF_BF16_FAST_MATH=$SSM_Bf16 GTF_SERVING_ENVIRONMENT=$'TF_ENABLE_ONEDNN_OPTS=1\nOMP_PROC_BIND=false\nOMP_PLACES=cores' \
    serving_environment)
  intra=$(sed -n 's/^TENSORFLOW_INTRA_OP_PARALLELISM=//p' <<<"$recommended")
  inter=$(sed -n 's/^TENSORFLOW_INTER_OP_PARALLELISM=//p' <<<"$recommended")
  grep -E '^(TF|OMP|DNNL)_' <<<"$recommended"
  # The guide's; the harness's at this commit; and TensorFlow's own, for sessions that are told nothing.
  printf '%s\n' "MLPERF_NUM_INTRA_THREADS=$intra" "MLPERF_NUM_INTER_THREADS=$inter" \
    "TF_INTRA_OP_PARALLELISM_THREADS=$intra" "TF_INTER_OP_PARALLELISM_THREADS=$inter" \
    "TF_NUM_INTRAOP_THREADS=$intra" "TF_NUM_INTEROP_THREADS=$inter"
}

# Exports them, and nothing beside them that would say otherwise.
set_environment() {
  local name
  harness_environment >"$work/environment"
  while IFS= read -r name; do
    case $name in TF_* | DNNL_* | ONEDNN_* | OMP_* | KMP_* | GOMP_* | MLPERF_*) unset "$name" ;; esac
  done < <(compgen -e)
  set -a
  # shellcheck source=/dev/null
  . "$work/environment"
  set +a
  export TF_CPP_MIN_LOG_LEVEL=1
}
