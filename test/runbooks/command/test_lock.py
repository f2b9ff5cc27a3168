"""One command at a time on an instance, of whichever runbook; what is left when its agent is gone."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from measured_instance import Instance, processes, wait_for

DOCUMENTS = ("troubleshoot", "optimize", "right-size", "mlperf")


class Agent:
    """An agent's process for one command, which runs its Prepare and then lives until it is ended."""

    def __init__(self, instance: Instance, document: str):
        self.command = str(uuid.uuid4())
        self.work = instance.base / self.command
        script = instance.step(document, "Prepare")
        # A group for the step, as the agent has it; `wait` returns when the script has ended.
        line = 'setsid --wait bash "$0" 2>"$1"; echo "$?" >"$2"; exec sleep 600'
        self._errors, self._status = script.with_name(self.command + ".err"), script.with_name(self.command)
        self.process = subprocess.Popen(
            ["bash", "-c", line, script, self._errors, self._status],
            env=instance.environment(document, SSM_COMMAND_ID=self.command),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(lambda: self._status.exists() and self._status.read_text().endswith("\n"), 30)
        self.status, self.errors = int(self._status.read_text()), self._errors.read_text()

    def end(self) -> None:
        """Not waited for: what is left of a process that nobody asks about must not count."""
        os.kill(self.process.pid, signal.SIGKILL)


@pytest.fixture
def agents(instance: Instance):
    begun: list[Agent] = []

    def begin(document: str) -> Agent:
        begun.append(Agent(instance, document))
        return begun[-1]

    yield begin
    for agent in begun:
        agent.process.kill()
        agent.process.wait()
    assert wait_for(lambda: not [line for line in processes() if str(instance.base) in line], 10)


@pytest.mark.parametrize(("first", "second"), [*itertools.pairwise((*DOCUMENTS, DOCUMENTS[0]))])
def test_a_command_excludes_those_of_the_other_runbooks(instance, agents, first, second):
    begun = agents(first)
    assert begun.status == 0, begun.errors
    refused = agents(second)
    said = refused.errors.strip().splitlines()[-1]
    assert refused.status == 1 and not refused.work.exists()
    assert said.startswith("another ") and f"is under way on this instance: command {begun.command}" in said
    assert (instance.base / "lock").read_text().startswith(begun.command + " ")


@pytest.mark.parametrize("document", DOCUMENTS[1:])
def test_when_the_agents_process_is_gone_so_is_everything(instance, agents, document):
    agent = agents(document)
    assert agent.work.is_dir()
    agent.end()
    wait_for(lambda: not list(instance.base.iterdir()), 10)


def test_a_program_whose_step_was_killed_is_ended_and_its_folder_goes(instance, agents):
    agent = agents("right-size")
    program = subprocess.Popen(["sleep", "600"], start_new_session=True)
    step = subprocess.Popen(["sleep", "600"])
    for name, process in (("program", program), ("step", step)):
        start = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
        (agent.work / (name + ".new")).write_text(f"{process.pid} {start}\n")
        (agent.work / (name + ".new")).rename(agent.work / name)
    time.sleep(1.2)
    assert agent.work.is_dir() and program.poll() is None
    # As the agent does at a cancellation; neither is waited for, as where no init sees to orphans.
    step.kill()
    wait_for(lambda: not list(instance.base.iterdir()), 10)
    assert program.wait(1) == -signal.SIGTERM
    step.wait()


def test_what_a_dead_command_left_is_cleaned_up_by_the_next(instance, agents):
    dead = agents("optimize")
    # Its guard, too, as at a reboot.
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{dead.command}/guard.sh".encode() in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
        except OSError:
            continue
    dead.end()
    following = agents("mlperf")
    assert following.status == 0, following.errors
    assert not dead.work.exists() and following.work.is_dir()
