#!/bin/bash
# ExecStart of the Docker Hub runtime: this library's model server by the image's Python and TensorFlow, shut in. The
# image's own user runs it: that one may use sudo in there, which no-new-privileges makes void.
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=confined.sh
. "$here/serve/confined.sh"
# shellcheck source=model-server-flags.sh
. "$here/serve/model-server-flags.sh"

main() {
  local etc=$root/etc/graviton-tf inside=/opt/graviton-tf file
  local -a confined flags
  # The server drains for up to 60 s.
  prepare_container 65
  model_server_flags 0.0.0.0 8501 /models /etc/graviton-tf
  local -a run=(
    "${confined[@]}" --publish "${GTF_LISTEN_ADDRESS:-0.0.0.0}:$GTF_REST_PORT:8501"
    --volume "$home/wheel:$inside/wheel:ro" --volume "$var/libraries:$inside/libraries:ro"
    --env "PYTHONPATH=$inside/wheel:$inside/libraries" --env PYTHONUNBUFFERED=1 --env PYTHONDONTWRITEBYTECODE=1
  )
  # What the server would choose by itself, where whoever diagnoses it can see why TensorFlow says so little.
  [[ -n $(serving_value TF_CPP_MIN_LOG_LEVEL) ]] || run+=(--env TF_CPP_MIN_LOG_LEVEL=1)
  for file in batching.config monitoring.config; do
    [[ ! -e $etc/$file ]] || run+=(--volume "$etc/$file:/etc/graviton-tf/$file:ro")
  done
  exec docker run "${run[@]}" "$GTF_IMAGE" python3 -m model_server "${flags[@]}"
}

main
