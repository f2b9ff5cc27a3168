"""The steps that run a program of tuning/: which words it gets, and what becomes of what it says."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys

import pytest
from measured_instance import ROOT

RUNBOOKS = ROOT / "runbooks"
TARGET = {
    "kind": "wheel", "name": "demo", "base": "/models/demo", "restUrl": "http://127.0.0.1:1/v1/models/demo",
    "serverUrl": "http://127.0.0.1:1/v1/models/demo", "grpcUrl": None, "intraOp": 2, "environment": {},
}  # fmt: skip


@pytest.fixture
def work(tmp_path, own_modules, monkeypatch: pytest.MonkeyPatch):
    """A command's folder, with the programs' Python; parameters are those of no one's asking."""
    for folder in ("command", "optimize", "right-size"):
        monkeypatch.syspath_prepend(RUNBOOKS / folder)
    defaults = {
        "Apply": "false", "EvenUnderTraffic": "false", "Mode": "sweep", "Seconds": "60", "Batch": "0",
        "LatencyMilliseconds": "0", "Path": "rest", "Scenarios": "Offline", "Qps": "0",
    }  # fmt: skip
    for name, value in defaults.items():
        monkeypatch.setenv("SSM_" + name, value)
    monkeypatch.delenv("GTF_ROOT", raising=False)
    (tmp_path / "target.json").write_text(json.dumps(TARGET))
    (tmp_path / "python").write_text(sys.executable + "\n")
    (tmp_path / "files").mkdir()
    return tmp_path


