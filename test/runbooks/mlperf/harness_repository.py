"""A small git server's folder with the layout of MLPerf inference v2.0: same paths, files of our own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

# Records what it was given, then lets the real LoadGen test nothing, for as long as user.conf says.
_HARNESS = """
import json, os, sys, time
import mlperf_loadgen as lg

def record(folder, **more):
    names = ("TF_", "OMP_", "DNNL_", "ONEDNN_", "MLPERF_", "DATA_DIR", "MODEL_DIR")
    said = {name: value for name, value in os.environ.items() if name.startswith(names)}
    with open(os.path.join(folder, "mlperf_log_detail.txt"), "a") as log:
        record = {"argv": sys.argv[1:], "environment": said, "cwd": os.getcwd(), **more}
        log.write("#RECORD " + json.dumps(record) + "\\n")

def settings_of(file, scenario):
    given = dict(line.split(" = ") for line in open(file).read().splitlines())
    return {key.split(".")[-1]: float(value) for key, value in given.items() if key.split(".")[1] == scenario}

def run(scenario, user_conf, folder, samples_available):
    given = settings_of(user_conf, scenario)
    wanted = lg.TestSettings()
    wanted.scenario = getattr(lg.TestScenario, scenario)
    wanted.mode = lg.TestMode.PerformanceOnly
    # mlperf.conf's, but that no test lasts ten minutes.
    wanted.min_duration_ms = int(given.get("min_duration", 600000))
    if os.environ.get("HARNESS_HURRIES"):
        wanted.min_duration_ms = min(wanted.min_duration_ms, 200)
    wanted.min_query_count = int(given.get("min_query_count", 24576 if scenario == "Offline" else 1024))
    wanted.max_query_count = int(given.get("max_query_count", 0))
    if scenario == "Offline":
        wanted.offline_expected_qps = given["target_qps"]
    else:
        wanted.single_stream_expected_latency_ns = int(given["target_latency"] * 1e6)
    logs = lg.LogSettings()
    logs.log_output.outdir = folder

    def issue(samples):
        slow = 4 if os.environ.get("HARNESS_SLOWS_CALIBRATION") and given.get("min_duration") == 1 else 1
        time.sleep(0 if os.environ.get("HARNESS_HURRIES") else 0.001 * slow * len(samples))
        lg.QuerySamplesComplete([lg.QuerySampleResponse(sample.id, 0, 0) for sample in samples])

    sut = lg.ConstructSUT(issue, lambda: None)
    qsl = lg.ConstructQSL(samples_available, samples_available, lambda samples: None, lambda samples: None)
    lg.StartTestWithLogSettings(sut, qsl, wanted, logs, "audit.config")
    lg.DestroyQSL(qsl)
    lg.DestroySUT(sut)

def misbehave():
    what = os.environ.get("HARNESS_MISBEHAVES", "")
    if what == "failed":
        print("ERROR:main:thread: failed on contentid=['a.JPEG'], Matrix size-incompatible", file=sys.stderr)
    elif what == "status":
        sys.exit("ValueError: no images in image list found")
    elif what == "sleeps":
        open(os.environ["HARNESS_SLEEPS"], "w").write(str(os.getpid()))
        time.sleep(600)
    return what
"""

_RUN_LOCAL = """#!/bin/bash
shift 3
python python/main.py --mlperf_conf ../../mlperf.conf --model "$MODEL_DIR/resnet50_v1.pb" \\
  --dataset-path "$DATA_DIR" --output "$PWD/output/tf-cpu/resnet50" "$@"
"""

_MAIN = """
import argparse, os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
import harness

parser = argparse.ArgumentParser()
for name in ("--mlperf_conf", "--model", "--dataset-path", "--output", "--scenario", "--user_conf"):
    parser.add_argument(name, required=True)
parser.add_argument("--count", type=int)
given = parser.parse_args()
assert os.path.exists(given.mlperf_conf) and os.path.exists(given.model)
lines = open(os.path.join(given.dataset_path, "val_map.txt")).read().splitlines()
images = [line.split() for line in lines]
assert all(os.path.exists(os.path.join(given.dataset_path, name)) for name, _ in images)
misbehaves = harness.misbehave()
os.makedirs(given.output, exist_ok=True)
if misbehaves != "silent":
    harness.run(given.scenario, given.user_conf, given.output, given.count or len(images))
    harness.record(given.output, images=len(images))
