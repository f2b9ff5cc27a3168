#!/bin/bash
# What an instance runs at boot. User data is this file with `export NAME='value'` lines put after the
# shebang (README.md lists them). It holds what must work before the rest of this folder has arrived;
# sourced by the other scripts it only defines functions.
set -Eeuo pipefail
shopt -s inherit_errexit 2>/dev/null || : # bash 4.4; Amazon Linux 2 has 4.2
umask 022

root=${GTF_ROOT:-}
home=$root/opt/graviton-tf
var=$root/var/lib/graviton-tf
boot_log=$root/var/log/graviton-tf/boot.log
# cloud-init and systemd set no HOME, and Ubuntu's AWS CLI may come from a snap.
export HOME=${HOME:-/root} PATH=$PATH:$root/snap/bin
export AWS_DEFAULT_REGION=${GTF_REGION:-} AWS_PAGER='' AWS_METADATA_SERVICE_NUM_ATTEMPTS=5
# A byte-code cache would change the tree whose checksum is verified.
export PYTHONDONTWRITEBYTECODE=1

now() { date +%s%3N; }
seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }
say() { TZ=UTC printf '%(%H:%M:%S)T graviton-tf %s\n' -1 "$*"; }

# fail SENTENCE: ends the phase; the sentence is the cause that the operator reads.
fail() {
  say "failed: $*" >&2
  [[ -z ${phase:-} ]] || printf '%s' "$*" >"$state/cause.$phase"
  exit 1
}

# must SENTENCE COMMAND…: a failing command's last line of stderr completes the cause.
must() {
  local what=$1 errors status=0
  shift
  errors=$(mktemp "${state:-/tmp}/stderr.XXXXXX")
  "$@" 2>"$errors" || status=$?
  cat "$errors" >&2
  [[ $status == 0 ]] || fail "$what: $(grep -v '^[[:space:]]*$' "$errors" | tail -n 1 || true) (status $status)"
  rm -f "$errors"
}

json_string() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"} text=${text//$'\n'/\\n} text=${text//$'\t'/\\t}
  printf '"%s"' "${text//[[:cntrl:]]/}"
}

metadata() { # PATH below /latest/meta-data, by IMDSv2
  local url=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254} token
  local -a get=(curl --silent --show-error --fail --noproxy '*' --max-time 5 --retry 3)
  token=$("${get[@]}" -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "${url%/}/latest/api/token")
  "${get[@]}" -H "X-aws-ec2-metadata-token: $token" "${url%/}/latest/meta-data/$1"
}

log_events() { # STREAM MESSAGE…
  local stream=$1 message events status=0 at
  shift
  events=$(mktemp) at=$(now)
  for message; do
    [[ -z $message ]] || printf ',{"timestamp":%s,"message":%s}\n' "$at" "$(json_string "$message")"
  done | sed '1s/^,/[/' >"$events"
  echo ']' >>"$events"
  # The stream is there already when the script runs again.
  timeout 60 aws logs create-log-stream --log-group-name "$GTF_LOG_GROUP" --log-stream-name "$stream" 2>/dev/null || :
  timeout 60 aws logs put-log-events --log-group-name "$GTF_LOG_GROUP" --log-stream-name "$stream" \
    --log-events "file://$events" >/dev/null || status=$?
  rm -f "$events"
  return $status
}

signal() { # STATUS UNIQUE-ID
  timeout 60 aws cloudformation signal-resource --stack-name "$GTF_STACK" \
    --logical-resource-id "$GTF_RESOURCE" --status "$1" --unique-id "${2:0:64}"
}

replace_instance() {
  timeout 60 aws autoscaling set-instance-health --instance-id "$instance" --health-status Unhealthy \
    --no-should-respect-grace-period
}

# The names of packages differ between Amazon Linux and Ubuntu only where apt is.
uses_apt() { [[ -z ${GTF_PACKAGER:-} ]] && ! command -v dnf yum >/dev/null && command -v apt-get >/dev/null; }

