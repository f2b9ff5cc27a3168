"""Whether two models answer the same: the one place that says what "the same" is.

Numbers are the same when |got - expected| <= absolute + relative * |expected|, as numpy.isclose has it. NaN
equals NaN and an infinity equals itself, and neither equals anything else. Integers, bools and strings are
the same only when equal; names, shapes and dtypes always have to be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DEFAULT_ABSOLUTE, DEFAULT_RELATIVE = 1e-4, 1e-3


@dataclass(frozen=True)
class Tolerance:
    absolute: float = DEFAULT_ABSOLUTE
    """In the output's own unit."""
    relative: float = DEFAULT_RELATIVE
    """Share of what was expected, 0.001 = one in a thousand."""


@dataclass
class Accuracy:
    passed: bool
    max_absolute: float
    """Greatest difference of two numbers; infinite where one of them is not finite."""
    max_relative: float
    """Greatest difference over what was expected, where that was not 0."""
    worst: str | None
    """The output that is furthest outside the tolerance, or nearest to it; None without outputs."""
    request: int | None
    """Index of the request that has it."""
    problems: list[str] = field(default_factory=list)
    """What is wrong beside numbers, a sentence each: an output missing, another shape, another text."""


@dataclass
class _Difference:
    absolute: float = 0.0
    relative: float = 0.0
    share: float = 0.0
    """Of what the tolerance allows: up to 1 passes."""
    problem: str = ""


def compare(
    expected: Sequence[Mapping[str, np.ndarray]],
    got: Sequence[Mapping[str, np.ndarray]],
    tolerance: Tolerance,
) -> Accuracy:
    """Compares the outputs of the same requests, in the same order. Raises ValueError for lists of different
    length and for a tolerance that is negative or no number."""
    if not (tolerance.absolute >= 0 and tolerance.relative >= 0):
        raise ValueError(f"a tolerance is 0 or more, got {tolerance.absolute} and {tolerance.relative}")
    result = Accuracy(True, 0.0, 0.0, None, None)
    furthest = -1.0
    for index, (before, after) in enumerate(zip(expected, got, strict=True)):
        for name in sorted(before.keys() | after.keys()):
            difference = _compare(name, before, after, tolerance)
            result.max_absolute = max(result.max_absolute, difference.absolute)
            result.max_relative = max(result.max_relative, difference.relative)
            if difference.problem:
                result.problems.append(difference.problem)
            if difference.share > furthest:
                furthest, result.worst, result.request = difference.share, name, index
    result.passed = furthest <= 1
    return result


def _compare(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], tolerance: Tolerance
) -> _Difference:
    if name not in before or name not in after:
        side = "optimized" if name not in after else "original"
        return _unequal(f"Output {name!r} is missing from the {side} model's answer.")
    expected, got = np.asarray(before[name]), np.asarray(after[name])
    if expected.dtype != got.dtype:
        return _unequal(f"Output {name!r} is {got.dtype}, expected {expected.dtype}.")
    if expected.shape != got.shape:
        return _unequal(f"Output {name!r} has shape {[*got.shape]}, expected {[*expected.shape]}.")
    if not _is_real(expected.dtype):
        count = int(np.sum(expected != got))
        return (
            _unequal(f"Output {name!r} differs in {count} of {got.size} values.") if count else _Difference()
        )
    return _numbers(name, expected, got, tolerance)


def _is_real(dtype: np.dtype) -> bool:
    """Floating point or complex; bfloat16 and float8 are types of their own to NumPy."""
    return dtype.kind in "fc" or dtype.name.startswith(("bfloat", "float8"))


def _numbers(name: str, expected: np.ndarray, got: np.ndarray, tolerance: Tolerance) -> _Difference:
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    expected, got = expected.astype(wide), got.astype(wide)
    # Equal values, infinities among them, and NaNs in the same place are no difference.
    differs = ~((expected == got) | (np.isnan(expected) & np.isnan(got)))
    expected, got = expected[differs], got[differs]
    if not expected.size:
        return _Difference()
    if not (np.isfinite(expected).all() and np.isfinite(got).all()):
        return _unequal(f"Output {name!r} is not finite where the other model's is, or differently so.")
    difference, size = np.abs(got - expected), np.abs(expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(size > 0, difference / size, 0.0)
        share = difference / (tolerance.absolute + tolerance.relative * size)
    return _Difference(float(difference.max()), float(relative.max()), float(share.max()))


def _unequal(problem: str) -> _Difference:
    return _Difference(np.inf, np.inf, np.inf, problem)
