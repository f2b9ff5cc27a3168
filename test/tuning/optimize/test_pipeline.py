"""Every kind of model that can be optimized: it answers as before, from anywhere, by the same signatures."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tuning.optimize.accuracy import Tolerance, compare
from tuning.optimize.graph import node_count
from tuning.optimize.pipeline import OptimizeOptions, optimize
from tuning.saved_model.load import load
from tuning.saved_model.requests import Request, requests_for

WORDS = np.array([b"model", b"graviton", b"unheard of", b""], object)
# Requests that a signature's metadata cannot tell.
GIVEN = {"table": [Request("serving_default", {"word": WORDS})]}
UNUSUAL = ("signatures", "table", "text", "control_flow", "swish", "checked", "shared_convolution", "tf1")


def answers(model, requests):
    return [model.run(request.signature, request.inputs) for request in requests]


@pytest.fixture
def judged(optimized, tmp_path):
    """Name -> how the optimized model's answers, at another place than where it was made, compare."""

    def get(name):
        made = optimized(name)
        # Neither the original nor the folder it was optimized in is there on a server.
        away = made.source.with_name("away")
        with load(made.source) as original:
            requests = GIVEN.get(name) or requests_for(original, batch=2, count=3)[0]
            expected, signatures = answers(original, requests), original.signatures
        moved = shutil.copytree(made.folder, tmp_path / "moved")
        made.source.rename(away)
        try:
            with load(moved) as model:
                assert model.signatures == signatures
                return compare(expected, answers(model, requests), Tolerance())
        finally:
            away.rename(made.source)

    return get


@pytest.mark.parametrize("name", [*UNUSUAL, "cnn", "bert"])
def test_an_optimized_model_has_the_same_signatures_and_answers(judged, name):
    found = judged(name)
    assert found.passed, found


def graph_of(folder):
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return saved.meta_graphs[0].graph_def


def nodes(folder):
    return graph_of(folder).node


@pytest.mark.parametrize("name", [*UNUSUAL, "cnn", "bert"])
def test_no_variables_are_left_and_fewer_nodes(optimized, name):
    made = optimized(name)
    left = {node.op for node in nodes(made.folder)}
    assert not left & {"VarHandleOp", "VariableV2", "ReadVariableOp", "StatefulPartitionedCall"}
    assert made.passes[0].nodes_before > made.passes[-1].nodes_after == node_count(graph_of(made.folder))


def test_every_batch_norm_of_a_convolutional_model_is_folded(optimized):
    made = optimized("cnn")
    folded = next(one for one in made.passes if one.name == "batch-norm folding")
    assert folded.note.startswith("8 folded")
    ops = [node.op for node in nodes(made.folder)]
    assert not {"Mul", "Rsqrt", "FusedBatchNormV3", "Sub"} & set(ops)
    assert ops.count("AddV2") == 1, "the residual sum alone"
    assert ops.count("BiasAdd") == 8 + 1


def test_the_passes_are_told_as_they_end_with_nodes_that_follow_each_other(generated, tmp_path):
    told = []
    passes = optimize(generated("signatures"), tmp_path / "2", OptimizeOptions(), told.append)
    assert told == passes
    names = [one.name for one in passes]
    assert names[:2] == ["inline functions", "freeze"]
    assert {"constant folding", "batch-norm folding", "dependency", "remapping"} <= set(names)
    for before, after in zip(passes, passes[1:], strict=False):
        assert before.nodes_after == after.nodes_before
    assert all(one.seconds >= 0 for one in passes)


def test_a_ragged_input_is_kept_as_the_tensors_that_it_was_saved_as(optimized):
    made = optimized("ragged")
    with load(made.source) as original, load(made.folder) as model:
        signature = original.signatures["serving_default"]
        assert model.signatures == original.signatures
        values = {spec.dtype: name for name, spec in signature.inputs.items()}
        request = {values["int32"]: np.arange(7, dtype=np.int32), values["int64"]: np.array([0, 3, 3, 7])}
        expected, got = original.run("serving_default", request), model.run("serving_default", request)
    assert expected["sum"].shape == (3, 4)
    np.testing.assert_array_equal(expected["sum"], got["sum"])


def test_a_loop_and_a_condition_go_both_ways_still(optimized):
    made = optimized("control_flow")
    x = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    with load(made.source) as original, load(made.folder) as model:
        for steps in range(4):
            for sign in (1, -1):
                request = {"x": sign * x, "steps": np.int32(steps)}
                expected, got = (one.run("serving_default", request)["y"] for one in (original, model))
                np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_a_check_of_the_input_still_refuses(optimized):
    x = np.full((1, 4), 200.0, np.float32)
    wanted = pytest.raises(tf.errors.InvalidArgumentError, match="x is out of range")
    with load(optimized("checked").folder) as model, wanted:
        model.run("serving_default", {"x": x})


def test_a_switch_of_tensorflow_1_keeps_its_default_and_can_be_thrown(optimized):
    with load(optimized("tf1").folder) as model:
        image = np.random.default_rng(0).normal(size=(1, 8, 8, 3)).astype(np.float32)
        scores = model.run("serving_default", {"image": image})["scores"]
        label = model.run("label", {"image": image, "double": np.bool_(False)})["label"]
    assert label[0] == (b"cat", b"dog", b"owl")[int(scores.argmax())]


def test_tables_are_filled_from_the_assets_that_came_along(optimized):
    made = optimized("table")
    assert (made.folder / "assets" / "words.txt").read_text().startswith("graviton\n")
    with load(made.folder) as model:
        got = model.run("serving_default", {"word": WORDS})
    assert got["number"][:2].tolist() == [3, 0]
    assert all(number in (5, 6) for number in got["number"][2:])
    assert got["name"][:2].tolist() == [b"many", b"zero"]


def test_tensorflow_2_loads_the_result_too(optimized):
    loaded = tf.saved_model.load(str(optimized("table").folder))
    got = loaded.signatures["serving_default"](word=tf.constant(["serves"]))
    assert got["number"].numpy().tolist() == [1]


def test_for_this_machine_the_fused_nodes_are_published_and_answer_the_same(generated, tmp_path):
    source = generated("cnn")
    optimize(source, tmp_path / "2", OptimizeOptions(this_machine=True))
    assert {"_FusedConv2D"} <= {node.op for node in nodes(tmp_path / "2")}
    with load(source) as original, load(tmp_path / "2") as model:
        requests, _ = requests_for(original, count=2)
        assert compare(answers(original, requests), answers(model, requests), Tolerance()).passed


def test_for_any_server_no_node_is_one_that_only_this_tensorflow_knows(optimized):
    assert not [node.op for node in nodes(optimized("cnn").folder) if node.op.startswith("_")]
