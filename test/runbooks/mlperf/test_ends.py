"""A run that is cancelled, and one that is not alone."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import pytest
from benchmarked_instance import ended, wait_for
from conftest import only


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def measuring(instance):
    """(instance, a runner whose harness is at work, the harness's process, the command's id)"""
    sleeps = instance.root / "sleeps"
    instance.environment |= {"HARNESS_MISBEHAVES": "sleeps", "HARNESS_SLEEPS": str(sleeps)}
    runner, command = instance.start()
    pid = int(wait_for(lambda: sleeps.exists() and sleeps.read_text()))
    yield instance, runner, pid, command
    runner.kill()
    runner.communicate()


def test_a_cancelled_run_leaves_neither_processes_nor_gigabytes(measuring):
    instance, runner, pid, command = measuring
    assert set(instance.left()) == {"lock", command}
    runner.send_signal(signal.SIGTERM)
    out, _ = runner.communicate(timeout=30)
    run = ended(out)
    # As by the real agent: no step runs any more, CleanUp included.
    assert run.steps["Measure"]["status"] == run.steps["CleanUp"]["status"] == "Cancelled"
    wait_for(lambda: not is_running(pid))
    wait_for(lambda: instance.left() == [])


def test_an_agent_that_dies_leaves_neither(measuring):
    instance, runner, pid, _ = measuring
    runner.kill()
    runner.communicate()
    wait_for(lambda: not is_running(pid))
    wait_for(lambda: instance.left() == [])


def test_a_second_run_is_told_of_the_first_and_harms_it_not(measuring):
    instance, _, pid, command = measuring
    second = instance.run()
    assert second.reason("Prepare").startswith(
        f"another command is under way on this instance: command {command}, "
    )
    assert second.steps["CleanUp"]["status"] == "Success"
    assert is_running(pid) and set(instance.left()) == {"lock", command}


def test_what_a_dead_run_left_is_removed_by_the_next(bare):
    dead = bare.base / "11111111-1111-4111-8111-111111111111"
    (dead / "venv").mkdir(parents=True)
    bare.base.chmod(0o700)
    (bare.base / "lock").write_text(
        f"{dead.name} 9999999999 {Path('/proc/sys/kernel/random/boot_id').read_text().strip()} 999999999 1\n"
    )
    bare.document = only(bare.document, "Prepare", "CleanUp")
    run = bare.run()
    assert (
        run.status == "Success"
        and run.steps["Prepare"]["stdout"] == f"cleaning up after command {dead.name}, which did not\n"
    )
    assert bare.left() == []
