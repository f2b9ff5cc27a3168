"""The requests that come with a SavedModel, as TF Serving plays them before a version is AVAILABLE.

There is no tensorflow-serving-api package for today's TensorFlow, so the few messages of
tensorflow_serving/apis/prediction_log.proto, predict.proto and model.proto are declared by field number.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from tensorflow.core.framework.tensor_pb2 import TensorProto

from tuning.refusal import Refusal

FILE = Path("assets.extra", "tf_serving_warmup_requests")
_MAX_RECORDS = 1000
_DEFAULT = "serving_default"

# message -> field -> (number, type); a repeated field's type ends in *. A map<string, TensorProto> is on the
# wire a repeated {key = 1, value = 2}, and a nested message has the encoding of bytes.
_MESSAGES = {
    "ModelSpec": {"signature_name": (3, "string")},
    "NamedTensor": {"key": (1, "string"), "value": (2, "bytes")},
    "PredictRequest": {"model_spec": (1, "ModelSpec"), "inputs": (2, "NamedTensor*")},
    "PredictLog": {"request": (1, "PredictRequest")},
    "PredictionLog": {"predict_log": (6, "PredictLog")},
}
_SCALARS = {"string": 9, "bytes": 12}
_OPTIONAL, _REPEATED, _MESSAGE = 1, 3, 11


def read(model: Path) -> list[tuple[str, dict[str, np.ndarray]]]:
    """Signature and inputs of each predict record; none if the model brings none.

    Records of other kinds (classify, regress) are passed over. Raises Refusal for a damaged file.
    """
    file = model / FILE
    return list(_records(file)) if file.is_file() else []


def _records(file: Path) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    try:
        for number, record in enumerate(tf.compat.v1.io.tf_record_iterator(str(file))):
            if number == _MAX_RECORDS:
                return
            log = _PredictionLog.FromString(record)
            if log.HasField("predict_log"):
                request = log.predict_log.request
                yield (
                    request.model_spec.signature_name or _DEFAULT,
                    {
                        entry.key: tf.make_ndarray(TensorProto.FromString(entry.value))
                        for entry in request.inputs
                    },
                )
    except (tf.errors.DataLossError, DecodeError, TypeError, ValueError) as error:
        raise Refusal(f"{file} holds no warm-up requests that can be read: {error}.") from error


def _message_class() -> type:
    file = descriptor_pb2.FileDescriptorProto(name="warmup.proto", package="tuning.serving", syntax="proto2")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, (number, declared) in fields.items():
            kind = declared.rstrip("*")
            label = _REPEATED if declared.endswith("*") else _OPTIONAL
            field = message.field.add(
                name=name, number=number, label=label, type=_SCALARS.get(kind, _MESSAGE)
            )
            if kind not in _SCALARS:
                field.type_name = f".{file.package}.{kind}"
    # A pool of its own keeps the messages apart from any other copy in the process.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.PredictionLog"))


_PredictionLog = _message_class()
