# The files that a document carries (CARRIED, CARRIED_SHA256), whole and verified or not at all.
# shellcheck shell=bash
# fail SENTENCE is the caller's.

# unpack_carried FOLDER: puts them there, which must not exist yet, at their paths.
unpack_carried() {
  local packed=$1.packed
  case $CARRIED in
    s3://*)
      command -v aws >/dev/null || fail 'this runbook fetches its programs from S3: install the AWS CLI'
      aws s3 cp --only-show-errors "$CARRIED" "$packed" >&2 ||
        fail "cannot fetch $CARRIED: the instance's role needs s3:GetObject there (grants.runOn)"
      ;;
    *) base64 -d <<<"$CARRIED" >"$packed" 2>/dev/null || : ;;
  esac
  [[ $(sha256sum <"$packed") == "$CARRIED_SHA256  -" ]] ||
    fail 'the programs that the document carries are damaged: deploy it again'
  # Two spaces: a document keeps one of each four, in texts too.
  python3 -c '
import json, sys, zlib
from pathlib import Path
files = json.loads(zlib.decompress(Path(sys.argv[1]).read_bytes()).decode())
for name, text in files.items():
  file = Path(sys.argv[2], name)
  file.parent.mkdir(parents=True, exist_ok=True)
  file.write_bytes(text.encode())
' "$packed" "$1" || fail "cannot unpack the document's programs into $1"
  rm -f "$packed"
}
