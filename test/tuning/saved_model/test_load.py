"""A SavedModel is found, loaded as a server loads it, and asked from several threads."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tuning.refusal import Refusal
from tuning.saved_model.load import load, locate


@pytest.fixture(scope="module")
def model(generated):
    with load(generated("signatures"), intra_op=1) as loaded:
        yield loaded


def test_the_signatures_say_what_they_take_and_give(model):
    assert list(model.signatures) == ["classify", "one", "serving_default"]
    assert model.signatures["classify"].document() == {
        "name": "classify",
        "inputs": [
            {"name": "key", "dtype": "int64", "shape": [None]},
            {"name": "x", "dtype": "float32", "shape": [None, 4]},
        ],
        "outputs": [
            {"name": "class", "dtype": "int64", "shape": [None]},
            {"name": "key", "dtype": "int64", "shape": [None]},
            {"name": "label", "dtype": "string", "shape": [None]},
            {"name": "sure", "dtype": "bool", "shape": [None]},
        ],
    }
    assert model.signatures["one"].inputs["power"].shape == ()
    assert model.signatures["one"].method == "tensorflow/serving/predict"


def test_threads_get_each_its_own_answer(model):
    def ask(number):
        x = np.full((2, 4), number, np.float32)
        return model.run("classify", {"x": x, "key": np.array([number, number])})["key"].tolist()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(64))) == [[number, number] for number in range(64)]


def test_an_output_that_is_an_input_is_handed_back(tmp_path):
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], "x")
        v1.saved_model.simple_save(session, str(tmp_path / "1"), {"x": x}, {"same": x, "more": x + 1.0})
    with load(tmp_path / "1") as loaded:
        got = loaded.run("serving_default", {"x": np.array([1.0], np.float32)})
    assert {name: value.tolist() for name, value in got.items()} == {"same": [1.0], "more": [2.0]}


def test_a_wrong_signature_or_input_is_refused_with_those_there_are(model):
    with pytest.raises(Refusal, match="no signature 'other'; it has classify, one, serving_default"):
        model.run("other", {})
    with pytest.raises(Refusal, match="'classify' takes key, x, got x"):
        model.run("classify", {"x": np.zeros((1, 4), np.float32)})


def test_a_base_path_gives_its_newest_version(generated, tmp_path):
    for name in ("9", "10", "not-a-version", "11.tmp"):
        shutil.copytree(generated("signatures"), tmp_path / name)
    assert locate(tmp_path) == (tmp_path / "10", 10)
    assert locate(tmp_path / "9") == (tmp_path / "9", 9)
    assert locate(tmp_path / "not-a-version") == (tmp_path / "not-a-version", None)


def test_a_path_without_a_model_is_refused(tmp_path):
    (tmp_path / "empty" / "3").mkdir(parents=True)
    for path, words in (
        (tmp_path / "nothing", "is no folder"),
        (tmp_path, "holds neither saved_model.pb nor numbered version folders"),
        (tmp_path / "empty", "holds no saved_model.pb"),
    ):
        with pytest.raises(Refusal, match=words):
            locate(path)


def test_a_damaged_model_and_one_with_a_custom_operation_are_refused(generated, tmp_path):
    with pytest.raises(Refusal, match="uses the operation MySignOf"):
        load(generated("custom"))
    shutil.copytree(generated("signatures"), tmp_path / "1")
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"\xff")
    with pytest.raises(Refusal, match="does not load"):
        load(tmp_path / "1")


def test_a_sparse_input_is_shown_and_cannot_be_run(generated):
    with load(generated("sparse")) as loaded:
        assert loaded.signatures["serving_default"].composite == ("x",)
        with pytest.raises(Refusal, match="x is no dense tensor"):
            loaded.run("serving_default", {"x": np.zeros(1)})
