#!/usr/bin/env bats
# The runbook's small steps, joined from their files as rendering joins them.

# shellcheck disable=SC2016,SC2030,SC2031 # a test is a subshell, a stub is text
bats_require_minimum_version 1.5.0

setup() {
  RUNBOOK=$BATS_TEST_DIRNAME/../../../runbooks/troubleshoot
  export GTF_ROOT=$BATS_TEST_TMPDIR/root GTF_PROC=$BATS_TEST_TMPDIR/proc DOCKER_STATE=$BATS_TEST_TMPDIR/docker
  export PATH=$BATS_TEST_DIRNAME/stub:$PATH
  export SSM_LogPath='' SSM_Server='' SSM_BatchSize=0 SSM_Requests=3 SSM_ShadowSeconds=300
  export SSM_KernelFloor=5.10 SSM_EndOfPatch='' SSM_COMMAND_ID=11111111-1111-4111-8111-111111111111
  BASE=$GTF_ROOT/var/lib/graviton-tf-diagnosis
  WORK=$BASE/$SSM_COMMAND_ID
  mkdir -p "$GTF_PROC" "$DOCKER_STATE"
  echo 'Features : fp asimd bf16' >"$GTF_PROC/cpuinfo"
}

step() { # NAME: the document lists a step's files on one line
  local -a files
  read -ra files < <(sed -n "/name: $1\$/,/runCommand/s/.*runCommand: \[\(.*\)\]/\1/p" "$RUNBOOK/document.yaml" | tr -d ,)
  (
    cd "$RUNBOOK" || exit 1
    head -n 1 "${files[-1]}"
    for file in "${files[@]}"; do sed '1{/^#!/d}' "$file"; done
  ) >"$BATS_TEST_TMPDIR/$1"
  chmod +x "$BATS_TEST_TMPDIR/$1"
  (cd / && "$BATS_TEST_TMPDIR/$1")
}

@test "prepare: makes the work folder, for its owner alone, and takes the lock" {
  run -0 step Prepare
  [[ -d $WORK && $(stat -c %a "$BASE") == 700 && $(stat -c %a "$WORK") == 700 ]]
  [[ $(<"$BASE/lock") == "$SSM_COMMAND_ID "* ]]
  run -0 step Prepare # again, as after a reboot
  [[ $(find "$BASE" -type f) == "$BASE/lock" ]]
}

@test "prepare: an agent that passes no parameters is told which version does" {
  for name in LogPath Server BatchSize Requests ShadowSeconds KernelFloor EndOfPatch; do
    (
      unset "SSM_$name"
      run -1 step Prepare
      [[ $output == *"parameter $name did not arrive"*"3.3.2746.0 or later"* ]]
    )
  done
  unset SSM_COMMAND_ID
  run -1 step Prepare
  [[ $output == *"SSM_COMMAND_ID"*"3.3.2746.0 or later"* && ! -e $BASE/lock ]]
}

@test "prepare: refuses a Python that is too old, and says which there is" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.6.9\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/python3"
  chmod +x "$BATS_TEST_TMPDIR/bin/python3"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run -1 step Prepare
  [[ $output == *"needs python3 3.7 or later, got: Python 3.6.9" ]]
}

@test "prepare: one diagnosis at a time, and the other one is named" {
  run -0 step Prepare
  SSM_COMMAND_ID=22222222-2222-4222-8222-222222222222 run -1 step Prepare
  [[ $output == *"another diagnosis is under way"*"command 11111111-"* ]]
  [[ $(find "$BASE" -mindepth 1 | wc -l) == 2 ]]
}

@test "prepare: a diagnosis whose agent is gone, as after a cancellation, holds up no other" {
  step Prepare
  rm -r "$BASE"
  # As the agent: a process for the command, which starts the step as a group of its own.
  bash -c 'setsid "$1" & wait' agent "$BATS_TEST_TMPDIR/Prepare"
  [[ -d $WORK && $(<"$BASE/lock") == "$SSM_COMMAND_ID "* ]]
  SSM_COMMAND_ID=22222222-2222-4222-8222-222222222222 run -0 step Prepare
  [[ $output == *"cleaning up after command $SSM_COMMAND_ID"* && ! -e $WORK ]]
}

@test "prepare: of many that begin at once, one begins" {
  local -a begun=()
  for i in 1 2 3 4 5 6; do
    SSM_COMMAND_ID=$i$i$i-2222 step Prepare >/dev/null 2>&1 &
    begun+=($!)
  done
  local won=0
  for pid in "${begun[@]}"; do if wait "$pid"; then won=$((won + 1)); fi; done
  [[ $won == 1 ]]
}

