"""A version folder, loaded as a Servable.

Imports TensorFlow, which takes seconds: only the thread that loads versions imports this module, so that
status requests are answered meanwhile.
"""

from __future__ import annotations

import gc
import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

# TensorFlow's C++ code prints dozens of information lines; warnings and errors stay.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

import tensorflow as tf  # noqa: E402

from . import metrics, warmup  # noqa: E402
from .servable import Servable  # noqa: E402

if TYPE_CHECKING:
    from .batcher import Batcher

# The session loader is deprecated in favour of one that cannot load older Keras models; it says so each time.
logging.getLogger("tensorflow").setLevel(logging.ERROR)


def load(
    version: int,
    path: Path,
    intra_op_threads: int,
    inter_op_threads: int,
    play_warmup: bool,
    batcher: Batcher | None = None,
) -> Servable:
    """The session loader loads what tf.saved_model.load does not: older Keras models with optimizer slots."""
    begin = time.perf_counter()
    try:
        servable = _load(version, path, intra_op_threads, inter_op_threads, batcher)
    except BaseException:
        metrics.model_load(str(path), None)
        raise
    metrics.model_load(str(path), time.perf_counter() - begin)
    try:
        if play_warmup:
            warmup.play(path, servable)
    except BaseException:
        servable.close()
        raise
    # The graph's Python objects live as long as the version. Without this, each full collection that request
    # parsing triggers walks all of them.
    gc.collect()
    gc.freeze()
    return servable


def _load(
    version: int, path: Path, intra_op_threads: int, inter_op_threads: int, batcher: Batcher | None
) -> Servable:
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=intra_op_threads, inter_op_parallelism_threads=inter_op_threads
    )
    graph = tf.Graph()
    session = tf.compat.v1.Session(graph=graph, config=config)
    try:
        with graph.as_default():
            meta_graph = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
        # Only the signatures are read from here on; the graph itself can be hundreds of megabytes.
        signatures = type(meta_graph)()
        for name, definition in meta_graph.signature_def.items():
            signatures.signature_def[name].CopyFrom(definition)
    except BaseException:
        session.close()
        raise
    return Servable(version, session, signatures, batcher)
