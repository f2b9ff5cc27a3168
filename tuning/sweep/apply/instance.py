"""An instance that a stack of ours booted: its files below etc/graviton-tf and its model server."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tuning.refusal import Refusal
from tuning.sweep import environment
from tuning.sweep.servers.server import CannotServe, model_status
from tuning.sweep.settings import Settings

FILES = ("batching.config", "monitoring.config", "serving.env", "boot.env")
"""What the boot's environment phase writes; the last one names what is in the others."""

_SCRIPT = Path(__file__).with_name("instance.sh")
_LOOK_SECONDS = 0.2
# By itself, after a restart: it will not come.
_MOST_RESTARTS = 2
_DECIDED = (
    "GTF_PROCESSES",
    "GTF_INTRA_OP_THREADS",
    "GTF_INTER_OP_THREADS",
    "GTF_BF16_FAST_MATH",
    "GTF_BATCHING",
)


@dataclass(frozen=True)
class Instance:
    root: Path
    """Empty path elements aside, '/' on a real one."""
    userdata: Path
    supervisor: str
    """An executable that takes systemctl's verbs; empty: systemctl."""
    url: str
    """Of the model server's model."""

    @property
    def etc(self) -> Path:
        return self.root / "etc/graviton-tf"

    def variables(self) -> dict[str, str]:
        """boot.env."""
        return environment.boot_variables(self.userdata, self.root)

    def check(self, settings: Settings) -> None:
        """Raises Refusal for what this instance cannot serve with, and for an endpoint not its own."""
        booted = self.variables()
        name = unquote(urlsplit(self.url).path.rpartition("/")[2])
        if name != booted.get("GTF_MODEL_NAME"):
            served = booted.get("GTF_MODEL_NAME", "none")
            raise Refusal(
                f"--endpoint: {self.url} names the model {name!r}; this instance serves {served!r}."
            )
        vcpus = environment.machine(self.userdata).vcpus
        if settings.processes > vcpus:
            raise Refusal(
                f"--settings: processes is {settings.processes}; allowed are 1 to {vcpus}, the vCPUs."
            )
        if settings.processes > 1 and booted.get("GTF_RUNTIME") == "container":
            raise Refusal(
                f"--settings: processes is {settings.processes}; allowed is 1, since TF Serving in a "
                "container is one process."
            )

    def has(self, settings: Settings) -> bool:
        """Whether these are in force already."""
        booted, wanted = self.variables(), settings.variables()
        return all(booted.get(name, "") == wanted[name] for name in _DECIDED)

    def model(self) -> Path:
        """The model base path."""
        return self.root / "var/lib/graviton-tf/models" / self.variables()["GTF_MODEL_NAME"]

    def write(self, staging: Path, settings: Settings) -> None:
        """The files that these settings need, below staging: everything else stays as it was booted."""
        environment.write(self.userdata, staging, {**self.variables(), **settings.variables()})

    def restart(self) -> None:
        """Returns when the model is AVAILABLE; raises CannotServe with the server's last line."""
        self.begin_restart()
        self.wait_until_available()

    def begin_restart(self) -> None:
        """Returns once the old server has ended."""
        done = self._run("restart")
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
            raise CannotServe(f"graviton-tf.service does not restart: {said}")

    def wait_until_available(self) -> None:
        """As long as a boot would wait. Raises CannotServe."""
        limit = float(self.variables().get("GTF_READY_TIMEOUT_SECONDS", "600"))
        end = time.monotonic() + limit
        looks = 0
        while (status := model_status(self.url)) != "AVAILABLE":
            if status and status not in ("START", "LOADING"):
                raise CannotServe(f"the model does not load: {status}")
            looks += 1
            # Each look at the unit is a process.
            if looks % 10 == 0 and self._restarts() >= _MOST_RESTARTS:
                raise CannotServe(f"the server ends again and again: {self._last_line()}")
            if time.monotonic() > end:
                raise CannotServe(f"the model was not AVAILABLE after {limit:.0f} s: {self._last_line()}")
            time.sleep(_LOOK_SECONDS)

    def lock(self) -> int:
        """A descriptor that keeps others from changing the instance until it is closed. Raises Refusal."""
        descriptor = os.open(self.etc, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise Refusal(
                "Settings are being applied to this instance already; wait for that to end."
            ) from None
        return descriptor

    def _restarts(self) -> int:
        return int(self._run("restarts").stdout.strip() or 0)

    def _last_line(self) -> str:
        lines = self._run("last-line").stdout.strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"

    def _run(self, verb: str) -> subprocess.CompletedProcess[str]:
        given: Mapping[str, str] = {"GTF_SUPERVISOR": self.supervisor} if self.supervisor else {}
        root = str(self.root).rstrip("/")
        return subprocess.run(
            ["bash", str(_SCRIPT), str(self.userdata), verb],
            env={**environment.inherited(), **given, "GTF_ROOT": root},
            capture_output=True,
            text=True,
            check=False,
        )
