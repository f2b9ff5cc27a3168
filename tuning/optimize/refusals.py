"""What cannot be optimized without changing what the model answers, and why.

A frozen model has one answer to a request. So each operation that a signature reaches, in functions too, must
either depend on nothing but its inputs or be known here to be harmless.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorflow.python.framework import op_def_registry

from tuning.optimize.graph import needed, node_of
from tuning.optimize.subject import Subject
from tuning.refusal import Refusal

# Stateful by TensorFlow's book, yet the same request always has the same answer.
_HARMLESS = {
    # Variables and tables that are only read. What a table holds comes from the model's initialisation.
    *("VarHandleOp", "ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VarIsInitializedOp"),
    *("Variable", "VariableV2", "IsVariableInitialized", "DisableCopyOnRead"),
    *("HashTable", "HashTableV2", "LookupTableFind", "LookupTableFindV2"),
    *("LookupTableSize", "LookupTableSizeV2"),
    # Functions: looked into.
    *("StatefulPartitionedCall", "If", "While", "Case"),
    # Checks and messages.
    *("Assert", "Print", "PrintV2"),
    # What lives within one request.
    *("TensorArrayV3", "TensorArrayGradV3", "StackV2", "StackPushV2", "StackPopV2", "TemporaryVariable"),
    # References handed on.
    *("RefIdentity", "RefSwitch", "RefMerge", "RefEnter", "RefExit", "RefNextIteration", "RefSelect"),
}
# What fills a table when the model is loaded; kept as it is.
_FILLS_TABLES = {
    *("InitializeTable", "InitializeTableV2", "InitializeTableFromTextFile", "InitializeTableFromTextFileV2"),
    *("LookupTableImport", "LookupTableImportV2"),
}
# Why the others are not: the first whose mark is in the operation's name.
_REASONS = (
    (("PyFunc",), "calls Python"),
    (("MutableHashTable", "MutableDenseHashTable"), "looks up a table whose contents are in the checkpoint"),
    (("LookupTable", "InitializeTable"), "changes a table"),
    (("Random", "Rng", "Multinomial", "Truncated", "Candidate", "Dropout"), "gives random answers"),
    (("Queue", "Barrier", "StagingArea", "Stage", "Reader"), "waits for a queue"),
    (("Iterator", "Dataset"), "reads a data set"),
    (("Assign", "Apply", "Scatter", "Update", "CountUpTo"), "changes a variable"),
    (("File", "Summary"), "uses files"),
)
# Not stateful by TensorFlow's book.
_UNFIT = {"PyFuncStateless", "ReadFile", "WriteFile", "MatchingFiles"}


def check(subject: Subject) -> None:
    """Raises Refusal, with the reason, for a model that must stay as it is."""
    definitions = subject.meta_graph.signature_def
    if not definitions:
        raise Refusal("The model has no signature, so a server could not ask it anything.")
    for name in sorted(definitions):
        for direction in ("inputs", "outputs"):
            for key, info in getattr(definitions[name], direction).items():
                if not info.name:
                    raise Refusal(
                        f"Signature {name!r} is not optimized: {direction[:-1]} {key!r} is sparse, ragged or "
                        "composite, which a prediction request cannot hold."
                    )
        if not definitions[name].outputs:
            raise Refusal(f"Signature {name!r} has no outputs, so there is nothing to compare.")
        tensors = [info.name for info in definitions[name].outputs.values()]
        _check(f"Signature {name!r}", subject.graph_def, tensors, set())
        _check_assets(name, subject, tensors)
    _check("Its initialisation", subject.graph_def, subject.initialization, _FILLS_TABLES)


def _check(what: str, graph_def: Any, tensors: list[str], allowed: set[str]) -> None:
    for node in _nodes(needed(graph_def, tensors)):
        if node.op not in allowed and _has_state(node.op):
            raise Refusal(
                f"The model is not optimized: {what} {_reason(node.op)} ({node.op} in {node.name}), "
                "and a frozen graph would answer otherwise."
            )


def _check_assets(name: str, subject: Subject, tensors: list[str]) -> None:
    paths = {node_of(tensor) for tensor in subject.assets}
    used = sorted(paths & {node.name for node in needed(subject.graph_def, tensors).node})
    if used:
        raise Refusal(
            f"The model is not optimized: signature {name!r} reads an asset's path ({used[0]}) as it "
            "answers, and a frozen graph would keep the path of the moment."
        )


def _nodes(graph_def: Any) -> Iterator[Any]:
    yield from graph_def.node
    for function in graph_def.library.function:
        yield from function.node_def


def _has_state(op: str) -> bool:
    if op in _HARMLESS:
        return False
    definition = op_def_registry.get(op)
    # A function called by its name, as TensorFlow 1 does, is no operation; its nodes are in the library.
    if definition is None:
        return False
    return op in _UNFIT or definition.is_stateful or any(arg.is_ref for arg in definition.input_arg)


def _reason(op: str) -> str:
    for marks, reason in _REASONS:
        if any(mark in op for mark in marks):
            return reason
    return "keeps a state"
