from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# As the programs are started: the package root for `tuning`, the wheel's for `model_server`.
sys.path[:0] = [str(ROOT), str(ROOT / "userdata" / "wheel"), str(ROOT / "test" / "fixtures" / "models")]
# A job in the background ignores Ctrl-C, and with it every process that a test would interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class Optimized:
    source: Path
    folder: Path
    passes: list


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Name of a generated model -> its small SavedModel, made once."""
    folder, made = tmp_path_factory.mktemp("generated"), {}

    def get(name: str) -> Path:
        if name not in made:
            from generate import generate

            made[name] = generate(name, folder / name, small=True)
        return made[name]

    return get


@pytest.fixture(scope="session")
def optimized(generated, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Optimized]:
    """Name of a generated model -> what optimize() makes of it, made once."""
    folder, made = tmp_path_factory.mktemp("optimized"), {}

    def get(name: str) -> Optimized:
        if name not in made:
            from tuning.optimize.pipeline import OptimizeOptions, optimize

            destination = folder / name / "2"
            passes = optimize(generated(name), destination, OptimizeOptions())
            made[name] = Optimized(generated(name), destination, passes)
        return made[name]

    return get
