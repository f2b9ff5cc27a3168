"""Frozen graphs, whose inputs and outputs the user names."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tuning.optimize.freeze import freeze, inline
from tuning.optimize.frozen_graph import write_saved_model
from tuning.optimize.pipeline import OptimizeOptions, optimize
from tuning.optimize.subject import subject_of
from tuning.refusal import Refusal
from tuning.saved_model.load import load

IMAGE, ANSWER = "serving_default_image", "StatefulPartitionedCall"
NAMED = OptimizeOptions(inputs=(IMAGE,), outputs=(ANSWER,))


@pytest.fixture(scope="session")
def graphs(generated, tmp_path_factory) -> dict[str, Path]:
    """The small CNN's graph with its variables, and frozen."""
    folder = tmp_path_factory.mktemp("graphs")
    with load(generated("cnn")) as model:
        subject = subject_of(model.meta_graph, model.session.graph.as_graph_def())
        for name, change in (
            ("unfrozen", inline),
            ("frozen", lambda subject: freeze(subject, model.session)),
        ):
            subject.graph_def = change(subject)
            (folder / f"{name}.pb").write_bytes(subject.graph_def.SerializeToString())
    return {name: folder / f"{name}.pb" for name in ("unfrozen", "frozen")}


def asked(folder, name, values):
    with load(folder) as model:
        (key,) = model.signatures[name].inputs
        return model.run(name, {key: values})


def test_a_frozen_graph_becomes_a_model_that_answers_as_the_graph_did(graphs, generated, tmp_path):
    image = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
    expected = asked(generated("cnn"), "serving_default", image)["probabilities"]
    write_saved_model(graphs["frozen"], tmp_path / "1", NAMED)
    passes = optimize(graphs["frozen"], tmp_path / "2", NAMED)
    assert "optimize_for_inference" in [one.name for one in passes]
    assert passes[-1].nodes_after < passes[0].nodes_before / 2
    for folder in (tmp_path / "1", tmp_path / "2"):
        np.testing.assert_allclose(asked(folder, "serving_default", image)[ANSWER], expected, atol=1e-6)
    with load(tmp_path / "2") as model:
        signature = model.signatures["serving_default"]
    assert signature.method == "tensorflow/serving/predict"
    assert signature.document() == {
        "name": "serving_default",
        "inputs": [{"name": IMAGE, "dtype": "float32", "shape": [None, 32, 32, 3]}],
        "outputs": [{"name": ANSWER, "dtype": "float32", "shape": [None, 10]}],
    }


def test_a_node_inside_the_graph_can_be_the_input(tmp_path):
    file = tmp_path / "graph.pb"
    with tf.Graph().as_default() as graph:
        raw = tf.compat.v1.placeholder(tf.string, [None], "raw")
        number = tf.strings.to_number(raw, tf.float32, name="number")
        tf.multiply(number, 2.0, name="twice")
    file.write_bytes(graph.as_graph_def().SerializeToString())
    options = OptimizeOptions(inputs=("number:0",), outputs=("twice:0",), dtype="float32")
    optimize(file, tmp_path / "2", options)
    got = asked(tmp_path / "2", "serving_default", np.array([1.0, 2.5], np.float32))
    np.testing.assert_array_equal(got["twice"], [2.0, 5.0])
    wrong = OptimizeOptions(inputs=("number",), outputs=("twice",), dtype="float31")
    with pytest.raises(Refusal, match="--dtype: 'float31' is none of TensorFlow's"):
        optimize(file, tmp_path / "3", wrong)


@pytest.mark.parametrize(
    ("inputs", "outputs", "words"),
    [
        ((IMAGE,), ("answer",), f"--outputs: the graph has no node 'answer'; the graph has {ANSWER}."),
        (("picture",), (ANSWER,), f"--inputs: the graph has no node 'picture'; the graph has {IMAGE}."),
        ((), (ANSWER,), f"--inputs: a frozen graph needs them named; the graph has {IMAGE}."),
        ((IMAGE,), (), f"--outputs: a frozen graph needs them named; the graph has {ANSWER}."),
        ((f"{IMAGE}:1",), (ANSWER,), "is not a node's first output"),
        ((IMAGE,), (f"{ANSWER}:7",), f"--outputs: node {ANSWER} gives no tensor {ANSWER}:7."),
        ((IMAGE,), (IMAGE,), f"--outputs: {IMAGE} is an input too."),
    ],
)
def test_a_wrong_name_is_refused_with_the_names_there_are(graphs, tmp_path, inputs, outputs, words):
    with pytest.raises(Refusal) as refused:
        optimize(graphs["frozen"], tmp_path / "2", OptimizeOptions(inputs=inputs, outputs=outputs))
    assert words in str(refused.value)
    assert not (tmp_path / "2").exists()


def test_a_graph_with_variables_is_refused_by_their_names(graphs, tmp_path):
    with pytest.raises(Refusal, match=r"not frozen: .* variables \(.*(bias|kernel|moving).* more\)"):
        optimize(graphs["unfrozen"], tmp_path / "2", NAMED)


def test_an_input_left_out_and_one_too_many_are_refused(tmp_path):
    file = tmp_path / "graph.pb"
    with tf.Graph().as_default() as graph:
        a, b, _ = (tf.compat.v1.placeholder(tf.float32, [None], name) for name in ("a", "b", "unused"))
        tf.add(a, b, name="sum")
    file.write_bytes(graph.as_graph_def().SerializeToString())
    for inputs, words in (
        (("a",), "the outputs also need b"),
        (("a", "b", "unused"), "no output needs unused"),
    ):
        with pytest.raises(Refusal, match=f"--inputs: {words}"):
            optimize(file, tmp_path / "2", OptimizeOptions(inputs=inputs, outputs=("sum",)))


def test_what_is_no_frozen_graph_is_refused(generated, tmp_path):
    with pytest.raises(Refusal, match="belongs to a SavedModel; give the folder"):
        optimize(generated("cnn") / "saved_model.pb", tmp_path / "2", NAMED)
    (tmp_path / "damaged.pb").write_bytes(b"\xff\xfe no graph")
    with pytest.raises(Refusal, match="is no frozen graph"):
        optimize(tmp_path / "damaged.pb", tmp_path / "2", NAMED)
