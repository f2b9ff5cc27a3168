"""One service: its commands, its state, and what happens when it ends."""

import asyncio
import contextlib
import os
import shlex
import signal
import time
from pathlib import Path

from .sandbox import Sandbox
from .unitfile import UnitFile
from .words import expand, parse_environment_file, parse_seconds, split_command


class StartError(Exception):
    """The unit did not start, with the reason an operator can act on."""


class Service:
    def __init__(self, unit: UnitFile, sandbox: Sandbox, journal: Path):
        self.unit, self.sandbox, self.journal = unit, sandbox, journal
        self.state, self.sub, self.result = "inactive", "dead", "success"
        self.main: asyncio.subprocess.Process | None = None
        self.exit_status, self.restarts = 0, 0
        self.activated = self.deactivated = 0.0  # for timers
        self._starts: list[float] = []
        self._watch: asyncio.Task | None = None
        self._stopping = False

    def log(self, line: str) -> None:
        with self.journal.open("a") as journal:
            journal.write(f"{self.unit.name}: {line}\n")

    # --- commands ---

    def environment(self) -> dict[str, str]:
        environment = self.sandbox.environment()
        for line in self.unit.all("Environment"):
            environment |= dict(word.split("=", 1) for word in split_command(line))
        for entry in self.unit.all("EnvironmentFile"):
            path = Path(self.sandbox.path(entry.removeprefix("-")))
            if not path.is_file() and not entry.startswith("-"):
                raise StartError(f"environment file {path} is missing")
            if path.is_file():
                environment |= parse_environment_file(path.read_text())
        return environment

    async def _spawn(self, line: str, **more: str) -> asyncio.subprocess.Process:
        environment = {**self.environment(), **more}
        words = split_command(line)
        program = self.sandbox.program(words[0])
        words = [program, *(self.sandbox.argument(word) for word in expand(words[1:], environment))]
        with self.journal.open("ab") as journal:
            try:
                return await asyncio.create_subprocess_exec(
                    *words,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=journal,
                    stderr=journal,
                    env=environment,
                    cwd=self.sandbox.path(self.unit.last("WorkingDirectory", "/")),
                    start_new_session=True,
                )
            except OSError as error:
                raise StartError(f"cannot run {program}: {error.strerror}") from error

    async def _run(self, key: str, limit: float, **more: str) -> None:
        """Every command of one kind to its end; `-` in front lets one fail, `+` (as root) is passed over."""
        for line in self.unit.all(key):
            may_fail = "-" in line[: len(line) - len(line.lstrip("-+"))]
            process = await self._spawn(line.lstrip("-+"), **more)
            self.main = process if key == "ExecStart" else self.main
            try:
                status = await asyncio.wait_for(process.wait(), None if limit == float("inf") else limit)
            except asyncio.TimeoutError:  # noqa: UP041 (its own class in Python 3.10)
                _signal(process, signal.SIGKILL)
                await process.wait()
                self.result = "timeout"
                raise StartError(f"{key} ran longer than {limit:g} s: {line}") from None
            _signal(process, signal.SIGKILL)  # what it left behind in its group
            if key == "ExecStart":
                self.exit_status = status
            if not self._is_success(status) and not may_fail:
                self.result = "signal" if status < 0 else "exit-code"
                raise StartError(f"{key} ended with {describe(status)}: {line}")

    def _is_success(self, status: int) -> bool:
        return status == 0 or str(status) in shlex.split(self.unit.last("SuccessExitStatus"))

    def _limit(self, key: str) -> float:
        return parse_seconds(self.unit.last(key, self.unit.last("TimeoutSec", "90")))

    # --- states ---

    async def start(self) -> None:
        if self.state == "active":
            return
        if self._watch and not self._watch.done():  # waiting to restart: now, then
            self._watch.cancel()
        condition = self.unit.last("ConditionPathExists")
        if condition and Path(self.sandbox.path(condition.lstrip("!"))).exists() == condition.startswith("!"):
            self.log(f"skipped: ConditionPathExists={condition} does not hold")
            return
        self._check_start_limit()
        self.state, self.sub, self.result, self._stopping = "activating", "start", "success", False
        oneshot = self.unit.last("Type", "simple") == "oneshot"
        # systemd gives a oneshot's own work all the time it wants, unless the unit says otherwise.
        unlimited = oneshot and not self.unit.all("TimeoutStartSec")
        limit = float("inf") if unlimited else self._limit("TimeoutStartSec")
        try:
            await self._run("ExecStartPre", limit)
            self.activated = time.monotonic()
            if oneshot:
                await self._run("ExecStart", limit)
            else:
                self.main = await self._spawn(self.unit.last("ExecStart").lstrip("-+"))
            await self._run("ExecStartPost", limit)
        except StartError as error:
            self.log(str(error))
            self.result = "resources" if self.result == "success" else self.result
            await self._ended()
            raise
        if oneshot and not self.unit.flag("RemainAfterExit"):
            await self._ended()
            return
        self.state, self.sub = "active", "exited" if oneshot else "running"
        if not oneshot:
            self._watch = asyncio.ensure_future(self._follow(self.main))

    def _check_start_limit(self) -> None:
        burst = int(self.unit.last("StartLimitBurst", "5"))
        interval = parse_seconds(self.unit.last("StartLimitIntervalSec", "10"))
        now = time.monotonic()
        self._starts = [start for start in self._starts if now - start < interval] + [now]
        if interval > 0 and burst > 0 and len(self._starts) > burst:
            self.state, self.sub, self.result = "failed", "failed", "start-limit-hit"
            raise StartError(f"started more than {burst} times in {interval:g} s")

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        status = await process.wait()
        _signal(process, signal.SIGKILL)
        self.exit_status = status
        stopped_by_term = self._stopping and status == -signal.SIGTERM
        if not self._is_success(status) and not stopped_by_term and self.result == "success":
            self.result = "signal" if status < 0 else "exit-code"
        self.log(f"main process ended with {describe(status)}")
        if not self._stopping:
            await self._ended()

    async def _ended(self) -> None:
        """After the main process: ExecStopPost, then rest, fail or try again."""
        try:
            await self._run(
                "ExecStopPost",
                self._limit("TimeoutStopSec"),
                SERVICE_RESULT=self.result,
                EXIT_CODE="killed" if self.exit_status < 0 else "exited",
                EXIT_STATUS=describe(self.exit_status).split()[-1],
            )
        except StartError as error:
            self.log(str(error))
        self.deactivated = time.monotonic()
        if not self._stopping and self._wants_restart():
            self.state, self.sub = "activating", "auto-restart"
            self._watch = asyncio.ensure_future(self._restart_later())
        elif self.result == "success":
            self.state, self.sub = "inactive", "dead"
        else:
            self.state, self.sub = "failed", "failed"

    def _wants_restart(self) -> bool:
        if str(self.exit_status) in shlex.split(self.unit.last("RestartPreventExitStatus")):
            return False
        policy = self.unit.last("Restart", "no")
        return policy == "always" or (policy == "on-failure" and self.result != "success")

    def restart_delay(self) -> float:
        """Grows from RestartSec to RestartMaxDelaySec, by the same factor in each of RestartSteps."""
        first = parse_seconds(self.unit.last("RestartSec", "100ms"))
        steps, longest = int(self.unit.last("RestartSteps", "0")), self.unit.last("RestartMaxDelaySec")
        if not steps or not longest or not first:
            return first
        return first * (parse_seconds(longest) / first) ** (min(self.restarts, steps) / steps)

    async def _restart_later(self) -> None:
        await asyncio.sleep(self.restart_delay())
        self.restarts += 1
        self._watch = None
        try:
            await self.start()
        except StartError as error:
            self.log(str(error))

    async def stop(self) -> None:
        self._stopping = True
        if self.state == "activating" and self.sub == "auto-restart" and self._watch:
            self._watch.cancel()
        elif self.main and self.main.returncode is None:
            self.state, self.sub = "deactivating", "stop-sigterm"
            await self._end_main()
            await self._ended()
            return
        if self.state != "failed":
            self.state, self.sub = "inactive", "dead"

    async def _end_main(self) -> None:
        limit = self._limit("TimeoutStopSec")
        try:
            await self._run("ExecStop", limit, MAINPID=str(self.main.pid))
        except StartError as error:
            self.log(str(error))
        wanted = signal.Signals[self.unit.last("KillSignal", "SIGTERM")]
        _signal(self.main, wanted, only_main=self.unit.last("KillMode", "control-group") == "mixed")
        try:
            await asyncio.wait_for(self.main.wait(), None if limit == float("inf") else limit)
        except asyncio.TimeoutError:  # noqa: UP041
            self.result = "timeout"
            self.log(f"still there {limit:g} s after {wanted.name}: killed")
        _signal(self.main, signal.SIGKILL)
        await self.main.wait()
        if self._watch:
            await self._watch


def _signal(process: asyncio.subprocess.Process, which: signal.Signals, *, only_main: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, which) if only_main else os.killpg(process.pid, which)


def describe(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit {status}"
