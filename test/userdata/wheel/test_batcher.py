"""The threads and the queues: turns, limits, timeouts, the end."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from batches import LONG, SECONDS, Runs, doubled, error_of, rows, running
from model_server.errors import Code, ServingError
from server import wait_for


def test_a_full_queue_refuses_and_takes_in_again():
    """shared_batch_scheduler.h, ValidateBatchTaskQueueCapacity. A batch that runs waits no longer."""
    with running(max_batch_size=2, max_enqueued_batches=2) as batcher:
        submit = batcher.queue(runs := Runs())
        other = batcher.queue(runs)
        with runs.held():
            taken = [submit(rows(0, 0))]
            assert runs.entered.acquire(timeout=SECONDS)
            taken += [submit(rows(1, 1)), submit(rows(2))]
            with pytest.raises(ServingError) as refused:
                submit(rows(3, 3))
            # What fits into a batch that waits is no batch more, and each signature has its own limit.
            taken += [submit(rows(4)), other(rows(5))]
            with pytest.raises(ServingError):
                # Another shape is another batch.
                submit({"x": np.zeros((1, 2))})
        assert refused.value.code == Code.UNAVAILABLE
        assert refused.value.message.endswith(
            "is full; currently 2 batches enqueued and max_enqueued_batches is 2"
        )
        assert [doubled(future) for future in taken] == [[0, 0], [2, 2], [4], [8], [10]]
        assert doubled(submit(rows(6))) == [12]


def test_queues_take_turns():
    with running(max_batch_size=1) as batcher:
        busy, quiet = batcher.queue(runs := Runs()), batcher.queue(runs)
        with runs.held():
            first = busy(rows(0))
            assert runs.entered.acquire(timeout=SECONDS)
            futures = [first, *(busy(rows(n)) for n in (1, 2, 3)), quiet(rows(9))]
        for future in futures:
            future.result(SECONDS)
    assert [x.tolist() for x in runs.inputs] == [[0], [1], [9], [2], [3]]


@pytest.mark.parametrize("whole_batch_first", [True, False])
def test_the_oldest_comes_first_whatever_its_shape(whole_batch_first: bool):
    with running(max_batch_size=2) as batcher:
        submit = batcher.queue(runs := Runs())
        whole, part = {"x": np.full((2, 1), 1.0)}, {"x": np.full((1, 2), 2.0)}
        order = [whole, part] if whole_batch_first else [part, whole]
        with runs.held():
            futures = [submit(rows(0, 0))]
            assert runs.entered.acquire(timeout=SECONDS)
            futures += [submit(inputs) for inputs in order]
        for future in futures:
            future.result(SECONDS)
    assert [x.shape for x in runs.inputs[1:]] == [inputs["x"].shape for inputs in order]


def test_as_many_batches_at_once_as_there_are_threads():
    with running(num_batch_threads=2, max_batch_size=1) as batcher:
        submit = batcher.queue(runs := Runs())
        with runs.held():
            futures = [submit(rows(n)) for n in range(3)]
            assert runs.entered.acquire(timeout=SECONDS)
            assert runs.entered.acquire(timeout=SECONDS)
            assert not runs.entered.acquire(timeout=0.1)
        assert [doubled(future) for future in futures] == [[0], [2], [4]]


def test_a_busy_thread_does_not_keep_another_batch_from_its_timeout():
    with running(num_batch_threads=3, max_batch_size=2, batch_timeout_micros=50_000) as batcher:
        full, alone = batcher.queue(runs := Runs()), batcher.queue(Runs())
        with runs.held():
            waits = alone(rows(7))
            blocked = [full(rows(1, 1)), full(rows(2, 2))]
            assert doubled(waits) == [14]
        assert [doubled(future) for future in blocked] == [[2, 2], [4, 4]]


def test_close_refuses_what_waits_and_what_comes():
    with running(max_batch_size=2, batch_timeout_micros=LONG) as batcher:
        submit = batcher.queue(runs := Runs())
        waits = submit(rows(1))
        batcher.close()
        assert str(error_of(waits)) == "UNAVAILABLE: The server is stopping"
        with pytest.raises(ServingError, match="The server is stopping"):
            submit(rows(1))
    assert runs.inputs == []


def test_nothing_of_a_batch_is_kept():
    with running(max_batch_size=1) as batcher:
        submit = batcher.queue(lambda inputs: {"y": inputs["x"] + 1})
        inputs = rows(1)
        kept = weakref.ref(inputs["x"])
        submit(inputs).result(SECONDS)
        del inputs
        wait_for(lambda: kept() is None, SECONDS, "forgotten batch")
