"""The program as it is started: its events, its report, and how it ends."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import http_stand_in
import pytest

from tuning.benchmark import __main__ as program
from tuning.benchmark import arguments
from tuning.refusal import Refusal

PROGRAM = [sys.executable, "-m", "tuning.benchmark"]


def events_of(stdout: str) -> list[dict]:
    return [json.loads(line) for line in stdout.splitlines()]


def test_the_demo_model_in_process(demo_model: Path, program_environment: dict, tmp_path: Path):
    report_file, temporary = tmp_path / "report.json", tmp_path / "tmp"
    temporary.mkdir()
    done = subprocess.run(
        [*PROGRAM, "--model", demo_model, "--scenario", "SingleStream,Offline", "--time", "1",
         "--label", "demo", "--intra-op", "1", "--report", report_file],
        env={**program_environment, "TMPDIR": str(temporary), "DNNL_DEFAULT_FPMATH_MODE": ""},
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    *told, last = events_of(done.stdout)
    report = last["report"]
    assert [(event["name"], event["status"]) for event in told if event["event"] == "step"] == [
        (name, status)
        for name in ("Prepare", "SingleStream", "Offline")
        for status in ("InProgress", "Success")
    ]
    assert any(event["event"] == "progress" for event in told)
    assert json.loads(report_file.read_text()) == report
    assert (report["label"], report["exitCode"], report["omitted"]) == ("demo", 0, 0)
    assert report["software"]["runtime"] == "in-process" and report["software"]["tensorflow"]
    assert report["software"]["loadgen"] and report["environment"]["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert report["serving"]["intraOpThreads"] == 1 and report["serving"]["bf16FastMath"] is False
    for result in report["scenarios"]:
        assert result["samples"] > 0 and result["errors"] == 0 and result["valid"] is False
    # Neither LoadGen's logs, which nobody asked for, nor anything else.
    assert list(temporary.iterdir()) == []
    assert [file.name for file in tmp_path.iterdir() if file != temporary] == ["report.json"]


def descendants(pid: int) -> list[int]:
    children = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children += [int(word) for word in (thread / "children").read_text().split()]
    return children + [below for child in children for below in descendants(child)]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextlib.contextmanager
def started(environment: dict, temporary: Path, *words: object) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        [*PROGRAM, *map(str, words)],
        env={**environment, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.stdout.close()
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_until_ended(workers: list[int]) -> None:
    end = time.monotonic() + 20
    while any(map(is_running, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(is_running, workers))


def test_a_program_that_is_told_to_end_leaves_nothing(
    base_path: Path, program_environment: dict, tmp_path: Path
):
    """In the middle of LoadGen's test, which is one call into C++ that no signal ends."""
    words = ("--model", base_path, "--scenario", "SingleStream", "--time", 100)
    with started(program_environment, tmp_path, *words) as process:
        for line in process.stdout:
            if json.loads(line)["event"] == "progress":
                break
        workers = descendants(process.pid)
        assert workers and all(map(is_running, workers))
        assert list(tmp_path.glob("graviton-tf-loadgen-*/SingleStream/mlperf_log_*.txt"))
        process.send_signal(signal.SIGTERM)
        # Seconds, not the rest of the 100.
        assert process.wait(60) == 143
        wait_until_ended(workers)
        assert list(tmp_path.iterdir()) == []


def test_a_program_that_is_killed_leaves_no_process(
    base_path: Path, program_environment: dict, tmp_path: Path
):
    """While the worker waits for a server that does not answer, and so prints nothing that could fail."""
    asked, released = threading.Event(), threading.Event()

    def answer(*_: object) -> tuple[int, object]:
        asked.set()
        released.wait()
        return http_stand_in.OUTPUTS

    with http_stand_in.answering(answer) as (port, _came):
        words = ("--endpoint", f"http://127.0.0.1:{port}/v1/models/small", "--model", base_path)
        with started(program_environment, tmp_path, *words) as process:
            assert asked.wait(300)
            workers = descendants(process.pid)
            assert workers and all(map(is_running, workers))
            process.kill()
            wait_until_ended(workers)
        released.set()


