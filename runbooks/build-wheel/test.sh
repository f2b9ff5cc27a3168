#!/bin/bash
# Is the wheel one to be served with? Installed where nothing else is, and asked.
# shellcheck disable=SC2154
# shellcheck source=../build/work.sh
. "$work/files/runbooks/build/work.sh" Test
done_before Build "$work/built"
venv=$work/test-venv status=0
must 'cannot make the virtual environment' "$(<"$work/python")" -m venv "$venv"
must 'cannot install the wheel' "$venv/bin/python" -m pip install --quiet "$artifacts"/*.whl
python3 "$here/test_wheel.py" --python "$venv/bin/python" --release "$SSM_Release" --work "$work/test" \
  --report "$work/findings.json" || status=$?
for file in "$work"/test/*.out "$work"/test/*.err; do [[ ! -s $file ]] || cp "$file" "$logs"; done
rm -rf "$venv"
touch "$work/tested"
case $status in
  0) ;;
  1)
    python3 -c '
import json, sys
rows = [row for row in json.load(open(sys.argv[1])) if row["status"] not in ("PASS", "WARN")]
print("The wheel failed its test and is not uploaded: " + "; ".join("{id}: {evidence}".format(**row) for row in rows))
' "$work/findings.json" >"$work/refused"
    fail "$(<"$work/refused")"
    ;;
  *)
    rm -f "$work/tested"
    fail "the wheel could not be tested (status $status)"
    ;;
esac
