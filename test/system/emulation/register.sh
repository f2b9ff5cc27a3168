#!/bin/bash
# Has the kernel run arm64 programs by qemu, in containers too: register.sh QEMU. Without it: takes that back.
# What this machine has registered otherwise stays; the newest registration is asked first.
# https://docs.kernel.org/admin-guide/binfmt-misc.html
set -euo pipefail
formats=/proc/sys/fs/binfmt_misc
[[ -e $formats/register ]] || mount -t binfmt_misc none "$formats"
[[ ! -e $formats/graviton-tf-arm64 ]] || echo -1 >"$formats/graviton-tf-arm64"
[[ -n ${1-} ]] || exit 0
magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
# F: opened now, so that it need not be in any root file system. P: keeps argv[0].
printf '%s' ":graviton-tf-arm64:M:0:$magic:$mask:$1:FP" >"$formats/register"
