#!/usr/bin/env bats
# What the boot takes from the table of releases and machine images.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() { setup_instance; }

# in_compatibility COMMAND…: with the functions that the phases use.
in_compatibility() {
  install_scripts
  bash -c '. "$GTF_ROOT/opt/graviton-tf/bootstrap.sh" && . "$home/phases/compatibility.sh" && "$@"' - "$@"
}

image_is() { # ID VERSION-ID, as os-release has them
  mkdir -p "$GTF_ROOT/etc"
  printf 'NAME="x"\nID="%s"\nVERSION_ID="%s"\n' "$1" "$2" >"$GTF_ROOT/etc/os-release"
}

@test "a release has the row that began last" {
  run -0 in_compatibility eval 'for v in 2.14.1 2.15.1 2.16.1 2.19.0 2.20.0 2.21.0 2.100.3; do python_minors $v; done'
  [[ $output == $'10 11\n10 11\n10 12\n10 12\n10 13\n10 13\n10 13' ]]
}

@test "a release before the first row is refused, with the first" {
  run -1 in_compatibility python_minors 2.13.0
  assert_output_has 'TensorFlow 2.13.0 is too old: the oldest that is supported is 2.14'
}

@test "the newest fitting Python of the image's repositories; an image without a row is taken for Amazon Linux 2023" {
  local id version oldest newest offered
  while read -r id version oldest newest offered; do
    image_is "$id" "$version"
    run -0 in_compatibility offered_python "$oldest" "$newest"
    [[ ${output:-none} == "$offered" ]] || { echo "$id $version: $output"; return 1; }
  done <<'TABLE'
amzn 2023 10 11 11
amzn 2023 10 13 12
amzn 2 10 13 none
ubuntu 24.04 10 11 none
ubuntu 22.04 10 13 10
rhel 9.5 10 13 12
TABLE
  rm "$GTF_ROOT/etc/os-release"
  run -0 in_compatibility offered_python 10 13
  [[ $output == 12 ]]
}

@test "a machine image that offers no Python for the release says so before anything is installed" {
  unstub python3.11
  stub python3
  on python3 <<<'exit 1'
  image_is amzn 2
  run -1 phase packages
  assert_output_has 'TensorFlow 2.20.0 needs Python 3.10 to 3.13 with venv, which this machine image does not offer'
  assert_not_called install
}

@test "a glibc that is too old for the wheels is a failure before anything is installed" {
  on getconf <<<'[[ $1 != GNU_LIBC_VERSION ]] || echo "glibc 2.26"'
  GTF_TENSORFLOW_VERSION=2.21.0 run -1 phase venv
  assert_output_has 'TensorFlow 2.21.0 needs glibc 2.27, this machine image has 2.26'
  assert_not_called pip
  GTF_TENSORFLOW_VERSION=2.20.0 run -0 phase venv
}
