#!/usr/bin/env bats
# The formula of the serving environment, and the files that units read.

# shellcheck disable=SC2016,SC2030,SC2031,SC1091,SC2154 # a test is a subshell, a stub is text
load helper

setup() { setup_instance; }

serving() { phase environment >/dev/null && cat "$GTF_ROOT/etc/graviton-tf/serving.env"; }
value() { sed -n "s/^$1=//p" "$GTF_ROOT/etc/graviton-tf/serving.env"; }

@test "threads by vCPUs and processes" {
  local vcpus processes omp intra inter
  while read -r vcpus processes omp intra inter; do
    on getconf <<<"echo $vcpus"
    GTF_PROCESSES=$processes run -0 phase environment
    [[ "$(value OMP_NUM_THREADS) $(value TENSORFLOW_INTRA_OP_PARALLELISM) $(value TENSORFLOW_INTER_OP_PARALLELISM) $(value PROCESSES)" == "$omp $intra $inter $processes" ]] ||
      { echo "$vcpus vCPUs, $processes processes:"; cat "$GTF_ROOT/etc/graviton-tf/serving.env"; return 1; }
  done <<'EOT'
1 1 1 1 1
2 1 2 2 1
4 1 4 4 1
4 2 2 2 1
4 3 1 1 1
4 4 1 1 1
64 1 64 64 1
64 5 12 12 1
192 2 96 96 1
EOT
}

@test "what was asked for wins, and is clamped to the vCPUs with a warning" {
  local name asked got
  while read -r name asked got; do
    (export "$name=$asked" && run phase environment && assert_output_has "warning: $name is $asked but the machine has 4 vCPUs: using 4")
    (export "$name=3" && phase environment >"$BATS_TEST_TMPDIR/out" && ! grep -q warning "$BATS_TEST_TMPDIR/out")
    [[ $(value "$got") == 3 ]]
  done <<'EOT'
GTF_PROCESSES 5 PROCESSES
GTF_INTRA_OP_THREADS 8 TENSORFLOW_INTRA_OP_PARALLELISM
GTF_INTER_OP_THREADS 16 TENSORFLOW_INTER_OP_PARALLELISM
GTF_OMP_NUM_THREADS 5 OMP_NUM_THREADS
EOT
}

@test "more processes than vCPUs: as many as vCPUs, one thread each" {
  GTF_PROCESSES=9 run -0 phase environment
  [[ "$(value PROCESSES) $(value OMP_NUM_THREADS)" == '4 1' ]]
}

@test "BF16 only where the CPU has it, and only as a whole word" {
  local flags wanted
  while read -r wanted flags; do
    machine_with "Features : $flags" 8000000
    [[ $(serving | grep -c DNNL_DEFAULT_FPMATH_MODE=BF16) == "$wanted" ]] || { echo "$flags: expected $wanted"; return 1; }
  done <<'EOT'
1 fp asimd bf16 i8mm
1 bf16
0 fp asimd fphp
0 fp svebf16 sve
0 avx512_bf16 amx_bf16
EOT
}

@test "BF16 can be switched off" {
  GTF_BF16_FAST_MATH=off run serving
  [[ $output != *DNNL_DEFAULT_FPMATH_MODE* ]]
}

@test "the whole file, word for word" {
  export GTF_REST_THREADS=16
  [[ $(serving) == 'TF_ENABLE_ONEDNN_OPTS=1
OMP_PROC_BIND=false
OMP_PLACES=cores
OMP_NUM_THREADS=4
TENSORFLOW_INTRA_OP_PARALLELISM=4
TENSORFLOW_INTER_OP_PARALLELISM=1
PROCESSES=1
REST_API_NUM_THREADS=16
DNNL_DEFAULT_FPMATH_MODE=BF16' ]]
}

@test "a variable of the user's own wins over a computed one" {
  export GTF_SERVING_ENVIRONMENT=$'OMP_NUM_THREADS=2\nDNNL_DEFAULT_FPMATH_MODE=STRICT'
  run -0 serving
  [[ $(value OMP_NUM_THREADS) == 2 && $(value DNNL_DEFAULT_FPMATH_MODE) == STRICT ]]
}

@test "a getconf that says nothing is a failure, and leaves no half-written file" {
  on getconf <<<'exit 1'
  run -1 phase environment
  [[ ! -e $GTF_ROOT/etc/graviton-tf/serving.env ]]
}

@test "TF Serving's own files are there where asked for, and go when no longer" {
  local etc=$GTF_ROOT/etc/graviton-tf
  GTF_BATCHING='max_batch_size { value: 32 }' run -0 phase environment
  [[ $(<"$etc/batching.config") == 'max_batch_size { value: 32 }' ]]
  [[ $(<"$etc/monitoring.config") == 'prometheus_config { enable: true path: "/monitoring/prometheus/metrics" }' ]]
  GTF_MONITORING=false run -0 phase environment
  [[ ! -e $etc/batching.config && ! -e $etc/monitoring.config ]]
}

@test "boot.env reads the same in bash and as systemd's EnvironmentFile, whatever a value holds" {
  local file=$GTF_ROOT/etc/graviton-tf/boot.env name value
  local -A hostile=(
    [GTF_MODEL_NAME]="it's \"quoted\" \$HOME \`id\` \\ back\\slash \\"
    [GTF_MODEL_PREFIX]=$'two\nlines # no comment\n;nor this\n'
    [GTF_COMMAND]=$' leading and trailing \t'
    [GTF_BATCHING]=$'x: "y" $(touch pwned) \\n \\" \\$'
    [GTF_IMAGE]="''"
    [GTF_ENTRYPOINT]='größe ümlaut'
  )
  for name in "${!hostile[@]}"; do export "$name=${hostile[$name]}"; done
  run -0 phase environment
  for name in "${!hostile[@]}"; do
    value=$(env -i bash -c '. "$1"; printf "%s." "${!2}"' - "$file" "$name")
    [[ $value == "${hostile[$name]}." ]] || { echo "bash, $name: $value"; return 1; }
    value=$(python3 "$BATS_TEST_DIRNAME/systemd_environment_file.py" "$file" "$name" && printf .)
    [[ $value == "${hostile[$name]}." ]] || { echo "systemd, $name: $value"; return 1; }
  done
}

@test "boot.env holds all that user data exports, and where AWS is when it is elsewhere" {
  export AWS_ENDPOINT_URL=http://localhost:5000
  run -0 phase environment
  local name
  for name in $(compgen -e | grep '^GTF_'); do
    grep -q "^$name=" "$GTF_ROOT/etc/graviton-tf/boot.env" || { echo "$name is missing"; return 1; }
  done
  grep -qx 'AWS_ENDPOINT_URL="http://localhost:5000"' "$GTF_ROOT/etc/graviton-tf/boot.env"
}
