"""The serving environment of a candidate, computed by the scripts that compute an instance's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuning.cancellation import shielded
from tuning.refusal import Refusal

_SCRIPT = Path(__file__).with_name("environment.sh")
# What a service would be started with.
_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Machine:
    vcpus: int
    bf16: bool
    threads: Mapping[int, int]
    """Intra-op threads of each process, by the numbers of processes that leave no vCPU over."""


def userdata_folder(given: Path | None = None) -> Path:
    """The boot scripts: those given, those beside this package, or those of the instance this runs on."""
    beside = Path(__file__).resolve().parents[2] / "userdata"
    installed = Path(os.environ.get("GTF_ROOT", "") + "/opt/graviton-tf")
    folders = [given] if given else [beside, installed]
    for folder in folders:
        if (folder / "phases" / "serving-environment.sh").is_file():
            return folder.resolve()
    raise Refusal(f"--userdata: {folders[0]} holds no phases/serving-environment.sh; expected userdata/.")


def userdata_of(root: Path, given: Path | None = None) -> Path:
    """The boot scripts of an instance of ours. Raises Refusal for a machine that is none."""
    etc = root / "etc/graviton-tf"
    if not (etc / "boot.env").is_file() or not (etc / "serving.env").is_file():
        raise Refusal(f"{etc} holds no boot.env and serving.env: no stack of ours booted this machine.")
    return userdata_folder(given or root / "opt/graviton-tf")


def inherited() -> dict[str, str]:
    """The variables that a server gets beside its own: none that would change how it computes."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def of_the_machine() -> dict[str, str]:
    """Where /proc is, if it is elsewhere."""
    return {"GTF_PROC": os.environ["GTF_PROC"]} if "GTF_PROC" in os.environ else {}


def machine(userdata: Path) -> Machine:
    """The facts by which the boot scripts decide."""
    words = [line.split() for line in _run(userdata, of_the_machine(), "machine").splitlines()]
    found = {line[0]: line[1] for line in words if len(line) == 2}
    threads = {int(line[1]): int(line[2]) for line in words if line[0] == "threads"}
    return Machine(int(found["vcpus"]), found["bf16"] == "true", threads)


def boot_variables(userdata: Path, root: Path) -> dict[str, str]:
    """boot.env below the root of an instance of ours."""
    text = _run(userdata, {}, "read", str(root / "etc/graviton-tf/boot.env"))
    return dict(entry.split("=", 1) for entry in text.split("\0") if entry)


def write(userdata: Path, root: Path, variables: Mapping[str, str]) -> None:
    """Writes serving.env, boot.env and TF Serving's own files below root's etc/graviton-tf.

    Raises Refusal with the script's sentence when it fails.
    """
    _run(userdata, variables, "write", str(root))


def read_lines(root: Path) -> dict[str, str]:
    """serving.env below root: word for word, as `docker run --env-file` reads it."""
    text = (root / "etc/graviton-tf/serving.env").read_text(encoding="utf-8")
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _run(userdata: Path, variables: Mapping[str, str], *words: str) -> str:
    # Put off: a script that is killed would leave its own children writing where all is being removed.
    with shielded():
        done = subprocess.run(
            ["bash", str(_SCRIPT), str(userdata), *words],
            env={**inherited(), **variables},
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise Refusal(f"The serving environment cannot be computed: {lines[-1].rstrip('.')}.")
    return done.stdout
