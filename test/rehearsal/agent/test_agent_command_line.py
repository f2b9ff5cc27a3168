"""The agent as a program: what `graviton-tf diagnose --local` starts."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_documents import ROOT, document, step, text

SCRIPT = ROOT / "rehearsal/agent"


@pytest.fixture
def write(tmp_path):
    def write(*steps, **parameters):
        path = tmp_path / "document.json"
        path.write_text(json.dumps(document(*steps, **parameters)))
        return path

    return write


def agent(*arguments, **options):
    # Without the package on the path, and from elsewhere: as on a machine that has only the npm package.
    command = [sys.executable, "-I", str(SCRIPT), "run", *map(str, arguments)]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=30, **options)


def test_it_prints_how_the_steps_go_and_all_of_their_output(write):
    path = write(step("One", 'echo "$SSM_A"', "seq 30000 >&2"), step("Two", "exit 4"), A=text())
    done = agent(
        "--document",
        path,
        "--parameters",
        '{"A": "x y"}',
        "--command-id",
        "a" * 8 + "-1111-1111-1111-" + "b" * 12,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[:-1] == [
        {"event": "step", "name": "One", "status": "InProgress"},
        {"event": "step", "name": "One", "status": "Success", "exitCode": 0},
        {"event": "step", "name": "Two", "status": "InProgress"},
        {"event": "step", "name": "Two", "status": "Failed", "exitCode": 4},
    ]
    end = events[-1]
    assert (end["event"], end["status"], end["commandId"][:8]) == ("end", "Failed", "a" * 8)
    assert end["steps"][0]["stdout"] == "x y\n"
    assert len(end["steps"][0]["stderr"]) > 150_000
    assert (done.returncode, done.stderr) == (1, "")


def test_it_ends_with_0_on_success_and_leaves_nothing(write, tmp_path):
    done = agent("--document", write(step("One", "dirname $0")), env={**os.environ, "TMPDIR": str(tmp_path)})
    [line] = json.loads(done.stdout.splitlines()[-1])["steps"][0]["stdout"].splitlines()
    assert done.returncode == 0
    assert line.startswith(str(tmp_path)) and not Path(line).exists()


def test_a_script_does_not_read_what_is_meant_for_the_agent(write):
    done = agent("--document", write(step("One", "cat")), input="not for the script")
    assert json.loads(done.stdout.splitlines()[-1])["steps"][0]["stdout"] == ""


def test_a_folder_with_a_space_keeps_what_it_is_given(write, tmp_path):
    folder = tmp_path / "a b"
    done = agent("--document", write(step("One", "echo hello")), "--output", folder)
    assert done.returncode == 0
    [kept] = folder.glob("*/awsrunShellScript/One/stdout")
    assert kept.read_text() == "hello\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--parameters", '{"B": "x"}'], "InvalidParameters: the document declares no parameter B, but A"),
        (["--parameters", '{"A": "x"}'], "InvalidParameters: parameter A must be one or two, got 'x'"),
        (["--parameters", "x"], "--parameters: is not JSON"),
        (["--parameters", "[]"], "must be an object"),
        (["--command-id", "../../x"], "must be a UUID in lower case"),
        (["--agent-version", "3"], "must be four numbers"),
        (["--document", "/nowhere"], "No such file"),
    ],
)
def test_what_the_service_would_not_take_ends_with_2(write, arguments, sentence):
    done = agent(
        "--document", write(step("One", "true"), A=text("one", allowedValues=["one", "two"])), *arguments
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


@pytest.mark.parametrize("wanted", [signal.SIGTERM, signal.SIGINT])
def test_signals_cancel(write, wanted):
    command = [
        sys.executable,
        str(SCRIPT),
        "run",
        "--document",
        str(write(step("One", "echo begun; sleep 60"))),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert "InProgress" in process.stdout.readline()
    process.send_signal(wanted)
    end = json.loads(process.communicate(timeout=10)[0].splitlines()[-1])
    assert (end["status"], process.returncode) == ("Cancelled", 1)


def test_a_reader_that_is_gone_cancels(write, tmp_path):
    mark = tmp_path / "second"
    path = write(
        step("One", "sleep 0.3"), step("Two", f"touch {mark}; sleep 60"), step("Three", f"touch {mark}3")
    )
    command = [sys.executable, str(SCRIPT), "run", "--document", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert (process.wait(10), process.stderr.read()) == (1, b"")
    assert not Path(f"{mark}3").exists()


@pytest.mark.parametrize("minor", [10, 11, 12, 13])
def test_it_runs_on_the_pythons_an_operator_has(write, minor):
    installed = [
        *Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3"),
        shutil.which(f"python3.{minor}"),
    ]
    if not installed[0]:
        pytest.skip(f"Python 3.{minor} is not here")
    command = [str(installed[0]), "-I", str(SCRIPT), "run", "--document", str(write(step("One", "true")))]
    assert subprocess.run(command, capture_output=True, timeout=30).returncode == 0