"""

_BERT = """
import argparse, json, os, sys
sys.path.insert(0, os.path.join(os.getcwd(), "..", ".."))
sys.path.insert(0, "DeepLearningExamples/TensorFlow/LanguageModeling/BERT")
import harness, tokenization

parser = argparse.ArgumentParser()
for name in ("--backend", "--scenario", "--user_conf"):
    parser.add_argument(name, required=True)
parser.add_argument("--mlperf_conf", default="build/mlperf.conf")
given = parser.parse_args()
data = "build/data/bert_tf_v1_1_large_fp32_384_v2/"
assert os.path.exists(given.mlperf_conf) and os.path.exists(data + "model.pb")
vocabulary = set(open(data + "vocab.txt").read().split())
articles = json.load(open("build/data/dev-v1.1.json"))["data"]
asked = [qa["question"] for article in articles for text in article["paragraphs"] for qa in text["qas"]]
harness.misbehave()
os.makedirs("build/logs", exist_ok=True)
harness.run(given.scenario, given.user_conf, "build/logs", len(asked))
known = all(word in vocabulary for word in " ".join(asked).split())
harness.record("build/logs", questions=len(asked), known=known)
"""

# In place of a C++ extension: the LoadGen that the project's own environment has, named in the wheel's .pth.
_SETUP = """
import os, sys, zipfile

assert os.environ["CFLAGS"] == "-std=c++14" and "bdist_wheel" in sys.argv
assert os.path.exists("../third_party/pybind/include/pybind11.h")
folder = sys.argv[sys.argv.index("--dist-dir") + 1]
os.makedirs(folder)
with zipfile.ZipFile(os.path.join(folder, "mlperf_loadgen-1.1-py3-none-any.whl"), "w") as wheel:
    about = "mlperf_loadgen-1.1.dist-info/"
    wheel.writestr("loadgen_of_the_project.pth", os.environ["PROJECT_PACKAGES"] + "\\n")
    wheel.writestr(about + "METADATA", "Metadata-Version: 2.1\\nName: mlperf_loadgen\\nVersion: 1.1\\n")
    wheel.writestr(about + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(about + "RECORD", "")
"""

_GITMODULES = """[submodule "third_party/gn"]
\tpath = third_party/gn
\turl = https://gn.googlesource.com/gn
[submodule "third_party/pybind"]
\tpath = third_party/pybind
\turl = https://github.com/pybind/pybind11.git
[submodule "language/bert/DeepLearningExamples"]
\tpath = language/bert/DeepLearningExamples
\turl = https://github.com/NVIDIA/DeepLearningExamples.git
"""

CLASSIFICATION = "vision/classification_and_detection"


def make(base: Path) -> str:
    """Three repositories below `base`, at GitHub's paths; the commit of the harness."""
    pybind = _commit(base / "pybind/pybind11.git", {"include/pybind11.h": "// stand-in\n"})
    examples = _commit(
        base / "NVIDIA/DeepLearningExamples.git",
        {"TensorFlow/LanguageModeling/BERT/tokenization.py": '"""Stand-in."""\n'},
    )
    return _commit(
        base / "mlcommons/inference.git",
        {
            ".gitmodules": _GITMODULES,
            "harness.py": _HARNESS,
            "mlperf.conf": "*.SingleStream.min_duration = 600000\n",
            "loadgen/setup.py": _SETUP,
            f"{CLASSIFICATION}/run_local.sh": _RUN_LOCAL,
            f"{CLASSIFICATION}/python/main.py": _MAIN,
            "language/bert/run.py": _BERT,
        },
        {"third_party/pybind": pybind, "language/bert/DeepLearningExamples": examples},
    )


def recorded(log: str) -> dict[str, dict]:
    """What the harness was given, by scenario, from what the runbook keeps of its logs."""
    records = [json.loads(text) for text in re.findall(r"^#RECORD (.*)$", log, re.M)]
    assert records, log
    return {next(word.split("=")[1] for word in one["argv"] if "--scenario=" in word): one for one in records}


def _commit(folder: Path, files: dict[str, str], submodules: dict[str, str] | None = None) -> str:
    folder.mkdir(parents=True)
    identity = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", folder, *arguments],
            env={**os.environ, **identity, "GIT_CONFIG_GLOBAL": "/dev/null"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    git("init", "--quiet")
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if name.endswith(".sh"):
            file.chmod(0o755)
    git("add", "--all")
    for name, commit in (submodules or {}).items():
        git("update-index", "--add", "--cacheinfo", f"160000,{commit},{name}")
    git("commit", "--quiet", "--message", "A stand-in")
    return git("rev-parse", "HEAD")
