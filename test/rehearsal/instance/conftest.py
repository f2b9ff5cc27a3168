import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
SUPERVISOR = REPOSITORY / "rehearsal/instance/supervisor.py"
# Its first line asks PATH for Python: a version manager's shim there takes longer than all it does.
os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


class Machine:
    """A sandbox with a running supervisor, driven as the boot scripts drive it: by its command."""

    def __init__(self, root: Path):
        self.root = root
        self.units = root / "etc/systemd/system"
        self.units.mkdir(parents=True)
        (root / "opt/graviton-tf").mkdir(parents=True)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(root), "GTF_ROOT": str(root)}
        self.daemon = subprocess.Popen(
            [SUPERVISOR, "serve"],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.daemon.stdout.readline() == "ready\n"

    def unit(self, name: str, text: str) -> None:
        (self.units / name).write_text(text)

    def script(self, name: str, text: str) -> None:
        path = self.root / "opt/graviton-tf" / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)

    def ctl(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [SUPERVISOR, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def show(self, name: str, unit: str = "a.service") -> str:
        return self.ctl("show", unit, "-p", name, "--value").stdout.strip()

    def logs(self, unit: str = "a.service") -> list[str]:
        return self.ctl("logs", unit, "50").stdout.splitlines()

    def wait(self, condition, seconds: float = 8) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.05)


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path / "root")
    yield made
    made.daemon.terminate()
    assert made.daemon.wait(15) == 0


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
