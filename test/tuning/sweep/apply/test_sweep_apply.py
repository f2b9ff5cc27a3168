"""Settings applied to an instance: kept when they serve, taken back when they do not, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tuning.cancellation import Cancelled
from tuning.refusal import Refusal
from tuning.sweep import environment
from tuning.sweep.apply import __main__ as program_of_apply
from tuning.sweep.apply.__main__ import gated
from tuning.sweep.apply.change import Change
from tuning.sweep.clients import Clients
from tuning.sweep.servers.server import model_status
from tuning.sweep.settings import Batching, Settings, parse

INTER_OP = Settings(inter_op_threads=2)
# Long enough for the machine's other work not to matter.
STEADY = {"seconds": 0.02}
FLAG = "--tensorflow_inter_op_parallelism=2"


def program(booted, settings: str, environment: dict[str, str], *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable, "-m", "tuning.sweep.apply", f"--settings={settings}", f"--root={booted.root}",
            f"--endpoint={booted.url}", f"--supervisor={booted.instance.supervisor}", "--seconds=2", *options,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> tuple[int, dict]:
    output, errors = process.communicate(timeout=180)
    assert output, errors[-2000:]
    return process.returncode, json.loads(output.splitlines()[-1])


def attempt(booted, settings: Settings, requests_file: Path) -> dict:
    change = Change(booted.instance, lambda problem: None)
    with Clients(requests_file, 2) as clients, change:
        return gated(booted.instance, settings, change, clients, 0.5)


def test_a_real_server_is_restarted_with_the_settings(boot, program_environment: dict[str, str]):
    """The gate may find either on a busy machine; what it says is then what is in force."""
    booted = boot()
    before = booted.files()
    code, event = finished(program(booted, '{"batching":{"maxBatchSize":2}}', program_environment))
    report = event["report"]
    assert (report["kind"], report["exitCode"]) == ("apply", code)
    assert report["before"]["throughput"] > 0
    assert model_status(booted.url) == "AVAILABLE"
    if report["outcome"] == "applied":
        assert code == 0
        assert "boots with the stack's own options again" in report["reason"]
        assert booted.files()["batching.config"].splitlines()[0] == "max_batch_size { value: 2 }"
        assert booted.instance.has(Settings(batching=Batching(2)))
        assert report["after"]["p99Milliseconds"] > 0
    else:
        assert (code, report["outcome"]) == (1, "rolled back")
        assert booted.files() == before
    assert not list((booted.root / "etc/graviton-tf").glob(".*"))


def test_what_serves_as_well_stays(boot, stand_in, requests_file: Path, monkeypatch: pytest.MonkeyPatch):
    # Whether a busy machine lets it serve as well is no matter of this test.
    monkeypatch.setattr(program_of_apply, "slower", lambda before, after: "")
    booted = boot(stand_in(**{"": STEADY}))
    untouched = booted.instance.variables()
    result = attempt(booted, INTER_OP, requests_file)
    assert result["outcome"] == "applied"
    assert booted.serving()["TENSORFLOW_INTER_OP_PARALLELISM"] == "2"
    assert booted.instance.variables() == {**untouched, "GTF_INTER_OP_THREADS": "2"}
    assert set(booted.files()) == {"boot.env", "serving.env", "monitoring.config"}
    # The way back is an apply, too.
    assert attempt(booted, Settings(), requests_file)["outcome"] == "applied"
    assert booted.instance.variables() == untouched


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ({"seconds": 0.3}, "It got slower: "),
        ({"status": 500}, "HTTP 500: as it was told"),
        ({"dies": "no such thread"}, "the server ends again and again"),
        ({"state": "END", "message": "op is unknown"}, "the model does not load: op is unknown"),
    ],
)
def test_what_serves_worse_is_taken_back(
    boot, stand_in, requests_file: Path, behaviour: dict, reason: str, monkeypatch: pytest.MonkeyPatch
):
    booted = boot(stand_in(**{FLAG: behaviour, "": STEADY}))
    unit = booted.root / "etc/systemd/system/graviton-tf.service"
    unit.write_text(unit.read_text().replace("RestartSec=5", "RestartSec=0.1"))
    subprocess.run([booted.instance.supervisor, "daemon-reload"], check=True)
    before = booted.files()
    result = attempt(booted, INTER_OP, requests_file)
    assert result["outcome"] == "rolled back"
    assert reason in result["reason"]
    assert booted.files() == before
    assert model_status(booted.url) == "AVAILABLE"


def test_cancelled_it_takes_everything_back(boot, stand_in, program_environment: dict[str, str]):
    """By a signal, once the new settings are in force."""
    booted = boot(stand_in(**{"": STEADY}))
    before = booted.files()
    process = program(booted, '{"interOpThreads":2}', program_environment, "--seconds=8")
    said = []
    for line in process.stdout:
        said.append(json.loads(line))
        if said[-1].get("name") == "After":
            break
    assert booted.serving()["TENSORFLOW_INTER_OP_PARALLELISM"] == "2"
    process.send_signal(signal.SIGTERM)
    code, last = finished(process)
    assert code == 143
    assert (last["name"], last["status"]) == ("Put back", "Success")
    assert booted.files() == before
    assert model_status(booted.url) == "AVAILABLE"


# A process of its own: one that is forked from a test's has the locks of TensorFlow's and gRPC's threads.
KILLED = """
import os, sys
from pathlib import Path
from tuning.sweep.apply.change import Change
from tuning.sweep.apply.instance import Instance
from tuning.sweep.settings import Settings

