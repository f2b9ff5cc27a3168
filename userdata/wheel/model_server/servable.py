"""One loaded version of the model: its session, its signatures, and how they are run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .batch import Tensors
from .errors import Code, ServingError, invalid, unimplemented

if TYPE_CHECKING:
    from .batcher import Batcher

DEFAULT_SIGNATURE = "serving_default"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Signature:
    """A SignatureDef, made ready to run."""

    method: str
    inputs: Mapping[str, int]
    """Wire numbers of the types, by input name."""
    input_shapes: Mapping[str, tuple[int, ...] | None]
    """-1: any size. None: any rank."""
    output_names: tuple[str, ...]
    call: Callable[..., list[np.ndarray]]
    """Takes the inputs in the order of `inputs`."""
    queue: Callable[[Tensors], Future[dict[str, np.ndarray]]] | None = None
    """Where requests wait for others to share a run with. None: each request runs by itself."""

    def run(self, tensors: Tensors) -> dict[str, np.ndarray]:
        """Where batching is on, in a batch; waits for it."""
        self._check(tensors)
        return self._run(tensors) if self.queue is None else self.queue(self._ordered(tensors)).result()

    def submit(self, tensors: Tensors) -> Future[dict[str, np.ndarray]]:
        """As run, but does not wait for a batch. Raises what is wrong with this request; the future holds
        what the run of the batch raised."""
        # Before the request could spoil a batch for others.
        self._check(tensors)
        if self.queue is not None:
            return self.queue(self._ordered(tensors))
        answer: Future[dict[str, np.ndarray]] = Future()
        answer.set_result(self._run(tensors))
        return answer

    def batched(self, batcher: Batcher) -> Signature:
        return replace(self, queue=batcher.queue(self._run))

    def _run(self, tensors: Tensors) -> dict[str, np.ndarray]:
        return dict(zip(self.output_names, self.call(*(tensors[name] for name in self.inputs)), strict=True))

    def _check(self, tensors: Tensors) -> None:
        for name, tensor in tensors.items():
            _check_shape(name, tensor.shape, self.input_shapes[name])

    def _ordered(self, tensors: Tensors) -> Tensors:
        return {name: tensors[name] for name in self.inputs}


class Servable:
    """A version that answers until it is closed."""

    def __init__(self, version: int, session: Any, meta_graph: Any, batcher: Batcher | None = None):
        """batcher: None where batching is off."""
        self.version = version
        self.in_flight = 0
        """Guarded by the lock of whoever hands the servable out."""
        self.meta_graph = meta_graph
        self._session = session
        self._batcher = batcher
        self._signatures: dict[str, Signature] = {}
        self._lock = threading.Lock()

    def inputs(self, name: str) -> Mapping[str, int]:
        """Input types of a signature; wording of GetInfoMap in http_rest_api_handler.cc."""
        return self.signature(name).inputs

    def signature(self, name: str) -> Signature:
        key = name or DEFAULT_SIGNATURE
        definition = self.meta_graph.signature_def.get(key)
        if definition is None:
            raise invalid(f'Serving signature name: "{key}" not found in signature def')
        with self._lock:
            if key not in self._signatures:
                self._signatures[key] = self._prepare(key, definition)
            return self._signatures[key]

    def close(self) -> None:
        self._session.close()
        self._session = None

    def _prepare(self, key: str, definition: Any) -> Signature:
        inputs = {name: definition.inputs[name] for name in sorted(definition.inputs)}
        outputs = {name: definition.outputs[name] for name in sorted(definition.outputs)}
        for name, info in (inputs | outputs).items():
            if not info.name:
                raise unimplemented(f'Tensor "{name}" of signature "{key}" is not a dense tensor')
        call = None
        if inputs and outputs:
            call = self._session.make_callable(
                [info.name for info in outputs.values()], feed_list=[info.name for info in inputs.values()]
            )
        signature = Signature(
            method=definition.method_name,
            inputs={name: info.dtype for name, info in inputs.items()},
            input_shapes={name: _declared_shape(info.tensor_shape) for name, info in inputs.items()},
            output_names=tuple(outputs),
            call=call or _nothing_to_run(key),
        )
        if self._batcher is None:
            return signature
        if any(shape and shape[0] != -1 for shape in signature.input_shapes.values()):
            # TF Serving feeds it batches that it was not exported for; the kernels may object.
            _log.warning('signature "%s" has a fixed first dimension: its requests run unbatched', key)
            return signature
        return signature.batched(self._batcher)


def _nothing_to_run(key: str) -> Callable[..., list[np.ndarray]]:
    def call(*_: np.ndarray) -> list[np.ndarray]:
        raise ServingError(Code.FAILED_PRECONDITION, f'Serving signature "{key}" has no outputs')

    return call


def _declared_shape(shape: Any) -> tuple[int, ...] | None:
    return None if shape.unknown_rank else tuple(dim.size for dim in shape.dim)


def _check_shape(name: str, given: tuple[int, ...], declared: tuple[int, ...] | None) -> None:
    """TF Serving leaves this to the first kernel that objects, and some graphs have none: a mistake there is
    an answer computed from the wrong numbers. The signature is checked instead."""
    if declared is None:
        return
    if len(given) != len(declared) or any(d not in (-1, g) for g, d in zip(given, declared, strict=True)):
        expected = ",".join("?" if size == -1 else str(size) for size in declared)
        raise invalid(
            f"Input tensor {name} has shape [{','.join(map(str, given))}], the signature expects [{expected}]"
        )
