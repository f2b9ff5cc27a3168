"""A small git repository with what the build reads of TensorFlow's: same paths, files of our own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# bazel's versions are the releases' own.
RELEASES = {
    "2.14.0": "6.1.0",
    "2.15.1": "6.1.0",
    "2.16.1": "6.5.0",
    "2.17.0": "6.5.0",
    "2.18.0": "6.5.0",
    "2.20.0": "7.4.1",
    "2.21.0": "7.4.1",
}

# As TensorFlow's: what no variable answers is asked, ten times at most; nobody types, so it gives up.
_CONFIGURE = """#!/bin/bash
set -eu
env | sort >"$STUB_STATE/configure.environment"
readlink /proc/self/fd/0 >"$STUB_STATE/configure.stdin"
[ -z "${CONFIGURE_FAILS-}" ] || { echo 'Invalid CLANG_COMPILER_PATH provided 10 times in a row.'; exit 1; }
for name in PYTHON_BIN_PATH USE_DEFAULT_PYTHON_LIB_PATH TF_NEED_ROCM TF_NEED_CUDA TF_NEED_CLANG \\
  CC_OPT_FLAGS TF_SET_ANDROID_WORKSPACE; do
  [ -n "${!name-}" ] || { read -r answer || { echo "Please specify $name"; exit 1; }; }
done
[ "$TF_NEED_CLANG" = 0 ] || [ -x "$CLANG_COMPILER_PATH" ] || { echo "Invalid $CLANG_COMPILER_PATH"; exit 1; }
bazel --version
{
  echo "build --action_env PYTHON_BIN_PATH=\\"$PYTHON_BIN_PATH\\""
  [ "$TF_NEED_CLANG" = 0 ] || echo "build --action_env CLANG_COMPILER_PATH=\\"$CLANG_COMPILER_PATH\\""
  echo "build:opt --copt=$CC_OPT_FLAGS"
} >.tf_configure.bazelrc
"""

# A wheel that pip takes for one of aarch64, whose oneDNN says what a recorded log says.
_MAKE_WHEEL = '''
import os, sys, zipfile
from pathlib import Path

release, name, folder = sys.argv[1:]
minor = os.environ["HERMETIC_PYTHON_VERSION"].split(".")[1]
tag = f"cp3{minor}-cp3{minor}-linux_aarch64"
about = f"{name}-{release}.dist-info/"
module = """
import json, os, sys

__version__ = "VERSION"
if os.environ.get("WHEEL_DOES") == "break":
    raise ImportError("libtensorflow_cc.so.2: undefined symbol: armpl")
float32, log = "float32", os.environ["VERBOSE_LOG"]
function = lambda input_signature: lambda method: method


class Tensor:
    def __init__(self, value):
        self.value = value

    def numpy(self):
        return self

    def tolist(self):
        return self.value


class Module:
    pass


class TensorSpec:
    def __init__(self, shape, dtype):
        pass


constant = Tensor


class saved_model:
    def save(network, path):
        os.makedirs(path)
        open(os.path.join(path, "saved_model.pb"), "w").close()

    def load(path):
        fast = os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"
        assert len({"DNNL_VERBOSE", "ONEDNN_VERBOSE"} & set(os.environ)) == (2 if fast else 0)
        if fast and log:
            sys.stdout.write(open(log).read())
        wrong = fast and os.environ.get("WHEEL_DOES") == "differ"
        return lambda images: Tensor([[1.5 if wrong else 1.0, -2.0] for _ in images.value])
"""
files = {
    "tensorflow/__init__.py": module.replace("VERSION", os.environ.get("WHEEL_SAYS") or release),
    about + "METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {release}\\n",
    about + "WHEEL": f"Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: {tag}\\n",
    about + "RECORD": "",
}
Path(folder).mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(Path(folder, f"{name}-{release}-{tag}.whl"), "w") as wheel:
    for path, text in files.items():
        wheel.writestr(path, text)
'''


def make(folder: Path) -> dict[str, str]:
    """The repository at GitHub's path below `folder`; the commit of each release, which has a tag too."""
    tree = folder / "tensorflow" / "tensorflow.git"
    tree.mkdir(parents=True)
    identity = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", tree, *arguments], env={**os.environ, **identity, "GIT_CONFIG_GLOBAL": "/dev/null"},
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip

    git("init", "--quiet")
    git("config", "uploadpack.allowAnySHA1InWant", "true")
    commits = {}
    for release, bazel in RELEASES.items():
        (tree / ".bazelversion").write_text(f"{bazel}\n# NOTE: Update it elsewhere too\n")
        (tree / "RELEASE").write_text(release + "\n")
        # From here on the sources bring a compiler of their own.
        hermetic = "common:clang_local --@rules_ml_toolchain//common:enable_hermetic_cc=False\n"
        (tree / ".bazelrc").write_text(
            "build:mkl_aarch64_threadpool -c opt\n" + (hermetic if release >= "2.20" else "")
        )
        (tree / "configure").write_text(_CONFIGURE)
        (tree / "configure").chmod(0o755)
        (tree / "make_wheel.py").write_text(_MAKE_WHEEL)
        git("add", "--all")
        git("commit", "--quiet", "--message", f"TensorFlow {release}, a stand-in")
        git("tag", "--annotate", "--message", release, f"v{release}")
        commits[release] = git("rev-parse", "HEAD")
    return commits
