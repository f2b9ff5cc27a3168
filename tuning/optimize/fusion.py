"""Operations fused for one machine: Grappler's remapping and layout.

They choose kernels by the processor and by whether oneDNN is on, and write nodes (_FusedConv2D, _FusedMatMul)
whose attributes change from one TensorFlow to the next. A server does the same when it loads a model,
for its own kernels; so fused nodes are only published where the server is known to be this TensorFlow here.
"""

from __future__ import annotations

from typing import Any

from tuning.optimize import grappler
from tuning.optimize.subject import Subject

# Grappler fuses what it knows to run on a CPU.
_CPU = "/job:localhost/replica:0/task:0/device:CPU:0"


def remap(subject: Subject) -> Any:
    """The graph with convolutions and products fused with their bias and activation, for this machine."""
    return _placed(subject, "remap", "dependency")


def layout(subject: Subject) -> Any:
    """The graph in the image layout that this machine's kernels like best; without a GPU mostly as it was."""
    return _placed(subject, "layout")


def fused(graph_def: Any) -> int:
    """How many nodes are one of the fused operations, which only TensorFlow itself makes."""
    return sum(node.op.startswith(("_Fused", "_Mkl")) for node in graph_def.node)


def _placed(subject: Subject, *optimizers: str) -> Any:
    placed = Subject(type(subject.meta_graph)())
    placed.meta_graph.CopyFrom(subject.meta_graph)
    devices = {node.name: node.device for node in subject.graph_def.node}
    for node in placed.graph_def.node:
        node.device = node.device or _CPU
    result = grappler.optimized(placed, *optimizers)
    for node in result.node:
        node.device = devices.get(node.name, "")
    return result
