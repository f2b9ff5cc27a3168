"""The clients: the wheel's own server, a gRPC stand-in with a real model, and odd answers."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path

import http_stand_in
import numpy as np
import pytest

from tuning.benchmark.endpoint import EndpointError, connect, parse
from tuning.benchmark.rest_client import encode
from tuning.refusal import Refusal
from tuning.saved_model.requests import Request

X = np.array([[1.0, 2.0, 3.0], [0.1, -4.0, 1e-8]], np.float32)


@pytest.fixture(params=["rest", "grpc"])
def client(request: pytest.FixtureRequest, wheel_server, grpc_server):
    url = (
        f"http://127.0.0.1:{wheel_server.port}/v1/models/small"
        if request.param == "rest"
        else f"grpc://127.0.0.1:{grpc_server}/small"
    )
    connected = connect(url)
    yield connected
    connected.close()


def test_predict_gives_the_outputs_by_name(client):
    answer = client.predict(Request("serving_default", {"x": X}))
    assert answer.keys() == {"y"}
    np.testing.assert_allclose(answer["y"], 2 * X + 1, rtol=1e-6)


def test_several_outputs_scalars_and_bytes_come_back(client):
    answer = client.predict(Request("pair", {"x": np.ones([2, 3], np.float32)}))
    assert answer["total"].shape == () and answer["total"] == 6
    # JSON has no form for the bytes of \xff: TF Serving's REST answers put a replacement there.
    assert answer["text"][1] == b"pair"


def test_a_request_that_the_model_objects_to_is_an_error_in_one_sentence(client):
    wrong = Request("serving_default", {"x": np.ones([1, 2], np.float32)})
    for ask in (client.predict, client.exchange):
        with pytest.raises(
            EndpointError, match=r"^[^\n]* answered (POST with HTTP 400|gRPC INVALID_ARGUMENT): [^\n]*\.$"
        ):
            ask(wrong)


def test_the_server_tells_its_signatures(client):
    signatures = client.signatures()
    assert sorted(signatures) == ["pair", "serving_default"]
    spec = signatures["serving_default"].inputs["x"]
    assert (spec.dtype, spec.shape) == ("float32", (None, 3))
    assert signatures["pair"].inputs["x"].shape == (2, 3)


def test_many_threads_get_each_their_own_answer(client):
    wrong: list[str] = []

    def ask(number: int) -> None:
        for step in range(20):
            x = np.full([1, 3], number * 100 + step, np.float32)
            if not np.array_equal(client.predict(Request("serving_default", {"x": x}))["y"], 2 * x + 1):
                wrong.append(f"{number} {step}")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_request_is_sent_anew_for_each_object():
    """Of two requests with the same id, one after the other, none gets the bytes of the other."""
    from tuning.benchmark.encoded import EncodedRequests

    encoded = EncodedRequests(encode)
    bodies = [
        json.loads(encoded(Request("s", {"x": np.array([float(value)])})))["inputs"]["x"]
        for value in range(50)
    ]
    assert bodies == [[float(value)] for value in range(50)]


def test_rest_sends_the_column_form_and_keeps_its_connection():
    answer = lambda *_: http_stand_in.OUTPUTS  # noqa: E731
    with http_stand_in.answering(answer) as (port, came):
        client = connect(f"http://127.0.0.1:{port}/v1/models/some%20model/labels/stable")
        strings = np.array([b"\xff", b"text"], object)
        for _ in range(3):
            client.exchange(Request("sig", {"x": np.float32([0.1]), "s": strings, "n": np.int64([7])}))
        client.close()
    assert {one["path"] for one in came} == {"/v1/models/some%20model/labels/stable:predict"}
    assert came[0]["body"] == {
        "signature_name": "sig",
        "inputs": {"x": [0.1], "s": [{"b64": "/w=="}, {"b64": "dGV4dA=="}], "n": [7]},
    }
    assert {one["connection"] for one in came} == {0}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((503, {"error": "no\n model"}), "HTTP 503: no model."),
        ((200, {"predictions": []}), 'HTTP 200, but without outputs: {"predictions": \\[\\]}.'),
        ((200, ""), "without outputs: an empty body."),
        ((302, "elsewhere"), "HTTP 302: elsewhere."),
    ],
)
def test_only_an_answer_is_an_answer(answer, says):
    with http_stand_in.answering(lambda *_: answer) as (port, _came):
        client = connect(f"http://127.0.0.1:{port}/v1/models/m")
        for ask in (client.exchange, client.predict):
            with pytest.raises(EndpointError, match=says):
                ask(Request("s", {"x": X}))
        client.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1/models/m", "grpc://127.0.0.1:1/m"])
def test_a_port_where_nobody_listens(url):
    client = connect(url)
    with pytest.raises(EndpointError, match=r"^(http|grpc)://127\.0\.0\.1:1/.*[Rr]efused\.$"):
        client.exchange(Request("s", {"x": X}))
    client.close()


def test_https_checks_the_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    answer = lambda *_: http_stand_in.OUTPUTS  # noqa: E731
    with http_stand_in.answering(answer, (str(certificate), str(key))) as (port, _came):
        url = f"https://127.0.0.1:{port}/v1/models/m"
        untrusting = connect(url)
        with pytest.raises(EndpointError, match="CERTIFICATE_VERIFY_FAILED"):
            untrusting.exchange(Request("s", {"x": X}))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        trusting = connect(url)
        trusting.exchange(Request("s", {"x": X}))
        untrusting.close()
        trusting.close()


def test_parse_reads_each_form():
    rest = parse("https://host/v1/models/m/versions/3")
    assert (rest.scheme, rest.host, rest.port, rest.name, rest.version) == ("https", "host", 443, "m", 3)
    assert parse("http://h:8501/v1/models/m/labels/l%20l").label == "l l"
    assert parse("http://h:8501/v1/models/m:predict").path == "/v1/models/m"
    grpc = parse("grpc://[::1]/m")
    assert (grpc.host, grpc.port, grpc.name, grpc.url) == ("[::1]", 8500, "m", "grpc://[::1]:8500/m")


@pytest.mark.parametrize(
    "url",
    ["", "localhost:8501", "http://h:8501", "http://h/v1/models/", "http://h:x/v1/models/m", "ftp://h/m",
     "http://h/v1/models/m/versions/x", "grpc://h:1/a/b", "grpc://:1/m", "http://u:p@h/v1/models/m",
     "http://h/v1/models/m?x=1", "http://h/v1/models/m:classify"],
)  # fmt: skip
def test_parse_refuses_what_is_no_endpoint(url):
    with pytest.raises(Refusal, match=r"^--endpoint: '.*' is none of http\(s\)://host:port/v1/models/NAME"):
        parse(url)


def test_the_messages_are_those_of_tf_serving():
    """Encoded by hand: the declarations must not check themselves."""
    from model_server.protos import PredictRequest, PredictResponse
    from tensorflow import make_tensor_proto

    from tuning.benchmark.endpoint import Target
    from tuning.benchmark.grpc_client import GrpcClient

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    tensor = make_tensor_proto(np.float32([1, 2])).SerializeToString()
    spec = field(1, b"small") + field(3, b"sig")
    client = GrpcClient(Target("grpc", "127.0.0.1", 1, "", "small"), 1.0)
    sent = client._encode(Request("sig", {"x": np.float32([1, 2])}))
    client.close()
    assert sent == field(1, spec) + field(2, field(1, b"x") + field(2, tensor))
    # ModelSpec.version is google.protobuf.Int64Value.
    versioned = PredictRequest()
    versioned.model_spec.version.value = 5
    assert versioned.SerializeToString() == field(1, field(2, b"\x08\x05"))
    answer = PredictResponse.FromString(field(1, field(1, b"y") + field(2, tensor)) + field(2, spec))
    assert (answer.outputs[0].key, answer.model_spec.name) == ("y", "small")