root, userdata, supervisor, url = sys.argv[1:]
with Change(Instance(Path(root), Path(userdata), supervisor, url), print) as change:
    change.make(Settings(inter_op_threads=2))
    os._exit(0)
"""


def test_what_was_killed_half_way_is_put_back_by_the_next(
    boot, stand_in, program_environment: dict[str, str]
):
    booted = boot(stand_in(**{"": STEADY}))
    before = booted.files()
    told: list[str] = []
    instance = booted.instance
    words = [str(instance.root), str(instance.userdata), instance.supervisor, instance.url]
    subprocess.run([sys.executable, "-c", KILLED, *words], env=program_environment, check=True)
    assert booted.serving()["TENSORFLOW_INTER_OP_PARALLELISM"] == "2"
    with Change(booted.instance, told.append):
        assert told == [""]
    assert booted.files() == before


def test_the_watchdog_counts_no_miss_while_it_restarts(boot, stand_in):
    booted = boot(stand_in(**{FLAG: {"state": "LOADING"}}))
    booted.watch()
    environment_of = booted.instance.variables()
    with pytest.raises(Cancelled), Change(booted.instance, lambda problem: None) as change:
        change.write(INTER_OP)
        booted.instance.begin_restart()
        booted.watch()
        booted.watch()
        assert model_status(booted.url) == "LOADING"
        assert booted.misses() == "0"
        raise Cancelled(signal.SIGTERM)
    assert booted.instance.variables() == environment_of
    booted.watch()
    assert booted.misses() == "0"


def test_an_instance_that_is_not_ours_is_refused(tmp_path: Path, program_environment: dict[str, str]):
    command = [sys.executable, "-m", "tuning.sweep.apply", "--settings={}", f"--root={tmp_path}"]
    command.append("--endpoint=http://127.0.0.1:1/v1/models/m")
    done = subprocess.run(command, capture_output=True, text=True, env=program_environment, check=False)
    assert done.returncode == 2
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["reason"].endswith(
        "holds no boot.env and serving.env: no stack of ours booted this machine."
    )


@pytest.mark.parametrize(
    ("settings", "runtime", "path", "sentence"),
    [
        ({"processes": 999}, "wheel", "small", "processes is 999; allowed are 1 to"),
        (
            {"processes": 2},
            "container",
            "small",
            "allowed is 1, since TF Serving in a container is one process",
        ),
        ({}, "wheel", "other", "names the model 'other'; this instance serves 'small'"),
    ],
)
def test_what_the_instance_cannot_serve_with_is_refused(
    tmp_path: Path, userdata: Path, settings: dict, runtime: str, path: str, sentence: str
):
    from tuning.sweep.apply.instance import Instance
    from tuning.sweep.settings import DEFAULT_VARIABLES

    variables = {**DEFAULT_VARIABLES, "GTF_MODEL_NAME": "small", "GTF_RUNTIME": runtime}
    environment.write(userdata, tmp_path, variables)
    instance = Instance(tmp_path, userdata, "", f"http://127.0.0.1:1/v1/models/{path}")
    with pytest.raises(Refusal, match=sentence):
        instance.check(parse(settings))


def test_two_cannot_apply_at_the_same_time(tmp_path: Path, userdata: Path):
    from tuning.sweep.apply.instance import Instance

    (tmp_path / "etc/graviton-tf").mkdir(parents=True)
    instance = Instance(tmp_path, userdata, "", "http://127.0.0.1:1/v1/models/small")
    first = instance.lock()
    with pytest.raises(Refusal, match="being applied to this instance already"):
        instance.lock()
    os.close(first)
    os.close(instance.lock())
