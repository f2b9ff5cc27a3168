from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
WHEEL = ROOT / "userdata" / "wheel"
# As the programs are started: the package root for `tuning`, the wheel's for `model_server`.
sys.path[:0] = [str(ROOT), str(WHEEL), str(ROOT / "test" / "userdata" / "wheel"), str(Path(__file__).parent)]


@pytest.fixture(scope="session")
def program_environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(WHEEL)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture(scope="session")
def base_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two signatures: y = 2 x + 1 of rows of three, and the sum of exactly two rows."""
    import tensorflow as tf

    class Small(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def affine(self, x):
            return {"y": 2.0 * x + 1.0}

        @tf.function(input_signature=[tf.TensorSpec([2, 3], tf.float32, name="x")])
        def pair(self, x):
            return {"total": tf.reduce_sum(x), "text": tf.constant([b"\xff\x00", b"pair"])}

    folder = tmp_path_factory.mktemp("benchmark") / "small"
    module = Small()
    signatures = {"serving_default": module.affine, "pair": module.pair}
    tf.saved_model.save(module, str(folder / "1"), signatures=signatures)
    return folder


@pytest.fixture(scope="session")
def wheel_server(base_path: Path, tmp_path_factory: pytest.TempPathFactory):
    """The wheel runtime's model server, in a process of its own."""
    import server

    log = tmp_path_factory.mktemp("wheel-server") / "log"
    with server.running("small", base_path, log) as running:
        running.wait_for_state("1", "AVAILABLE")
        yield running


@pytest.fixture(scope="session")
def grpc_server(base_path: Path):
    """A stand-in for tensorflow_model_server's gRPC port; the model behind it is real."""
    import grpc_stand_in

    with grpc_stand_in.serving("small", base_path / "1") as port:
        yield port


@pytest.fixture(scope="session")
def demo_model() -> Path:
    """The rehearsal's model: trained, and exported by a Keras that today's loader of SavedModels refuses."""
    import subprocess

    folder = ROOT / ".cache" / "demo-model"
    if not (folder / "1" / "saved_model.pb").exists():
        prepare = ROOT / "setup" / "prepare.mjs"
        subprocess.run(["node", prepare, "--quiet", "demo-model"], check=True)
    return folder
