"""The parameters of batching, from the text proto that --batching_parameters_file names.

Names, defaults and checks follow BatchingParameters of
tensorflow_serving/servables/tensorflow/session_bundle_config.proto, its use in bundle_factory_util.cc, and
tensorflow/core/kernels/batching_util/shared_batch_scheduler.h.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format

from . import protos

_MOST = 10**12
_MOST_THREADS = 1024


@dataclass(frozen=True)
class BatchingParameters:
    num_batch_threads: int
    """Batches that run at the same time. TF Serving's default: the CPUs."""
    max_batch_size: int = 1000
    """Rows of the largest batch. A request of more is refused."""
    batch_timeout_micros: int = 0
    """How long a batch's first request waits for others, in microseconds. 0: no longer than until a batch
    thread is free."""
    max_enqueued_batches: int = 10
    """Batches of one signature that may wait for a thread. A request over that is refused as UNAVAILABLE."""
    allowed_batch_sizes: tuple[int, ...] = ()
    """Rising, the last equals max_batch_size: a batch is padded to the next of them. Empty: no padding."""
    thread_pool_name: str = "batch_threads"

    def padded(self, rows: int) -> int:
        """Rows of a batch after padding. batching_util.cc, RoundToLowestAllowedBatchSize."""
        return next((size for size in self.allowed_batch_sizes if size >= rows), rows)


class BadParameters(Exception):
    """One sentence: which key of which file, what was got, what is allowed."""


def without_file(cpus: int) -> BatchingParameters:
    """What --enable_batching alone means (model_servers/server.cc names the thread pool)."""
    return BatchingParameters(cpus, thread_pool_name="model_server_batch_threads")


def read(file: str, cpus: int) -> BatchingParameters:
    """Raises BadParameters."""
    try:
        config = text_format.Parse(Path(file).read_text(encoding="utf-8"), protos.BatchingParameters())
    except OSError as error:
        raise BadParameters(f"cannot read {file}: {error.strerror}") from None
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise BadParameters(f"{file} is not a BatchingParameters text proto: {error}") from None

    def number(key: str, default: int, least: int, most: int = _MOST) -> int:
        value = getattr(config, key).value if config.HasField(key) else default
        if not least <= value <= most:
            raise BadParameters(f"{key} in {file}: got {value}, expected {least} to {most}")
        return value

    for key, given in (
        ("pad_variable_length_inputs", config.pad_variable_length_inputs),
        ("enable_large_batch_splitting", config.enable_large_batch_splitting.value),
    ):
        if given:
            raise BadParameters(f"{key} in {file}: got true, which this server does not do; expected false")
    # TF Serving takes 0 for 1.
    enqueued = number("max_enqueued_batches", BatchingParameters.max_enqueued_batches, 0)
    # A name of no characters has no place in a metric.
    name = config.thread_pool_name.value or BatchingParameters.thread_pool_name
    parameters = BatchingParameters(
        num_batch_threads=number("num_batch_threads", cpus, 1, _MOST_THREADS),
        max_batch_size=number("max_batch_size", BatchingParameters.max_batch_size, 1),
        batch_timeout_micros=number("batch_timeout_micros", BatchingParameters.batch_timeout_micros, 0),
        max_enqueued_batches=max(1, enqueued),
        allowed_batch_sizes=tuple(config.allowed_batch_sizes),
        thread_pool_name=name,
    )
    _check_sizes(parameters, file)
    return parameters


def _check_sizes(parameters: BatchingParameters, file: str) -> None:
    """TF Serving checks the last only, and then pads to the first size that is large enough."""
    sizes = parameters.allowed_batch_sizes
    rising = all(low < high for low, high in zip((0, *sizes), sizes, strict=False))
    if sizes and not (rising and sizes[-1] == parameters.max_batch_size):
        raise BadParameters(
            f"allowed_batch_sizes in {file}: got {', '.join(map(str, sizes))}, expected rising sizes whose "
            f"last is max_batch_size, {parameters.max_batch_size}"
        )
