"""The whole document, by the strict runner, with everything it downloads from a mirror of stand-ins."""

from __future__ import annotations

import json
import re

from harness_repository import recorded

STEPS = [
    "Prepare", "Check", "Packages", "Sources", "Install", "InstallKept", "Model", "Dataset", "Measure",
    "Result", "Report", "FullReport", "Log", "CleanUp",
]  # fmt: skip


def test_every_step_succeeds_and_nothing_is_left(whole):
    assert {name: step["status"] for name, step in whole.run.steps.items()} == dict.fromkeys(
        STEPS, "Success"
    ), whole.run.steps
    assert whole.instance.left() == []


def test_the_result_is_the_contracts(whole, mirror):
    report = whole.run.report
    assert json.loads(whole.run.steps["FullReport"]["stdout"]) == report
    assert (report["schemaVersion"], report["kind"], report["exitCode"]) == (1, "benchmark", 0)
    assert report["software"] == {
        "tensorflow": "2.16.2", "python": report["software"]["python"], "loadgen": "1.1", "image": None,
        "digest": None, "commit": mirror.commit, "runtime": "wheel",
    }  # fmt: skip
    assert report["machine"]["memoryBytes"] == 64 * 1024**3
    assert report["workload"] == {
        "kind": "resnet50", "model": "ResNet50 v1.5", "signature": None, "path": "in-process",
        "endpoint": None, "batch": 1, "requests": None, "from": "synthetic dataset: performance only",
        "performanceOnly": True,
    }  # fmt: skip
    assert [one["scenario"] for one in report["scenarios"]] == ["SingleStream", "Offline"]
    for one in report["scenarios"]:
        assert one["samples"] == 20 and one["errors"] == 0 and one["throughput"] > 0 and one["seconds"] > 0
        assert one["latency"]["p50"] >= 1 and one["latency"]["p99"] >= one["latency"]["p90"]
        assert one["summary"]["Scenario"] == one["scenario"]
        assert not one["valid"]
        assert one["why"][0].startswith("shortened to 20 samples, MLPerf's rules ask for 600 s and ")


def test_what_the_figures_are_not_is_said(whole):
    notes = whole.run.report["notes"]
    assert notes[:2] == [
        "Accuracy was not run: this is performance only.",
        "The dataset is synthetic: no accuracy could be told from it.",
    ]
    assert re.fullmatch(r"Model file://\S+ is as its checksum says, sha256:[0-9a-f]{64}\.", notes[2])
    text = whole.run.steps["Result"]["stdout"]
    assert "Offline: " in text and "INVALID\n  shortened to 20 samples" in text and notes[1] in text


def test_threads_stand_in_every_variable_that_someone_reads(whole):
    harness = recorded(whole.run.steps["Log"]["stdout"])["Offline"]["environment"]
    vcpus = harness["OMP_NUM_THREADS"]
    assert int(vcpus) >= 1
    expected = {
        "MLPERF_NUM_INTRA_THREADS": vcpus, "MLPERF_NUM_INTER_THREADS": "1",
        "TF_INTRA_OP_PARALLELISM_THREADS": vcpus, "TF_INTER_OP_PARALLELISM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": vcpus, "TF_NUM_INTEROP_THREADS": "1",
        "OMP_NUM_THREADS": vcpus, "OMP_PROC_BIND": "false", "OMP_PLACES": "cores",
        "TF_ENABLE_ONEDNN_OPTS": "1", "DNNL_DEFAULT_FPMATH_MODE": "BF16",
    }  # fmt: skip
    read = {
        name: value
        for name, value in harness.items()
        if not name.endswith("_DIR") and "LOG_LEVEL" not in name
    }
    assert read == expected
    assert whole.run.report["environment"] == expected
    assert whole.run.report["serving"]["bf16FastMath"] is True
    assert whole.run.report["serving"]["intraOpThreads"] == int(vcpus)


def test_the_harness_is_called_as_the_guide_calls_it(whole):
    for scenario, one in recorded(whole.run.steps["Log"]["stdout"]).items():
        assert one["cwd"].endswith("/inference/vision/classification_and_detection")
        assert f"--scenario={scenario}" in one["argv"] and "--count=20" in one["argv"]
        assert one["environment"]["MODEL_DIR"] == one["cwd"]
        # So many as are asked for, and no more, are generated.
        assert one["images"] == 20


def test_the_log_holds_what_loadgen_was_told(whole):
    log = whole.run.steps["Log"]["stdout"]
    assert "#@ Offline/user.conf\n*.SingleStream.target_latency = 1\n*.Offline.target_qps = 1\n" in log
    assert "*.Offline.min_query_count = 20\n*.Offline.max_query_count = 20\n" in log
