"""What a signature takes and gives, without TensorFlow's own objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# SignatureDefs by which TensorFlow marks its own operations; nobody can ask for them.
_INTERNAL = "__saved_model"


@dataclass(frozen=True)
class TensorSpec:
    name: str
    """Key in the signature; the tensor's own name in the graph is `tensor`."""
    dtype: str
    """As NumPy and TensorFlow call it: float32, int64, bool, string, bfloat16."""
    shape: tuple[int | None, ...] | None
    """None in a place: any size. None as a whole: any rank."""
    tensor: str = ""
    """Name in the graph; '' for a sparse, ragged or other composite value, which has no single tensor."""

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "dtype": self.dtype,
            "shape": None if self.shape is None else [*self.shape],
        }


@dataclass(frozen=True)
class Signature:
    name: str
    inputs: Mapping[str, TensorSpec]
    """By name, in alphabetic order."""
    outputs: Mapping[str, TensorSpec]
    method: str = ""
    """For example tensorflow/serving/predict."""

    @property
    def composite(self) -> tuple[str, ...]:
        """Inputs and outputs that are no dense tensor; such a signature cannot be run here."""
        return tuple(spec.name for spec in [*self.inputs.values(), *self.outputs.values()] if not spec.tensor)

    def document(self) -> dict[str, Any]:
        """As reports name it."""
        return {
            "name": self.name,
            "inputs": [spec.document() for spec in self.inputs.values()],
            "outputs": [spec.document() for spec in self.outputs.values()],
        }


def signatures_of(meta_graph: Any) -> dict[str, Signature]:
    """The signatures of a MetaGraphDef by name, those that TensorFlow keeps for itself left out."""
    return {
        name: Signature(name, _specs(found.inputs), _specs(found.outputs), found.method_name)
        for name, found in sorted(meta_graph.signature_def.items())
        if not name.startswith(_INTERNAL)
    }


def _specs(infos: Mapping[str, Any]) -> dict[str, TensorSpec]:
    return {name: _spec(name, infos[name]) for name in sorted(infos)}


def _spec(name: str, info: Any) -> TensorSpec:
    from tensorflow import dtypes

    shape = None
    if not info.tensor_shape.unknown_rank:
        shape = tuple(None if dim.size < 0 else dim.size for dim in info.tensor_shape.dim)
    dtype = dtypes.as_dtype(info.dtype).name if info.dtype else "unknown"
    return TensorSpec(name, dtype, shape, info.name)
