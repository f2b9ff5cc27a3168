# Waits until the model server answers, and asks it for one real prediction where the model brings a request.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

phase_ready() {
  local status version
  wait_until_available
  status=$(model_status)
  version=$(python3 -c 'import json, sys
print(max(int(v["version"]) for v in json.load(sys.stdin)["model_version_status"] if v["state"] == "AVAILABLE"))' <<<"$status")
  say "version $version is AVAILABLE"
  predict_once "$version"
}

wait_until_available() {
  local deadline status='no answer'
  deadline=$(($(now) + GTF_READY_TIMEOUT_SECONDS * 1000))
  while (($(now) < deadline)); do
    if status=$(model_status 2>&1) && is_available "$status"; then return; fi
    if failed_to_load "$status"; then
      unit_logs 40
      fail "the model cannot be loaded: ${status:0:1000}"
    fi
    if unit_gave_up; then
      unit_logs 40
      fail "the model server stopped: $(unit_logs 1)"
    fi
    sleep 0.2
  done
  unit_logs 40
  fail "the model is not AVAILABLE after $GTF_READY_TIMEOUT_SECONDS s: ${status:0:1000}"
}

# No version is on its way any more, and none ended well: waiting longer changes nothing.
failed_to_load() { # STATUS
  [[ $1 =~ \"state\"[[:space:]]*:[[:space:]]*\"END\" && ! $1 =~ \"(START|LOADING|AVAILABLE|UNLOADING)\" && ! $1 =~ \"OK\" ]]
}

# A unit that restarts on failure is never "failed" for long, so its restarts are counted.
unit_gave_up() {
  local restarts
  if supervisor is-failed --quiet graviton-tf.service >/dev/null 2>&1; then return; fi
  restarts=$(supervisor show --property=NRestarts graviton-tf.service 2>/dev/null || true)
  restarts=${restarts#NRestarts=}
  [[ $restarts =~ ^[0-9]{1,6}$ ]] && ((restarts >= 3))
}

predict_once() { # VERSION
  local folder=$var/models/$GTF_MODEL_NAME/$1 body answer code status=0
  body=$(mktemp) answer=$(mktemp)
  python3 "$home/model/predict_request.py" "$folder" >"$body" 2>"$answer" || status=$?
  case $status in
    0) ;;
    3) say "no prediction was tried: $(<"$answer")" && return ;;
    *) fail "the model's own request cannot be read: $(tail -n 1 "$answer")" ;;
  esac
  code=$(curl --silent --noproxy '*' --max-time "$GTF_READY_TIMEOUT_SECONDS" --output "$answer" --write-out '%{http_code}' \
    -H 'Content-Type: application/json' --data-binary "@$body" "$(model_url):predict") || true
  [[ $code == 200 ]] || fail "the model answers its own request with $code: $(head -c 1000 "$answer")"
  say "the model answered its own request"
  rm -f "$body" "$answer"
}
