"""The optimized graph as a SavedModel: the same signatures, assets and warm-up requests, and no variables."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import EncodeError
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import meta_graph as meta_graphs

from tuning.optimize.subject import Subject
from tuning.refusal import Refusal

_FOLDERS = ("assets", "assets.extra")
_LIMIT = 1 << 31


def export(subject: Subject, source: Path | None, destination: Path) -> None:
    """Writes `destination`, a folder that does not exist yet, whole or not at all.

    source: the SavedModel whose assets and assets.extra go with it; None if there are none. Raises Refusal
    when there is no room for it.
    """
    if destination.exists():
        raise Refusal(f"{destination} already exists.")
    try:
        destination.mkdir(parents=True)
        (destination / "saved_model.pb").write_bytes(_serialized(subject))
        # Model servers look for the folder.
        (destination / "variables").mkdir()
        for name in _FOLDERS:
            if source is not None and (source / name).is_dir():
                _copy(source / name, destination / name)
    except OSError as error:
        shutil.rmtree(destination, ignore_errors=True)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        reason = "there is no room for it" if full else error.strerror or str(error)
        raise Refusal(f"The optimized model cannot be written to {destination}: {reason}.") from error
    except BaseException:
        shutil.rmtree(destination, ignore_errors=True)
        raise


def _copy(source: Path, destination: Path) -> None:
    """As shutil.copytree, whose one error for all files says no reason."""
    for path in sorted(source.rglob("*")):
        target = destination / path.relative_to(source)
        if path.is_dir():
            target.mkdir(parents=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def _serialized(subject: Subject) -> bytes:
    meta_graph = type(subject.meta_graph)()
    meta_graph.CopyFrom(subject.meta_graph)
    info = meta_graph.meta_info_def
    # Whose kernels these nodes are known to: the graph's own versions still say who made the model.
    info.tensorflow_version, info.tensorflow_git_version = tf.version.VERSION, tf.version.GIT_VERSION
    info.ClearField("stripped_op_list")
    info.stripped_op_list.CopyFrom(meta_graphs.stripped_op_list_for_graph(meta_graph.graph_def))
    # An older server knows neither newer attributes nor that their values are the default.
    meta_graphs.strip_graph_default_valued_attrs(meta_graph)
    info.stripped_default_attrs = True
    document = saved_model_pb2.SavedModel(saved_model_schema_version=1, meta_graphs=[meta_graph])
    if document.ByteSize() >= _LIMIT:
        raise Refusal(
            f"The optimized model has {document.ByteSize()} bytes; a SavedModel can hold {_LIMIT - 1}."
        )
    try:
        return document.SerializeToString(deterministic=True)
    except EncodeError as error:
        raise Refusal(f"The optimized model cannot be written: {error}.") from error
