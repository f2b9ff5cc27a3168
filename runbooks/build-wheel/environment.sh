# The environment of ./configure and of bazel: the guide's, and the answers that nobody is there to type.
# shellcheck shell=bash disable=SC2154 # kept: ../build/work.sh; compiler_path, gxx_path: compiler.sh

# Prints NAME=value lines.
build_environment() {
  local python minor
  minor=$(<"$work/python.minor")
  PATH=$kept/venv/bin:$PATH
  # The guide's PYTHON_BIN_PATH=(which python) is an array, of which nobody gets the path.
  python=$(command -v python)
  cat <<END
PYTHON_BIN_PATH=$python
USE_DEFAULT_PYTHON_LIB_PATH=1
TF_ENABLE_XLA=1
TF_DOWNLOAD_CLANG=0
TF_SET_ANDROID_WORKSPACE=0
TF_NEED_MPI=0
TF_NEED_ROCM=0
TF_NEED_GCP=0
TF_NEED_S3=0
TF_NEED_OPENCL_SYCL=0
TF_NEED_CUDA=0
TF_NEED_HDFS=0
TF_NEED_OPENCL=0
TF_NEED_JEMALLOC=1
TF_NEED_VERBS=0
TF_NEED_AWS=0
TF_NEED_GDR=0
TF_NEED_COMPUTECPP=0
TF_NEED_KAFKA=0
TF_NEED_TENSORRT=0
PYTHON_LIB_PATH=$("$python" -c 'import site; print(site.getsitepackages()[0])')
CC_OPT_FLAGS=-Wno-sign-compare
TF_PYTHON_VERSION=3.$minor
HERMETIC_PYTHON_VERSION=3.$minor
END
  # Asked as "Do you want to use Clang to build TensorFlow?".
  case $SSM_Compiler in
    clang) printf '%s\n' TF_NEED_CLANG=1 "CLANG_COMPILER_PATH=$compiler_path" "CC=$compiler_path" \
      "CXX=$compiler_path++" "BAZEL_COMPILER=$compiler_path" ;;
    gcc) printf '%s\n' TF_NEED_CLANG=0 "CC=$compiler_path" "CXX=$gxx_path" ;;
  esac
}

# Exports them, and nothing beside them that would say otherwise.
set_environment() {
  local name line
  while IFS= read -r name; do
    case $name in TF_* | PYTHON* | CC | CXX | CC_OPT_FLAGS | CLANG_* | GCC_* | BAZEL* | HERMETIC_* | CFLAGS | CXXFLAGS | LDFLAGS) unset "$name" ;; esac
  done < <(compgen -e)
  while IFS= read -r line; do export "${line?}"; done <"$work/environment"
  # Bazel's own rules call pip too, but keep its variables from it unless they are told not to.
  # https://rules-python.readthedocs.io/en/latest/environment-variables.html#envvar-RULES_PYTHON_PIP_ISOLATED
  [[ -z $SSM_PipIndexUrl ]] || export RULES_PYTHON_PIP_ISOLATED=0
  export PATH=$kept/bin:$kept/venv/bin:$PATH
}
