#!/bin/bash
# Brings new versions of the model from the bucket: once in the boot, then by a timer.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../bootstrap.sh
. "$here/bootstrap.sh"
# shellcheck source=../serve/model-server.sh
. "$here/serve/model-server.sh"

exec python3 "$here/model/model_sync.py" --bucket="$GTF_MODEL_BUCKET" --prefix="$GTF_MODEL_PREFIX" \
  --base-path="$var/models/$GTF_MODEL_NAME" --staging="$var/staging/versions" \
  --server-url="$(model_url)" "$@"