@test "prepare: what a diagnosis left behind that ended long ago, or before a reboot, is cleaned up" {
  local boot old
  boot=$(cat /proc/sys/kernel/random/boot_id)
  for old in "33333333 1000 $boot" '33333333 99999999999 another-boot' ''; do
    rm -rf "$BASE" && mkdir -p "$BASE/33333333" && chmod 700 "$BASE"
    echo "$old" >"$BASE/lock"
    run -0 step Prepare
    [[ $(<"$BASE/lock") == "$SSM_COMMAND_ID "* ]]
    [[ -z $old || ! -e $BASE/33333333 ]]
    [[ -d $WORK ]]
  done
}

@test "prepare: a folder that is not its own is not used" {
  mkdir -p "$BASE" && chmod 777 "$BASE"
  run -1 step Prepare
  [[ $output == *"$BASE must be a folder of user"*"mode 700"* ]]
  rm -rf "$BASE" && mkdir -m 700 "$BASE.other" && ln -s "$BASE.other" "$BASE"
  run -1 step Prepare
}

recommended() { python3 -c 'import json, sys; print(sorted(json.load(open(sys.argv[1])).items()))' "$WORK/recommended.json"; }

@test "recommend: the formula, for the vCPUs and processes of the server" {
  run -0 step Prepare
  echo '{"server":{"vcpus":8,"processes":2}}' >"$WORK/facts.json"
  run -0 step Recommend
  run -0 recommended
  [[ $output == "[('bf16', True), ('interOp', 1), ('intraOp', 4), ('ompNumThreads', 4), ('processes', 2), ('vcpus', 8)]" ]]
  echo 'Features : fp svebf16' >"$GTF_PROC/cpuinfo"
  run -0 step Recommend
  run -0 recommended
  [[ $output == *"('bf16', False)"* ]]
}

@test "recommend: more processes than vCPUs are not recommended" {
  run -0 step Prepare
  echo '{"server":{"vcpus":2,"processes":5}}' >"$WORK/facts.json"
  run -0 step Recommend
  run -0 recommended
  [[ $output == *"('intraOp', 1)"*"('processes', 2)"* ]]
}

@test "recommend: without a server, for the machine" {
  run -0 step Prepare
  echo '{}' >"$WORK/facts.json"
  run -0 step Recommend
  run -0 recommended
  [[ $output == *"('vcpus', $(getconf _NPROCESSORS_ONLN))]" ]]
  rm "$WORK/facts.json"
  run -0 step Recommend
}

@test "report: all of it where it fits, else without its last kernels" {
  run -0 step Prepare
  make_report() { # KERNELS
    python3 - "$1" >"$WORK/report.json" <<'PY'
import json, sys
kernels = [{"implementation": "gemm:ref", "shape": f"mb{n}_" + "é" * 90} for n in range(int(sys.argv[1]))]
print(json.dumps({"schemaVersion": 1, "kernels": kernels, "kernelsOmitted": 2}, ensure_ascii=False))
PY
  }
  count() { python3 -c 'import json, sys; r = json.load(sys.stdin); print(len(r["kernels"]), r["kernelsOmitted"], r["kernels"][0]["shape"][:4])'; }
  make_report 3
  [[ $(step Report | count) == '3 2 mb0_' ]]
  make_report 2000
  step Report >"$BATS_TEST_TMPDIR/out"
  (($(wc -c <"$BATS_TEST_TMPDIR/out") < 24000))
  (($(wc -c <"$BATS_TEST_TMPDIR/out") > 22500))
  read -r kept omitted _ < <(count <"$BATS_TEST_TMPDIR/out")
  ((kept + omitted == 2002))
  [[ $(step FullReport | count) == '2000 2 mb0_' ]]
}

@test "report: none is said" {
  run -0 step Prepare
  run -1 step Report
  [[ $output == *"there is no report"* ]]
}

@test "log: the shadow's output, cut, but never a log that was there before" {
  run -0 step Prepare
  echo exec >"$WORK/served.out"
  head -c 5000000 /dev/zero >"$WORK/served.err"
  [[ $(step Log | tr -d '\0' | tr '\n' ' ') == '#@ served.out exec  #@ served.err  ' ]]
  (($(step Log | wc -c) < 4001000))
  echo secret >"$BATS_TEST_TMPDIR/shadow"
  ln -sf "$BATS_TEST_TMPDIR/shadow" "$WORK/served.out"
  run -0 step Log
  [[ $output != *secret* ]]
}

@test "clean-up: removes what is this command's, and nothing else" {
  run -0 step Prepare
  SSM_COMMAND_ID=44444444 run -0 step CleanUp
  [[ -d $WORK && -e $BASE/lock ]]
  run -0 step CleanUp
  [[ -z $(find "$BASE" -mindepth 1) ]]
  run -0 step CleanUp
}

@test "clean-up: without a command's id it touches nothing" {
  run -0 step Prepare
  unset SSM_COMMAND_ID
  run -1 step CleanUp
  [[ -d $WORK ]]
}
