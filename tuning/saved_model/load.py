"""A SavedModel, loaded as a model server loads it: by a session, which also takes older Keras models."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# TensorFlow's C++ code prints dozens of information lines; warnings and errors stay.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from tuning.refusal import Refusal  # noqa: E402
from tuning.saved_model.signature import Signature, signatures_of  # noqa: E402

# The session loader is deprecated in favour of one that cannot load older Keras models; it says so each time.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

_GRAPH_FILES = ("saved_model.pb", "saved_model.pbtxt", "saved_model.cpb")
_UNREGISTERED = re.compile(r"Op type not registered '([^']+)'")


class Model:
    """A loaded SavedModel; a context manager that ends its session."""

    def __init__(self, path: Path, session: Any, meta_graph: Any):
        self.path = path
        self.session = session
        self.meta_graph = meta_graph
        """The MetaGraphDef as it was saved."""
        self.signatures: Mapping[str, Signature] = signatures_of(meta_graph)
        self._calls: dict[str, Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]] = {}
        self._lock = threading.Lock()

    def run(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name. Threads may call it at the same time.

        Raises Refusal for a signature or an input that the model does not have, and TensorFlow's own error
        (tf.errors.OpError, ValueError) when the graph objects to a value.
        """
        with self._lock:
            call = self._calls.get(signature)
            if call is None:
                call = self._calls[signature] = self._prepare(signature)
        return call(inputs)

    def close(self) -> None:
        self.session.close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, name: str) -> Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]:
        signature = self.signatures.get(name)
        if signature is None:
            raise Refusal(f"The model has no signature {name!r}; it has {_listed(self.signatures)}.")
        if signature.composite:
            raise Refusal(
                f"Signature {name!r} cannot be run: {_listed(signature.composite)} is no dense tensor."
            )
        fed = {spec.tensor: key for key, spec in signature.inputs.items()}
        # A session does not compute what it is given.
        echoed = {key: fed[spec.tensor] for key, spec in signature.outputs.items() if spec.tensor in fed}
        computed = {key: spec.tensor for key, spec in signature.outputs.items() if key not in echoed}
        keys = sorted(signature.inputs)
        compiled = self.session.make_callable(
            list(computed.values()), feed_list=[signature.inputs[key].tensor for key in keys]
        )

        def call(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
            if inputs.keys() != signature.inputs.keys():
                raise Refusal(f"Signature {name!r} takes {_listed(keys)}, got {_listed(inputs)}.")
            outputs = dict(zip(computed, compiled(*(inputs[key] for key in keys)), strict=True))
            return outputs | {key: np.asarray(inputs[source]) for key, source in echoed.items()}

        return call


def load(path: Path, *, intra_op: int = 0, inter_op: int = 1) -> Model:
    """Loads the SavedModel in the folder `path`; raises Refusal, with the reason, if it does not load.

    intra_op, inter_op: threads, 0 = as many as the machine has processors. TensorFlow shares the intra-op
    threads among all sessions of a process: the first session decides their number.
    """
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=intra_op,
        inter_op_parallelism_threads=inter_op,
        use_per_session_threads=True,
    )
    graph = tf.Graph()
    session = tf.compat.v1.Session(graph=graph, config=config)
    try:
        with graph.as_default():
            meta_graph = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
    except Exception as error:
        session.close()
        raise Refusal(_why(path, error)) from error
    except BaseException:
        session.close()
        raise
    return Model(path, session, meta_graph)


def locate(path: Path) -> tuple[Path, int | None]:
    """A SavedModel's folder and its version: `path` itself, or the newest version under a base path.

    The version is None when the folder's name is no number. Raises Refusal when there is no SavedModel.
    """
    if not path.is_dir():
        raise Refusal(f"{path} is no folder; expected a SavedModel or a folder of versions.")
    if _holds_graph(path):
        return path, int(path.name) if _is_version(path.name) else None
    versions = {
        int(child.name): child for child in path.iterdir() if _is_version(child.name) and child.is_dir()
    }
    if not versions:
        raise Refusal(f"{path} holds neither {_GRAPH_FILES[0]} nor numbered version folders.")
    newest = max(versions)
    if not _holds_graph(versions[newest]):
        raise Refusal(f"{versions[newest]} holds no {_GRAPH_FILES[0]}.")
    return versions[newest], newest


def _holds_graph(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _GRAPH_FILES)


def _is_version(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _why(path: Path, error: Exception) -> str:
    text = " ".join(str(getattr(error, "message", "") or error).split())
    text = text.removeprefix("Graph execution error: ")
    custom = _UNREGISTERED.search(text)
    if custom:
        return (
            f"{path} uses the operation {custom[1]}, which TensorFlow {tf.__version__} does not have: "
            "a custom operation, or one of a newer TensorFlow."
        )
    return f"{path} does not load: {text[:300].rstrip('. ')}."


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
