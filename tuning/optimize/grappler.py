"""TensorFlow's own graph optimizer, one pass at a time."""

from __future__ import annotations

from typing import Any

from tensorflow.core.protobuf import config_pb2
from tensorflow.python.framework import errors_impl
from tensorflow.python.grappler import tf_optimizer

from tuning.optimize.subject import Subject
from tuning.refusal import Refusal

# A signature that tells Grappler that the assets' paths are fed: else it would take the paths of the moment
# for constants.
_ASSETS_SIGNATURE = "__assets"


def optimized(subject: Subject, *optimizers: str, iterations: int = 1) -> Any:
    """The graph after the named passes (RewriterConfig.optimizers: "constfold", "remap", …) and no other.

    Raises Refusal with Grappler's own words if it does not take the graph.
    """
    config = config_pb2.ConfigProto()
    rewrite = config.graph_options.rewrite_options
    rewrite.min_graph_nodes = -1
    """Small graphs too."""
    rewrite.meta_optimizer_iterations = iterations
    rewrite.fail_on_optimizer_errors = True
    rewrite.optimizers.extend(optimizers)
    meta_graph = type(subject.meta_graph)()
    meta_graph.CopyFrom(subject.meta_graph)
    # This collection is how Grappler learns which nodes it may not remove or rename.
    meta_graph.collection_def["train_op"].node_list.value.extend(subject.kept)
    for tensor in subject.assets:
        info = meta_graph.signature_def[_ASSETS_SIGNATURE].inputs[tensor]
        info.name, info.dtype = tensor, 7  # DT_STRING
    try:
        return tf_optimizer.OptimizeGraph(config, meta_graph)
    except (errors_impl.OpError, RuntimeError, ValueError) as error:
        text = " ".join(str(error).split())[:200].rstrip(". ")
        raise Refusal(f"Grappler's {', '.join(optimizers)} does not take this graph: {text}.") from error
