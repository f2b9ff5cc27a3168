"""What the command line takes, and the one sentence for what it does not."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from ..refusal import Refusal
from .measure import NOT_SLOWER

# A SavedModel says of itself what a frozen graph cannot.
_FROZEN_ONLY = ("inputs", "outputs", "dtype")


class Parser(argparse.ArgumentParser):
    """Refuses in our words, where argparse prints its usage and ends."""

    def error(self, message: str) -> NoReturn:
        raise Refusal(message[:1].upper() + message[1:].rstrip(".") + ".")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Raises Refusal. Paths are absolute, lists are lists, and 0 or '' where a default is meant is None."""
    parser = Parser(prog="python -m tuning.optimize", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--model", required=True, type=Path, help="SavedModel folder, base path of versions, or frozen graph")
    add("--version", type=_whole(0), default=0, help="a version of the base path; 0 = the newest")
    add("--output", type=Path, help="base path that gets the optimized model as its next version")
    add("--tolerance", type=_number(0), default=1e-4, help="greatest absolute difference of an answer")
    add("--relative-tolerance", type=_number(0), default=1e-3, help="greatest relative difference")
    add("--samples", type=_optional_path, help=":predict bodies (JSON, one or one a line), or .npz")
    add("--batch", type=_whole(0), default=0, help="rows of a request; 0 = as they come")
    add("--requests", type=_whole(1, 10_000), default=8, help="made-up requests of a signature")
    add("--inputs", type=_names, help="frozen graph: its input nodes, with commas")
    add("--outputs", type=_names, help="frozen graph: its output nodes, with commas")
    add("--dtype", help="frozen graph: type of its inputs that are no placeholders")
    add("--pairs", type=_whole(1, 1000), default=5, help="interleaved measurements of both models")
    add("--seconds", type=_number(0.01, 86_400), default=60.0, help="for all of them together")
    add("--least-speedup", type=_number(0, 1000), default=NOT_SLOWER, help="published from this median on")
    add(
        "--this-machine", action="store_true", help="it is served by this TensorFlow, on this kind of machine"
    )
    add("--intra-op", type=_whole(0, 4096), default=0, help="threads; 0 = as many as there are processors")
    add("--server-url", help="http://host:port/v1/models/NAME: the server that has to take the new version")
    add("--served-seconds", type=_number(1, 86_400), default=120.0, help="how long it may take to")
    add("--dry-run", action="store_true", help="everything but the publication")
    add("--report", type=Path, help="file that gets the report")
    options = parser.parse_args(arguments)
    _check(options)
    return options


def _check(options: argparse.Namespace) -> None:
    for name in ("model", "output", "samples", "report"):
        if getattr(options, name) is not None:
            setattr(options, name, getattr(options, name).absolute())
    if not options.model.exists():
        raise Refusal(f"--model: {options.model} does not exist.")
    if options.samples and not options.samples.is_file():
        raise Refusal(f"--samples: {options.samples} is no file.")
    if options.output is None and not options.dry_run:
        raise Refusal("--output: a model base path is needed, or --dry-run.")
    if options.model.is_file():
        if options.version:
            raise Refusal(f"--version: the frozen graph {options.model} has no versions.")
        # Those that are missing are asked for by who has read the graph, and knows what there is.
        options.inputs, options.outputs = options.inputs or [], options.outputs or []
        return
    for name in _FROZEN_ONLY:
        if getattr(options, name):
            raise Refusal(f"--{name}: only for a frozen graph; {options.model} is a folder.")


def _number(least: float, most: float = math.inf) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (least <= value <= most) or math.isinf(value):
            raise argparse.ArgumentTypeError(f"{text!r} must be a number {_range(least, most)}")
        return value

    return number


def _whole(least: int, most: int = 2**63 - 1) -> Callable[[str], int]:
    def whole(text: str) -> int:
        value = int(text) if text.isascii() and text.isdigit() else -1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} must be a whole number {_range(least, most)}")
        return value

    return whole


def _range(least: float, most: float) -> str:
    return f"from {least:g} to {most:g}" if most < 2**63 - 1 else f"of at least {least:g}"


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} must be names with commas between them")
    return names


def _optional_path(text: str) -> Path | None:
    return Path(text) if text else None
