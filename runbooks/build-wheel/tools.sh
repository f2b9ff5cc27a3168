#!/bin/bash
# Bazel of the version that TensorFlow asks for, the compiler, and the Python environment that it is built in.
# shellcheck disable=SC2154
# shellcheck source=../build/work.sh
. "$work/files/runbooks/build/work.sh" Tools
# shellcheck source=../command/fetch.sh
. "$files/runbooks/command/fetch.sh"
# shellcheck source=tables.sh
. "$here/tables.sh"
# shellcheck source=compiler.sh
. "$here/compiler.sh"

bazel=$(<"$work/bazel.version")
sha256=$(sha256_of bazel "$bazel")
fetch_kept Bazel "${SSM_BazelReleases%/}/$bazel/bazel-$bazel-linux-arm64" "bazel-$bazel" "sha256:$sha256"
mkdir -p "$kept/bin"
install -m 755 "$kept/downloads/bazel-$bazel" "$kept/bin/bazel"
note bazel "$bazel"

if [[ $SSM_Compiler == clang ]]; then
  read -r clang _ <"$work/needs"
  sha256=$(sha256_of clang "$clang")
  url=${SSM_LlvmReleases%/}/llvmorg-$clang/clang+llvm-$clang-aarch64-linux-gnu.tar.xz
  if [[ $(cat "$kept/llvm/unpacked" 2>/dev/null) == "$sha256" ]]; then
    say "clang $clang is there already"
    printf 'LLVM\t%s\tsha256:%s\tverified\n' "$url" "$sha256" >>"$work/sources"
  else
    rm -rf "$kept/llvm"
    fetch_kept LLVM "$url" llvm.tar.xz "sha256:$sha256"
    mkdir -p "$kept/llvm"
    must "cannot unpack $url" tar --extract --xz --no-same-owner --strip-components=1 --directory "$kept/llvm" \
      --file "$kept/downloads/llvm.tar.xz"
    # Last: a folder without it was not finished.
    echo "$sha256" >"$kept/llvm/unpacked"
    rm -f "$kept/downloads/llvm.tar.xz"
  fi
  must "clang $clang does not run here: build with Compiler=gcc, or on Ubuntu 22.04" "$kept/llvm/bin/clang" --version >/dev/null
fi
use_compiler
note compiler.name "$SSM_Compiler"
note compiler.version "$compiler_version"
note compiler.path "$compiler_path"

# Bazel's configuration holds its path, so it stays where what was built already has it from.
if [[ $(cat "$kept/venv/installed" 2>/dev/null) != "$(sha256sum <"$here/requirements.txt")" ]]; then
  must 'cannot make the virtual environment' "$(<"$work/python")" -m venv --clear "$kept/venv"
  must 'cannot install the pinned packages' "$kept/venv/bin/python" -m pip install --quiet --only-binary :all: \
    --requirement "$here/requirements.txt"
  sha256sum <"$here/requirements.txt" >"$kept/venv/installed"
fi
remark "Python's packages, for the build and for the wheel's test, come from ${SSM_PipIndexUrl:-PyPI} with no checksum of ours."
say "bazel $bazel, $SSM_Compiler $compiler_version, $("$kept/venv/bin/python" --version)"
