"""Batch norms folded into the weights before them.

Scaling and shifting a convolution's channels is the convolution with scaled weights and a bias. TensorFlow's
own fold (optimize_for_inference, Grappler's constant folding) misses the batch norms of today's Keras, which
are saved as Mul and AddV2, where the convolution has a bias or is depthwise; the former also scales weights
that another node shares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tuning.optimize.graph import Consumers, needed, node_of
from tuning.optimize.subject import Subject

_NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
_ADDS = ("Add", "AddV2")
_TYPES = (tf.float32.as_datatype_enum, tf.float64.as_datatype_enum)


@dataclass
class _Affine:
    """y = scale * x + offset, by channel, in double precision."""

    scale: np.ndarray
    offset: np.ndarray

    def then(self, scale: np.ndarray | float, offset: np.ndarray | float) -> _Affine:
        with np.errstate(all="ignore"):
            return _Affine(self.scale * scale, self.offset * scale + offset)

    @property
    def usable(self) -> bool:
        """Weights that become infinite, or vanish where they were none, would be another model's."""
        return bool(np.isfinite(self.scale).all() and np.isfinite(self.offset).all())


def fold(subject: Subject) -> tuple[Any, int]:
    """The graph with each convolution or product by constant weights that is followed by scales and shifts of
    its channels made one with them, and how many were."""
    graph_def = type(subject.graph_def)()
    graph_def.CopyFrom(subject.graph_def)
    nodes = {node.name: node for node in graph_def.node}
    consumers = Consumers(graph_def, subject.kept)
    folded = 0
    for node in list(graph_def.node):
        weights = _weights(node, nodes)
        if weights is None:
            continue
        channels = _channels(node, weights)
        affine, last, names = _Affine(np.ones(channels), np.zeros(channels)), node, []
        for following, scale, offset in _followers(node, channels, nodes, consumers):
            affine, last = affine.then(scale, offset), following
            names.append(following.op)
        if names in ([], ["BiasAdd"]) or not affine.usable:
            continue
        _rewrite(graph_def, node, weights, affine, last)
        folded += 1
    return needed(graph_def, subject.kept), folded


def _followers(
    node: Any, channels: int, nodes: dict[str, Any], consumers: Consumers
) -> Iterator[tuple[Any, np.ndarray | float, np.ndarray | float]]:
    """The nodes after `node`, as long as each alone takes what the one before gives, and only scales and
    shifts channels by constants."""
    layout = _layout(node)
    following = consumers.only(node.name)
    while following is not None and not consumers.beyond_first(following.name):
        step = _step(following, node.name, channels, layout, nodes)
        if step is None:
            return
        yield following, *step
        node, following = following, consumers.only(following.name)


def _step(
    node: Any, source: str, channels: int, layout: str, nodes: dict[str, Any]
) -> tuple[np.ndarray | float, np.ndarray | float] | None:
    """Scale and offset by which the node changes what `source` gives; None if it does anything else."""
    if any(reference.startswith("^") for reference in node.input):
        return None
    if node.op in _NORMS:
        return _norm(node, source, channels, layout, nodes)
    if len(node.input) != 2 or _type(node) not in _TYPES:
        return None
    first = node_of(node.input[0]) == source
    other = nodes.get(node_of(node.input[1 if first else 0]))
    if node.op == "BiasAdd":
        same = first and (layout == "" or _layout(node) == layout)
        return (1.0, _constant(other)) if same and _constant(other) is not None else None
    value = _by_channel(_constant(other), channels, layout)
    if value is None:
        return None
    if node.op in _ADDS:
        return 1.0, value
    if node.op == "Mul":
        return value, 0.0
    if node.op == "Sub":
        return (1.0, -value) if first else (-1.0, value)
    return None


def _norm(
    node: Any, source: str, channels: int, layout: str, nodes: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray] | None:
    if _flag(node, "is_training") or node_of(node.input[0]) != source or _layout(node) != layout:
        return None
    values = [_constant(nodes.get(node_of(reference))) for reference in node.input[1:5]]
    if any(value is None or value.shape != (channels,) for value in values):
        return None
    gamma, beta, mean, variance = values
    scale = gamma / np.sqrt(variance + node.attr["epsilon"].f)
    return scale, beta - mean * scale


def _weights(node: Any, nodes: dict[str, Any]) -> np.ndarray | None:
    if node.op not in ("Conv2D", "DepthwiseConv2dNative", "MatMul") or _type(node) not in _TYPES:
        return None
    source = nodes.get(node_of(node.input[1]))
    if source is None or source.op != "Const":
        return None
    return tf.make_ndarray(source.attr["value"].tensor)


def _channels(node: Any, weights: np.ndarray) -> int:
    if node.op == "DepthwiseConv2dNative":
        return weights.shape[2] * weights.shape[3]
    return weights.shape[0 if _flag(node, "transpose_b") else -1]


def _type(node: Any, name: str = "T") -> int:
    value = node.attr.get(name)
    return value.type if value else 0


def _flag(node: Any, name: str) -> bool:
    """Asking the map itself would add the attribute."""
    value = node.attr.get(name)
    return bool(value and value.b)


def _layout(node: Any) -> str:
    """NHWC, NCHW, or '' for a product, whose channels come last."""
    if node.op == "MatMul":
        return ""
    value = node.attr.get("data_format")
    return value.s.decode() if value else "NHWC"


def _constant(node: Any) -> np.ndarray | None:
    if node is None or node.op != "Const" or _type(node, "dtype") not in _TYPES:
        return None
    return tf.make_ndarray(node.attr["value"].tensor).astype(np.float64)


def _by_channel(value: np.ndarray | None, channels: int, layout: str) -> np.ndarray | None:
    """A constant that broadcasts over all but the channels, and to no greater rank; else None."""
    rank = 2 if layout == "" else 4
    if value is None or value.ndim > rank:
        return None
    if value.size == 1:
        return value.reshape(())
    shape = (1,) * (rank - value.ndim) + value.shape
    wanted = [1] * rank
    wanted[1 if layout == "NCHW" else -1] = channels
    return value.reshape(channels) if shape == tuple(wanted) else None


def _rewrite(graph_def: Any, node: Any, weights: np.ndarray, affine: _Affine, last: Any) -> None:
    scaled = graph_def.node.add(name=f"{node.name}/folded_weights", op="Const")
    _set_value(scaled, _scaled(node, weights, affine.scale))
    offset = graph_def.node.add(name=f"{node.name}/folded_offset", op="Const")
    _set_value(offset, affine.offset.astype(weights.dtype))
    node.input[1] = scaled.name
    # The last node keeps its name: others, or a signature, ask for it.
    bias = type(last)(name=last.name, op="BiasAdd", device=last.device, input=[node.name, offset.name])
    bias.attr["T"].type = node.attr["T"].type
    bias.attr["data_format"].s = (_layout(node) or "NHWC").encode()
    last.CopyFrom(bias)


def _scaled(node: Any, weights: np.ndarray, scale: np.ndarray) -> np.ndarray:
    if node.op == "DepthwiseConv2dNative":
        scale = scale.reshape(weights.shape[2:])
    elif _flag(node, "transpose_b"):
        scale = scale[:, np.newaxis]
    return (weights * scale).astype(weights.dtype)


def _set_value(node: Any, value: np.ndarray) -> None:
    node.attr["dtype"].type = tf.dtypes.as_dtype(value.dtype).as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
