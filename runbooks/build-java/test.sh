#!/bin/bash
# The JAR is asked what TensorFlow for Python is asked: one that answers otherwise, or not at all, is refused.
# shellcheck source=../build/work.sh disable=SC2154,SC2031
. "$work/files/runbooks/build/work.sh" Test
# shellcheck source=tables.sh
. "$here/tables.sh"
done_before Build "$work/built"
# shellcheck source=maven.sh
. "$here/maven.sh"

# The same for both: oneDNN on every Graviton, float32 as it is.
export TF_ENABLE_ONEDNN_OPTS=1 TF_CPP_MIN_LOG_LEVEL=1
unset DNNL_DEFAULT_FPMATH_MODE ONEDNN_DEFAULT_FPMATH_MODE
echo "TF_ENABLE_ONEDNN_OPTS=$TF_ENABLE_ONEDNN_OPTS" >>"$work/environment"
export PYTHONPATH=$files PYTHONDONTWRITEBYTECODE=1
python=$kept/venv/bin/python
question=$work/question
row=$(release_row)
read -r tensorflow _ <<<"$row"

refuse() { # SENTENCE
  echo "$1" >"$work/refused"
  touch "$work/tested"
  fail "$1"
}

must 'TensorFlow for Python cannot answer' "$python" "$here/ask.py" "$kept/model" "$question"

mapfile -t jars < <(find "$artifacts" -name '*.jar' | LC_ALL=C sort)
classpath=$(IFS=:; echo "${jars[*]}")
mkdir -p "$work/classes"
"$JAVA_HOME/bin/javac" -encoding UTF-8 -classpath "$classpath" -d "$work/classes" "$here/AskModel.java" >"$logs/javac.log" 2>&1 ||
  refuse "no program compiles with the JAR: $(grep -m 1 'error:' "$logs/javac.log" | cut -c 1-300 || :)"
"$JAVA_HOME/bin/java" -classpath "$work/classes:$classpath" AskModel "$kept/model" "$question" >"$logs/java.log" 2>&1 ||
  refuse "the JAR does not answer: $(grep -m 1 -E '^(Exception|Caused by|Error)' "$logs/java.log" | cut -c 1-300 || :)"
rm -rf "$work/javacpp"
status=0
"$python" "$here/compare.py" "$question" "$tensorflow" "$work/findings.json" 2>"$work/compare.err" || status=$?
[[ $status == 0 ]] || {
  [[ $status == 1 && -s $work/findings.json ]] || fail "the answers cannot be compared: $(tail -n 1 "$work/compare.err")"
  refuse "$(tail -n 1 "$work/compare.err")"
}
touch "$work/tested"
