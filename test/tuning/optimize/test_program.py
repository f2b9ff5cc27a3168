"""The program as it is started: what it leaves behind however it ends."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from program import running

from tuning.optimize.staging import staging

QUICK = ("--seconds=0.2", "--pairs=1", "--least-speedup=0", "--requests=2")

# A change of the weights that a pass might make by mistake, in the worker's own process.
BROKEN = """
import sys
if "tuning.optimize.worker" in sys.orig_argv:
    from tensorflow.python.framework import tensor_util
    from tuning.optimize import batch_norm
    fold = batch_norm.fold

    def broken(subject):
        graph, count = fold(subject)
        for node in graph.node:
            value = node.attr["value"].tensor if node.op == "Const" else None
            if value is not None and value.dtype == 1 and len(value.tensor_shape.dim) == 2:
                wrong = tensor_util.MakeNdarray(value) * 1.01
                value.CopyFrom(tensor_util.make_tensor_proto(wrong))
        return graph, count

    batch_norm.fold = broken
"""


@pytest.fixture
def base(layer, tmp_path):
    shutil.copytree(layer, tmp_path / "base")
    return tmp_path / "base"


def tree(base):
    return {path.relative_to(base): path.stat().st_mtime_ns for path in base.rglob("*")}


def test_a_version_is_published_and_said_to_be(base, tmp_path):
    before = tree(base / "1")
    file = tmp_path / "report.json"
    with running(
        tmp_path / "log", f"--model={base}", f"--output={base}", f"--report={file}", *QUICK
    ) as program:
        assert program.end() == 0, program.logged()
        report = program.report
    assert (report["outcome"], report["published"]) == ("published", {"version": 2, "path": str(base / "2")})
    assert program.steps() == {
        "Load": "Success", "Optimize": "Success", "Accuracy": "Success", "Measure": "Success",
        "Kernels": "Success", "BF16": "Skipped", "Publish": "Success",
    }  # fmt: skip
    assert json.loads(file.read_text()) == report
    assert sorted(path.name for path in base.iterdir()) == ["1", "2"]
    assert tree(base / "1") == before
    note = json.loads((base / "2" / "assets.extra" / "graviton-tf-optimized.json").read_text())
    assert (note["from"], note["tensorflow"]) == (1, report["software"]["tensorflow"])
    assert report["accuracy"]["passed"] is True
    assert report["accuracy"]["requests"] == 2
    assert report["before"]["nodes"] > report["after"]["nodes"] > 0
    for side in (report["before"], report["after"]):
        assert side["bytes"] > 0
        assert side["loadSeconds"] > 0
        assert side["throughput"] > 0
        assert side["p99Milliseconds"] >= side["medianMilliseconds"] > 0
        assert "analyze.py" in side["kernelsWhy"]
    assert report["speedup"]["pairs"] == 1


def test_a_pass_that_breaks_the_answers_publishes_nothing(base, tmp_path):
    before = tree(base)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "sitecustomize.py").write_text(BROKEN)
    path = {"PYTHONPATH": str(tmp_path / "broken")}
    with running(tmp_path / "log", f"--model={base}", f"--output={base}", *QUICK, **path) as program:
        assert program.end() == 1, program.logged()
    report = program.report
    assert (report["outcome"], report["published"], report["exitCode"]) == ("kept", None, 1)
    assert report["accuracy"]["passed"] is False
    assert report["reason"].startswith("Not published: the answers differ by ")
    assert "the worst is output 'y' of 'serving_default'." in report["reason"]
    assert program.steps()["Publish"] == "Skipped"
    assert tree(base) == before


def test_a_dry_run_touches_nothing(base, tmp_path):
    before = tree(base)
    with running(tmp_path / "log", f"--model={base}", "--dry-run", *QUICK, TMPDIR=str(tmp_path)) as program:
        assert program.end() == 0, program.logged()
    assert program.report["outcome"] == "kept"
    assert program.report["reason"].startswith("A dry run: it would be published, ")
    assert tree(base) == before
    assert list(tmp_path.glob(".graviton-tf-*")) == []


@pytest.mark.parametrize(
    ("name", "code", "step", "options"),
    [
        ("SIGTERM", 143, "Load", ()),
        ("SIGHUP", 129, "Optimize", ()),
        ("SIGINT", 130, "Measure", ("--seconds=3600", "--pairs=1000")),
    ],
)
def test_a_signal_ends_it_with_its_processes_and_leaves_nothing(base, tmp_path, name, code, step, options):
    before = tree(base)
    with running(tmp_path / "log", f"--model={base}", f"--output={base}", *QUICK, *options) as program:
        program.until(step, "InProgress")
        # A step is told before its processes start.
        while not (children := program.children()):
            time.sleep(0.01)
        program.process.send_signal(getattr(signal, name))
        assert program.end(20) == code, program.logged()
    assert program.steps()[step] == "Failed"
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert tree(base) == before


def test_a_killed_program_leaves_a_folder_that_the_next_one_removes(base, tmp_path):
    before = tree(base)
    with running(tmp_path / "log", f"--model={base}", f"--output={base}", *QUICK) as program:
        program.until("Load", "Success")
        children = program.children()
        program.process.kill()
        assert program.end() == -signal.SIGKILL
    end = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert [path.name.startswith(".graviton-tf-") for path in base.iterdir() if path.name != "1"] == [True]
    with staging(base):
        pass
    assert tree(base) == before


def entries(descriptor: int) -> list[str]:
    with os.scandir(descriptor) as found:
        return sorted(entry.name for entry in found)


def can_mount() -> bool:
    command = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="an ordinary user may not mount a small file system here")
def test_a_full_disk_is_one_sentence_and_nothing_is_left(layer, tmp_path):
    """A small file system in a namespace of its own, filled after the check of its room."""
    (tmp_path / "disk").mkdir()
    base = tmp_path / "disk" / "base"
    mounted = 'mount -t tmpfs -o size=48m none "$0" && exec "$@"'
    prefix = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted, str(tmp_path / "disk"))
    with running(tmp_path / "log", f"--model={layer}", f"--output={base}", *QUICK, prefix=prefix) as program:
        program.until("Load", "Success")
        # Open, so that it can be looked at when the namespace is gone.
        disk = os.open(f"/proc/{program.process.pid}/root{tmp_path}/disk", os.O_DIRECTORY)
        filler = os.open("filler", os.O_CREAT | os.O_WRONLY, dir_fd=disk)
        with contextlib.suppress(OSError):
            while os.write(filler, bytes(1 << 16)):
                pass
        assert entries(disk) == ["base", "filler"]
        assert program.end() == 2, program.logged()
    reason = re.sub(r"\.graviton-tf-\w+", "STAGING", program.refusal.replace(str(base), "BASE"))
    assert reason == "The optimized model cannot be written to BASE/STAGING/model: there is no room for it."
    assert entries(disk) == ["filler"]
    os.close(filler)
    os.close(disk)
