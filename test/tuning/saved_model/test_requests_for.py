"""The requests by which a model is judged, and where they come from."""

import base64
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tuning.refusal import Refusal
from tuning.saved_model.load import load
from tuning.saved_model.requests import requests_for

ROW = [1.0, 2.0, 3.0, 4.0]


@pytest.fixture(scope="module")
def model(generated):
    with load(generated("signatures")) as loaded:
        yield loaded


def field(number, data):
    """A length-delimited protobuf field, by hand: the definitions under test must not check themselves."""
    assert len(data) < 128 * 128
    size = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return bytes([number << 3 | 2]) + size + data


def warm_up(signature, **inputs):
    tensors = b"".join(
        field(2, field(1, name.encode()) + field(2, tf.make_tensor_proto(value).SerializeToString()))
        for name, value in inputs.items()
    )
    return field(6, field(1, field(1, field(1, b"m") + field(3, signature.encode())) + tensors))


@pytest.fixture
def warm(generated, tmp_path):
    """A copy of the model with given warm-up records, loaded."""

    def get(*records):
        folder = shutil.copytree(generated("signatures"), tmp_path / "1")
        (folder / "assets.extra").mkdir()
        with tf.io.TFRecordWriter(str(folder / "assets.extra" / "tf_serving_warmup_requests")) as writer:
            for record in records:
                writer.write(record)
        return load(folder)

    return get


def test_every_signature_gets_made_up_requests_the_same_for_the_same_seed(model):
    found, source = requests_for(model, batch=3, count=2, seed=5)
    again, _ = requests_for(model, batch=3, count=2, seed=5)
    other, _ = requests_for(model, batch=3, count=2, seed=6)
    assert source == "signature metadata"
    assert [request.signature for request in found] == ["classify"] * 2 + ["one"] * 2 + [
        "serving_default"
    ] * 2
    assert found[0].inputs["x"].shape == (3, 4)
    assert found[2].inputs["power"].shape == ()
    assert not np.array_equal(found[0].inputs["x"], found[1].inputs["x"])
    for one, same, different in zip(found, again, other, strict=True):
        for name, value in one.inputs.items():
            assert np.array_equal(value, same.inputs[name])
            assert value.dtype == different.inputs[name].dtype
    assert not np.array_equal(found[0].inputs["x"], other[0].inputs["x"])


def test_warm_up_requests_come_first_and_other_signatures_get_made_up_ones(warm):
    x = np.array([ROW], np.float32)
    with warm(warm_up("", x=x), warm_up("serving_default", x=2 * x), warm_up("gone", x=x), b"") as model:
        found, source = requests_for(model, count=1)
        grown, _ = requests_for(model, batch=3, count=1)
    assert source == "warm-up assets and signature metadata"
    assert [request.signature for request in found] == [
        "serving_default",
        "serving_default",
        "classify",
        "one",
    ]
    assert found[1].inputs["x"].tolist() == [[2.0, 4.0, 6.0, 8.0]]
    assert grown[0].inputs["x"].tolist() == [ROW] * 3


def test_a_damaged_warm_up_file_is_refused(warm):
    with warm(b"\xff\xff") as model, pytest.raises(Refusal, match="tf_serving_warmup_requests"):
        requests_for(model)


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [ROW, ROW]},
        {"instances": [{"x": ROW}, {"x": ROW}]},
        {"inputs": [ROW, ROW]},
        {"inputs": {"x": [ROW, ROW]}, "signature_name": "serving_default"},
    ],
)
def test_samples_are_bodies_of_predict(model, tmp_path, body):
    for name, text in (
        ("one.json", json.dumps(body)),
        ("list.json", json.dumps([body])),
        ("lines.jsonl", json.dumps(body) + "\n\n"),
    ):
        (tmp_path / name).write_text(text)
        found, source = requests_for(model, samples=tmp_path / name, count=1)
        assert source == "samples and signature metadata"
        assert found[0].inputs["x"].dtype == np.float32
        assert found[0].inputs["x"].tolist() == [ROW, ROW]


def test_samples_can_be_arrays(model, tmp_path):
    np.savez(tmp_path / "x.npz", x=np.array([ROW]))
    found, _ = requests_for(model, samples=tmp_path / "x.npz", batch=2, count=1)
    assert found[0].inputs["x"].tolist() == [ROW, ROW]
    assert found[0].inputs["x"].dtype == np.float32


def test_samples_hold_text_or_base64(generated, tmp_path):
    coded = base64.b64encode(b"serves").decode().rstrip("=")
    (tmp_path / "s.json").write_text(json.dumps({"instances": ["model", {"b64": coded}]}))
    with load(generated("table")) as model:
        found, source = requests_for(model, samples=tmp_path / "s.json")
        assert source == "samples"
        assert model.run("serving_default", found[0].inputs)["number"].tolist() == [3, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no request"),
        ("{", "Samples"),
        ("[]", "holds no request"),
        ('{"instances": [], "inputs": []}', "either 'instances' or 'inputs'"),
        ('{"instances": []}', "at least one row"),
        ('{"inputs": {"y": 1}}', "takes x, got y"),
        ('{"inputs": [[1, 2, 3]]}', r"has shape \[None, 4\], got \[1, 3\]"),
        ('{"inputs": [["a", "b", "c", "d"]]}', "is float32, got"),
        ('{"inputs": [1], "signature_name": "none"}', "no signature 'none'; it has classify, one"),
        ('{"inputs": [1], "signature_name": "one"}', "takes power, x, named each"),
    ],
)
def test_samples_that_do_not_fit_are_refused_by_file_and_reason(model, tmp_path, text, words):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(Refusal, match=words) as refused:
        requests_for(model, samples=tmp_path / "bad.json")
    assert "bad.json" in str(refused.value)


def test_numbers_of_words_stay_below_what_the_embedding_knows(generated):
    with load(generated("bert")) as model:
        (found, *_), _ = requests_for(model, count=2)
    assert found.inputs["input_ids"].shape == (1, 16)
    assert 10 < found.inputs["input_ids"].max() < 100


def test_what_cannot_be_made_up_asks_for_samples(generated):
    with load(generated("ragged")) as model, pytest.raises(Refusal, match="give it real ones with --samples"):
        requests_for(model)
