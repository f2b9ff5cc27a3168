# The compiler of this build. The instance's own stays what it is: the guide's `tar -C /usr` and update-alternatives
# change it for all.
# shellcheck shell=bash disable=SC2034,SC2154 # kept: ../build/work.sh

# mkl_aarch64_threadpool needs it for the Arm Compute Library.
LEAST_GCC=10

# find_gcc: prints the paths of gcc and g++, the distribution's own first.
find_gcc() {
  local gcc gxx major
  for gcc in gcc gcc-10 gcc-11 gcc-12 gcc-13 gcc-14 gcc10-gcc; do
    gxx=${gcc/%gcc/g++} gxx=${gxx/#gcc-/g++-}
    major=$("$gcc" -dumpversion 2>/dev/null | cut -d . -f 1) || continue
    if [[ $major =~ ^[0-9]+$ ]] && ((major >= LEAST_GCC)) && command -v "$gxx" >/dev/null; then
      echo "$(command -v "$gcc") $(command -v "$gxx")"
      return
    fi
  done
  return 1
}

# use_compiler: sets compiler_path, compiler_version and, for gcc, gxx_path.
use_compiler() {
  case $SSM_Compiler in
    clang)
      compiler_path=$kept/llvm/bin/clang
      compiler_version=$("$compiler_path" --version | sed -n 's/.*clang version \([0-9.]*\).*/\1/p;q')
      ;;
    gcc)
      read -r compiler_path gxx_path < <(find_gcc)
      # With one number, some say the first alone.
      compiler_version=$("$compiler_path" -dumpfullversion -dumpversion)
      ;;
  esac
}
