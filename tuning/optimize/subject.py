"""The graph that is being optimized, with what outlives every pass: signatures, initialisation, assets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tuning.optimize import assets
from tuning.optimize.graph import node_count, node_of

# Where a SavedModel keeps the operation that fills its tables: a signature since TensorFlow 2, which writes
# the first of the collections too. Without object graph, tf.saved_model.load takes the collections alone.
_INIT_SIGNATURE = "__saved_model_init_op"
_INIT_COLLECTIONS = ("saved_model_main_op", "legacy_init_op")


@dataclass
class Subject:
    meta_graph: Any
    """A MetaGraphDef: graph, signatures, asset_file_def, the collections of initialisation, meta_info_def."""

    @property
    def graph_def(self) -> Any:
        return self.meta_graph.graph_def

    @graph_def.setter
    def graph_def(self, graph_def: Any) -> None:
        if graph_def is not self.meta_graph.graph_def:
            self.meta_graph.graph_def.CopyFrom(graph_def)

    @property
    def nodes(self) -> int:
        return node_count(self.graph_def)

    @property
    def inputs(self) -> list[str]:
        """Tensors that are fed: the signatures' inputs, and the assets' paths when the model is loaded."""
        signatures = self.meta_graph.signature_def.values()
        return _once([*(info.name for found in signatures for info in found.inputs.values()), *self.assets])

    @property
    def assets(self) -> list[str]:
        return [asset.tensor_info.name for asset in self.meta_graph.asset_file_def]

    @property
    def outputs(self) -> list[str]:
        """Tensors and operations that are asked for: the signatures' outputs, and the initialisation."""
        signatures = self.meta_graph.signature_def.values()
        found = [info.name for signature in signatures for info in signature.outputs.values()]
        return _once([*found, *self.initialization])

    @property
    def initialization(self) -> list[str]:
        """What a server runs once when it has loaded the model."""
        collections = self.meta_graph.collection_def
        keys = [key for key in _INIT_COLLECTIONS if key in collections]
        return _once([name for key in keys for name in collections[key].node_list.value])

    @property
    def kept(self) -> list[str]:
        """All of these: names that must mean the same after a pass."""
        return _once(self.inputs + self.outputs)


def subject_of(meta_graph: Any, graph_def: Any) -> Subject:
    """Takes from a model's MetaGraphDef what serving needs; savers and training stay behind."""
    taken = type(meta_graph)()
    taken.meta_info_def.CopyFrom(meta_graph.meta_info_def)
    taken.graph_def.CopyFrom(graph_def)
    for name, signature in meta_graph.signature_def.items():
        if not name.startswith("__saved_model"):
            taken.signature_def[name].CopyFrom(signature)
    for key in _INIT_COLLECTIONS:
        if key in meta_graph.collection_def:
            taken.collection_def[key].CopyFrom(meta_graph.collection_def[key])
    if _INIT_SIGNATURE in meta_graph.signature_def and not taken.collection_def:
        outputs = meta_graph.signature_def[_INIT_SIGNATURE].outputs.values()
        names = [node_of(info.name) for info in outputs]
        taken.collection_def[_INIT_COLLECTIONS[0]].node_list.value.extend(names)
    taken.asset_file_def.extend(assets.definitions(meta_graph))
    subject = Subject(taken)
    subject.graph_def = assets.without_variables(subject.graph_def, subject.assets)
    return subject


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))
