#!/usr/bin/env bats
# Packages of both families; what is there is left alone.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() { setup_instance; }

apt_instead_of_dnf() { unstub dnf; stub apt-get; }

# A package brings the commands that the rest of the line names.
brings() { # PACKAGER COMMAND…
  local packager=$1
  shift
  printf '[[ " $* " != *" install "* ]] || for c in %s; do ln -sf "%s/stub" "$STUBS/$c"; done\n' "$*" "$BATS_TEST_DIRNAME" |
    on "$packager"
}

@test "container: what is there is not installed" {
  user_data container
  run -0 phase packages
  assert_not_called 'install'
}

@test "container: dnf installs Docker and the ECR credential helper" {
  user_data container
  unstub docker docker-credential-ecr-login
  brings dnf docker docker-credential-ecr-login
  run -0 phase packages
  assert_called 'dnf -y install docker amazon-ecr-credential-helper'
  : >"$CALLS"
  run -0 phase packages
  assert_not_called 'dnf'
}

@test "container: only what is missing, and no helper for a registry that needs none" {
  user_data container
  export GTF_ECR_REGISTRY=''
  unstub docker docker-credential-ecr-login
  brings dnf docker
  run -0 phase packages
  [[ $(calls 'dnf') == 'dnf -y install docker' ]]
}

@test "container: apt's names, after an update that is tried again while another holds the lock" {
  user_data container
  apt_instead_of_dnf
  unstub docker docker-credential-ecr-login
  on apt-get <<'SH'
case " $* " in
  *" update "*) [[ -e $STUBS/locked ]] || { : >"$STUBS/locked"; echo "E: Could not get lock" >&2; exit 100; } ;;
  *" install "*) for c in docker docker-credential-ecr-login; do ln -sf "$(readlink "$0")" "$STUBS/$c"; done ;;
esac
SH
  run -0 phase packages
  [[ $(count ' update') == 2 ]]
  assert_called 'install -y --no-install-recommends docker.io amazon-ecr-credential-helper'
}

@test "container: yum where dnf is not, with Amazon Linux 2's extra enabled first" {
  user_data container
  unstub dnf docker
  stub yum amazon-linux-extras
  brings yum docker
  run -0 phase packages
  [[ $(calls 'amazon-linux-extras'; calls 'yum') == $'amazon-linux-extras enable docker\nyum -y install docker' ]]
}

@test "a package that installs but brings no command is a failure" {
  user_data container
  unstub docker
  run -1 phase packages
  assert_output_has 'docker is still missing after installing docker'
}

@test "the packager that was swapped in gets the packages" {
  user_data container
  unstub docker
  stub packager
  brings packager docker
  export GTF_PACKAGER=$STUBS/packager
  run -0 phase packages
  [[ $(calls 'install') == 'packager install docker' ]]
}

@test "wheel: a Python that fits is used as it is" {
  run -0 phase packages
  assert_not_called 'install'
}

# only_python VERSION: what the machine's python3 says it is.
only_python() {
  unstub python3.11
  stub python3
  printf '[[ $2 != "import sys"* ]] || exec "%s" "$1" "import sys; sys.version_info = (%s, 0); ${2#import sys,}"\nexec "%s" "$@"\n' \
    "$TOOLS/python3" "$1" "$TOOLS/python3" | sed 's/; venv, ensurepip;/;/' | on python3
}

@test "wheel: by release, the Python that Amazon Linux 2023 offers" {
  local version package
  only_python '3, 9'
  while read -r version package; do
    unstub python3.11 python3.12
    : >"$CALLS"
    brings dnf "$package"
    GTF_TENSORFLOW_VERSION=$version run -0 phase packages
    [[ $(calls 'dnf') == "dnf -y install $package" ]] || { echo "$version: $(calls dnf)"; return 1; }
  done <<'EOT'
2.14.1 python3.11
2.16.1 python3.12
2.20.0 python3.12
EOT
}

@test "wheel: Ubuntu's own Python gets its venv" {
  apt_instead_of_dnf
  unstub python3.11
  stub python3
  on python3 <<'SH'
[[ $2 != *ensurepip* ]] || { [[ -e $STUBS/venv ]]; exit; }
exec "$TOOLS/python3" "$@"
SH
  on apt-get <<<'[[ " $* " != *" install "* ]] || : >"$STUBS/venv"'
  run -0 phase packages
  assert_called 'install -y --no-install-recommends python3-venv'
}

@test "wheel: a machine image without a Python for the release says so" {
  unstub python3.11
  only_python '3, 12'
  export GTF_TENSORFLOW_VERSION=2.14.1
  run -1 phase packages
  assert_output_has 'TensorFlow 2.14.1 needs Python 3.10 to 3.11 with venv, which this machine image does not offer'
}

@test "the AWS CLI: from apt, else as a snap" {
  apt_instead_of_dnf
  unstub aws
  stub snap
  brings apt-get aws
  run -0 phase tools
  assert_called 'install -y --no-install-recommends awscli'
  assert_not_called snap
  unstub aws
  on apt-get <<<'[[ " $* " != *" install "* ]] || { echo "E: Package awscli has no installation candidate" >&2; exit 100; }'
  run -0 phase tools
  assert_called 'snap install aws-cli --classic'
}
