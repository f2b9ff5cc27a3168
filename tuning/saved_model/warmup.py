"""The requests that come with a SavedModel, as TF Serving plays them before a version is AVAILABLE."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from model_server.protos import PredictionLog
from tensorflow.core.framework.tensor_pb2 import TensorProto

from tuning.refusal import Refusal

FILE = Path("assets.extra", "tf_serving_warmup_requests")
_MAX_RECORDS = 1000
_DEFAULT = "serving_default"


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
            log = PredictionLog.FromString(record)
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
