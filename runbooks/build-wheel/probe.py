"""A small network, saved and asked by the TensorFlow that runs this: probe.py MODEL ANSWER.

Makes the SavedModel MODEL where there is none, the same each time; asks it a batch; writes ANSWER as JSON:
TensorFlow's version and what the network said. Takes nothing but TensorFlow.
"""

import json
import random
import sys
from pathlib import Path

# At 1, TensorFlow 2.16 and later run convolutions by the reference kernels of oneDNN.
BATCH = 2
SIDE, CHANNELS, CLASSES = 32, 3, 10


def weights(source, *shape):
    if not shape:
        return source.gauss(0, 0.3)
    return [weights(source, *shape[1:]) for _ in range(shape[0])]


def network(tf):
    source = random.Random(1)  # noqa: S311 (weights, the same each time)
    first = tf.constant(weights(source, 3, 3, CHANNELS, 16))
    second = tf.constant(weights(source, 3, 3, 16, 32))
    point = tf.constant(weights(source, 1, 1, 32, 32))
    dense = tf.constant(weights(source, 32, CLASSES))

    class Network(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, SIDE, SIDE, CHANNELS], tf.float32)])
        def __call__(self, images):
            x = tf.nn.relu(tf.nn.conv2d(images, first, 1, "SAME"))
            x = tf.nn.max_pool2d(x, 2, 2, "SAME")
            x = tf.nn.relu(tf.nn.conv2d(x, second, 1, "SAME"))
            x = tf.nn.relu(tf.nn.conv2d(x, point, 1, "SAME"))
            return tf.matmul(tf.reduce_mean(x, [1, 2]), dense)

    return Network()


def main(model, answer):
    import tensorflow as tf

    if not Path(model, "saved_model.pb").exists():
        tf.saved_model.save(network(tf), model)
    images = tf.constant(weights(random.Random(2), BATCH, SIDE, SIDE, CHANNELS))  # noqa: S311 (made-up images)
    said = tf.saved_model.load(model)(images).numpy().tolist()
    Path(answer).write_text(json.dumps({"version": tf.__version__, "answer": said}))


if __name__ == "__main__":
    main(*sys.argv[1:])
