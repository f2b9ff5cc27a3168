#!/bin/bash
# Brings qemu-user 10, which knows Graviton3's core (neoverse-v1) and shows its /proc/cpuinfo: fetch-qemu.sh FILE.
# From Debian's backports, beside what is installed: nothing of this machine's own packages changes.
set -euo pipefail
file=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"/{lists,cache}/partial
# Downloads are made by apt's own user.
chmod 755 "$folder"
echo "deb ${DEBIAN_MIRROR:-http://deb.debian.org/debian} bookworm-backports main" >"$folder/sources.list"
apt=(apt-get -qq -o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
if [[ -r /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
  sed -i 's|^deb |deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] |' "$folder/sources.list"
fi
"${apt[@]}" update
cd "$folder"
"${apt[@]}" download qemu-user
dpkg -x qemu-user_*.deb unpacked
cp unpacked/usr/bin/qemu-aarch64 "$file.new"
mv "$file.new" "$file"
