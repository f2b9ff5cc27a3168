"""From a model to a faster one that answers the same: the passes in their order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuning.optimize import batch_norm, grappler, refusals
from tuning.optimize.export import export
from tuning.optimize.freeze import freeze, inline
from tuning.optimize.subject import Subject, subject_of
from tuning.saved_model.load import Model, load


@dataclass
class OptimizeOptions:
    inputs: tuple[str, ...] = ()
    """Frozen graphs only: names of the tensors that are fed."""
    outputs: tuple[str, ...] = ()
    """Frozen graphs only: names of the tensors that are asked for."""
    dtype: str | None = None
    """Frozen graphs only: dtype of the inputs; None takes what the graph says."""
    intra_op: int = 0
    """Threads of the session that reads the variables."""


@dataclass
class Pass:
    name: str
    nodes_before: int
    nodes_after: int
    seconds: float
    note: str = ""


# Report's name -> Grappler's. Their order is that of Grappler's own meta optimizer; constant folding comes
# again because batch norms are folded between.
_PASSES = (
    ("pruning", ("pruning",)),
    ("constant folding", ("constfold", "pruning")),
    ("batch-norm folding", ()),
    ("arithmetic", ("arithmetic", "constfold")),
    ("common subexpressions", ("common_subgraph_elimination",)),
    ("dependency", ("dependency", "pruning")),
)


def optimize(
    source: Path,
    destination: Path,
    options: OptimizeOptions,
    on_pass: Callable[[Pass], None] = lambda _: None,
) -> list[Pass]:
    """Optimizes the SavedModel in `source` (or a frozen graph, a file ending in .pb) into `destination`.

    destination: a folder that does not exist yet; afterwards it is a whole SavedModel, assets.extra included,
    or is not there. Raises Refusal where the model cannot be optimized without changing what it answers.
    """
    with load(source, intra_op=options.intra_op) as model:
        passes = _Passes(model, on_pass)
        passes.run()
        export(passes.subject, source, destination)
    return passes.done


class _Passes:
    def __init__(self, model: Model, on_pass: Callable[[Pass], None]):
        self.subject = subject_of(model.meta_graph, model.session.graph.as_graph_def())
        self.done: list[Pass] = []
        self._session = model.session
        self._on_pass = on_pass

    def run(self) -> None:
        refusals.check(self.subject)
        self._one("inline functions", lambda subject: (inline(subject), ""))
        self._one("freeze", lambda subject: (freeze(subject, self._session), ""))
        for name, optimizers in _PASSES:
            self._one(name, _grappler(optimizers) if optimizers else _fold)

    def _one(self, name: str, change: Callable[[Subject], tuple[Any, str]]) -> None:
        before, begin = self.subject.nodes, time.perf_counter()
        graph_def, note = change(self.subject)
        self.subject.graph_def = graph_def
        done = Pass(name, before, self.subject.nodes, time.perf_counter() - begin, note)
        self.done.append(done)
        self._on_pass(done)


def _grappler(optimizers: tuple[str, ...]) -> Callable[[Subject], tuple[Any, str]]:
    return lambda subject: (grappler.optimized(subject, *optimizers), "")


def _fold(subject: Subject) -> tuple[Any, str]:
    graph_def, count = batch_norm.fold(subject)
    return graph_def, f"{count} folded into the weights before them"