install_packages() {
  say "installing $*"
  if [[ -n ${GTF_PACKAGER:-} ]]; then
    "$GTF_PACKAGER" install "$@"
  elif uses_apt; then
    export DEBIAN_FRONTEND=noninteractive
    # A first boot's own apt run may hold the locks.
    local apt=(apt-get -qq -o DPkg::Lock::Timeout=300) try
    for try in 1 2 3; do
      if "${apt[@]}" update; then break; fi
      sleep $((try * 10))
    done
    "${apt[@]}" install -y --no-install-recommends "$@"
  else
    "$(command -v dnf || command -v yum || fail 'found none of dnf, yum, apt-get')" -y install "$@"
  fi
}

ensure_aws_cli() {
  command -v aws >/dev/null && return
  # Ubuntu 24.04 has the CLI only as a snap.
  install_packages awscli || { snap wait system seed.loaded && snap install aws-cli --classic; }
}

tree_sha256() { (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum | sha256sum | cut -d' ' -f1); }

# fetch_tree BUCKET KEY SHA256 DIR: a zipped asset becomes DIR, whole and verified or not at all.
fetch_tree() {
  local staging=$var/staging/$3 found
  [[ -d $4 && $(tree_sha256 "$4") == "$3" ]] && return
  rm -rf "$staging" && mkdir -p "$staging" "$(dirname "$4")"
  must "cannot fetch s3://$1/$2" aws s3 cp --only-show-errors "s3://$1/$2" "$staging/asset.zip"
  must "cannot unpack s3://$1/$2" python3 -m zipfile -e "$staging/asset.zip" "$staging/tree"
  found=$(tree_sha256 "$staging/tree")
  [[ $found == "$3" ]] || fail "s3://$1/$2 holds the tree $found, expected $3"
  rm -rf "$4" && mv "$staging/tree" "$4" && rm -rf "$staging"
}

phase_kernel() {
  local running
  running=$(uname -r)
  [[ "$running $GTF_KERNEL_FLOOR" =~ ^([0-9]+)\.([0-9]+).*\ ([0-9]+)\.([0-9]+)$ ]] ||
    fail "cannot compare the kernel '$running' with '$GTF_KERNEL_FLOOR'"
  local -a v=("${BASH_REMATCH[@]:1}")
  ((v[0] > v[2] || (v[0] == v[2] && v[1] >= v[3]))) ||
    fail "the kernel is $running, TensorFlow on Graviton needs $GTF_KERNEL_FLOOR or later: choose another machine image"
}

phase_tools() {
  local tool
  for tool in curl python3; do command -v "$tool" >/dev/null || install_packages "$tool"; done
  ensure_aws_cli
}

