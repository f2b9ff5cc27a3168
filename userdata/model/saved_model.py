"""What a SavedModel says it consists of, so that half an upload is not taken for a whole one."""

from __future__ import annotations

import re

from protobuf_wire import messages

_SHARD = re.compile(r"variables/variables\.data-(\d{5})-of-(\d{5})")
_INDEX = "variables/variables.index"
GRAPHS = ("saved_model.pb", "saved_model.pbtxt")
# Ops that hold a variable: a graph with one of them is restored from variables/.
_VARIABLE_OPS = (b"VarHandleOp", b"VariableV2")


def missing_names(names):
    """One sentence on what the file names alone promise and lack, or None."""
    if not any(graph in names for graph in GRAPHS):
        return "it has no saved_model.pb"
    shards = [match for match in map(_SHARD.fullmatch, names) if match]
    if shards and _INDEX not in names:
        return f"it has no {_INDEX}"
    if _INDEX in names and not shards:
        return "it has no variables/variables.data-*"
    for count in {match.group(2) for match in shards}:
        for shard in range(int(count)):
            name = f"variables/variables.data-{shard:05d}-of-{count}"
            if name not in names:
                return f"it has no {name}"
    return None


def missing_content(folder, names):
    """One sentence on what the graph itself names and the folder lacks, or None."""
    graph = next(folder / name for name in GRAPHS if (folder / name).is_file())
    if not graph.stat().st_size:
        return f"{graph.name} is empty"
    data = graph.read_bytes()
    if _INDEX not in names and any(op in data for op in _VARIABLE_OPS):
        return f"its graph has variables, but it has no {_INDEX}"
    try:
        assets = _asset_names(data) if graph.suffix == ".pb" else []
    except ValueError as error:
        return f"{graph.name} is not a SavedModel: {error}"
    for asset in assets:
        if f"assets/{asset}" not in names:
            return f"its graph names assets/{asset}, which it lacks"
    return None


def _asset_names(data):
    """SavedModel.meta_graphs (2) → MetaGraphDef.asset_file_def (6) → AssetFileDef.filename (2)."""
    return [
        bytes(filename).decode("utf-8", "replace")
        for meta_graph in messages(data, 2)
        for asset in messages(meta_graph, 6)
        for filename in messages(asset, 2)
    ]
