#!/bin/bash
# ExecStart of the container runtime: the image's own serving script, shut in.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# shellcheck source=confined.sh
. "$here/serve/confined.sh"

main() {
  local etc=$root/etc/graviton-tf address=${GTF_LISTEN_ADDRESS:-0.0.0.0} threads
  local -a confined
  prepare_container 30
  # The image's script knows its ports by heart; only the host's side can be chosen.
  local -a run=(
    "${confined[@]}"
    --publish "$address:$GTF_REST_PORT:8501" --publish "$address:$GTF_GRPC_PORT:8500"
    --env "MODEL_NAME=$GTF_MODEL_NAME" --env MODEL_BASE_PATH=/models
  )
  # Any flag replaces the image's command, so the serving script is always named.
  local -a flags=(
    "--tensorflow_intra_op_parallelism=$(serving_value TENSORFLOW_INTRA_OP_PARALLELISM)"
    "--tensorflow_inter_op_parallelism=$(serving_value TENSORFLOW_INTER_OP_PARALLELISM)"
    "--enable_model_warmup=$GTF_WARMUP"
  )
  threads=$(serving_value REST_API_NUM_THREADS)
  [[ -z $threads ]] || flags+=("--rest_api_num_threads=$threads")
  if [[ -n $GTF_BATCHING ]]; then
    run+=(--volume "$etc/batching.config:/etc/graviton-tf/batching.config:ro")
    flags+=(--enable_batching=true --batching_parameters_file=/etc/graviton-tf/batching.config)
  fi
  if [[ $GTF_MONITORING == true ]]; then
    run+=(--volume "$etc/monitoring.config:/etc/graviton-tf/monitoring.config:ro")
    flags+=(--monitoring_config_file=/etc/graviton-tf/monitoring.config)
  fi
  [[ -z $GTF_ENTRYPOINT ]] || run+=(--entrypoint "$GTF_ENTRYPOINT")
  exec docker run "${run[@]}" "$GTF_IMAGE" "$GTF_COMMAND" "${flags[@]}"
}

main
