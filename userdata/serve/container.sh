#!/bin/bash
# ExecStart of the container runtime: the image's own serving script, shut in.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Bytes the container may use: a tenth of the memory, but 512 MiB to 2 GiB of it, stays with the host, so
# that the kernel ends the model server and not what watches over it.
memory_limit() {
  local kib head
  kib=$(awk '$1 == "MemTotal:" { print $2 }' "${GTF_PROC:-/proc}/meminfo")
  head=$((kib / 10))
  ((head >= 512 * 1024)) || head=$((512 * 1024))
  ((head <= 2 * 1024 * 1024)) || head=$((2 * 1024 * 1024))
  echo $(((kib - head) * 1024))
}

main() {
  local etc=$root/etc/graviton-tf address=${GTF_LISTEN_ADDRESS:-0.0.0.0} memory threads
  export DOCKER_CONFIG=$etc/docker
  docker rm --force graviton-tf >/dev/null 2>&1 || :
  docker image inspect "$GTF_IMAGE" >/dev/null 2>&1 || docker pull --quiet "$GTF_IMAGE"

  memory=$(memory_limit)
  # The image's script knows its ports by heart; only the host's side can be chosen. What the container
  # prints is in the unit's journal already, hence no log driver of its own.
  local -a run=(
    --rm --name graviton-tf --init --stop-timeout 30
    --cap-drop ALL --security-opt no-new-privileges --read-only --tmpfs /tmp
    --memory "$memory" --memory-swap "$memory"
    --network bridge --publish "$address:$GTF_REST_PORT:8501" --publish "$address:$GTF_GRPC_PORT:8500"
    --log-driver none
    --env-file "$etc/serving.env" --env "MODEL_NAME=$GTF_MODEL_NAME" --env MODEL_BASE_PATH=/models
    --volume "$var/models:/models:ro"
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
