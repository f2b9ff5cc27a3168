"""analyze.py as a program: its sizes, its Pythons, its arguments, its step."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from analysis import ANALYZE, HEADER, VERBOSE, conv, report, run

FAILING = VERBOSE / "aarch64/2.16.1/cnn_on1_v1_g2.stdout.log"
CLEAN = VERBOSE / "x86/2.16.1/cnn_on1_v1.stdout.log"


def test_it_fits_the_document():
    source = ANALYZE.read_text()
    assert len(source.encode()) <= 40960
    assert "{{" not in source


@pytest.mark.parametrize("python", sorted(Path.home().glob(".pyenv/versions/3.*/bin/python")), ids=str)
def test_every_python_of_this_machine_from_3_7_on_runs_it(python):
    if tuple(map(int, python.parts[-3].split(".")[:2])) < (3, 7):
        pytest.skip("older than any supported machine image's")
    done = run("--json", FAILING, python=python)
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(done.stdout) == report(FAILING)
    assert run(FAILING, python=python).stdout.startswith(b"1 FAIL, 1 UNKNOWN, 1 PASS, 16 SKIP\n")


def test_stdin_and_several_logs():
    assert report("-", stdin=FAILING.read_bytes()) == report(FAILING)
    assert report()["exitCode"] == 2
    assert report(FAILING, CLEAN)["summary"]["primitives"] == 16 + 48


@pytest.mark.parametrize("limit", [23500, 2000, 300])
def test_the_verdict_fits_its_limit_with_the_worst_first(limit):
    text = run("--limit", limit, FAILING).stdout.decode("ascii")
    assert len(text) <= limit + 1
    assert text.splitlines()[2].startswith("x FAIL     kernels.reference")
    assert (limit == 23500) == ("https://github.com/ARM-software/ComputeLibrary/issues/new" in text)


def test_many_shapes_are_counted_in_bounds():
    log = b"".join(conv("gemm:acl", batch=batch) for batch in range(1, 9001)) * 2
    document = report("-", stdin=HEADER + log)
    assert document["summary"]["primitives"] == 18000
    assert len(document["kernels"]) == 500 and document["kernelsOmitted"] == 7501
    assert any(kernel["shape"] == "(further shapes)" for kernel in document["kernels"])


# 190 MB: a real log again and again, 72,000 shapes, noise, and a line of 20 MB.
WRITER = """
import os, sys
log = open(sys.argv[1], "rb").read() * 3000
for part in range(12):
    os.write(1, log)
    for shape in range(6000):
        problem = b"%dx%d:%dx3" % (part, shape, shape)
        os.write(1, b"onednn_verbose,exec,cpu,matmul,gemm:acl,undef,x,,," + problem + b",0.1\\n")
    for _ in range(60):
        os.write(1, os.urandom(1 << 16))
for _ in range(320):
    os.write(1, b"x" * (1 << 16))
"""
# The peak of this program alone: ru_maxrss begins with the parent's.
READER = f"""
import re, runpy, sys
sys.argv = ["analyze.py", "--json", "-"]
try:
    runpy.run_path({str(ANALYZE)!r}, run_name="__main__")
finally:
    print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
"""


def test_memory_does_not_grow_with_the_log():
    with subprocess.Popen([sys.executable, "-c", WRITER, FAILING], stdout=subprocess.PIPE) as writer:
        done = subprocess.run(
            [sys.executable, "-c", READER], stdin=writer.stdout, capture_output=True, timeout=60
        )
    assert (writer.returncode, done.returncode) == (0, 1)
    assert int(done.stderr) * 1024 < 50e6
    assert json.loads(done.stdout)["summary"]["primitives"] > 16 * 3000 * 12 + 70000


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["/does/not/exist.log"], "No such file or directory"),
        (["--facts", str(FAILING), str(FAILING)], "Expecting value"),
        (["--facts", "/dev/null", str(FAILING)], "Expecting value"),
    ],
)
def test_bad_input_is_one_sentence(arguments, sentence):
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert sentence in done.stderr.decode()


def test_the_step_reads_the_work_folder_and_ends_with_0(tmp_path):
    work = tmp_path / "var/lib/graviton-tf-diagnosis/command-1"
    work.mkdir(parents=True)
    (work / "facts.json").write_text('{"kernel": "4.14.0", "machine": "aarch64"}')
    (work / "shadow.json").write_text('{"kind": "log", "replay": true, "log": "/var/log/old.log"}')
    (work / "served.out").symlink_to(FAILING)
    (work / "probe.out").write_bytes(
        (VERBOSE / "aarch64/qemu10/2.16.1/cnn_b2_on1_f32_v1.stdout.log").read_bytes()
    )
    done = run(GTF_ROOT=str(tmp_path), SSM_COMMAND_ID="command-1", SSM_KernelFloor="5.10", SSM_EndOfPatch="")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"replay of /var/log/old.log" in done.stdout
    written = json.loads((work / "report.json").read_text())
    verdicts = {check["id"]: check["status"] for check in written["checks"]}
    assert (written["exitCode"], verdicts["platform.kernel"], verdicts["kernels.batch"]) == (
        1,
        "FAIL",
        "WARN",
    )


def test_the_step_cannot_tell_without_evidence(tmp_path):
    (tmp_path / "var/lib/graviton-tf-diagnosis/c").mkdir(parents=True)
    done = run(GTF_ROOT=str(tmp_path), SSM_COMMAND_ID="c", SSM_KernelFloor="5.10", SSM_EndOfPatch="")
    assert done.returncode == 0 and done.stdout.startswith(b"4 UNKNOWN, ")
