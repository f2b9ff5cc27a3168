"""A :predict body from what a model brings, decoded with nothing but the standard library."""

import base64
import json
import struct
import subprocess
import sys
from pathlib import Path

import predict_request
import pytest
import tensor

tf = pytest.importorskip("tensorflow")
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: E402
from tensorflow.core.framework import tensor_pb2  # noqa: E402


def tensorflow_serving_messages():
    """PredictionLog and what it holds, with the numbers of tensorflow_serving/apis/*.proto."""
    file = descriptor_pb2.FileDescriptorProto(name="serving.proto", package="serving", syntax="proto3")
    file.dependency.append(tensor_pb2.DESCRIPTOR.name)
    text, message = (
        descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
        descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
    )
    one, many = (
        descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
        descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
    )

    def add(name, *fields):
        made = file.message_type.add(name=name)
        for field, number, kind, label, type_name in fields:
            made.field.add(name=field, number=number, type=kind, label=label, type_name=type_name)
        return made

    add("ModelSpec", ("name", 1, text, one, None), ("signature_name", 3, text, one, None))
    request = add(
        "PredictRequest",
        ("model_spec", 1, message, one, ".serving.ModelSpec"),
        ("inputs", 2, message, many, ".serving.PredictRequest.InputsEntry"),
        ("output_filter", 3, text, many, None),
    )
    entry = request.nested_type.add(name="InputsEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=text, label=one)
    entry.field.add(name="value", number=2, type=message, label=one, type_name=".tensorflow.TensorProto")
    add("PredictLog", ("request", 1, message, one, ".serving.PredictRequest"))
    add("ClassifyLog", ("request", 1, text, one, None))
    add(
        "PredictionLog",
        ("classify_log", 2, message, one, ".serving.ClassifyLog"),
        ("predict_log", 6, message, one, ".serving.PredictLog"),
    )
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("serving.PredictionLog"))


PredictionLog = tensorflow_serving_messages()


@pytest.fixture
def version(tmp_path):
    (tmp_path / "assets.extra").mkdir()
    return tmp_path


def write_warmup(version, *records):
    path = version / "assets.extra" / "tf_serving_warmup_requests"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record.SerializeToString())
    return path


def predict_log(signature="", **inputs):
    record = PredictionLog()
    request = record.predict_log.request
    request.model_spec.name = "model"
    request.model_spec.signature_name = signature
    request.output_filter.append("ignored")
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(value)
    return record


def body(version):
    return json.loads(predict_request.predict_body(version))


def test_the_first_predict_request_of_the_warm_up_file(version):
    other = PredictionLog()
    other.classify_log.request = "not a predict request"
    write_warmup(
        version,
        other,
        predict_log("serve", audio=tf.make_tensor_proto([[0.5], [1.5]]), rate=tf.make_tensor_proto(22050)),
        predict_log("another", audio=tf.make_tensor_proto([0.0])),
    )
    assert body(version) == {"signature_name": "serve", "inputs": {"audio": [[0.5], [1.5]], "rate": 22050}}


def test_a_request_without_a_signature_names_none(version):
    write_warmup(version, predict_log(x=tf.make_tensor_proto([1.0])))
    assert "signature_name" not in body(version)


def one_by_one(dtype, values, shape):
    """A TensorProto with its values in the *_val field, as older clients write it."""
    made = tf.make_tensor_proto(values, dtype=dtype, shape=shape)
    content = tf.make_ndarray(made)
    made.ClearField("tensor_content")
    for field in (
        "float_val",
        "double_val",
        "int_val",
        "int64_val",
        "uint32_val",
        "uint64_val",
        "bool_val",
        "half_val",
    ):
        made.ClearField(field)
    field = {
        tf.float32: "float_val", tf.float64: "double_val", tf.int64: "int64_val", tf.uint32: "uint32_val",
        tf.uint64: "uint64_val", tf.bool: "bool_val", tf.half: "half_val", tf.bfloat16: "half_val",
    }.get(dtype, "int_val")  # fmt: skip
    flat = content.reshape(-1)
    getattr(made, field).extend((flat.view("uint16") if field == "half_val" else flat).tolist())
    return made


NUMBERS = [
    (tf.float32, [0.5, -2.25, 3e38]),
    (tf.float64, [0.1, -1e300]),
    (tf.half, [0.5, -2.0]),
    (tf.bfloat16, [0.5, -3.0]),
    (tf.int8, [-128, 127]),
    (tf.uint8, [0, 255]),
    (tf.int16, [-32768, 32767]),
    (tf.uint16, [0, 65535]),
    (tf.int32, [-(2**31), 2**31 - 1]),
    (tf.uint32, [0, 2**32 - 1]),
    (tf.int64, [-(2**63), 2**63 - 1]),
    (tf.uint64, [0, 2**64 - 1]),
    (tf.bool, [True, False]),
]


@pytest.mark.parametrize(("dtype", "values"), NUMBERS, ids=[dtype.name for dtype, _ in NUMBERS])
@pytest.mark.parametrize("how", ["content", "one_by_one"])
def test_every_type_of_number(dtype, values, how):
    if how == "content":
        made = tf.make_tensor_proto(values, dtype=dtype)
        made = tensor_pb2.TensorProto(
            dtype=made.dtype, tensor_shape=made.tensor_shape, tensor_content=tf.make_ndarray(made).tobytes()
        )
    else:
        made = one_by_one(dtype, values, [len(values)])
    found = tensor.to_nested_list(made.SerializeToString(), None)
    assert found == tf.make_ndarray(made).tolist()
    assert [type(one) for one in found] == [type(values[0])] * len(values)


