"""Many interleaved requests of different sizes: each gets its own rows, whatever the parameters."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from batches import SECONDS
from hypothesis import given, settings
from hypothesis import strategies as st
from model_server.batcher import Batcher
from model_server.batching_parameters import BatchingParameters


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_each_request_gets_its_ownrows(data: st.DataObject):
    most = data.draw(st.integers(1, 8), label="max_batch_size")
    sizes = data.draw(st.sets(st.integers(1, most)), label="allowed sizes") | {most}
    parameters = BatchingParameters(
        num_batch_threads=data.draw(st.integers(1, 3), label="threads"),
        max_batch_size=most,
        batch_timeout_micros=data.draw(st.sampled_from([0, 100, 2000]), label="timeout"),
        max_enqueued_batches=1000,
        allowed_batch_sizes=tuple(sorted(sizes)) if data.draw(st.booleans(), label="padded") else (),
    )
    # (queue, columns, rows)
    request = st.tuples(st.integers(0, 1), st.integers(1, 2), st.integers(1, most))
    requests = data.draw(st.lists(request, min_size=1, max_size=40), label="requests")
    callers = data.draw(st.integers(1, 4), label="callers")
    batches: list[int] = []

    def run(factor: int):
        def multiply(inputs):
            assert len(inputs["x"]) == len(inputs["n"])
            batches.append(len(inputs["x"]))
            return {"y": factor * inputs["x"], "n": inputs["n"]}

        return multiply

    with contextlib.closing(Batcher(parameters)) as batcher:
        queues = [batcher.queue(run(2)), batcher.queue(run(3))]

        def ask(number: int):
            queue, columns, rows = requests[number]
            x = (1000.0 * number + np.arange(rows * columns)).reshape(rows, columns)
            future = queues[queue]({"x": x, "n": np.full(rows, number)})
            return number, x, future

        with ThreadPoolExecutor(callers) as pool:
            for number, x, future in pool.map(ask, range(len(requests))):
                answer = future.result(SECONDS)
                np.testing.assert_array_equal(answer["y"], x * (2 + requests[number][0]))
                assert answer["n"].tolist() == [number] * len(x)

    assert all(size in (parameters.allowed_batch_sizes or range(1, most + 1)) for size in batches)
    assert sum(batches) >= sum(rows for _, _, rows in requests)
