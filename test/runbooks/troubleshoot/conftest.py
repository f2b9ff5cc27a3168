from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from diagnosed_instance import ROOT, STUB, Instance, wait_for

sys.path.append(str(ROOT / "test" / "userdata" / "wheel"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory):
    """(instance, its model server): the real wheel runtime with two processes and the rehearsal's model."""
    import server as processes

    root = tmp_path_factory.mktemp("instance")
    base = root / "models" / "demo"
    demo = ROOT / ".cache" / "demo-model"
    if not (demo / "1" / "saved_model.pb").exists():
        subprocess.run(["node", ROOT / "setup/prepare.mjs", "--quiet", "demo-model"], check=True)
    shutil.copytree(demo, base)
    monitoring = root / "monitoring.config"
    monitoring.write_text("prometheus_config { enable: true }")
    flags = [
        "--tensorflow_intra_op_parallelism=2", "--tensorflow_inter_op_parallelism=1", "--processes=2",
        f"--monitoring_config_file={monitoring}",
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
        environment.setenv("TF_VAR_password", "not to be told")
        environment.setenv("DATABASE_PASSWORD", "not to be told")
        # Else it would think that it serves the pytest run.
        environment.delenv("PYTHONPATH", raising=False)
        with processes.running("demo", base, root / "server.log", *flags) as running:
            running.wait_for_state("1", "AVAILABLE")
            yield Instance(root), running


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


@pytest.fixture
def serve(instance: Instance):
    """Starts TensorFlow Serving's stand-in on the instance: serve(behaviour, flag…) gives its process."""
    started = []

    def start(*flags: str, environment: dict[str, str] | None = None) -> subprocess.Popen:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        base = instance.root / "models" / "toy"
        (base / "1").mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [
                sys.executable,
                STUB / "tensorflow_model_server",
                f"--rest_api_port={port}",
                "--model_name=toy",
                f"--model_base_path={base}",
                *flags,
            ],
            env={"PATH": "/usr/bin:/bin", "TF_ENABLE_ONEDNN_OPTS": "1", **(environment or {})},
            stderr=subprocess.DEVNULL,
        )
        started.append(process)

        def listens():
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0

        wait_for(listens)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
