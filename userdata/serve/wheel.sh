#!/bin/bash
# ExecStart of the wheel runtime: the model server in the venv, with the serving environment in force.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

main() {
  local etc=$root/etc/graviton-tf line threads
  while IFS= read -r line; do
    # bash's own variables cannot be set from here, and TensorFlow reads none of them.
    [[ $line =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] && export "${line%%=*}=${line#*=}"
  done <"$etc/serving.env"

  local -a flags=(
    "--rest_api_port=$GTF_REST_PORT"
    "--model_name=$GTF_MODEL_NAME"
    "--model_base_path=$var/models/$GTF_MODEL_NAME"
    "--tensorflow_intra_op_parallelism=$(serving_value TENSORFLOW_INTRA_OP_PARALLELISM)"
    "--tensorflow_inter_op_parallelism=$(serving_value TENSORFLOW_INTER_OP_PARALLELISM)"
    "--processes=$(serving_value PROCESSES)"
    "--enable_model_warmup=$GTF_WARMUP"
    "--address=${GTF_LISTEN_ADDRESS:-0.0.0.0}"
  )
  threads=$(serving_value REST_API_NUM_THREADS)
  [[ -z $threads ]] || flags+=("--rest_api_num_threads=$threads")
  [[ -z $GTF_BATCHING ]] || flags+=(--enable_batching=true "--batching_parameters_file=$etc/batching.config")
  [[ $GTF_MONITORING != true ]] || flags+=("--monitoring_config_file=$etc/monitoring.config")

  # What the server would choose by itself, where whoever diagnoses it can see why TensorFlow says so little.
  export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-1}
  export PYTHONPATH=$home/wheel PYTHONUNBUFFERED=1
  exec "$var/venv/bin/python" -m model_server "${flags[@]}"
}

main
