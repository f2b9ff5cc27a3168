"""The command line of `python -m tuning.benchmark`, and the one sentence for what it does not take."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tuning.benchmark import endpoint
from tuning.benchmark.plan import SCENARIOS
from tuning.machine import has_bf16
from tuning.refusal import Refusal

_IN_PROCESS_ONLY = ("intra_op", "inter_op", "bf16")
_DAY = 86_400


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refusal(message[:1].upper() + message[1:].rstrip(".") + ".")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Raises Refusal. 0 and '' where a default is meant are None; `scenario` is a list in the order given."""
    parser = _Parser(prog="python -m tuning.benchmark", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--model", type=_path, help="SavedModel folder or base path; with --endpoint: only for its requests")
    add("--endpoint", default="", help=f"{endpoint.FORMS}")
    add("--scenario", action="extend", nargs="+", default=[], help=f"{', '.join(SCENARIOS)} (the first two)")
    add("--time", type=_number(0.1, _DAY), help="seconds of each scenario (MLPerf's 600; less is INVALID)")
    add("--count", type=_whole(0, 10**9), default=0, help="most samples of each scenario (fewer are INVALID)")
    add("--qps", type=_number(0, 1e6), default=0, help="Server: queries per second (default: a share)")
    add("--latency", type=_number(0, 1e7), default=0, help="Server: bound of the 99th percentile, ms")
    add(
        "--batch",
        type=_whole(0, 65_536),
        default=0,
        help="Offline: samples (rows) in one request (default 1)",
    )
    add("--samples", type=_path, help=":predict bodies (JSON, one or one a line), or .npz")
    add("--signature", default="", help="which of several (default serving_default)")
    add("--clients", type=_whole(0, 4096), default=0, help="requests at once, in Offline and Server")
    add("--intra-op", type=_whole(0, 4096), default=0, help="in-process: threads, 0 = TensorFlow's choice")
    add("--inter-op", type=_whole(0, 4096), default=0, help="in-process: threads (default 1)")
    add("--bf16", choices=("on", "off"), help="in-process: oneDNN's BF16 fast math")
    add("--label", default="", help="name of the result")
    add("--logs", type=_path, help="folder that keeps LoadGen's logs, a folder a scenario")
    add("--report", type=_path, help="file that gets the report")
    add("--instance-metadata", action="store_true", help="ask EC2 for instance and instance type")
    options = parser.parse_args(arguments)
    _check(options)
    return options


def _check(options: argparse.Namespace) -> None:
    if options.model is None and not options.endpoint:
        raise Refusal(f"--model DIR or --endpoint URL is needed; a URL is {endpoint.FORMS}.")
    names = [name for words in options.scenario for name in words.split(",") if name]
    wrong = [name for name in names if name not in SCENARIOS]
    if wrong:
        raise Refusal(f"--scenario: {wrong[0]!r} is none of {', '.join(SCENARIOS)}.")
    options.scenario = list(dict.fromkeys(names)) or ["SingleStream", "Offline"]
    if options.endpoint:
        endpoint.parse(options.endpoint)
        given = [name for name in _IN_PROCESS_ONLY if getattr(options, name)]
        if given:
            raise Refusal(
                f"--{given[0].replace('_', '-')} sets up a session in this process; a server has its own "
                "settings: leave it out with --endpoint."
            )
    if options.batch > 1 and "Offline" not in options.scenario:
        raise Refusal(
            f"--batch {options.batch} is for Offline: in SingleStream and Server a query is one sample."
        )
    for name in ("qps", "latency"):
        if getattr(options, name) and "Server" not in options.scenario:
            raise Refusal(f"--{name} is for Server, which --scenario does not name.")
    if options.samples is not None and not options.samples.is_file():
        raise Refusal(f"--samples: {options.samples} is no file.")
    if options.bf16 == "on" and not has_bf16():
        raise Refusal(
            "--bf16 on: /proc/cpuinfo does not name bf16 on this machine (Graviton's does from c7g on)."
        )
    taken = [name for name in options.scenario if options.logs and (options.logs / name).exists()]
    if taken:
        raise Refusal(f"--logs: {options.logs / taken[0]} is there already; name a folder without it.")
    options.inter_op = options.inter_op or 1


def _path(text: str) -> Path | None:
    return Path(text).absolute() if text else None


def _whole(least: int, most: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return convert


def _number(least: float, most: float) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {least:g} to {most:g}")
        return value

    return convert
