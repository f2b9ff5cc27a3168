# The flags of this library's model server, in whatever it runs.
# shellcheck shell=bash disable=SC2034 # for who sources this

# model_server_flags ADDRESS PORT MODELS ETC: sets `flags`. MODELS is the folder of base paths and ETC that of the
# parameter files, as the server sees them.
model_server_flags() {
  local threads
  flags=(
    "--rest_api_port=$2"
    "--model_name=$GTF_MODEL_NAME"
    "--model_base_path=$3/$GTF_MODEL_NAME"
    "--tensorflow_intra_op_parallelism=$(serving_value TENSORFLOW_INTRA_OP_PARALLELISM)"
    "--tensorflow_inter_op_parallelism=$(serving_value TENSORFLOW_INTER_OP_PARALLELISM)"
    "--processes=$(serving_value PROCESSES)"
    "--enable_model_warmup=$GTF_WARMUP"
    "--address=$1"
  )
  threads=$(serving_value REST_API_NUM_THREADS)
  [[ -z $threads ]] || flags+=("--rest_api_num_threads=$threads")
  [[ -z $GTF_BATCHING ]] || flags+=(--enable_batching=true "--batching_parameters_file=$4/batching.config")
  [[ $GTF_MONITORING != true ]] || flags+=("--monitoring_config_file=$4/monitoring.config")
}
