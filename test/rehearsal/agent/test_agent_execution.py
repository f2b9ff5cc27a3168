"""How steps run, as the real agent runs them."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from command_documents import document, step, text

from rehearsal.agent.document import check_document
from rehearsal.agent.execution import Execution

COMMAND = "11111111-2222-3333-4444-555555555555"


def execution(tmp_path, content, parameters=None, **options):
    return Execution(
        document=check_document(content),
        parameters=parameters or {},
        command_id=COMMAND,
        instance="i-1",
        region="us-west-2",
        folder=tmp_path,
        **options,
    )


def run(tmp_path, *steps, parameters=None, declared=None, **options):
    """The document's status, and every step by its name."""
    running = execution(tmp_path, document(*steps, **(declared or {})), parameters, **options)
    status, results = running.run(lambda name: None, lambda result: None)
    return status, {result.name: result for result in results}


def statuses(results):
    return {name: result.status for name, result in results.items()}


def on(platform):
    return {"precondition": {"StringEquals": ["platformType", platform]}}


FAIL = {"onFailure": "exit"}


@pytest.mark.parametrize(
    ("steps", "status", "expected"),
    [
        pytest.param([step("A", "false"), step("B", "true")], "Failed", "Failed Success", id="goes on"),
        pytest.param([step("A", "exit 3", **FAIL), step("B", "true")], "Failed", "Failed Skipped", id="exit"),
        pytest.param(
            [step("A", "exit 3", onFailure="successAndExit"), step("B", "false")],
            "Success", "Success Skipped", id="successAndExit",
        ),
        pytest.param(
            [step("A", "true", onSuccess="exit"), step("B", "false")],
            "Success", "Success Skipped", id="onSuccess",
        ),
        pytest.param(
            [step("A", "false", onSuccess="exit"), step("B", "true")],
            "Failed", "Failed Success", id="onSuccess unmet",
        ),
        pytest.param([step("A", "exit 168"), step("B", "false")], "Success", "Success Skipped", id="168"),
        pytest.param([step("A", "exit 169"), step("B", "true")], "Failed", "Failed Skipped", id="169"),
        pytest.param(
            [step("A", "exit 169", onFailure="successAndExit"), step("B", "true")],
            "Failed", "Failed Skipped", id="169 wins",
        ),
        pytest.param([step("A", "exit 194"), step("B", "true")], "Failed", "Failed Skipped", id="194"),
        pytest.param(
            [step("A", "false", **FAIL), step("B", "true"), step("C", "true", finallyStep=True)],
            "Failed", "Failed Skipped Success", id="finally",
        ),
        pytest.param(
            [step("A", "exit 168"), step("C", "false", finallyStep=True)],
            "Failed", "Success Failed", id="finally after 168",
        ),
        pytest.param(
            [{**step("A", "false"), **on("Windows")}, step("B", "true")],
            "Success", "Skipped Success", id="another platform",
        ),
        pytest.param(
            [{**step("A", "false"), **on("Linux")}], "Failed", "Failed", id="this platform",
        ),
        pytest.param([step("A", "false; true")], "Success", "Success", id="no errexit"),
        pytest.param([step("A", "kill -9 $$")], "Failed", "Failed", id="killed by another"),
    ],
)  # fmt: skip
def test_control_flow(tmp_path, steps, status, expected):
    got, results = run(tmp_path, *steps)
    assert (got, " ".join(result.status for result in results.values())) == (status, expected)


def test_a_reboot_is_said_to_be_unsupported(tmp_path):
    _, results = run(tmp_path, step("A", "exit 194"))
    assert results["A"].exit_code == 194
    assert "asks for a reboot" in results["A"].stderr


def test_a_script_is_a_file_that_sh_starts(tmp_path):
    _, results = run(
        tmp_path,
        step("Shebang", "#!/usr/bin/env python3", "import os, sys", "print(sys.argv[0], os.getcwd())"),
        step("Plain", 'echo "$0"; readlink /proc/self/fd/0; case $- in *e*) echo errexit;; esac'),
        step("Where", "pwd", workingDirectory=str(tmp_path)),
    )
    folder = tmp_path / COMMAND
    assert results["Shebang"].stdout == f"{folder}/Shebang/_script.sh /usr/bin\n"
    assert results["Plain"].stdout == f"{folder}/Plain/_script.sh\n/dev/null\n"
    assert results["Where"].stdout == f"{tmp_path}\n"
    assert (folder / "Plain/_script.sh").read_text().endswith("esac\n")


