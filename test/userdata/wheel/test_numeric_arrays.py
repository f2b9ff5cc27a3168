"""The quick reader of large arrays must never change what a request means."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from model_server import json_text, numeric_arrays, predict_request
from model_server.errors import ServingError
from model_server.numeric_arrays import NumericArray

_FLOAT, _INT64 = 1, 9
_PAD = "0.123456789," * 12


def _read(body: bytes, inputs: dict[str, int], quick: bool):
    document = numeric_arrays.parse(body) if quick else json_text.parse(body)
    return None if document is None else predict_request.read(body, document, lambda _: inputs)


def _random_value(random_: random.Random, depth: int):
    """Mostly a regular list of numbers, at times not."""
    shape = [random_.randint(1, 4) for _ in range(depth)]

    def build(level: int):
        if level == len(shape):
            odd = random_.random()
            if odd < 0.003:
                return random_.choice([True, None, "1", [1], {}, [], 2**70])
            return random_.choice([random_.uniform(-1e6, 1e6), random_.randint(-9, 9), 1e-30])
        size = shape[level] - (random_.random() < 0.01)
        return [build(level + 1) for _ in range(size)]

    return build(0)


@pytest.mark.parametrize("seed", range(200))
def test_agrees_with_the_exact_reader(seed: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(numeric_arrays, "_WORTH_BYTES", 3)
    random_ = random.Random(seed)  # noqa: S311
    names = random_.choice([["x"], ["a", "b"]])
    inputs = {name: random_.choice([_FLOAT, _INT64]) for name in names}
    values = {name: _random_value(random_, random_.randint(1, 4)) for name in names}
    body = random_.choice(
        [
            {"instances": values["x"] if names == ["x"] else [values] * 3},
            {"instances": [values, values]},
            {"inputs": values},
            {"signature_name": "[1,2]", "inputs": values, "other": [1, 2, 3]},
        ]
    )
    separators = random_.choice([(",", ":"), (", ", ": ")])
    text = json.dumps(body, separators=separators).encode()
    try:
        expected = _read(text, inputs, quick=False)
    except ServingError as error:
        expected = str(error)
    try:
        got = _read(text, inputs, quick=True)
    except ServingError as error:
        got = str(error)

    if got is None or isinstance(expected, str):
        # Left to the exact reader, or refused with its words.
        assert got is None or got == expected
        return
    assert got.signature_name == expected.signature_name
    for name in inputs:
        np.testing.assert_array_equal(got.tensors[name], expected.tensors[name])
        assert got.tensors[name].dtype == expected.tensors[name].dtype


@pytest.mark.parametrize(
    "text",
    [
        "[1[2]]", "[1[,2]]", "[[1,]2]", "[[1]2]", "[1]2", "[-[1]]", "[[1],[2,3]]", "[[1],2]", "[[],[]]", "[]",
        "[1,,2]", "[,1]",
        "[1,]", "[[1],[,2]]", "[[1],]", "[01]", "[1 2]", "[1\n2]", "[1, 2 , 3]", "[true]", "[NaN]", "[1",
        "1]", "[+1]", "[1.]", "[.5]", "[1e]", "[--1]",
    ],
)  # fmt: skip
def test_leaves_anything_irregular_to_the_exact_reader(text: str):
    assert numeric_arrays._parse_array(text.encode()) is None


def test_takes_regular_arrays():
    assert numeric_arrays._parse_array(b"[[[1],[2]],[[3],[4.5]],[[-1e2],[6]]]") == NumericArray(
        [1, 2, 3, 4.5, -100.0, 6], (3, 2, 1)
    )


def test_reads_a_large_request_without_its_lists():
    document = numeric_arrays.parse(b'{"instances": [{"x": [%s1]}]}' % _PAD.encode())
    assert isinstance(document["instances"][0]["x"], NumericArray)


def test_leaves_text_that_looks_like_an_array():
    text = f"[{_PAD}1]"
    body = json.dumps({"signature_name": text, "inputs": {"s": text, "x": json.loads(text)}}).encode()
    document = numeric_arrays.parse(body)
    assert (document["signature_name"], document["inputs"]["s"]) == (text, text)
    assert isinstance(document["inputs"]["x"], NumericArray)


def test_leaves_all_when_an_array_is_where_no_tensor_starts():
    assert numeric_arrays.parse(b'{"inputs": {"x": {"y": [%s1]}}}' % _PAD.encode()) is None
