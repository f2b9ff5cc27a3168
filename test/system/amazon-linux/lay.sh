#!/bin/bash
# Makes a Debian root look like Amazon Linux to a boot, from within: lay.sh FOLDER VERSION, 2023 or 2. What the boot's own
# words decide by is Amazon Linux's: /etc/os-release, and which packager there is. The AWS CLI is there from the start.
set -euo pipefail
folder=$1 version=$2
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install awscli >/dev/null
mkdir -p /opt/debian
mv /usr/bin/apt-get /usr/bin/apt /opt/debian/
rm -f /etc/os-release
cp "$folder/os-release.$version" /etc/os-release
cp "$folder/$version.txt" /etc/graviton-tf-repository.txt
case $version in
  2023) install "$folder/packager.sh" /usr/bin/dnf ;;
  2)
    install "$folder/packager.sh" /usr/bin/yum
    install "$folder/amazon-linux-extras.sh" /usr/bin/amazon-linux-extras
    ;;
esac
