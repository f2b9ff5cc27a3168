from __future__ import annotations

from pathlib import Path

import pytest
from layers import write_layer


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_layer(tmp_path_factory.mktemp("layer"))