def test_strings_are_base64(version):
    raw = [b"caf\xc3\xa9", b"\x00\xff", b""]
    write_warmup(version, predict_log(text=tf.make_tensor_proto(raw)))
    assert body(version)["inputs"]["text"] == [{"b64": base64.b64encode(one).decode()} for one in raw]


def test_strings_in_tensor_content():
    made = tensor_pb2.TensorProto(dtype=7, tensor_content=b"\x02\x01abc")
    made.tensor_shape.dim.add(size=2)
    assert tensor.to_nested_list(made.SerializeToString(), bytes) == [b"ab", b"c"]


@pytest.mark.parametrize("shape", [[], [1], [2, 3], [2, 1, 3], [0], [2, 0], [0, 2]])
def test_shapes(shape):
    count = tf.TensorShape(shape).num_elements()
    made = tf.make_tensor_proto(list(range(count)) if shape else 0, dtype=tf.float32, shape=shape)
    assert tensor.to_nested_list(made.SerializeToString(), None) == tf.make_ndarray(made).tolist()


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_value_that_repeats_is_written_once(value):
    made = tf.make_tensor_proto(value, shape=[2, 2])
    assert len(made.float_val) <= 1
    assert tensor.to_nested_list(made.SerializeToString(), None) == [[value, value], [value, value]]


def test_a_type_that_json_has_no_form_for(version):
    write_warmup(version, predict_log(z=tf.make_tensor_proto(1j)))
    with pytest.raises(tensor.NotSendable, match="DataType 18 has no form in JSON"):
        body(version)


def test_a_shape_that_would_fill_the_memory_is_refused():
    made = tensor_pb2.TensorProto(dtype=1)
    made.tensor_shape.dim.add(size=2**40)
    with pytest.raises(tensor.NotSendable, match="too large"):
        tensor.to_nested_list(made.SerializeToString(), None)


@pytest.mark.parametrize("cut", [3, 11, 20, -2])
def test_a_file_that_is_cut_short_is_an_error(version, cut):
    path = write_warmup(version, predict_log(x=tf.make_tensor_proto([1.0])))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match="is not a TFRecord file, or is cut short"):
        body(version)


@pytest.mark.parametrize("record", [b"\xff\xff\xff\xff", b"\x32\x7f\x01\x01", b"\x33\x01\x01\x01"])
def test_a_record_of_nonsense_is_an_error(version, record):
    path = version / "assets.extra" / "tf_serving_warmup_requests"
    path.write_bytes(struct.pack("<QI", 4, 0) + record + b"\0\0\0\0")
    with pytest.raises(ValueError, match="protobuf"):
        body(version)


def test_more_values_than_the_shape_holds_are_an_error():
    made = tensor_pb2.TensorProto(dtype=1, float_val=[1.0, 2.0])
    made.tensor_shape.dim.add(size=1)
    with pytest.raises(ValueError, match="holds 2 values"):
        tensor.to_nested_list(made.SerializeToString(), None)


def test_the_models_own_request_comes_first_and_word_for_word(version):
    sample = version / "assets.extra" / "sample_request.json"
    sample.write_text('{ "instances": [1.0, NaN] }\n')
    write_warmup(version, predict_log(x=tf.make_tensor_proto([1.0])))
    assert predict_request.predict_body(version) == sample.read_bytes()


@pytest.mark.parametrize("text", ["{", "[1]", '{"input":[1]}', ""])
def test_a_request_that_no_server_takes_is_an_error(version, text):
    (version / "assets.extra" / "sample_request.json").write_text(text)
    with pytest.raises(ValueError, match=r"sample_request\.json"):
        predict_request.predict_body(version)


def run(version, python=sys.executable):
    return subprocess.run(
        [python, predict_request.__file__, version],
        capture_output=True,
        text=True,
        check=False,
        env={"LANG": "C", "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_the_script_says_by_its_status_what_it_found(version):
    nothing = run(version)
    assert (nothing.returncode, nothing.stdout) == (3, "")
    assert "neither sample_request.json nor tf_serving_warmup_requests" in nothing.stderr
    sample = version / "assets.extra" / "sample_request.json"
    sample.write_text('{"instances":[1]}')
    assert (run(version).returncode, run(version).stdout) == (0, '{"instances":[1]}')
    sample.write_text("{")
    assert run(version).returncode == 1
    assert "Traceback" not in run(version).stderr


@pytest.mark.parametrize("python", sorted(Path.home().glob(".pyenv/versions/3.*/bin/python")), ids=str)
def test_every_python_of_this_machine_from_3_7_on_runs_it(version, python):
    if tuple(map(int, python.parts[-3].split(".")[:2])) < (3, 7):
        pytest.skip("older than any supported machine image's")
    write_warmup(version, predict_log("s", x=tf.make_tensor_proto([0.5]), t=tf.make_tensor_proto([b"a"])))
    done = run(version, python)
    assert json.loads(done.stdout) == {"signature_name": "s", "inputs": {"x": [0.5], "t": [{"b64": "YQ=="}]}}