def test_parameters_are_variables_and_never_text(tmp_path):
    hostile = "$(touch /tmp/never); `id` ' \" \\ \n $HOME"
    script = ['printf %s "$SSM_A"', 'printf "|%s|%s" "${SSM_B-unset}" "${SSM_OTHER-unset}"']
    declared = {"A": text(), "B": {"type": "String", "default": "b"}}
    _, results = run(
        tmp_path,
        step("One", *script),
        parameters={"A": [hostile]},
        declared=declared,
        environment={**os.environ, "SSM_OTHER": "of a command around this one"},
    )
    assert results["One"].stdout == f"{hostile}|unset|unset"


def test_an_older_agent_leaves_them_unset(tmp_path):
    script = 'echo "${SSM_A-unset} $SSM_COMMAND_ID $AWS_SSM_INSTANCE_ID $AWS_SSM_REGION_NAME"'
    for version, expected in (("3.3.2745.9", "unset"), ("3.3.2746.0", "a"), ("3.10.0.0", "a")):
        _, results = run(
            tmp_path / version, step("One", script), declared={"A": text("a")}, agent_version=version
        )
        assert results["One"].stdout == f"{expected} {COMMAND} i-1 us-west-2\n"


def test_output_is_kept_whole_and_survives_what_is_no_text(tmp_path):
    _, results = run(
        tmp_path, step("One", "head -c 100000 /dev/zero | tr '\\0' x; printf '\\377'; echo no >&2")
    )
    assert results["One"].stdout == "x" * 100_000 + "\ufffd"
    assert results["One"].stderr == "no\n"
    assert (tmp_path / COMMAND / "awsrunShellScript/One/stdout").stat().st_size == 100_001


def test_a_timed_out_step_is_killed_with_its_group_and_is_no_failed_one(tmp_path):
    child = tmp_path / "child"
    started = time.monotonic()
    status, results = run(
        tmp_path,
        step("A", f"sleep 60 & echo $! > {child}; echo begun; wait", timeoutSeconds=5, onFailure="exit"),
        step("B", "true"),
    )
    assert 5 <= time.monotonic() - started < 7
    assert (status, statuses(results)) == ("TimedOut", {"A": "TimedOut", "B": "Success"})
    assert (results["A"].exit_code, results["A"].stdout) == (137, "begun\n")
    assert is_gone(int(child.read_text()))


def test_a_process_that_keeps_the_output_open_keeps_the_step_going(tmp_path):
    started = time.monotonic()
    status, results = run(tmp_path, step("A", "setsid sh -c 'sleep 1; echo late' & echo soon"))
    assert time.monotonic() - started >= 1
    assert (status, results["A"].stdout) == ("Success", "soon\nlate\n")


def test_what_has_left_the_group_outlives_the_kill(tmp_path):
    child = tmp_path / "child"
    running = execution(tmp_path, document(step("A", f"setsid sleep 60 & echo $! > {child}; wait")))
    threading.Thread(target=cancel_once_there, args=(child, running.cancelled)).start()
    status, _ = running.run(lambda name: None, lambda result: None)
    pid = int(child.read_text())
    assert status == "Cancelled"
    assert not is_gone(pid, looks=5)
    os.kill(pid, signal.SIGKILL)


def test_after_a_cancellation_no_step_runs_any_more(tmp_path):
    mark, finally_mark = tmp_path / "mark", tmp_path / "finally"
    running = execution(
        tmp_path,
        document(
            step("A", f"touch {mark}; sleep 60"),
            step("B", "true"),
            step("C", f"touch {finally_mark}", finallyStep=True),
        ),
    )
    threading.Thread(target=cancel_once_there, args=(mark, running.cancelled)).start()
    started = time.monotonic()
    status, results = running.run(lambda name: None, lambda result: None)
    assert time.monotonic() - started < 5
    assert (status, [(each.status, each.exit_code) for each in results]) == (
        "Cancelled", [("Cancelled", 137), ("Cancelled", 1), ("Cancelled", 1)],
    )  # fmt: skip
    # As in the agent's source: what must go after a cancellation goes by itself, not by the last step.
    assert not finally_mark.exists()


def test_a_step_tells_when_it_starts_and_ends(tmp_path):
    events = []
    running = execution(tmp_path, document(step("A", "false", **FAIL), step("B", "true")))
    running.run(lambda name: events.append(name), lambda result: events.append((result.name, result.status)))
    # One that is skipped never started.
    assert events == ["A", ("A", "Failed"), ("B", "Skipped")]


def cancel_once_there(mark: Path, cancelled: threading.Event) -> None:
    # Also written, where the step writes into it.
    while not mark.exists():
        time.sleep(0.02)
    time.sleep(0.1)
    cancelled.set()


def is_gone(pid: int, looks: int = 100) -> bool:
    for _ in range(looks):
        try:
            if Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False
