"""A frozen graph (.pb): no signatures, so its inputs and outputs are named by whoever optimizes it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2
from tensorflow.python.tools import optimize_for_inference_lib

from tuning.optimize.export import export
from tuning.optimize.graph import needed, node_of
from tuning.optimize.subject import Subject
from tuning.refusal import Refusal

if TYPE_CHECKING:
    from tuning.optimize.pipeline import OptimizeOptions

SIGNATURE, METHOD = "serving_default", "tensorflow/serving/predict"
_PLACEHOLDERS = ("Placeholder", "PlaceholderV2", "PlaceholderWithDefault")
_VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
_LISTED = 8


def write_saved_model(file: Path, destination: Path, options: OptimizeOptions) -> None:
    """The graph as a SavedModel that answers as the graph does, not optimized: what an optimized one is held
    against. Raises Refusal; then nothing is at `destination`."""
    export(subject_of_file(file, options), None, destination)


def subject_of_file(file: Path, options: OptimizeOptions) -> Subject:
    """The graph with signature serving_default: the named inputs and outputs, under their nodes' names.

    options.dtype: of inputs that are no placeholder but a node inside the graph, which the request then
    replaces; a placeholder has a dtype of its own. Raises Refusal naming what the graph has.
    """
    graph_def = _read(file)
    nodes = {node.name: node for node in graph_def.node}
    inputs = _named("inputs", options.inputs, nodes, _placeholders(graph_def))
    outputs = _named("outputs", options.outputs, nodes, _ends(graph_def))
    for name in inputs:
        if name in outputs:
            raise Refusal(f"--outputs: {name} is an input too.")
        if nodes[name].op not in _PLACEHOLDERS:
            _cut(nodes[name], options.dtype)
    graph_def = needed(graph_def, options.outputs)
    _check_needed(graph_def, inputs)
    return _with_signature(_imported(file, graph_def), options)


def optimize_for_inference(subject: Subject) -> Any:
    """The graph after TensorFlow's pass of that name, the one that the guide for Graviton runs.

    Its fold of batch norms does not look at who else takes a convolution's result, and its fusion of resizing
    with convolution ignores how half pixels are meant. So what our own fold left alone is hidden from the
    first, and the second is switched off (toco_compatible).
    """
    graph_def = type(subject.graph_def)()
    graph_def.CopyFrom(subject.graph_def)
    for node in graph_def.node:
        if node.op.startswith("FusedBatchNorm"):
            node.op = f"Held{node.op}"
    nodes = {node.name: node for node in graph_def.node}
    inputs = [node_of(name) for name in subject.inputs]
    dtypes = [nodes[name].attr["dtype"].type for name in inputs]
    outputs = [node_of(name) for name in subject.outputs]
    result = optimize_for_inference_lib.optimize_for_inference(
        graph_def, inputs, outputs, dtypes, toco_compatible=True
    )
    for node in result.node:
        node.op = node.op.removeprefix("Held")
    # The pass leaves functions behind.
    result.library.CopyFrom(graph_def.library)
    return result


def _read(file: Path) -> Any:
    content = file.read_bytes()
    graph_def = tf.compat.v1.GraphDef()
    try:
        graph_def.ParseFromString(content)
    except DecodeError:
        graph_def.Clear()
    if graph_def.node:
        return graph_def
    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString(content)
    except DecodeError:
        saved.Clear()
    if saved.meta_graphs:
        raise Refusal(f"{file} belongs to a SavedModel; give the folder that holds it.")
    raise Refusal(f"{file} is no frozen graph: it does not read as a GraphDef with nodes.")


def _named(option: str, names: Iterable[str], nodes: dict[str, Any], there_are: list[str]) -> list[str]:
    has = f"the graph has {_listed(there_are)}"
    names = list(names)
    if not names:
        raise Refusal(f"--{option}: a frozen graph needs them named; {has}.")
    for name in names:
        if node_of(name) not in nodes:
            raise Refusal(f"--{option}: the graph has no node {node_of(name)!r}; {has}.")
        if option == "inputs" and not name.endswith(":0") and ":" in name:
            raise Refusal(f"--inputs: {name} is not a node's first output, which alone can be fed.")
    return [node_of(name) for name in names]


def _cut(node: Any, dtype: str | None) -> None:
    """Puts a placeholder in the node's place."""
    try:
        found = tf.dtypes.as_dtype(dtype or "float32")
    except TypeError:
        raise Refusal(
            f"--dtype: {dtype!r} is none of TensorFlow's, such as float32, int32 or string."
        ) from None
    name = node.name
    node.Clear()
    node.name, node.op = name, "Placeholder"
    node.attr["dtype"].type = found.as_datatype_enum
    node.attr["shape"].shape.unknown_rank = True


def _check_needed(graph_def: Any, inputs: list[str]) -> None:
    variables = [node.name for node in graph_def.node if node.op in _VARIABLES]
    if variables:
        raise Refusal(
            f"The graph is not frozen: the values of its variables ({_listed(variables)}) are not in "
            "the file; freeze it, or give the SavedModel."
        )
    left = [name for name in _placeholders(graph_def, "PlaceholderWithDefault") if name not in inputs]
    if left:
        raise Refusal(f"--inputs: the outputs also need {_listed(left)}.")
    unused = sorted(set(inputs) - {node.name for node in graph_def.node})
    if unused:
        raise Refusal(f"--inputs: no output needs {_listed(unused)}.")


def _imported(file: Path, graph_def: Any) -> tf.Graph:
    graph = tf.Graph()
    try:
        with graph.as_default():
            tf.graph_util.import_graph_def(graph_def, name="")
    except (ValueError, tf.errors.OpError) as error:
        text = " ".join(str(error).split())[:200].rstrip(". ")
        raise Refusal(f"{file} cannot be read by TensorFlow {tf.__version__}: {text}.") from error
    return graph


def _with_signature(graph: tf.Graph, options: OptimizeOptions) -> Subject:
    meta_graph = meta_graph_pb2.MetaGraphDef()
    meta_graph.graph_def.CopyFrom(graph.as_graph_def())
    meta_graph.meta_info_def.tags.append("serve")
    signature = meta_graph.signature_def[SIGNATURE]
    signature.method_name = METHOD
    for infos, names in ((signature.inputs, options.inputs), (signature.outputs, options.outputs)):
        for name in names:
            tensor = _tensor(graph, name)
            with graph.as_default():
                info = tf.compat.v1.saved_model.build_tensor_info(tensor)
            infos[name.removesuffix(":0")].CopyFrom(info)
    return Subject(meta_graph)


def _tensor(graph: tf.Graph, name: str) -> tf.Tensor:
    try:
        return graph.get_tensor_by_name(name if ":" in name else f"{name}:0")
    except (KeyError, ValueError) as error:
        raise Refusal(f"--outputs: node {node_of(name)} gives no tensor {name}.") from error


def _placeholders(graph_def: Any, *but: str) -> list[str]:
    return [node.name for node in graph_def.node if node.op in _PLACEHOLDERS and node.op not in but]


def _ends(graph_def: Any) -> list[str]:
    """Nodes whose result nobody takes."""
    taken = {node_of(reference) for node in graph_def.node for reference in node.input}
    return [
        node.name for node in graph_def.node if node.name not in taken and node.op not in ("Const", "NoOp")
    ]


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_LISTED]) or "none"
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"
