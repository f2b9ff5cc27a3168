from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import server as processes

# The tests of single modules import the package as the server does.
sys.path.insert(0, str(processes.PACKAGE))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    script = Path(__file__).with_name("models.py")
    made = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-4000:]
    return folder


@pytest.fixture(scope="session")
def every(models: Path, tmp_path_factory: pytest.TempPathFactory):
    """A server of the model that has a signature for everything."""
    folder = tmp_path_factory.mktemp("every")
    monitoring = folder / "monitoring.config"
    monitoring.write_text("# as the boot writes it\nprometheus_config {\n  enable: true\n}\n")
    flags = (f"--monitoring_config_file={monitoring}", "--tensorflow_intra_op_parallelism=2")
    with processes.running("every", models / "every", folder / "log", *flags) as server:
        server.wait_for_state("1", "AVAILABLE")
        yield server


@pytest.fixture(scope="session")
def demo_model() -> Path:
    """The rehearsal's model: trained, and exported by a Keras that today's loader of SavedModels refuses."""
    folder = processes.ROOT / ".cache" / "demo-model"
    if not (folder / "1" / "saved_model.pb").exists():
        prepare = processes.ROOT / "setup" / "prepare.mjs"
        subprocess.run(["node", prepare, "--quiet", "demo-model"], check=True)
    return folder
