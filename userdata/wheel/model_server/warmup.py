"""Warm-up: the requests that come with a version, played before it is AVAILABLE.

Follows tensorflow_serving/servables/tensorflow/saved_model_warmup_util.cc: a record that fails is a version
that fails to load.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.framework.tensor_pb2 import TensorProto

from . import metrics
from .errors import Code, ServingError, from_exception, invalid, unimplemented
from .protos import PredictionLog
from .servable import Servable

_FILE = Path("assets.extra", "tf_serving_warmup_requests")
_MAX_RECORDS = 1000

_log = logging.getLogger(__name__)


def play(version_path: Path, servable: Servable) -> None:
    file = version_path / _FILE
    if not file.exists():
        return
    begin = time.perf_counter()
    try:
        count = _play_records(file, servable)
    except Exception as exception:
        error = from_exception(exception)
        metrics.model_warmup(str(version_path), error.code.name, time.perf_counter() - begin)
        raise error from exception
    metrics.model_warmup(str(version_path), Code.OK.name, time.perf_counter() - begin)
    _log.info("played %d warm-up records of %s in %.2f s", count, version_path, time.perf_counter() - begin)


def _play_records(file: Path, servable: Servable) -> int:
    count = 0
    try:
        for record in tf.compat.v1.io.tf_record_iterator(str(file)):
            _play_record(record, file, servable)
            count += 1
            if count > _MAX_RECORDS:
                raise invalid(f"Number of warmup records exceeds the maximum ({_MAX_RECORDS}) at {file}")
    except tf.errors.DataLossError as error:
        raise ServingError(
            Code.DATA_LOSS, f"{error.message}. Please verify your warmup data is in TFRecord format."
        ) from None
    return count


def _play_record(record: bytes, file: Path, servable: Servable) -> None:
    try:
        log = PredictionLog.FromString(record)
    except DecodeError:
        raise invalid(f"Failed to parse warmup record from {file}") from None
    if not log.HasField("predict_log"):
        kinds = [field.name for field, _ in log.ListFields()]
        if kinds:
            raise unimplemented(f"Unsupported log_type for warmup: {kinds[0]}")
        return
    request = log.predict_log.request
    signature = servable.signature(request.model_spec.signature_name)
    tensors = {entry.key: tf.make_ndarray(_tensor(entry.value, file)) for entry in request.inputs}
    if tensors.keys() != signature.inputs.keys():
        raise invalid(
            f"input size does not match signature: {len(tensors)}!={len(signature.inputs)} "
            f"len({{{','.join(sorted(tensors))}}}) != len({{{','.join(sorted(signature.inputs))}}})."
        )
    signature.run(tensors)


def _tensor(data: bytes, file: Path) -> TensorProto:
    try:
        return TensorProto.FromString(data)
    except DecodeError:
        raise invalid(f"Failed to parse warmup record from {file}") from None
