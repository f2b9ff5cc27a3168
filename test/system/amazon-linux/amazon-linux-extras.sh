#!/bin/bash
# Stands in for Amazon Linux 2's command of this name, as far as a boot uses it.
set -euo pipefail
[[ $# == 2 && $1 == enable ]] || { echo "amazon-linux-extras: expected enable TOPIC, got: $*" >&2 && exit 1; }
echo "$2" >>/etc/graviton-tf-extras
