"""MLCommons' LoadGen: a module in C++, which not every machine has a wheel of."""

from __future__ import annotations

import importlib.util
from typing import Any

from tuning.refusal import Refusal

_MISSING = (
    "LoadGen is not installed: run 'pip install mlcommons-loadgen==6.0.17' with the Python that runs this "
    "(where PyPI has no wheel, as on aarch64, pip compiles it: install g++ and Python's headers first, "
    "'gcc-c++ python3-devel' on Amazon Linux, 'g++ python3-dev' on Ubuntu)."
)


def check_installed() -> None:
    """Raises Refusal, saying what to install, without loading it."""
    if importlib.util.find_spec("mlperf_loadgen") is None:
        raise Refusal(_MISSING)


def load_loadgen() -> Any:
    """Its module. Raises Refusal where it is not installed or does not load."""
    check_installed()
    try:
        import mlperf_loadgen
    except ImportError as error:
        raise Refusal(f"LoadGen does not load ({error}): install it anew for this Python.") from None
    return mlperf_loadgen
