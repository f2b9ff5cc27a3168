"""The runbook that measures, run by the agent's rules against a real server."""

from __future__ import annotations

import importlib.metadata
import json
import threading


def test_a_benchmark_measures_what_the_server_answers(served):
    instance, server = served
    command = instance.run("right-size", Seconds="1", Scenarios="SingleStream,Offline")

    report = json.loads(command.printed("Report"))
    assert [one["scenario"] for one in report["scenarios"]] == ["SingleStream", "Offline"]
    assert all(one["samples"] > 0 and one["errors"] == 0 and not one["valid"] for one in report["scenarios"])
    assert report["workload"]["endpoint"] == f"http://127.0.0.1:{server.port}/v1/models/layer"
    assert report["software"]["runtime"] == "wheel"
    assert report["software"]["tensorflow"] == importlib.metadata.version("tensorflow-cpu")
    assert (report["serving"]["processes"], report["serving"]["intraOpThreads"]) == (1, 2)
    assert report["environment"]["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert instance.leaves_nothing()


def test_a_sweep_refuses_to_slow_down_a_server_that_is_asked(served):
    instance, server = served
    ended = threading.Event()

    def ask():
        while not ended.wait(0.2):
            server.predict({"instances": [[1, 2, 3, 4]]})

    client = threading.Thread(target=ask)
    client.start()
    try:
        command = instance.run("right-size", Mode="sweep", Seconds="10")
    finally:
        ended.set()
        client.join()
    assert "requests a second within 5 s: a sweep beside traffic slows it down" in command.refusal("Traffic")
    assert command.steps["Measure"]["status"] == "Skipped"
    assert instance.leaves_nothing()


def test_a_path_that_the_server_does_not_have_is_refused(served):
    instance, _ = served
    command = instance.run("right-size", Path="grpc")
    assert command.refusal("Measure") == "Path: the wheel server has no grpc port that is known: use rest."
    assert instance.leaves_nothing()
