"""What shares a run, and what each request of it gets."""

from __future__ import annotations

import time

import numpy as np
import pytest
from batches import LONG, SECONDS, Runs, doubled, error_of, rows, running
from model_server.errors import Code, ServingError


def test_a_full_batch_does_not_wait_for_the_timeout():
    with running(max_batch_size=4, batch_timeout_micros=LONG) as batcher:
        submit = batcher.queue(runs := Runs())
        futures = [submit(rows(1)), submit(rows(2, 3))]
        time.sleep(0.05)  # The thread has gone to sleep over it.
        futures.append(submit(rows(4)))
        assert [doubled(future) for future in futures] == [[2], [4, 6], [8]]
    assert [x.tolist() for x in runs.inputs] == [[1, 2, 3, 4]]


def test_after_the_timeout_a_batch_runs_as_it_is():
    with running(max_batch_size=4, batch_timeout_micros=20_000) as batcher:
        submit = batcher.queue(runs := Runs())
        futures = [submit(rows(1)), submit(rows(2))]
        assert [doubled(future) for future in futures] == [[2], [4]]
    assert [x.tolist() for x in runs.inputs] == [[1, 2]]


def test_a_request_that_does_not_fit_closes_the_batch():
    """tensorflow/core/kernels/batching_util/shared_batch_scheduler.h, ScheduleWithoutOrEagerSplitImpl."""
    with running(max_batch_size=4, batch_timeout_micros=LONG) as batcher:
        submit = batcher.queue(runs := Runs())
        first, second = submit(rows(1, 2, 3)), submit(rows(4, 5))
        assert doubled(first) == [2, 4, 6]
        assert not second.done()
        batcher.drain()
        assert doubled(second) == [8, 10]
    assert [x.tolist() for x in runs.inputs] == [[1, 2, 3], [4, 5]]


def test_a_batch_over_its_timeout_takes_requests_in_until_a_thread_is_free():
    with running(max_batch_size=8, batch_timeout_micros=0) as batcher:
        submit = batcher.queue(runs := Runs())
        with runs.held():
            first = submit(rows(0))
            assert runs.entered.acquire(timeout=SECONDS)
            others = [submit(rows(n)) for n in (1, 2, 3)]
        assert [doubled(future) for future in [first, *others]] == [[0], [2], [4], [6]]
    assert [x.tolist() for x in runs.inputs] == [[0], [1, 2, 3]]


def test_padding_is_the_first_row_of_the_last_request_and_is_cut_off():
    """tensorflow_serving/batching/batching_session.cc, MergeInputTensors."""
    with running(max_batch_size=8, batch_timeout_micros=LONG, allowed_batch_sizes=(2, 8)) as batcher:
        submit = batcher.queue(runs := Runs())
        futures = [submit(rows(1, 2)), submit(rows(3, 4))]
        batcher.drain()
        assert [doubled(future) for future in futures] == [[2, 4], [6, 8]]
        assert doubled(submit(rows(5))) == [10]
    assert [x.tolist() for x in runs.inputs] == [[1, 2, 3, 4, 3, 3, 3, 3], [5, 5]]


def test_another_shape_type_or_signature_is_another_batch():
    kinds = [np.zeros(1), np.zeros((1, 2)), np.zeros(1, np.float32)]
    with running(max_batch_size=8, batch_timeout_micros=LONG) as batcher:
        signatures = [Runs(), Runs()]
        one, other = map(batcher.queue, signatures)
        futures = [queue({"x": kind}) for kind in kinds for queue in (one, other, one)]
        batcher.drain()
        for future in futures:
            future.result(SECONDS)
    for runs, rows_of_each in zip(signatures, (2, 1), strict=True):
        given = {(x.shape, x.dtype.name) for x in runs.inputs}
        assert len(runs.inputs) == 3
        assert given == {((rows_of_each, *kind.shape[1:]), kind.dtype.name) for kind in kinds}


def test_text_is_joined_too():
    with running(max_batch_size=3, batch_timeout_micros=LONG) as batcher:
        submit = batcher.queue(lambda inputs: {"t": inputs["s"]})
        one = submit({"s": np.array([b"a", b"longer"], object)})
        other = submit({"s": np.array([b"b"], object)})
        assert one.result(SECONDS)["t"].tolist() == [b"a", b"longer"]
        assert other.result(SECONDS)["t"].tolist() == [b"b"]


def test_an_error_reaches_each_request_of_its_batch_and_no_other():
    def run(inputs):
        if 13 in inputs["x"]:
            raise ServingError(Code.INVALID_ARGUMENT, "unlucky")
        return {"y": 2 * inputs["x"]}

    with running(max_batch_size=2, batch_timeout_micros=LONG) as batcher:
        submit = batcher.queue(run)
        futures = [submit(rows(n)) for n in (1, 13, 3, 4)]
        assert [str(error_of(future)) for future in futures[:2]] == ["INVALID_ARGUMENT: unlucky"] * 2
        assert [doubled(future) for future in futures[2:]] == [[6], [8]]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (np.float32(1), "Batched output tensor has 0 dimensions"),
        (
            np.zeros(3),
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the "
            "input tensors",
        ),
    ],
)
def test_outputs_without_the_batch(output: np.ndarray, message: str):
    """tensorflow_serving/batching/batching_session.cc, SplitOutputTensors."""
    with running(max_batch_size=2, batch_timeout_micros=LONG) as batcher:
        submit = batcher.queue(lambda inputs: {"fine": inputs["x"], "y": output})
        errors = [error_of(future) for future in [submit(rows(1)), submit(rows(2))]]
        assert [(error.code, error.message) for error in errors] == [(Code.FAILED_PRECONDITION, message)] * 2


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "Batching Run() must have at least one input tensor"),
        ({"x": np.array(1.0)}, "Batching Run() input tensors must have at least one dimension"),
        (
            {"x": np.zeros(2), "z": np.zeros(3)},
            "Batching Run() input tensors must have equal 0th-dimension size",
        ),
        ({"x": np.zeros(5)}, "Task size 5 is larger than maximum input batch size 4"),
    ],
)
def test_what_cannot_be_part_of_a_batch_is_refused_at_once(inputs: dict, message: str):
    """tensorflow_serving/batching/batching_util.h, ComputeTensorBatchSize; shared_batch_scheduler.h,
    ValidateBatchTaskQueueCapacity."""
    with running(max_batch_size=4, batch_timeout_micros=LONG) as batcher:
        submit = batcher.queue(runs := Runs())
        with pytest.raises(ServingError) as refused:
            submit(inputs)
        assert (refused.value.code, refused.value.message) == (Code.INVALID_ARGUMENT, message)
    assert runs.inputs == []


def test_a_request_of_no_rows_waits_for_nobody():
    with running(max_batch_size=4, batch_timeout_micros=LONG) as batcher:
        assert doubled(batcher.queue(Runs())(rows())) == []
