#!/bin/bash
# What qemu-user cannot run in an arm64 instance, from this machine: native-tools.sh FOLDER makes a tree to lay over the
# instance's root. iptables speaks netfilter's netlink, and runc makes a process that is half made; neither is
# emulated. Everything else of Docker there is Debian's for arm64.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$1 libraries=$1/usr/lib/x86_64-linux-gnu
mkdir -p "$root/lib64" "$root/usr/local/libexec" "$root/usr/local/sbin" "$libraries/xtables"

install "$(command -v runc)" "$root/usr/local/libexec/runc"
install "$here/runc.sh" "$root/usr/local/sbin/runc"
for name in iptables ip6tables; do
  install "$(readlink -f "$(command -v "$name-nft")")" "$root/usr/local/sbin/$name"
done
cp -L /usr/lib/x86_64-linux-gnu/xtables/*.so "$libraries/xtables/"
cp -L /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
for file in "$root"/usr/local/libexec/runc "$root"/usr/local/sbin/iptables "$libraries"/xtables/*.so; do
  ldd "$file" | awk '/=> \// { print $3 }'
done | sort -u | xargs cp -L -t "$libraries"
