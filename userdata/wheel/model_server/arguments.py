"""The command line: tensorflow_model_server's own flag names, and three more."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from google.protobuf import text_format

from . import batching_parameters
from .batching_parameters import BatchingParameters
from .protos import MonitoringConfig

DEFAULT_METRICS_PATH = "/monitoring/prometheus/metrics"  # PrometheusExporter::kPrometheusPath
_VERSION_LIMIT = 65535


@dataclass(frozen=True)
class Arguments:
    model_name: str
    model_base_path: str
    address: str
    rest_api_port: int
    rest_api_num_threads: int
    processes: int
    max_body_bytes: int
    intra_op_threads: int
    inter_op_threads: int
    warmup: bool
    metrics_path: str | None
    """None: no metrics."""
    batching: BatchingParameters | None = None
    """None: each request runs by itself."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # One sentence, without the usage that argparse prints before it.
        self.exit(2, f"{self.prog}: {message}\n")


def parse(argv: list[str]) -> Arguments:
    """Exits with status 2 and one sentence on anything unknown; tensorflow_model_server goes on, so that a
    mistyped flag passes silently."""
    parser = _Parser(prog="model_server", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--rest_api_port", type=_number(1, _VERSION_LIMIT), default=8501, help="port (default 8501)")
    add("--model_name", type=_model_name, default="default", help="name in the URL (default 'default')")
    add("--model_base_path", required=True, help="folder of numbered version folders")
    add("--tensorflow_intra_op_parallelism", type=_number(0), default=0, help="0: TensorFlow's choice")
    add("--tensorflow_inter_op_parallelism", type=_number(0), default=0, help="0: TensorFlow's choice")
    add(
        "--rest_api_num_threads",
        type=_number(1),
        default=4 * _cpus(),
        help="predictions that may run at once in a process; others wait (default: four times the CPUs)",
    )
    add(
        "--enable_model_warmup",
        type=_boolean,
        nargs="?",
        const=True,
        default=True,
        help="play a version's warm-up records before it is AVAILABLE (default true)",
    )
    add("--monitoring_config_file", type=_metrics_path, default=None, help="text proto MonitoringConfig")
    add(
        "--enable_batching",
        type=_boolean,
        nargs="?",
        const=True,
        default=False,
        help="run requests that arrive together as one batch (default false)",
    )
    add("--batching_parameters_file", default="", help="text proto BatchingParameters")
    add("--processes", type=_number(1), default=1, help="processes that share the port (default 1)")
    add("--address", default="0.0.0.0", help="address to listen on (default 0.0.0.0)")  # noqa: S104
    add(
        "--max_body_bytes", type=_number(1), default=32 * 2**20, help="a larger body gets 413 (default 32 MB)"
    )
    given = parser.parse_args(argv)
    return Arguments(
        model_name=given.model_name,
        model_base_path=given.model_base_path,
        address=given.address,
        rest_api_port=given.rest_api_port,
        rest_api_num_threads=given.rest_api_num_threads,
        processes=given.processes,
        max_body_bytes=given.max_body_bytes,
        intra_op_threads=given.tensorflow_intra_op_parallelism,
        inter_op_threads=given.tensorflow_inter_op_parallelism,
        warmup=given.enable_model_warmup,
        metrics_path=given.monitoring_config_file,
        batching=_batching(parser, given.enable_batching, given.batching_parameters_file),
    )


def _batching(parser: _Parser, enabled: bool, file: str) -> BatchingParameters | None:
    # model_servers/server.cc, Server::BuildAndStart
    if file and not enabled:
        parser.error("argument --batching_parameters_file: is set without setting --enable_batching to true")
    if not enabled:
        return None
    try:
        return batching_parameters.read(file, _cpus()) if file else batching_parameters.without_file(_cpus())
    except batching_parameters.BadParameters as error:
        parser.error(f"argument --batching_parameters_file: {error}")


def _cpus() -> int:
    # What this process may use, which a container or taskset makes fewer than the machine has.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _number(low: int, high: int | None = None):
    allowed = f"a whole number from {low}" + (f" to {high}" if high is not None else "")

    def convert(text: str) -> int:
        if (
            not text.isascii()
            or not text.isdigit()
            or int(text) < low
            or (high is not None and int(text) > high)
        ):
            raise argparse.ArgumentTypeError(f"got {text!r}, expected {allowed}")
        return int(text)

    return convert


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected true or false")
    return text == "true"


def _model_name(text: str) -> str:
    if not text or any(character in text for character in "/:"):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a name without / and :")
    return text


def _metrics_path(file: str) -> str | None:
    try:
        config = text_format.Parse(Path(file).read_text(encoding="utf-8"), MonitoringConfig())
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {file}: {error.strerror}") from None
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(f"{file} is not a MonitoringConfig text proto: {error}") from None
    prometheus = config.prometheus_config
    path = prometheus.path or DEFAULT_METRICS_PATH
    if not path.startswith("/"):
        raise argparse.ArgumentTypeError(f"prometheus_config path in {file}: got {path!r}, expected /…")
    return path if prometheus.enable else None
