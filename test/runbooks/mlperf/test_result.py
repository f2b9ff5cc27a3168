"""The benchmark result, from logs of MLPerf inference v2.0's own LoadGen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarked_instance import ROOT

LOGS = ROOT / "test" / "fixtures" / "mlperf"
ENVIRONMENT = "OMP_NUM_THREADS=2\nTF_INTRA_OP_PARALLELISM_THREADS=2\nTF_INTER_OP_PARALLELISM_THREADS=1\n"


class Work:
    """A command's work folder after its measurements."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "environment").write_text(ENVIRONMENT)
        (folder / "sources").write_text("Model\thttps://z/m.pb\tsha256:12\tunverified\n")
        shutil.copytree(LOGS, folder / "results")

    def change(self, scenario: str, old: str, new: str) -> None:
        file = self.folder / "results" / scenario / "mlperf_log_summary.txt"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def run(self, dataset: str = "", python: str = sys.executable) -> subprocess.CompletedProcess:
        parameters = {
            "SSM_Scenarios": "SingleStream,Offline",
            "SSM_Workload": "resnet50",
            "SSM_Commit": "c" * 40,
        }
        return subprocess.run(
            [python, ROOT / "runbooks/mlperf/result.py", self.folder, dataset],
            env={**os.environ, **parameters, "PYTHONPATH": str(ROOT),
                 "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"},
            capture_output=True, text=True,
        )  # fmt: skip

    @property
    def scenarios(self) -> list[dict]:
        return json.loads((self.folder / "report.json").read_text())["scenarios"]


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


def test_what_loadgen_calls_valid_is_not_when_it_was_shortened(work):
    done = work.run()
    assert done.returncode == 0, done.stderr
    single, offline = work.scenarios
    # As grep finds them in the logs.
    assert single["summary"]["Result is"] == "VALID" and not single["valid"]
    assert single["why"] == ["shortened to 3 s, MLPerf's rules ask for 600 s and 1024 samples"]
    assert (
        single["samples"] == 3033 and single["throughput"] == 1010.61 and single["latency"]["p90"] == 1.03318
    )
    assert single["targetQps"] is None
    assert offline["samples"] == 2508 and offline["throughput"] == 2120.57 and offline["targetQps"] == 760
    assert offline["seconds"] == pytest.approx(1.183, abs=0.001)
    assert offline["why"][1].startswith("Min duration not satisfied: Increase expected QPS")


def test_a_run_by_the_rules_is_valid(work):
    for scenario in ("SingleStream", "Offline"):
        work.change(scenario, "min_duration (ms): 3000", "min_duration (ms): 600000")
    done = work.run("s3://bucket/imagenet.tar")
    single, offline = work.scenarios
    assert single["valid"] and single["why"] == []
    # LoadGen's own verdict stands.
    assert not offline["valid"] and len(offline["why"]) == 1
    assert "SingleStream: 90 % within 1.03 ms, 3033 samples in 3.0 s, VALID\n" in done.stdout
    assert "Offline: 2120.6 samples/s, 2508 samples in 1.2 s, INVALID\n" in done.stdout
    assert "Model https://z/m.pb was compared with no checksum; it has sha256:12." in done.stdout
    assert "Accuracy was not run" in done.stdout and "synthetic" not in done.stdout


def test_a_summary_without_a_verdict_is_no_result(work):
    work.change("Offline", "Result is : INVALID", "")
    done = work.run()
    assert done.returncode == 1 and "Offline: " in done.stderr and "Result is" in done.stderr
    assert not (work.folder / "report.json").exists()


@pytest.mark.skipif(shutil.which("python3.9") is None, reason="there is no Python 3.9 here")
def test_python_39_as_amazon_linux_2023_has_it(work):
    python = shutil.which("python3.9")
    if subprocess.run([python, "--version"], capture_output=True).returncode:
        pytest.skip("python3.9 is a shim without a Python")
    done = work.run(python=python)
    assert done.returncode == 0, done.stderr
    assert len(work.scenarios) == 2
