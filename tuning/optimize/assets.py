"""Files that come with a model. Their paths are only known where it is loaded, so no pass may take one for a
constant."""

from __future__ import annotations

from typing import Any

from tensorflow.core.protobuf import meta_graph_pb2

from tuning.optimize.graph import node_of

# Where TensorFlow 1 keeps what is asset_file_def since.
_COLLECTION = "saved_model_assets"


def definitions(meta_graph: Any) -> list[Any]:
    """The AssetFileDefs: the file's name, and the tensor that a server feeds with its path."""
    if meta_graph.asset_file_def or _COLLECTION not in meta_graph.collection_def:
        return list(meta_graph.asset_file_def)
    found = []
    for packed in meta_graph.collection_def[_COLLECTION].any_list.value:
        found.append(meta_graph_pb2.AssetFileDef())
        packed.Unpack(found[-1])
    return found


def without_variables(graph_def: Any, assets: list[str]) -> Any:
    """The graph with paths handed to what reads the files directly.

    TensorFlow 2 saves a path as a variable which the initialisation assigns and then reads; frozen, it would
    be the path at which the model was optimized. A variable that is used in any other way stays.
    """
    result = type(graph_def)()
    result.CopyFrom(graph_def)
    nodes = {node.name: node for node in result.node}
    tensors = {node_of(tensor) for tensor in assets}
    for assign in [node for node in result.node if node.op == "AssignVariableOp"]:
        handle, value = (node_of(reference) for reference in assign.input[:2])
        users = [node for node in result.node if handle in map(node_of, node.input)]
        reads = [node for node in users if node.op == "ReadVariableOp"]
        others = {node.op for node in users} - {"ReadVariableOp", "VarIsInitializedOp"}
        if value not in tensors or nodes[handle].op != "VarHandleOp" or others != {"AssignVariableOp"}:
            continue
        for node in reads:
            _become(node, "Identity", [value])
            node.attr["T"].type = 7  # DT_STRING
        _become(assign, "NoOp", [])
    return result


def _become(node: Any, op: str, inputs: list[str]) -> None:
    """Another operation under the same name, after the same others."""
    after = [reference for reference in node.input if reference.startswith("^")]
    name, device = node.name, node.device
    node.Clear()
    node.name, node.op, node.device = name, op, device
    node.input.extend([*inputs, *after])
