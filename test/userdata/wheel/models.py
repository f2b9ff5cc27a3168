"""Writes the SavedModels that the tests serve: `python models.py FOLDER`.

Run in a process of its own, so that the tests do not load TensorFlow.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf


def _signature(*specs: tf.TensorSpec):
    return lambda function: tf.function(function, input_signature=list(specs))


class Every(tf.Module):
    """One signature for each thing that the JSON form of a tensor can be."""

    @_signature(tf.TensorSpec([None, 3], tf.float32, name="x"))
    def affine(self, x):
        return {"y": 2.0 * x + 1.0}

    @_signature(tf.TensorSpec([None], tf.float32, name="x"))
    def identity(self, x):
        return {"y": tf.identity(x)}

    @_signature(tf.TensorSpec([None], tf.float64, name="x"))
    def double(self, x):
        return {"y": tf.identity(x)}

    @_signature(tf.TensorSpec([None], tf.int64, name="x"))
    def successor(self, x):
        return {"y": x + 1}

    @_signature(tf.TensorSpec([None], tf.int32, name="x"))
    def int32(self, x):
        return {"y": tf.identity(x)}

    @_signature(tf.TensorSpec([None], tf.uint8, name="x"))
    def uint8(self, x):
        return {"y": tf.identity(x)}

    @_signature(tf.TensorSpec([None], tf.bool, name="x"))
    def negate(self, x):
        return {"y": tf.logical_not(x)}

    @_signature(tf.TensorSpec([None], tf.string, name="s"))
    def text(self, s):
        return {"t": tf.identity(s)}

    @_signature(tf.TensorSpec([None], tf.string, name="s"))
    def raw(self, s):
        return {"image_bytes": tf.identity(s)}

    @_signature(tf.TensorSpec([None, 2], tf.float32, name="a"), tf.TensorSpec([None], tf.int64, name="b"))
    def two(self, a, b):
        return {"total": tf.reduce_sum(a, 1), "twice": 2 * b}

    @_signature(tf.TensorSpec([], tf.float32, name="x"))
    def scalar(self, x):
        return {"y": x + 1.0}

    @_signature(tf.TensorSpec([None], tf.float32, name="x"))
    def uneven(self, x):
        return {"a": tf.identity(x), "b": tf.concat([x, x], 0)}

    @_signature(tf.TensorSpec([None], tf.float16, name="x"))
    def half(self, x):
        return {"y": tf.cast(x, tf.float32)}

    @_signature(tf.TensorSpec([None], tf.float32, name="x"))
    def to_half(self, x):
        return {"y": tf.cast(x, tf.float16)}

    @_signature(tf.TensorSpec(None, tf.float32, name="x"))
    def any_rank(self, x):
        return {"y": tf.matmul(x, tf.ones([3, 1]))}

    @_signature(tf.TensorSpec([None], tf.int32, name="index"))
    def lookup(self, index):
        return {"y": tf.gather(tf.constant([10, 20, 30]), index)}

    @_signature(tf.TensorSpec([2], tf.float32, name="x"))
    def pair(self, x):
        return {"y": tf.reshape(x, [2])}

    @_signature(tf.TensorSpec([None], tf.float32, name="x"))
    def total(self, x):
        return {"y": tf.reduce_sum(x)}

    @_signature(tf.TensorSpec([None], tf.int32, name="rounds"))
    def slow(self, rounds):
        x = tf.fill([256, 256], 1.0 / 256)
        for _ in tf.range(rounds[0]):
            x = tf.matmul(x, x)
        return {"y": tf.reshape(x[0, 0], [1])}


class Offset(tf.Module):
    """Answers x plus its own number, so that an answer tells which version gave it."""

    def __init__(self, number: int):
        super().__init__()
        self._number = float(number)

    @_signature(tf.TensorSpec([None], tf.float32, name="x"))
    def add(self, x):
        return {"y": x + self._number}


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _prediction_log(name: str, values: list[float]) -> bytes:
    """A PredictionLog, encoded by hand: the server's own message definitions must not check themselves."""
    tensor = tf.make_tensor_proto(values, tf.float32).SerializeToString()
    inputs = _field(2, _field(1, name.encode()) + _field(2, tensor))
    spec = _field(1, _field(1, b"offset") + _field(3, b"serving_default"))
    return _field(6, _field(1, spec + inputs))


def _write_warmup(version: Path, records: list[bytes]) -> None:
    extra = version / "assets.extra"
    extra.mkdir()
    with tf.io.TFRecordWriter(str(extra / "tf_serving_warmup_requests")) as writer:
        for record in records:
            writer.write(record)


def main(folder: Path) -> None:
    every = Every()
    names = [name for name in vars(Every) if not name.startswith("_")]
    signatures = {name: getattr(every, name) for name in names}
    signatures["serving_default"] = signatures.pop("affine")
    tf.saved_model.save(every, str(folder / "every" / "1"), signatures=signatures)
    for number in (1, 2, 3, 4):
        module, path = Offset(number), folder / "offset" / str(number)
        tf.saved_model.save(module, str(path), signatures={"serving_default": module.add})
    _write_warmup(folder / "offset" / "2", [_prediction_log("x", [1.0, 2.0])] * 3)
    _write_warmup(folder / "offset" / "3", [_prediction_log("wrong", [1.0])])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
