"""The wheel runtime's model server, by the script of its unit, in a folder that stands for the instance."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from tuning.sweep import environment
from tuning.sweep.servers.server import ServedModel, Server, free_port, model_url


def wheel_server(
    root: Path,
    model: ServedModel,
    variables: Mapping[str, str],
    userdata: Path,
    python: str = sys.executable,
) -> Server:
    """root: an empty folder of its own. variables: the GTF_* ones that decide the serving environment.
    python: of the environment that has TensorFlow and what the model server needs."""
    port = free_port()
    given = {
        **variables,
        "GTF_ROOT": str(root),
        "GTF_REST_PORT": str(port),
        "GTF_MODEL_NAME": model.name,
        "GTF_LISTEN_ADDRESS": "127.0.0.1",
    }
    _furnish(root, model, userdata, python)
    environment.write(userdata, root, given)
    return Server(
        command=["bash", str(root / "opt/graviton-tf/serve/wheel.sh")],
        # What a server that is killed leaves behind goes with the folder.
        environment={**environment.inherited(), **given, "TMPDIR": str(root / "tmp")},
        url=model_url(port, model.name),
        log=root / "server.log",
    )


def _furnish(root: Path, model: ServedModel, userdata: Path, python: str) -> None:
    """What the boot would have put on the instance."""
    versions = root / "var/lib/graviton-tf/models" / model.name
    programs = root / "var/lib/graviton-tf/venv/bin"
    for folder in (versions, programs, root / "opt", root / "tmp"):
        folder.mkdir(parents=True)
    versions.joinpath(str(model.version)).symlink_to(model.folder)
    root.joinpath("opt/graviton-tf").symlink_to(userdata)
    # No symbolic link: Python finds its packages by the path it is called by.
    program = programs / "python"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(python)} "$@"\n')
    program.chmod(0o755)
