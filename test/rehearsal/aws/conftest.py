"""Emulators for the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from embedded_aws import ROOT, EmbeddedAws, start, stop

# Some of the package is also tested without a server.
sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def aws() -> Iterator[EmbeddedAws]:
    """One emulator for all tests that leave its authorization off."""
    process, ready = start("rehearsal.aws")
    yield EmbeddedAws(ready)
    stop(process)


@pytest.fixture
def own_aws() -> Iterator[EmbeddedAws]:
    """An emulator of the test's own."""
    process, ready = start("rehearsal.aws")
    yield EmbeddedAws(ready)
    stop(process)
