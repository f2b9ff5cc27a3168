#!/usr/bin/env bats
# The container runtime: Docker, credentials for ECR, the image for this machine.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() {
  setup_instance
  user_data container
}

@test "an image that is not here is pulled" {
  run -0 phase image
  [[ $(count 'docker pull') == 1 ]]
  assert_called "docker pull --quiet $GTF_IMAGE"
}

@test "an image that is here is not pulled" {
  run -0 phase image
  : >"$CALLS"
  run -0 phase image
  assert_not_called 'docker pull'
}

@test "a pull that fails once is tried again" {
  on docker <<<'[[ $1 != pull || -e $STUBS/failed ]] || { : >"$STUBS/failed"; echo "connection reset" >&2; exit 1; }; usual "$@"'
  run -0 phase image
  [[ $(count 'docker pull') == 2 ]]
}

@test "a pull that keeps failing is a failure with Docker's reason" {
  on docker <<<'[[ $1 != pull ]] || { echo "manifest unknown" >&2; exit 1; }; usual "$@"'
  run -1 phase image
  assert_output_has "cannot pull $GTF_IMAGE: manifest unknown"
}

@test "an image for another architecture, which Docker takes without a word, is refused" {
  on docker <<<'[[ "$3" != --format ]] || { echo amd64; exit; }; usual "$@"'
  run -1 phase image
  assert_output_has "$GTF_IMAGE is built for 'amd64', this machine is arm64"
}

@test "on x86-64 the image must be amd64" {
  on uname <<<'echo x86_64'
  run -1 phase image
  assert_output_has "is built for 'arm64', this machine is amd64"
}

@test "the credential helper is for the one registry, where Docker looks for it" {
  on docker <<<'echo "$DOCKER_CONFIG" >"$STUBS/config"; usual "$@"'
  run -0 phase image
  local config
  config=$(<"$STUBS/config")
  [[ $config == "$GTF_ROOT/etc/graviton-tf/docker" ]]
  [[ $(<"$config/config.json") == '{"credHelpers":{"763104351884.dkr.ecr.eu-west-1.amazonaws.com":"ecr-login"}}' ]]
}

@test "no helper for a registry that needs none" {
  export GTF_ECR_REGISTRY=''
  run -0 phase image
  [[ $(<"$GTF_ROOT/etc/graviton-tf/docker/config.json") == '{}' ]]
}

@test "a Docker that does not run is started and waited for" {
  on docker <<<'[[ $1 != info || -e $STUBS/up ]] || exit 1; usual "$@"'
  on systemctl <<<'[[ "$1 $2" != "start docker.service" ]] || : >"$STUBS/up"'
  run -0 phase image
  assert_called 'systemctl start docker.service'
}

@test "a Docker that never answers is a failure" {
  on docker <<<'[[ $1 != info ]] || exit 1; usual "$@"'
  run -1 phase image
  assert_output_has 'the Docker daemon does not answer'
}
