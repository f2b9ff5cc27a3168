"""Bodies that are too large, and how little they cost."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from pathlib import Path

_LIMIT = 32 * 2**20


def _resident_megabytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def _connect(every) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", every.port, timeout=30)


def test_a_50_mb_body_is_refused_and_not_kept(every):
    before = _resident_megabytes(every.process.pid)
    connection = _connect(every)
    # This client writes all of it before it reads.
    connection.request("POST", "/v1/models/every:predict", body=b" " * 50 * 2**20)
    answer = connection.getresponse()

    assert answer.status == 413
    assert json.loads(answer.read()) == {"error": f"Request body is larger than {_LIMIT} bytes"}
    assert _resident_megabytes(every.process.pid) - before < 16


def test_a_declared_length_over_the_limit_is_refused_before_the_body(every):
    with socket.create_connection(("127.0.0.1", every.port), 10) as connection:
        connection.sendall(
            b"POST /v1/models/every:predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Length: 52428800\r\n\r\n"
        )
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"100 Continue" not in answer


def test_a_chunked_body_is_refused_at_the_limit(every):
    sent = 0

    def chunks():
        nonlocal sent
        for _ in range(50):
            sent += 1
            yield b" " * 2**20

    before = _resident_megabytes(every.process.pid)
    connection = _connect(every)
    connection.request("POST", "/v1/models/every:predict", body=chunks(), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    answer = connection.getresponse()

    assert answer.status == 413
    assert "larger than" in json.loads(answer.read())["error"]
    assert sent == 50
    # What was read up to the limit, and no more.
    assert _resident_megabytes(every.process.pid) - before < 3 * _LIMIT / 2**20


def test_a_chunked_body_below_the_limit_is_read(every):
    connection = _connect(every)
    connection.request("POST", "/v1/models/every:predict", body=iter([b'{"instances": [[1,', b"2, 3]]}"]),
                       encode_chunked=True, headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (200, {"predictions": [[3, 5, 7]]})


def test_status_answers_while_predictions_run(every):
    body = {"signature_name": "slow", "inputs": [1500]}
    threads = [threading.Thread(target=every.predict, args=(body,)) for _ in range(4)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    asked = time.monotonic()
    assert every.states()["1"]["state"] == "AVAILABLE"
    answered = time.monotonic()
    still_running = any(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()

    assert still_running, f"the predictions were over in {time.monotonic() - begin:.1f} s"
    assert answered - asked < 1.0


def test_metrics_are_tf_servings(every):
    """Names: tensorflow_serving/servables/tensorflow/util.cc; form: util/prometheus_exporter.cc."""
    every.predict({"instances": [[1, 2, 3]]})
    every.predict({"instances": []})
    answer = every.http.get("/monitoring/prometheus/metrics")

    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert "# TYPE :tensorflow:serving:request_count counter" in lines
    assert "# TYPE :tensorflow:serving:request_latency histogram" in lines
    predict = 'model_name="every",API="predict",entrypoint="REST"'
    for start in (
        ':tensorflow:serving:request_count{model_name="every",status="OK"} ',
        ':tensorflow:serving:request_count{model_name="every",status="INVALID_ARGUMENT"} ',
        f':tensorflow:serving:request_latency_bucket{{{predict},le="10"}} ',
        f':tensorflow:serving:request_latency_bucket{{{predict},le="+Inf"}} ',
        f":tensorflow:serving:request_latency_sum{{{predict}}} ",
        ':tensorflow:serving:runtime_latency_count{model_name="every",API="Predict",runtime="TF1"} ',
        ":tensorflow:cc:saved_model:load_attempt_count{",
    ):
        assert any(line.startswith(start) for line in lines), start


def test_unknown_models_share_one_series(every):
    for name in ("a", "b", "c"):
        every.http.get(f"/v1/models/{name}")
    text = every.http.get("/monitoring/prometheus/metrics").text
    assert ':tensorflow:serving:request_count{model_name="",status="NOT_FOUND"}' in text
    assert 'model_name="a"' not in text
