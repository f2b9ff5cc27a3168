from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]


@pytest.fixture(scope="session")
def program_environment() -> dict[str, str]:
    """As the programs are started."""
    path = [str(ROOT), str(ROOT / "userdata" / "wheel")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session")
def userdata() -> Path:
    return ROOT / "userdata"


@pytest.fixture(scope="session")
def base_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model base path; y = 2 x + 1."""
    import tensorflow as tf

    class Small(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
        def affine(self, x):
            return {"y": 2.0 * x + 1.0}

    folder = tmp_path_factory.mktemp("sweep") / "small"
    module = Small()
    tf.saved_model.save(module, str(folder / "1"), signatures=module.affine)
    return folder


@pytest.fixture(scope="session")
def requests_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What tuning.sweep.prepare would have written for that model."""
    file = tmp_path_factory.mktemp("requests") / "requests"
    inputs = {"x": np.ones((1, 3), np.float32)}
    file.write_bytes(pickle.dumps([("serving_default", inputs, 1)]))
    return file


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[..., str]:
    """Makes a Python for wheel_server that serves no model; see model_server_stand_in.py."""

    def make(**behaviours: object) -> str:
        program = tmp_path / "python"
        script = Path(__file__).with_name("model_server_stand_in.py")
        tmp_path.joinpath("behaviours.json").write_text(json.dumps(behaviours))
        program.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" "{script}" "{tmp_path}/behaviours.json" "$@"\n'
        )
        program.chmod(0o755)
        return str(program)

    return make
