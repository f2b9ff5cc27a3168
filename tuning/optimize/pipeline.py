"""From a model to a faster one that answers the same: the passes in their order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuning.optimize import batch_norm, fusion, grappler, refusals
from tuning.optimize.export import export
from tuning.optimize.freeze import freeze, inline
from tuning.optimize.frozen_graph import optimize_for_inference, subject_of_file
from tuning.optimize.subject import Subject, subject_of
from tuning.saved_model.load import load


@dataclass
class OptimizeOptions:
    inputs: tuple[str, ...] = ()
    """Frozen graphs only: names of the tensors that are fed."""
    outputs: tuple[str, ...] = ()
    """Frozen graphs only: names of the tensors that are asked for."""
    dtype: str | None = None
    """Frozen graphs only: dtype of the inputs; None takes what the graph says."""
    this_machine: bool = False
    """Whether the model is served by this TensorFlow on this machine: then fused nodes are published too."""
    intra_op: int = 0
    """Threads of the session that reads the variables."""


@dataclass
class Pass:
    name: str
    nodes_before: int
    nodes_after: int
    seconds: float
    note: str = ""


_Change = Callable[[Subject], tuple[Any, str]]
"""A pass: the graph after it, and what there is to say of it."""


def _grappler(*optimizers: str) -> _Change:
    return lambda subject: (grappler.optimized(subject, *optimizers), "")


def _fold(subject: Subject) -> tuple[Any, str]:
    graph_def, count = batch_norm.fold(subject)
    return graph_def, f"{count} folded into the weights before them"


def _remap(subject: Subject) -> tuple[Any, str]:
    graph_def = fusion.remap(subject)
    return graph_def, f"{fusion.fused(graph_def)} nodes are fused"


def _left_to_server(subject: Subject) -> tuple[Any, str]:
    count = fusion.fused(fusion.remap(subject))
    return (
        subject.graph_def,
        f"{count} nodes can be fused, which a server does for its own kernels as it loads",
    )


_INLINE = ("inline functions", lambda subject: (inline(subject), ""))
_FOR_INFERENCE = ("optimize_for_inference", lambda subject: (optimize_for_inference(subject), ""))
# Names of the report, and Grappler's own, in the order of its meta optimizer. Constants are folded before the
# batch norms, whose scales are computed from variables.
_PASSES = (
    ("pruning", _grappler("pruning")),
    ("constant folding", _grappler("constfold", "pruning")),
    ("batch-norm folding", _fold),
    ("arithmetic", _grappler("arithmetic", "constfold")),
    ("common subexpressions", _grappler("common_subgraph_elimination")),
    ("dependency", _grappler("dependency", "pruning")),
)
_THIS_MACHINE = (("layout", lambda subject: (fusion.layout(subject), "")), ("remapping", _remap))
_ANY_MACHINE = (("remapping", _left_to_server),)
_FOLDED = 3
"""How many of them there are up to the fold."""


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
    last = _THIS_MACHINE if options.this_machine else _ANY_MACHINE
    if source.is_file():
        subject = subject_of_file(source, options)
        refusals.check(subject)
        passes = _Passes(subject, on_pass)
        passes.run(_INLINE, *_PASSES[:_FOLDED], _FOR_INFERENCE, *_PASSES[_FOLDED:], *last)
        export(passes.subject, None, destination)
        return passes.done
    with load(source, intra_op=options.intra_op) as model:
        subject = subject_of(model.meta_graph, model.session.graph.as_graph_def())
        refusals.check(subject)
        passes = _Passes(subject, on_pass)
        passes.run(_INLINE, ("freeze", lambda subject: (freeze(subject, model.session), "")), *_PASSES, *last)
    export(passes.subject, source, destination)
    return passes.done


class _Passes:
    def __init__(self, subject: Subject, on_pass: Callable[[Pass], None]):
        self.subject = subject
        self.done: list[Pass] = []
        self._on_pass = on_pass

    def run(self, *passes: tuple[str, _Change]) -> None:
        for name, change in passes:
            before, begin = self.subject.nodes, time.perf_counter()
            graph_def, note = change(self.subject)
            self.subject.graph_def = graph_def
            done = Pass(name, before, self.subject.nodes, time.perf_counter() - begin, note)
            self.done.append(done)
            self._on_pass(done)
