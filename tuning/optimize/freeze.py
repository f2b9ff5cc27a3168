"""Variables become constants: what Grappler may compute beforehand, it must see."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.python.ops import gen_resource_variable_ops

from tuning.optimize import grappler
from tuning.optimize.graph import needed
from tuning.optimize.subject import Subject
from tuning.refusal import Refusal

_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
_CONTROL_FLOW = ("If", "StatelessIf", "While", "StatelessWhile", "Case", "StatelessCase")
_LOWER = "_lower_using_switch_merge"
# A SavedModel with constants is one protocol buffer, which holds less than 2 GiB.
_MOST_BYTES = (1 << 31) - (1 << 26)


def inline(subject: Subject) -> Any:
    """The graph with its function calls replaced by what they do, so that a pass sees across them.

    Loops and conditions stay functions: how they run is decided when the model is loaded, as before.
    """
    graph_def = needed(subject.graph_def, subject.kept)
    held = [node for node in _every_node(graph_def) if node.op in _CONTROL_FLOW and node.attr.get(_LOWER)]
    for node in held:
        node.attr[_LOWER].b = False
    for function in graph_def.library.function:
        # Keras marks alternatives of a layer for other devices by this, and Grappler leaves them alone.
        function.attr.pop("api_implements", None)
    inlined = grappler.optimized(Subject(_with(subject.meta_graph, graph_def)), "function")
    if held:
        for node in _every_node(inlined):
            if node.op in _CONTROL_FLOW:
                node.attr[_LOWER].b = True
    return needed(inlined, subject.kept)


def freeze(subject: Subject, session: Any) -> Any:
    """The graph with each variable replaced by its value in the session. Raises Refusal if one has none."""
    variables = [node for node in subject.graph_def.node if node.op in _VARIABLES]
    if not variables:
        return subject.graph_def
    _check_size(variables)
    _make_readable(session, variables)
    names = list(dict.fromkeys(name.partition(":")[0] for name in subject.kept))
    try:
        frozen = tf.compat.v1.graph_util.convert_variables_to_constants(session, subject.graph_def, names)
    except (tf.errors.OpError, ValueError, KeyError) as error:
        text = " ".join(str(getattr(error, "message", "") or error).split())[:200].rstrip(". ")
        raise Refusal(f"The model's variables cannot be frozen: {text}.") from error
    left = [node.name for node in _every_node(frozen) if node.op in _VARIABLES]
    if left:
        raise Refusal(f"The model's variable {left[0]} cannot be frozen: it is made inside a function.")
    return frozen


def _check_size(variables: list[Any]) -> None:
    total = 0
    for node in variables:
        shape = tf.TensorShape(node.attr["shape"].shape)
        total += (shape.num_elements() or 0) * tf.dtypes.as_dtype(node.attr["dtype"].type).size
    if total > _MOST_BYTES:
        raise Refusal(
            f"The model has {total / 2**30:.1f} GiB of weights; a frozen SavedModel holds less than 2."
        )


def _make_readable(session: Any, variables: list[Any]) -> None:
    """The conversion reads each variable through an operation that not every model was saved with."""
    with session.graph.as_default():
        for node in variables:
            read = f"{node.name}/Read/ReadVariableOp"
            if node.op == "VarHandleOp" and not _has(session.graph, read) and _has(session.graph, node.name):
                handle = session.graph.get_tensor_by_name(f"{node.name}:0")
                dtype = tf.dtypes.as_dtype(node.attr["dtype"].type)
                with tf.name_scope(None):
                    gen_resource_variable_ops.read_variable_op(handle, dtype, name=read)


def _has(graph: Any, name: str) -> bool:
    try:
        graph.get_operation_by_name(name)
    except KeyError:
        return False
    return True


def _every_node(graph_def: Any) -> list[Any]:
    return [*graph_def.node, *(node for function in graph_def.library.function for node in function.node_def)]


def _with(meta_graph: Any, graph_def: Any) -> Any:
    copy = type(meta_graph)()
    copy.CopyFrom(meta_graph)
    copy.graph_def.CopyFrom(graph_def)
    return copy
