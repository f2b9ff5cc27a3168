"""Scales and shifts that are folded into weights, and those that must not be."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from tuning.optimize.batch_norm import fold
from tuning.optimize.subject import Subject

GENERATOR = np.random.default_rng(7)
NORM = [GENERATOR.uniform(0.5, 1.5, 4).astype(np.float32) for _ in range(4)]
C = NORM[0]


def weights(*shape):
    return tf.constant(GENERATOR.normal(size=shape).astype(np.float32))


def norm(x, **kwargs):
    return tf.compat.v1.nn.fused_batch_norm(x, *NORM, is_training=False, **kwargs)[0]


def conv(x):
    return tf.nn.conv2d(x, weights(3, 3, 2, 4), 1, "SAME")


def depthwise(x):
    return tf.nn.depthwise_conv2d(x, weights(3, 3, 2, 2), (1, 1, 1, 1), "VALID")


def dense(x, **kwargs):
    return tf.matmul(tf.reshape(x, [-1, 72]), weights(*kwargs.pop("shape", (72, 4))), **kwargs)


FOLDED = {
    "batch norm": lambda x: norm(conv(x)),
    "after a bias": lambda x: norm(tf.nn.bias_add(conv(x), C)),
    "as Keras saves it": lambda x: conv(x) * C + C,
    "shift on the left": lambda x: C - (C * conv(x)),
    "shift alone": lambda x: conv(x) + C.reshape(1, 1, 1, 4),
    "scalar": lambda x: conv(x) * 0.5 - 1.0,
    "depthwise": lambda x: norm(depthwise(x)),
    "product": lambda x: dense(x) * C + C,
    "product, transposed": lambda x: dense(x, shape=(4, 72), transpose_b=True) * C + C,
    "two batch norms": lambda x: norm(norm(conv(x)) + C),
}
LEFT = {
    "a bias alone": lambda x: tf.nn.bias_add(conv(x), C),
    "after an activation": lambda x: norm(tf.nn.relu(conv(x))),
    "by place, not by channel": lambda x: conv(x) * GENERATOR.normal(size=(6, 6, 1)).astype(np.float32),
    "growing the rank": lambda x: conv(x) + np.ones((1, 1, 1, 1, 4), np.float32),
    "of training": lambda x: tf.compat.v1.nn.fused_batch_norm(conv(x), NORM[0], NORM[1], is_training=True)[0],
    "by a request's value": lambda x: conv(x) * tf.reduce_mean(x),
    "infinite": lambda x: conv(x) * np.float32(np.inf),
}


def built(build):
    """A graph as a subject, and what runs it."""
    meta_graph = meta_graph_pb2.MetaGraphDef()
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [None, 6, 6, 2], "x")
        outputs = build(x)
        for number, output in enumerate(outputs if isinstance(outputs, tuple) else (outputs,)):
            info = meta_graph.signature_def["serve"].outputs[str(number)]
            info.CopyFrom(tf.compat.v1.saved_model.build_tensor_info(output))
        meta_graph.signature_def["serve"].inputs["x"].name = "x:0"
    meta_graph.graph_def.CopyFrom(graph.as_graph_def())
    return Subject(meta_graph)


def run(subject, graph_def):
    image = np.random.default_rng(1).normal(size=(2, 6, 6, 2)).astype(np.float32)
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        tf.graph_util.import_graph_def(graph_def, name="")
        return session.run([graph.get_tensor_by_name(name) for name in subject.outputs], {"x:0": image})


def checked(subject):
    graph_def, count = fold(subject)
    for expected, got in zip(run(subject, subject.graph_def), run(subject, graph_def), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    return [node.op for node in graph_def.node], count


@pytest.mark.parametrize("name", FOLDED)
def test_scales_and_shifts_become_weights_and_a_bias(name):
    ops, count = checked(built(FOLDED[name]))
    assert count == 1
    assert ops.count("BiasAdd") == 1
    assert not set(ops) & {"FusedBatchNormV3", "Mul", "AddV2", "Sub"}


@pytest.mark.parametrize("name", LEFT)
def test_what_is_no_scale_or_shift_of_channels_stays(name):
    subject = built(LEFT[name])
    graph_def, count = fold(subject)
    assert count == 0
    assert {node.name for node in graph_def.node} <= {node.name for node in subject.graph_def.node}


def test_a_result_that_something_else_takes_stays_as_it_is():
    def two(x):
        raw = conv(x)
        return norm(raw), tf.nn.relu(raw)

    def asked_for(x):
        raw = conv(x)
        return norm(raw), raw

    def waited_for(x):
        raw = conv(x)
        with tf.control_dependencies([raw]):
            other = tf.identity(x)
        return norm(raw), other

    for build in (two, asked_for, waited_for):
        assert checked(built(build))[1] == 0


def test_weights_that_two_convolutions_share_are_scaled_for_each_alone():
    def shared(x):
        kernel = weights(3, 3, 2, 4)
        first = tf.nn.conv2d(x, kernel, 1, "SAME")
        return norm(first), tf.nn.conv2d(2.0 * x, kernel, 1, "SAME"), C * tf.nn.conv2d(x, kernel, 2, "SAME")

    assert checked(built(shared))[1] == 2


def test_a_batch_norm_of_which_more_is_taken_than_its_result_stays():
    def statistics(x):
        result = tf.raw_ops.FusedBatchNormV3(
            x=conv(x), scale=NORM[0], offset=NORM[1], mean=NORM[2], variance=NORM[3], is_training=False
        )
        return result.y, result.batch_mean + 1.0

    assert checked(built(statistics))[1] == 0


def test_the_channels_of_nchw_are_the_second_dimension():
    def first(x):
        y = tf.nn.conv2d(tf.transpose(x, [0, 3, 1, 2]), weights(3, 3, 2, 4), 1, "SAME", data_format="NCHW")
        return y * C.reshape(4, 1, 1) + C.reshape(1, 4, 1, 1)

    def last(x):
        y = tf.nn.conv2d(tf.transpose(x, [0, 3, 1, 2]), weights(3, 3, 2, 6), 1, "SAME", data_format="NCHW")
        return y * np.arange(6, dtype=np.float32)

    graph_def, count = fold(built(first))
    assert count == 1
    (bias,) = [node for node in graph_def.node if node.op == "BiasAdd"]
    assert bias.attr["data_format"].s == b"NCHW"
    assert fold(built(last))[1] == 0
