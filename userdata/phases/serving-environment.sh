# The environment that TensorFlow is served with, from the size of the machine: the one place of the
# formula. https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

online_vcpus() { getconf _NPROCESSORS_ONLN; }

# Graviton has no SMT: every vCPU is a core, and the processes share them without overlap.
threads_per_process() { # VCPUS PROCESSES
  echo $(($1 / $2 > 1 ? $1 / $2 : 1))
}

# A whole word: avx512_bf16 and svebf16 are other instructions.
cpu_has_bf16() { grep -qw bf16 "${GTF_PROC:-/proc}/cpuinfo"; }

# clamp NAME WANTED VCPUS: the number to use, with a warning on stderr where more was asked for.
clamp() {
  if (($2 > $3)); then
    say "warning: $1 is $2 but the machine has $3 vCPUs: using $3" >&2
    echo "$3"
  else
    echo "$2"
  fi
}

# Prints serving.env, one NAME=value a line; a variable of the user's own wins over a computed one.
# Reads the GTF_* variables of README.md.
serving_environment() {
  local vcpus processes share omp intra inter line
  vcpus=$(online_vcpus)
  [[ $vcpus =~ ^[1-9][0-9]*$ ]] || fail "getconf _NPROCESSORS_ONLN says '$vcpus'"
  processes=$(clamp GTF_PROCESSES "$GTF_PROCESSES" "$vcpus")
  share=$(threads_per_process "$vcpus" "$processes")
  omp=$(clamp GTF_OMP_NUM_THREADS "${GTF_OMP_NUM_THREADS:-$share}" "$vcpus")
  intra=$(clamp GTF_INTRA_OP_THREADS "${GTF_INTRA_OP_THREADS:-$share}" "$vcpus")
  inter=$(clamp GTF_INTER_OP_THREADS "${GTF_INTER_OP_THREADS:-1}" "$vcpus")
  local -a computed=("OMP_NUM_THREADS=$omp" "TENSORFLOW_INTRA_OP_PARALLELISM=$intra"
    "TENSORFLOW_INTER_OP_PARALLELISM=$inter" "PROCESSES=$processes")
  [[ -z $GTF_REST_THREADS ]] || computed+=("REST_API_NUM_THREADS=$GTF_REST_THREADS")
  if [[ $GTF_BF16_FAST_MATH == auto ]] && cpu_has_bf16; then computed+=(DNNL_DEFAULT_FPMATH_MODE=BF16); fi

  while IFS= read -r line; do
    [[ -n $line ]] || continue
    [[ $line =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || fail "GTF_SERVING_ENVIRONMENT has the line '$line', expected NAME=value"
    printf '%s\n' "$line"
  done <<<"$GTF_SERVING_ENVIRONMENT"
  for line in "${computed[@]}"; do
    [[ $'\n'$GTF_SERVING_ENVIRONMENT == *$'\n'"${line%%=*}="* ]] || printf '%s\n' "$line"
  done
}
