"""What counts as the same answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tuning.optimize.accuracy import Tolerance, compare

EXACT = Tolerance(0.0, 0.0)


def one(expected, got, tolerance=EXACT):
    return compare([{"y": np.asarray(expected)}], [{"y": np.asarray(got)}], tolerance)


def test_the_greatest_differences_and_the_output_that_is_furthest_outside_are_named():
    expected = [{"near": np.array([1000.0]), "far": np.array([1.0, 2.0])}] * 2
    got = [expected[0], {"near": np.array([1000.5]), "far": np.array([1.0, 2.1])}]
    found = compare(expected, got, Tolerance(0.01, 0.001))
    assert not found.passed
    assert (found.worst, found.request) == ("far", 1)
    assert found.max_absolute == pytest.approx(0.5)
    assert found.max_relative == pytest.approx(0.05)


def test_a_difference_at_the_tolerance_passes_and_one_beyond_does_not():
    assert one([1.0], [1.5], Tolerance(0.5, 0.0)).passed
    assert one([2.0], [3.0], Tolerance(0.0, 0.5)).passed
    assert not one([1.0], [1.5000001], Tolerance(0.5, 0.0)).passed
    assert not one([0.0], [1e-9], Tolerance(0.0, 0.5)).passed


numbers = arrays(np.float64, 8, elements=st.floats(-1e6, 1e6, width=32))


@given(numbers, numbers, st.floats(0, 10), st.floats(0, 2))
def test_numbers_are_judged_as_numpy_judges_them(expected, got, absolute, relative):
    close = np.isclose(got, expected, rtol=relative, atol=absolute)
    limit = absolute + relative * np.abs(expected)
    # Where rounding decides, either answer is right.
    if not np.any(np.isclose(np.abs(got - expected), limit, rtol=1e-9, atol=0) & (expected != got)):
        assert one(expected, got, Tolerance(absolute, relative)).passed == close.all()


def test_nan_equals_nan_and_an_infinity_itself_and_neither_anything_else():
    assert one([np.nan, np.inf, -np.inf], [np.nan, np.inf, -np.inf]).passed
    loose = Tolerance(1e30, 1e30)
    for expected, got in ((np.nan, 1.0), (1.0, np.nan), (np.inf, -np.inf), (1.0, np.inf), (np.inf, 1.0)):
        found = one([expected], [got], loose)
        assert not found.passed
        assert found.max_absolute == np.inf
        assert found.problems


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (np.array([1, 2]), np.array([1, 3]), "differs in 1 of 2 values"),
        (np.array([True]), np.array([False]), "differs in 1 of 1"),
        (np.array([b"a"], object), np.array([b"b"], object), "differs in 1 of 1"),
        (np.zeros(2), np.zeros(3), "shape [3], expected [2]"),
        (np.zeros(2, np.float32), np.zeros(2), "float64, expected float32"),
    ],
)
def test_what_is_no_number_or_of_another_kind_has_to_be_equal(expected, got, words):
    assert one(expected, expected).passed
    found = one(expected, got, Tolerance(10.0, 10.0))
    assert not found.passed
    assert words in found.problems[0]


def test_an_output_that_only_one_model_has_does_not_pass():
    missing = compare([{"y": np.zeros(1), "z": np.zeros(1)}], [{"y": np.zeros(1)}], Tolerance())
    added = compare([{"y": np.zeros(1)}], [{"y": np.zeros(1), "z": np.zeros(1)}], Tolerance())
    assert not missing.passed
    assert "missing from the optimized" in missing.problems[0]
    assert not added.passed
    assert "missing from the original" in added.problems[0]


def test_complex_bfloat16_and_empty_outputs_are_compared_as_numbers():
    import ml_dtypes

    assert one(np.array([1 + 1j]), np.array([1 + 1.1j]), Tolerance(0.2, 0)).passed
    assert one(
        np.array([1.0], ml_dtypes.bfloat16), np.array([1.01], ml_dtypes.bfloat16), Tolerance(0.1, 0)
    ).passed
    assert one(np.zeros((0, 3)), np.zeros((0, 3))).passed


def test_lists_of_different_length_and_a_tolerance_that_is_none_are_errors():
    with pytest.raises(ValueError, match="longer|shorter"):
        compare([{}], [], Tolerance())
    for bad in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="tolerance"):
            compare([], [], Tolerance(bad, 0.0))
