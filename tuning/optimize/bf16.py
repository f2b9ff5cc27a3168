"""What BF16 fast math costs this model in accuracy, and gains it in time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..fast_math import OFF, ON
from ..machine import has_bf16
from .kernels import kernels_of
from .measure import Comparison, compare, load
from .process import worker

_UNUSED = "with DNNL_DEFAULT_FPMATH_MODE=BF16 this TensorFlow runs no kernel of this model in it"
_MISSING = "the processor has no bf16: /proc/cpuinfo does not name it"


@dataclass(frozen=True)
class Bf16:
    available: bool
    why: str = ""
    """Why it is not available; empty if it is."""
    maxAbsolute: float | None = None  # noqa: N815 - the report's names
    maxRelative: float | None = None  # noqa: N815
    passed: bool | None = None
    """Whether the difference to float32 is within the tolerance of the accuracy gate."""
    speedup: float | None = None
    """Time without it over time with it: bigger is better."""

    def document(self) -> dict[str, Any]:
        return asdict(self)


def bf16_of(
    model: Path,
    requests: Path,
    intra_op: int,
    work: Path,
    tolerance: dict[str, float],
    pairs: int,
    seconds: float,
    on_pair: Callable[[int, int, Comparison], None],
    environment: Mapping[str, str | None],
) -> Bf16:
    """Both ways in processes of their own: TensorFlow and oneDNN read the variable once, as they start."""
    if not has_bf16():
        return Bf16(False, _MISSING)
    (found,) = kernels_of([model], requests, intra_op, work, {**environment, **ON})
    if not found.bf16_used:
        return Bf16(False, f"the processor has it, but {found.why or _UNUSED}")
    answers = work / "float32.answers"
    with contextlib.ExitStack() as stack:
        off, on = workers = [stack.enter_context(worker({**environment, **way})) for way in (OFF, ON)]
        first, second = load(workers, (model, model), requests, intra_op)
        off.ask("answer", file=answers)
        accuracy = on.ask("compare", expected=answers, tolerance=tolerance)
        found = compare((off, first), (on, second), pairs, seconds, 0, on_pair)
    return Bf16(True, "", accuracy["maxAbsolute"], accuracy["maxRelative"], accuracy["passed"], found.speedup)