phase_scripts() {
  fetch_tree "$GTF_SCRIPTS_BUCKET" "$GTF_SCRIPTS_KEY" "$GTF_SCRIPTS_SHA256" "$home"
  chmod +x "$home"/*/*.sh
}

# One lane: phases one after the other. $state/lane.N names the one that runs and when it began.
run_lane() {
  local lane=$1
  shift
  trap 'status=$?; [[ -s $state/cause.$phase ]] || printf "%s ended with status %s" "$BASH_COMMAND" "$status" >"$state/cause.$phase"' ERR
  for phase; do
    local began
    began=$(now)
    echo "$phase $began" >"$state/lane.$lane"
    say "$phase …"
    "phase_$phase"
    began=$(($(now) - began))
    printf ',"%s":%s' "$phase" "$(seconds $began)" >>"$state/phases"
    say "$phase took $(seconds $began) s"
  done
}

# Runs lanes side by side, each in its own process group, so that the first that fails ends the others
# with all that they started.
run_lanes() {
  local lane n=0 status
  for lane; do
    set -m
    {
      trap - ERR
      set +e
      # shellcheck disable=SC2086 # a lane is a list of words
      (set -e && run_lane $n $lane)
      echo "$n $?" >&7
    } </dev/null &
    lanes+=("$!")
    set +m
    n=$((n + 1))
  done
  for lane; do
    read -r n status <&7
    [[ $status == 0 ]] || { read -r failed_phase _ <"$state/lane.$n" && exit 1; }
  done
  lanes=()
}

boot_event() { # STATUS [MORE JSON]
  local phases=''
  [[ ! -s $state/phases ]] || phases=$(<"$state/phases")
  printf '{"event":"boot","instance":%s,"status":"%s","seconds":%s,"phases":{%s}%s}' \
    "$(json_string "$instance")" "$1" "$(seconds $(($(now) - started)))" "${phases#,}" "${2:-}"
}

# The log's writer has everything once no one holds the pipe; a daemon that keeps it is not waited for.
drain_log() {
  local tries=0
  exec >&8 2>&9
  while kill -0 "$tee" 2>/dev/null && ((tries++ < 40)); do sleep 0.05; done
}

finish() {
  local lane cause line json=''
  local -a tail=()
  trap - EXIT ERR
  trap '' TERM INT HUP
  set +eu
  for lane in "${lanes[@]}"; do kill -TERM -- "-$lane"; done 2>/dev/null
  drain_log
  if [[ $outcome != ready ]]; then
    [[ -n $failed_phase ]] || read -r failed_phase _ 2>/dev/null <"$state/lane.0" || failed_phase=start
    while IFS= read -r line; do tail+=("$line") json+=",$(json_string "$line")"; done \
      < <(tail -n 40 "$boot_log" | cut -c 1-2000 | iconv -c -f UTF-8 -t UTF-8)
    cause=$(cat "$state/cause.$failed_phase" 2>/dev/null)
    cause=${stopped:-${cause:-${tail[${#tail[@]} - 1]}}}
    line=$(boot_event failed ",\"phase\":\"$failed_phase\",\"cause\":$(json_string "$cause"),\"log\":[${json#,}]")
    {
      echo "$line"
      say "FAILED in phase $failed_phase: $cause"
      ensure_aws_cli
      log_events "boot/$instance" "$line" "FAILED in phase $failed_phase: $cause" "${tail[@]}" ||
        say 'cannot write to the log group'
      # No stack operation waits for an instance that the group brought up by itself: no one else replaces it.
      signal FAILURE "$instance.$failed_phase" || { say 'no one took the signal: another instance, please' && replace_instance; }
    } 2>&1 | tee -a "$boot_log"
  fi
  rm -rf "$state"
  [[ $outcome == ready ]]
  exit
}

main() {
  local name
  outcome='' stopped='' failed_phase='' instance=unknown lanes=()
  started=$(now)
  state=$(mktemp -d)
  mkfifo "$state/done" "$state/output"
  mkdir -p "${boot_log%/*}"
  tee -a "$boot_log" <"$state/output" &
  tee=$!
  exec 7<>"$state/done" 8>&1 9>&2 >"$state/output" 2>&1
  trap finish EXIT
  trap 'stopped="stopped by a signal"; exit 1' TERM INT HUP

  name=$(metadata instance-id)
  instance=$name
  for name in GTF_REGION GTF_STACK GTF_RESOURCE GTF_LOG_GROUP GTF_KERNEL_FLOOR GTF_SCRIPTS_BUCKET \
    GTF_SCRIPTS_KEY GTF_SCRIPTS_SHA256; do
    [[ -n ${!name:-} ]] || phase=start fail "$name is not set: user data must export it"
  done
  run_lanes 'kernel tools scripts'
  for name in "$home"/phases/*.sh; do
    # shellcheck source=/dev/null
    . "$name"
  done
  run_lanes variables
  # The runtime and the model have nothing to do with each other, and each takes as long as it is large.
  case $GTF_RUNTIME in
    container) run_lanes 'packages image' model ;;
    wheel) run_lanes 'packages venv' model ;;
    dockerhub) run_lanes 'packages image libraries' model ;;
  esac
  run_lanes 'environment service ready timers address signal'
  name=$(boot_event ready)
  echo "$name"
  log_events "boot/$instance" "$name" || say 'cannot write to the log group'
  outcome=ready
}

[[ ${BASH_SOURCE[0]:-$0} != "$0" ]] || main
