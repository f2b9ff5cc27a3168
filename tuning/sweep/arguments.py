"""The command line of a sweep."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import NoReturn

from tuning import events

SCRIPT = "/usr/bin/tf_serving_entrypoint.sh"


class Parser(argparse.ArgumentParser):
    """Refuses in one sentence, as the rest of the program does."""

    def error(self, message: str) -> NoReturn:
        events.refusal(f"{message[:1].upper()}{message[1:].rstrip('.')}.")
        sys.exit(2)


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(prog="tuning.sweep", description="Tries serving options and recommends some.")
    add = parser.add_argument
    add("--model", type=Path, required=True, help="a SavedModel, or a base path: its newest version")
    add("--seconds", type=seconds, default=120.0, help="for everything together (default 120)")
    add("--runtime", choices=("wheel", "container"), default="wheel")
    add("--image", default="", help="container: the image's reference")
    add(
        "--entrypoint",
        help="container: instead of the image's own (default: the instance's, where --root is)",
    )
    add("--command", help=f"container: the serving script (default: the instance's, or {SCRIPT})")
    add("--max-latency", type=seconds, help="ms that 99 %% of the requests may take (default: any)")
    add("--clients", type=whole(1, 4096), help="that ask at the same time (default: two for each vCPU)")
    add("--samples", type=Path, help="requests: bodies of :predict, or .npz")
    add("--batch", type=whole(0, 1_000_000), default=0, help="examples in a request (default: as they come)")
    add("--model-name", type=model_name, help="in the URL (default: the base path's name)")
    add("--python", default=sys.executable, help="wheel: the Python that has TensorFlow (default: this one)")
    add("--userdata", type=Path, help="the boot scripts (default: beside this package, or the instance's)")
    add("--root", type=Path, help="of an instance, whose own variables are kept (default: none)")
    add("--report", type=Path, help="write the report there, too")
    given = parser.parse_args(argv)
    if given.runtime == "container" and not given.image:
        parser.error("--image is missing; --runtime container needs one")
    return given


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0 < value <= 86400):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a number above 0, at most 86400")
    return value


def whole(least: int, most: int):
    def convert(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"got {text!r}, expected a whole number from {least} to {most}")
        return int(text)

    return convert


def model_name(text: str) -> str:
    if not text or any(character in text for character in "/:"):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a name without / and :")
    return text
