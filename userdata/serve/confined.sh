# How a container of a model server is shut in, whatever image it has.
# shellcheck shell=bash disable=SC2034,SC2154 # for who sources this; common.sh sets root, var

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

# prepare_container SECONDS: sets `confined`, the options of docker run; the server has SECONDS to stop in.
prepare_container() {
  local memory
  export DOCKER_CONFIG=$root/etc/graviton-tf/docker
  docker rm --force graviton-tf >/dev/null 2>&1 || :
  docker image inspect "$GTF_IMAGE" >/dev/null 2>&1 || docker pull --quiet "$GTF_IMAGE"
  memory=$(memory_limit)
  # What the container prints is in the unit's journal already, hence no log driver of its own.
  confined=(
    --rm --name graviton-tf --init --stop-timeout "$1"
    --cap-drop ALL --security-opt no-new-privileges --read-only --tmpfs /tmp
    --memory "$memory" --memory-swap "$memory"
    --network bridge --log-driver none
    --env-file "$root/etc/graviton-tf/serving.env" --volume "$var/models:/models:ro"
  )
}
