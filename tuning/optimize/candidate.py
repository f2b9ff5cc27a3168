"""The original and what is made of it, in one process: asked, optimized, asked again, held together."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import tensorflow as tf

from ..saved_model.load import load, locate
from ..saved_model.requests import requests_for
from . import exchange
from .exchange import Tell
from .frozen_graph import write_saved_model
from .pipeline import OptimizeOptions, optimize


class Candidate:
    """The worker's commands, in the order of its methods."""

    def locate(self, model: str, version: int, tell: Tell) -> dict[str, Any]:
        """The folder of a model, and its version where it has one."""
        folder, found = locate(Path(model, str(version)) if version else Path(model))
        return {"folder": str(folder), "version": found}

    def ask_original(
        self,
        model: str,
        samples: str | None,
        batch: int,
        count: int,
        requests: str,
        answers: str,
        frozen: dict[str, Any] | None,
        work: str,
        tell: Tell,
    ) -> dict[str, Any]:
        """Finds the requests and answers them, both into files.

        frozen: inputs, outputs and dtype of a frozen graph, which becomes a SavedModel in `work` as it is.
        The result's `model` is the SavedModel that was asked.
        """
        if frozen:
            write_saved_model(Path(model), Path(work), OptimizeOptions(**frozen))
            model = work
        with load(Path(model)) as original:
            found, source = requests_for(
                original, samples=Path(samples) if samples else None, batch=batch or None, count=count
            )
            exchange.write_requests(Path(requests), found)
            exchange.write(Path(answers), exchange.answers(original, found))
            return {
                "model": model,
                "requests": len(found),
                "from": source,
                "signatures": [signature.document() for signature in original.signatures.values()],
                "tensorflow": tf.__version__,
            }

    def optimize(self, source: str, destination: str, options: dict[str, Any], tell: Tell) -> Any:
        """The passes that were made, each told as it ends. options: those of OptimizeOptions."""
        passes = optimize(
            Path(source), Path(destination), OptimizeOptions(**options), lambda one: tell(asdict(one))
        )
        return [asdict(one) for one in passes]

    def judge(
        self, model: str, requests: str, answers: str, tolerance: dict[str, float], tell: Tell
    ) -> dict[str, Any]:
        """How far the answers of a model are from those in the file."""
        with load(Path(model)) as optimized:
            found = exchange.read_requests(Path(requests))
            got = exchange.answers(optimized, found)
        return exchange.compared(exchange.read(Path(answers)), got, found, tolerance)
