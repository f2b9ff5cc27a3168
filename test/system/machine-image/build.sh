#!/bin/bash
# Makes the root file system of an instance: build.sh ARCHITECTURE FILE.tar, as root. Debian 12 by mmdebstrap, which
# makes what debootstrap makes, in less time; for another architecture by qemu-user, registered with binfmt_misc.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
architecture=$1 file=$2
packages=$(grep -v '^#' "$here/packages.txt" | paste -sd,)
# shellcheck disable=SC2016 # mmdebstrap expands it
mmdebstrap --quiet --format=tar --architectures="$architecture" --variant=minbase --include="$packages" \
  --customize-hook="copy-in $here/99-here.cfg /etc/cloud/cloud.cfg.d" \
  --customize-hook="copy-in $here/emulation.conf /etc/systemd/system.conf.d" \
  --setup-hook='mkdir -p "$1/etc/systemd/system.conf.d"' \
  bookworm "$file.new" "deb ${DEBIAN_MIRROR:-http://deb.debian.org/debian} bookworm main"
mv "$file.new" "$file"
