from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from measured_instance import ROOT, Instance

sys.path += [str(ROOT / "test" / "userdata" / "wheel"), str(ROOT / "test" / "tuning" / "optimize")]


@pytest.fixture(scope="session")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """S3 as a folder of buckets, and beside them the documents of all runbooks."""
    folder = tmp_path_factory.mktemp("buckets")
    names = ("troubleshoot", "optimize", "right-size", "mlperf")
    render = ["node", "--import", "tsx", "test/runbooks/command/render.ts", str(folder), *names]
    subprocess.run(render, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from layers import write_layer

    return write_layer(tmp_path_factory.mktemp("layer"))


@pytest.fixture
def own_modules():
    """A step's files import each other by names that other tests' modules may have, too."""
    names = ("apply", "measure", "program", "target", "traffic")
    others = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    yield
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(others)


@pytest.fixture
def instance(tmp_path: Path, buckets: Path) -> Instance:
    """Without a server."""
    return Instance(tmp_path, buckets)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, buckets: Path, model: Path):
    """(instance, its model server): the real wheel runtime."""
    import server as processes

    instance = Instance(tmp_path_factory.mktemp("instance"), buckets)
    base = instance.root / "models" / "layer"
    shutil.copytree(model, base)
    monitoring = instance.root / "monitoring.config"
    monitoring.write_text("prometheus_config { enable: true }")
    flags = [
        "--tensorflow_intra_op_parallelism=2", "--tensorflow_inter_op_parallelism=1", "--processes=1",
        f"--monitoring_config_file={monitoring}",
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
        # Else it would think that it serves the pytest run.
        environment.delenv("PYTHONPATH", raising=False)
        with processes.running("layer", base, instance.root / "server.log", *flags) as running:
            running.wait_for_state("1", "AVAILABLE")
            yield instance, running
