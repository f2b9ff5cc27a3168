#!/bin/bash
# ExecStart of the wheel runtime: the model server in the venv, with the serving environment in force.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# shellcheck source=model-server-flags.sh
. "$here/serve/model-server-flags.sh"

main() {
  local etc=$root/etc/graviton-tf line
  while IFS= read -r line; do
    # bash's own variables cannot be set from here, and TensorFlow reads none of them.
    [[ $line =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] && export "${line%%=*}=${line#*=}"
  done <"$etc/serving.env"

  local -a flags
  model_server_flags "${GTF_LISTEN_ADDRESS:-0.0.0.0}" "$GTF_REST_PORT" "$var/models" "$etc"

  # What the server would choose by itself, where whoever diagnoses it can see why TensorFlow says so little.
  export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-1}
  export PYTHONPATH=$home/wheel PYTHONUNBUFFERED=1
  exec "$var/venv/bin/python" -m model_server "${flags[@]}"
}

main
