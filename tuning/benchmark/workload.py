"""What is asked, and who answers: a session in this process, or a server."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuning.benchmark import endpoint, sample_rows
from tuning.benchmark.endpoint import Client, EndpointError
from tuning.refusal import Refusal
from tuning.saved_model.load import Model, load, locate
from tuning.saved_model.requests import METADATA, Request, requests_for
from tuning.saved_model.signature import Signature

_DEFAULT = "serving_default"
# Longer than this no answer is waited for: a server that hangs fails the run, and does not hold it up.
_TIMEOUT = 30.0


@dataclass(frozen=True)
class Workload:
    ask: Callable[[Request], object]
    samples: list[Request]
    batch: int
    """Samples in one request of Offline."""
    target: endpoint.Target | None
    document: dict[str, Any]
    """As a result has it."""


@contextlib.contextmanager
def open_workload(options: argparse.Namespace, connections: int) -> Iterator[Workload]:
    """Raises Refusal for a model, samples or a server that cannot be used."""
    with contextlib.ExitStack() as stack:
        if options.endpoint:
            target = endpoint.parse(options.endpoint)
            client = endpoint.connect(options.endpoint, connections=connections, timeout=_TIMEOUT)
            stack.callback(client.close)
            requests, source, signature = _requests_of_endpoint(client, target, options)
            ask: Callable[[Request], object] = client.exchange
            path = "grpc" if target.scheme == "grpc" else "rest"
        else:
            target, path = None, "in-process"
            model = stack.enter_context(_loaded(options))
            requests, source, signature = _requests(model, options)

            def ask(request: Request) -> object:
                return model.run(request.signature, request.inputs)

        batched = sample_rows.joinable(signature, requests)
        samples = sample_rows.split(requests) if batched else requests
        if options.batch > 1 and not batched:
            raise Refusal(
                f"--batch {options.batch}: signature {signature.name!r} does not leave open how many rows a "
                "request has, so that samples cannot ride together; leave it out."
            )
        batch = max(1, options.batch)
        document = {
            "kind": "model",
            "model": str(options.model) if options.model else target.name if target else None,
            "signature": signature.name,
            "path": path,
            "endpoint": target.url if target else None,
            "batch": batch if batched else sample_rows.rows(samples[0]) or 1,
            "requests": len(samples),
            "from": source,
            "performanceOnly": True,
            "note": "The values are made up from the signature: times only, the answers mean nothing."
            if source == METADATA
            else "LoadGen's performance mode: answers are not compared with any truth.",
        }
        yield Workload(ask, samples, batch, target, document)


def _loaded(options: argparse.Namespace) -> Model:
    folder, _version = locate(options.model)
    return load(folder, intra_op=options.intra_op, inter_op=options.inter_op)


def _requests_of_endpoint(
    client: Client, target: endpoint.Target, options: argparse.Namespace
) -> tuple[list[Request], str, Signature]:
    if options.model is not None:
        # The model beside the server is loaded for its requests alone.
        with _loaded(options) as model:
            return _requests(model, options)
    try:
        signatures = client.signatures()
    except EndpointError as error:
        raise Refusal(
            f"{error} Give --endpoint a server that answers, or --model DIR for requests."
        ) from None
    return _requests(_Described(signatures, client), options)


class _Described:
    """A server's model, by what it says of itself, in the place of a loaded one."""

    path = Path(os.devnull)

    def __init__(self, signatures: Mapping[str, Signature], client: Client):
        self.signatures = signatures
        self._client = client

    def run(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            return self._client.predict(Request(signature, {**inputs}))
        except EndpointError as error:
            # What a session raises for values that the graph objects to.
            raise ValueError(str(error)) from None


class _OneSignature:
    """A model that has no other signature: LoadGen's samples are all of one kind."""

    def __init__(self, model: Any, signature: Signature):
        self.path = model.path
        self.signatures = {signature.name: signature}
        self.run = model.run


def _requests(model: Any, options: argparse.Namespace) -> tuple[list[Request], str, Signature]:
    signature = _chosen(model.signatures, options.signature)
    requests, source = requests_for(_OneSignature(model, signature), samples=options.samples)
    return requests, source, signature


def _chosen(signatures: Mapping[str, Signature], name: str) -> Signature:
    usable = {key: signature for key, signature in signatures.items() if not signature.composite}
    listed = ", ".join(sorted(usable)) or "none that can be run"
    if name:
        if name not in usable:
            raise Refusal(f"--signature: the model has no {name!r}; it has {listed}.")
        return usable[name]
    if _DEFAULT in usable:
        return usable[_DEFAULT]
    if len(usable) != 1:
        raise Refusal(f"--signature: the model has no {_DEFAULT}; it has {listed}: name one.")
    return next(iter(usable.values()))