def program(work, name: str, *events: dict, status: int = 0) -> None:
    """A program that writes its words to `words`, says this, and ends so."""
    file = work / "files" / (name.replace(".", "/") + ".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(event) for event in events]
    file.write_text(
        f"import sys\nopen('words', 'w').write('\\n'.join(sys.argv[1:]))\n"
        f"print({lines!r}[0]) if {len(lines)} else None\n[print(line) for line in {lines[1:]!r}]\n"
        f"print('the end', file=sys.stderr)\nsys.exit({status})\n"
    )


def words(work) -> list[str]:
    return (work / "words").read_text().splitlines()


def refusal(call, *arguments) -> str:
    with pytest.raises(SystemExit) as refused:
        call(*arguments)
    return refused.value.code


@pytest.mark.parametrize("status", [0, 1])
def test_a_report_is_kept_also_with_findings(work, status, capsys):
    step = {"event": "step", "name": "Sweep", "status": "Success", "text": "2 measured"}
    program(work, "it", step, {"event": "report", "report": {"a": "é"}}, status=status)
    module = importlib.import_module("program")
    assert module.run(work, "it", ["--x=a b"]) == {"a": "é"}
    assert json.loads((work / "report.json").read_text()) == {"a": "é"}
    assert words(work) == ["--x=a b"]
    assert capsys.readouterr().out == "Sweep: Success - 2 measured\n"
    # For the guard: nothing runs any more.
    assert not (work / "program").exists() and not (work / "step").exists()


def test_its_refusal_is_the_steps_last_word(work):
    program(work, "it", {"event": "refusal", "reason": "--x: got 1, allowed is 2."}, status=2)
    module = importlib.import_module("program")
    assert refusal(module.run, work, "it", []) == "--x: got 1, allowed is 2."
    assert not (work / "report.json").exists()


def test_one_that_dies_is_told_with_its_last_lines(work, capsys):
    program(work, "it", status=3)
    module = importlib.import_module("program")
    assert refusal(module.run, work, "it", []) == "it ended with status 3 and no report."
    assert "the end" in capsys.readouterr().err


def swept(work, options: dict, code: int = 0) -> None:
    report = {"exitCode": code, "recommendation": {"servingOptions": options, "text": "x"}, "applied": None}
    (work / "report.json").write_text(json.dumps(report))


@pytest.mark.parametrize("options", [{"processes": 2}, {}])
def test_apply_serves_with_what_is_recommended_the_defaults_too(work, options, monkeypatch):
    monkeypatch.setenv("SSM_Apply", "true")
    swept(work, options)
    applied = {
        "outcome": "rolled back",
        "reason": "It got slower: x.",
        "before": {"throughput": 2},
        "after": None,
    }
    program(work, "tuning.sweep.apply", {"event": "report", "report": {**applied, "more": 1}}, status=1)
    importlib.import_module("apply").main(work)
    assert words(work) == ["--settings=" + json.dumps(options), f"--endpoint={TARGET['restUrl']}", "--root=/"]
    assert json.loads((work / "report.json").read_text())["applied"] == applied


def test_an_apply_that_is_refused_is_in_the_report_too(work, monkeypatch):
    monkeypatch.setenv("SSM_Apply", "true")
    swept(work, {"processes": 2})
    program(work, "tuning.sweep.apply", {"event": "refusal", "reason": "No."}, status=2)
    assert refusal(importlib.import_module("apply").main, work) == "No."
    said = json.loads((work / "report.json").read_text())["applied"]
    assert (said["outcome"], said["reason"]) == ("refused", "No.")


@pytest.mark.parametrize(
    ("asked", "code", "said"), [("false", 0, "not asked for"), ("true", 1, "nothing is recommended")]
)
def test_nothing_is_applied_unasked_or_without_a_recommendation(work, asked, code, said, monkeypatch, capsys):
    monkeypatch.setenv("SSM_Apply", asked)
    swept(work, {"processes": 2}, code)
    importlib.import_module("apply").main(work)
    assert capsys.readouterr().out == said + "\n"
    assert not (work / "words").exists()


def test_traffic_is_looked_for_at_the_server_whichever_model_is_measured(work, capsys):
    (work / "target.json").write_text(json.dumps({**TARGET, "restUrl": None}))
    program(work, "tuning.sweep.traffic", {"event": "report", "report": {"text": "2 requests."}}, status=1)
    said = refusal(importlib.import_module("traffic").main, work)
    assert said == "2 requests: a sweep beside traffic slows it down; EvenUnderTraffic allows it."
    program(work, "tuning.sweep.traffic", {"event": "report", "report": {"text": "None."}})
    importlib.import_module("traffic").main(work)
    assert capsys.readouterr().out == "None.\n"


def test_a_sweep_gets_the_parameters_and_what_is_known_of_the_server(work, monkeypatch):
    monkeypatch.setenv("SSM_LatencyMilliseconds", "20")
    sweep = importlib.import_module("measure").sweep
    common = ["--model=/models/demo", "--seconds=60", "--max-latency=20", "--model-name=demo"]
    assert sweep(TARGET) == common
    container = {**TARGET, "kind": "container", "image": "registry/it:1"}
    assert sweep(container) == [*common, "--runtime=container", "--image=registry/it:1"]
    assert refusal(sweep, {**TARGET, "kind": "process"}).startswith("Mode: a sweep starts servers of")


def test_a_benchmark_names_what_is_missing(work, monkeypatch):
    benchmark = importlib.import_module("measure").benchmark
    assert f"--endpoint={TARGET['restUrl']}" in benchmark(TARGET)
    monkeypatch.setenv("SSM_Path", "grpc")
    assert refusal(benchmark, TARGET) == "Path: the wheel server has no grpc port that is known: use rest."
    said = refusal(benchmark, {**TARGET, "restUrl": None})
    assert said == "Path: no server serves /models/demo, so it can be measured in-process alone."


@pytest.mark.parametrize(
    ("published", "bucket", "aws", "status", "said"),
    [
        (None, "results", "exit 0", 0, "nothing was published"),
        ("2", "", "exit 0", 0, "no bucket is known: 2 is the only copy"),
        ("2", "results", "cat >/dev/null; exit 1", 1, "cannot upload s3://results/optimize/c/i-1/"),
    ],
)  # fmt: skip
def test_a_copy_that_cannot_be_is_told(work, published, bucket, aws, status, said):
    model = work / "demo/2"
    model.mkdir(parents=True)
    path = {"published": {"version": 2, "path": str(model)} if published else None}
    (work / "report.json").write_text(json.dumps(path))
    (work / "aws").write_text(f"#!/bin/bash\n{aws}\n")
    (work / "aws").chmod(0o755)
    environment = {
        **os.environ, "work": str(work), "PATH": f"{work}:{os.environ['PATH']}", "SSM_ResultsBucket": bucket,
        "SSM_COMMAND_ID": "c", "AWS_SSM_INSTANCE_ID": "i-1",
    }  # fmt: skip
    done = subprocess.run(
        ["bash", RUNBOOKS / "optimize/upload.sh"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == status
    assert said in (done.stdout + done.stderr).replace(str(model), "2")
    assert json.loads((work / "report.json").read_text()) == path
