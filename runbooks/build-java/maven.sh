# Maven with this command's settings, and a repository of its own that is kept for the next command.
# shellcheck shell=bash disable=SC2154 # here, kept, work, logs, SSM_*: ../build/work.sh

JAVA_HOME=$(<"$work/java.home")
export JAVA_HOME MAVEN_REPOSITORY=$SSM_MavenRepository
# Nothing of a shell's or an administrator's.
unset MAVEN_OPTS MAVEN_ARGS MAVEN_CONFIG
# Native libraries unpacked by a JVM go with the command.
export JAVA_TOOL_OPTIONS="-Dorg.bytedeco.javacpp.cachedir=$work/javacpp -Djava.io.tmpdir=$TMPDIR"

# maven SENTENCE LOG ARGUMENT…: its log is kept for the results bucket; a failure's first error completes the sentence.
maven() {
  local what=$1 log=$logs/$2.log status=0
  shift 2
  # Without --strict-checksums a file that is not as its repository says is used, with a warning.
  local -a command=(mvn --batch-mode --no-transfer-progress --errors --strict-checksums --settings "$here/settings.xml"
    "-Dmaven.repo.local=$kept/repository" "$@")
  printf '%s\n' "${command[@]}" >>"$work/command"
  # The steps of the build, as they begin.
  "${command[@]}" >"$log" 2>&1 || status=$?
  grep -E '^\[INFO\] (Building [^j]|BUILD|Total time)' "$log" || :
  ((status == 0)) || fail "$what: $(grep -m 1 -E '^\[ERROR\]' "$log" | cut -c 9-508 || :) (status $status)"
}