def test_loadgen_is_left_behind_when_a_server_fails_for_good(
    base_path: Path, program_environment: dict, tmp_path: Path
):
    """In Server LoadGen keeps its timetable, whatever becomes of the samples."""

    first: list[float] = []

    def answer(count: int, body: dict):
        first.append(time.monotonic())
        # After what comes before LoadGen, which takes two seconds.
        gone = time.monotonic() - first[0] > 2.5
        return (503, {"error": "gone"}) if gone else http_stand_in.OUTPUTS

    with http_stand_in.answering(answer) as (port, _came):
        done = subprocess.run(
            [*PROGRAM, "--endpoint", f"http://127.0.0.1:{port}/v1/models/small", "--model", base_path,
             "--scenario", "Server", "--time", "300", "--qps", "300", "--report", tmp_path / "report.json"],
            env=program_environment, capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
    assert done.returncode == 1, done.stderr[-2000:]
    (result,) = json.loads((tmp_path / "report.json").read_text())["scenarios"]
    assert result["errors"] >= 10 and "HTTP 503: gone." in result["why"][0]
    assert result["why"][1].startswith("LoadGen was stopped before its end")
    failed = [event for event in events_of(done.stdout) if event.get("status") == "Failed"]
    assert [event["name"] for event in failed] == ["Server"]


# A worker that runs into a bug while a thread waits for a server that never answers.
STUCK = """
import sys
if "tuning.benchmark.worker" in sys.orig_argv:
    import threading
    from tuning.benchmark import arguments

    def parse(argv):
        threading.Thread(target=threading.Event().wait).start()
        raise RuntimeError("a bug")

    arguments.parse = parse
"""


def test_a_worker_that_fails_does_not_wait_for_its_threads(
    base_path: Path, program_environment: dict, tmp_path: Path
):
    (tmp_path / "sitecustomize.py").write_text(STUCK)
    path = os.pathsep.join([str(tmp_path), program_environment["PYTHONPATH"]])
    done = subprocess.run(
        [*PROGRAM, "--model", base_path, "--time", "1"],
        env={**program_environment, "PYTHONPATH": path},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    sentence = "The process that runs LoadGen ended with code 1; standard error says more."
    assert events_of(done.stdout) == [{"event": "refusal", "reason": sentence}]
    assert "RuntimeError: a bug" in done.stderr


def refused(words: list[str]) -> str:
    """By the program's own process: the worker is never started."""
    with pytest.raises(Refusal) as refusal:
        program._benchmark(words)
    return str(refusal.value)


def test_without_loadgen_it_says_what_to_install(base_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert refused(["--model", str(base_path)]).startswith(
        "LoadGen is not installed: run 'pip install mlcommons-loadgen==6.0.17'"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "--model DIR or --endpoint URL is needed"),
        ("--endpoint localhost:8501", "'localhost:8501' is none of"),
        ("--model m --scenario Multistream", "'Multistream' is none of SingleStream, Offline, Server"),
        ("--endpoint http://h/v1/models/m --bf16 on", "--bf16 sets up a session in this process"),
        ("--endpoint http://h/v1/models/m --intra-op 2", "--intra-op sets up a session"),
        ("--model m --batch 4 --scenario SingleStream", "--batch 4 is for Offline"),
        ("--model m --qps 5", "--qps is for Server"),
        ("--model m --latency 5 --scenario Offline", "--latency is for Server"),
        ("--model m --time 0", "Argument --time: '0' is no number from 0.1"),
        ("--model m --time nan", "'nan' is no number"),
        ("--model m --count -1", "'-1' is no whole number from 0"),
        ("--model m --samples /nowhere", "--samples: /nowhere is no file"),
        ("--model m --sample x", "nrecognized arguments: --sample x"),
        ("--model m --report /nowhere/report.json", "--report: the folder /nowhere must exist"),
    ],
)
def test_bad_arguments_are_refused_in_one_sentence(words: str, says: str):
    sentence = refused(words.split())
    assert says in sentence and sentence.endswith(".") and "\n" not in sentence


def test_a_refusal_is_the_only_event_and_its_code_is_2(program_environment: dict):
    done = subprocess.run(
        [*PROGRAM, "--model", "/nowhere", "--scenario", "Server", "--time", "1"],
        env=program_environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert events_of(done.stdout)[-1] == {
        "event": "refusal",
        "reason": "--model: /nowhere is no folder; expected a SavedModel or a folder of versions.",
    }


def test_zero_and_nothing_mean_the_default():
    """As a runbook passes what its parameters leave open."""
    words = "--model m --count 0 --batch 0 --inter-op 0 --clients 0 --scenario Server --qps 0 --latency 0"
    options = arguments.parse([*words.split(), "--samples", "", "--logs", ""])
    assert (options.inter_op, options.samples, options.logs, options.qps) == (1, None, None, 0)
    assert arguments.parse(["--model", "m"]).scenario == ["SingleStream", "Offline"]
    assert arguments.parse(["--model", "m", "--scenario", "Offline,Server", "Offline"]).scenario == [
        "Offline",
        "Server",
    ]


@pytest.mark.parametrize(("bf16", "set_to"), [("on", "BF16"), ("off", None), (None, "STRICT")])
def test_bf16_is_a_matter_of_the_environment(
    bf16: str | None, set_to: str | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DNNL_DEFAULT_FPMATH_MODE", "STRICT")
    monkeypatch.setenv("ONEDNN_DEFAULT_FPMATH_MODE", "TF32")
    variables = program._environment(bf16)
    assert variables.get("DNNL_DEFAULT_FPMATH_MODE") == set_to
    # oneDNN would read it before the other.
    assert ("ONEDNN_DEFAULT_FPMATH_MODE" in variables) == (bf16 is None)
    assert variables["PATH"] == os.environ["PATH"]
