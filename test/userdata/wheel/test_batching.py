"""Batching with a real TensorFlow: answers as without, and what requests that run together share."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import server as processes
from row import Row
from rows_batching import BATCHING
from rows_requests import REQUESTS
from rows_values import VALUES

_QUEUED = 'queuing_latency_count{thread_pool_name="pool"}'
_ASKED = "input_batch_size_count{}"

# Batching has its own answer to these.
_OTHERWISE = re.compile(r"scalar|outputs of different batch sizes")
_TABLE = [row for row in [*VALUES, *REQUESTS] if not _OTHERWISE.search(row.name)] + BATCHING


@pytest.fixture(scope="module")
def batching(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.Server]:
    """One thread and no timeout: what comes while a batch runs is the next batch."""
    folder = tmp_path_factory.mktemp("batching")
    (folder / "monitoring.config").write_text("prometheus_config { enable: true }")
    (folder / "batching.config").write_text(
        "max_batch_size { value: 64 } num_batch_threads { value: 1 } max_enqueued_batches { value: 2 }"
        ' allowed_batch_sizes: [1, 8, 64] thread_pool_name { value: "pool" }'
    )
    flags = (
        "--enable_batching=true", f"--batching_parameters_file={folder / 'batching.config'}",
        f"--monitoring_config_file={folder / 'monitoring.config'}",
    )  # fmt: skip
    with processes.running("every", models / "every", folder / "log", *flags) as server:
        server.wait_for_state("1", "AVAILABLE")
        yield server


def _batches(server: processes.Server) -> dict[str, float]:
    """Metric of batching to its value, without the prefix they have in common."""
    text = server.http.get("/monitoring/prometheus/metrics").text
    found = re.findall(r"^:tensorflow:serving:batching_session:(\S+) (\S+)$", text, re.M)
    return {name: float(value) for name, value in found}


def _together(server: processes.Server, *bodies: dict) -> tuple[list[tuple[int, dict]], dict[str, float]]:
    """Status and answer of each of these requests, which wait together while the batch thread is busy, and
    what they and the one before them added to the metrics. Each has one input."""
    before = _batches(server)
    with ThreadPoolExecutor(len(bodies) + 1) as pool:
        slow = pool.submit(server.predict, {"signature_name": "slow", "inputs": [2000]})

        def grown(metric: str, by: int):
            return lambda: _batches(server)[metric] >= before[metric] + by

        processes.wait_for(grown(_QUEUED, 1), 10, "run before the others")
        answers = [pool.submit(server.predict, body) for body in bodies]
        processes.wait_for(grown(_ASKED, 1 + len(bodies)), 10, "waiting requests")
        assert not slow.done(), "the run before the others was over too soon"
        results = [(answer.result().status_code, answer.result().json()) for answer in answers]
        assert slow.result().status_code == 200
    return results, {name: value - before.get(name, 0) for name, value in _batches(server).items()}


@pytest.mark.parametrize("row", _TABLE, ids=[row.name for row in _TABLE])
def test_row(batching: processes.Server, row: Row):
    body = row.body if isinstance(row.body, bytes) else json.dumps(row.body).encode()
    answer = batching.http.request(row.method, row.url, content=body)

    assert answer.status_code == row.status, answer.text
    value = json.loads(answer.content, parse_constant=lambda name: name)
    if row.status == 200:
        assert value == row.expected
    else:
        assert re.match(row.expected, value["error"]), value["error"]


def test_each_row_names_where_tf_serving_says_so():
    for row in BATCHING:
        assert re.match(r"tensorflow_serving/batching/\S+ |kinder than TF Serving", row.source), row.name


def test_requests_that_wait_together_share_a_run(batching: processes.Server):
    """Metrics: tensorflow_serving/batching/batching_util.h and batching_session.cc."""
    asked = [[1], [2, 3], [4, 5, 6], [7]]
    answers, added = _together(batching, *({"signature_name": "successor", "inputs": x} for x in asked))

    assert answers == [(200, {"outputs": [n + 1 for n in x]}) for x in asked]
    # With the one row that kept the thread busy.
    assert added["wrapped_run_count{}"] == 2
    assert (added["processed_batch_size_count{}"], added["processed_batch_size_sum{}"]) == (2, 1 + 8)
    assert (added["input_batch_size_count{}"], added["input_batch_size_sum{}"]) == (5, 1 + 7)
    padding = '{execution_batch_size="8"}'
    assert (added[f"padding_size_count{padding}"], added[f"padding_size_sum{padding}"]) == (1, 1)
    assert added[_QUEUED] == 5


def test_the_order_of_inputs_does_not_matter(batching: processes.Server):
    def ask(n: int):
        named = {"a": [[n, n]], "b": [n]} if n % 2 else {"b": [n], "a": [[n, n]]}
        instances = {"instances": [{name: value[0] for name, value in named.items()}]}
        form = instances if n % 3 else {"inputs": named}
        return batching.predict({"signature_name": "two", **form}).json()

    with ThreadPoolExecutor(6) as pool:
        for n, answer in enumerate(pool.map(ask, range(24))):
            got = {"total": 2 * n, "twice": 2 * n}
            expected = {"predictions": [got]} if n % 3 else {"outputs": {k: [v] for k, v in got.items()}}
            assert answer == expected


def test_a_request_of_a_wrong_shape_spoils_nothing(batching: processes.Server):
    def matrix(*rows: list):
        return {"signature_name": "any_rank", "inputs": rows}

    answers, added = _together(batching, matrix([1, 2, 3]), matrix([1, 2]), matrix([4, 5, 6], [7, 8, 9]))
    assert [status for status, _ in answers] == [200, 400, 200]
    assert answers[0][1] == {"outputs": [[6]]}
    assert answers[2][1] == {"outputs": [[15], [24]]}
    assert answers[1][1]["error"].startswith("Matrix size-incompatible")
    assert added["wrapped_run_count{}"] == 3

    # What the signature refuses does not get as far as a batch.
    good, bad = {"instances": [[1, 2, 3]]}, {"instances": [[1, 2]]}
    with ThreadPoolExecutor(8) as pool:
        statuses = [answer.status_code for answer in pool.map(batching.predict, [good, bad] * 8)]
    assert statuses == [200, 400] * 8


def test_an_error_of_the_run_reaches_each_request_of_its_batch(batching: processes.Server):
    lookups = [{"signature_name": "lookup", "inputs": [index]} for index in (0, 9, 1)]
    answers, _ = _together(batching, *lookups, {"signature_name": "successor", "inputs": [1]})
    assert [status for status, _ in answers] == [400, 400, 400, 200]
    messages = {answer["error"] for _, answer in answers[:3]}
    assert len(messages) == 1
    assert "= 9 is not in [0, 3)" in messages.pop()
    assert batching.predict(lookups[2]).json() == {"outputs": [20]}


def test_too_many_batches_are_unavailable(batching: processes.Server):
    whole = {"signature_name": "successor", "inputs": [1] * 64}
    answers, _ = _together(batching, whole, whole, whole)
    assert sorted(status for status, _ in answers) == [200, 200, 503]
    refused = next(answer["error"] for status, answer in answers if status == 503)
    assert refused.endswith("is full; currently 2 batches enqueued and max_enqueued_batches is 2")
    assert batching.predict(whole).status_code == 200


def test_sixteen_clients_of_different_sizes_get_their_own_rows(batching: processes.Server):
    def client(number: int) -> int:
        sizes = random.Random(number)  # noqa: S311
        wrong = 0
        with processes.httpx.Client(base_url=batching.http.base_url, timeout=60) as http:
            for turn in range(20):
                x = [1000 * number + 10 * turn + n for n in range(sizes.randint(1, 4))]
                body = {"signature_name": "successor", "instances": x}
                answer = http.post("/v1/models/every:predict", json=body).json()
                wrong += answer != {"predictions": [n + 1 for n in x]}
        return wrong

    before = _batches(batching)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(client, range(16))) == [0] * 16
    after = _batches(batching)
    assert after[_ASKED] - before[_ASKED] == 16 * 20
    assert after["wrapped_run_count{}"] - before["wrapped_run_count{}"] < 16 * 20, "no two ever shared a run"


def test_what_is_said_of_batching(batching: processes.Server, every: processes.Server):
    text = batching.http.get("/monitoring/prometheus/metrics").text
    for line in (
        "# TYPE :tensorflow:serving:batching_session:queuing_latency histogram",
        "# TYPE :tensorflow:serving:batching_session:wrapped_run_count counter",
        "# TYPE :tensorflow:serving:batching_session:processed_batch_size histogram",
    ):
        assert line in text.splitlines()
    limits = re.findall(r':batching_session:processed_batch_size_bucket\{le="(.*)"\}', text)
    assert limits == [*(str(2**i) for i in range(14)), "+Inf"]
    assert "batching_session" not in every.http.get("/monitoring/prometheus/metrics").text

    logged = batching.logged()
    assert "batching as BatchingParameters(num_batch_threads=1, max_batch_size=64" in logged
    assert logged.count('signature "pair" has a fixed first dimension: its requests run unbatched') == 1
