# The container runtime: a Docker daemon and the image, for this machine's architecture.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

# ECR's tokens last 12 hours: with the credential helper a pull works at any later boot as well. Per
# registry, because `credsStore` would ask it about every registry.
write_docker_config() {
  export DOCKER_CONFIG=$root/etc/graviton-tf/docker
  mkdir -p "$DOCKER_CONFIG"
  if [[ -n $GTF_ECR_REGISTRY ]]; then
    printf '{"credHelpers":{%s:"ecr-login"}}\n' "$(json_string "$GTF_ECR_REGISTRY")"
  else
    echo '{}'
  fi >"$DOCKER_CONFIG/config.json.new"
  mv "$DOCKER_CONFIG/config.json.new" "$DOCKER_CONFIG/config.json"
}

start_docker() {
  local try
  docker info >/dev/null 2>&1 && return
  supervisor start docker.service
  for try in {1..30}; do
    docker info >/dev/null 2>&1 && return
    sleep 1
  done
  fail "the Docker daemon does not answer after $try tries"
}

is_local() { docker image inspect "$GTF_IMAGE" >/dev/null 2>&1; }

pull_image() {
  local pause
  for pause in 5 15; do
    docker pull --quiet "$GTF_IMAGE" && return
    say "the pull failed, trying again in $pause s"
    sleep "$pause"
  done
  must "cannot pull $GTF_IMAGE" docker pull --quiet "$GTF_IMAGE"
}

phase_image() {
  local found wanted
  write_docker_config
  start_docker
  if is_local; then say "$GTF_IMAGE is here"; else pull_image; fi
  case $(uname -m) in aarch64) wanted=arm64 ;; x86_64) wanted=amd64 ;; *) wanted=$(uname -m) ;; esac
  # Docker takes an image for another architecture without a word, and fails when it runs it.
  found=$(docker image inspect --format '{{.Architecture}}' "$GTF_IMAGE")
  [[ $found == "$wanted" ]] || fail "$GTF_IMAGE is built for '$found', this machine is $wanted"
}
