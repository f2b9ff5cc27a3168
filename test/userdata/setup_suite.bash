# Built once for all files: the tools that a boot may find on PATH, the zipped scripts, a zipped model.

setup_suite() {
  export REPO USERDATA TOOLS ASSETS
  REPO=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  USERDATA=$REPO/userdata
  TOOLS=$BATS_SUITE_TMPDIR/tools
  ASSETS=$BATS_SUITE_TMPDIR/assets
  make_tools
  make_assets
}

# What every Linux has. Everything else (docker, aws, package managers, systemd) is a stub or absent,
# whatever this machine has installed.
make_tools() {
  local tool
  mkdir -p "$TOOLS"
  for tool in awk bash basename cat chmod chown cp cut date dirname env find grep head iconv id kill ln ls mkdir mkfifo \
    mktemp mv readlink rm rmdir sed seq sh sha256sum sort tail tee timeout touch tr wc xargs; do
    ln -s "$(command -v "$tool")" "$TOOLS/$tool"
  done
  printf '#!/bin/sh\nexec "%s" "$@"\n' "$REPO/.venv/bin/python" >"$TOOLS/python3"
  chmod +x "$TOOLS/python3"
}

make_assets() {
  local model=$ASSETS/model
  mkdir -p "$model/1/variables" "$model/1/assets.extra"
  printf 'a graph' >"$model/1/saved_model.pb"
  printf '{"instances":[[1]]}' >"$model/1/assets.extra/sample_request.json"
  cp -r "$USERDATA" "$ASSETS/scripts"
  rm -rf "$ASSETS"/scripts/*/__pycache__ "$ASSETS"/scripts/*/*/__pycache__
  local name
  for name in scripts model; do
    (cd "$ASSETS/$name" && "$TOOLS/python3" -m zipfile -c "../$name.zip" ./*)
    (cd "$ASSETS/$name" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1) >"$ASSETS/$name.sha256"
  done
}
