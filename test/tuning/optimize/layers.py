"""The smallest model that has variables."""

from pathlib import Path


def write_layer(base: Path) -> Path:
    """A base path with version 1: a layer of four by three, y = relu(x · weights + bias)."""
    import numpy as np
    import tensorflow as tf

    class Layer(tf.Module):
        def __init__(self):
            super().__init__()
            values = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
            self.weights, self.bias = tf.Variable(values), tf.Variable(values[0])

        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
        def serve(self, x):
            return {"y": tf.nn.relu(tf.matmul(x, self.weights) + self.bias)}

    layer = Layer()
    tf.saved_model.save(layer, str(base / "1"), signatures=layer.serve)
    return base
