# How the other scripts reach the model server: its unit and its REST API.
# shellcheck shell=bash

supervisor() { "${GTF_SUPERVISOR:-systemctl}" "$@"; }

unit_logs() { # LINES
  if [[ -n ${GTF_SUPERVISOR:-} ]]; then
    supervisor logs graviton-tf.service "$1"
  else
    journalctl --unit graviton-tf.service --lines "$1" --no-pager --output cat
  fi
}

percent_encode() {
  local LC_ALL=C text=$1 i char
  for ((i = 0; i < ${#text}; i++)); do
    char=${text:i:1}
    # printf gives a byte above 127 as a negative number.
    case $char in [A-Za-z0-9._~-]) printf %s "$char" ;; *) printf '%%%02X' $(($(printf '%d' "'$char") & 255)) ;; esac
  done
}

model_url() {
  local address=${GTF_LISTEN_ADDRESS:-0.0.0.0}
  [[ $address != 0.0.0.0 ]] || address=127.0.0.1
  echo "http://$address:$GTF_REST_PORT/v1/models/$(percent_encode "$GTF_MODEL_NAME")"
}

model_status() { curl --silent --show-error --noproxy '*' --max-time 5 "$(model_url)"; }

is_available() { [[ $1 =~ \"state\"[[:space:]]*:[[:space:]]*\"AVAILABLE\" ]]; }
