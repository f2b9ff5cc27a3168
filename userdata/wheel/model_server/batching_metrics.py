"""TF Serving's Prometheus metrics of batching; loaded, and so on the page, only where batching is on.

Names and buckets follow tensorflow_serving/batching/batching_util.h and batching_session.cc.
"""

from __future__ import annotations

from . import metrics

_ROWS = [2**i for i in range(14)]
_PREFIX = ":tensorflow:serving:batching_session:"

_queuing_latency = metrics.histogram(
    _PREFIX + "queuing_latency", "thread_pool_name", buckets=[100 * 1.2**i for i in range(52)]
)
_run_count = metrics.counter(_PREFIX + "wrapped_run_count")
_input_rows = metrics.histogram(_PREFIX + "input_batch_size", buckets=_ROWS)
_batch_rows = metrics.histogram(_PREFIX + "processed_batch_size", buckets=_ROWS)
_padding_rows = metrics.histogram(_PREFIX + "padding_size", "execution_batch_size", buckets=_ROWS)


def request(rows: int, inputs: int) -> None:
    """TF Serving counts each input of a request."""
    for _ in range(inputs):
        _input_rows.observe(rows)


def queued(thread_pool_name: str, seconds: float) -> None:
    _queuing_latency.labels(thread_pool_name).observe(seconds * 1e6)


def batch(rows: int, padding: int) -> None:
    """rows: with the padding."""
    _batch_rows.observe(rows)
    _padding_rows.labels(str(rows)).observe(padding)


def ran() -> None:
    _run_count.inc()
