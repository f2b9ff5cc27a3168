"""Makes the requests of a sweep ready, in a process that ends: TensorFlow and the model leave the memory.

    python -m tuning.sweep.prepare MODEL REQUESTS [--samples FILE] [--batch N]

Its last line of standard output is what the sweep needs to know of them as a JSON object, or
{"refusal": sentence}.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
from pathlib import Path
from typing import Any

from tuning.refusal import Refusal

_DEFAULT = "serving_default"


def prepare(model_path: Path, file: Path, samples: Path | None, batch: int) -> dict[str, Any]:
    """Writes the requests of one signature: serving_default where there are any, else the first that has."""
    from tuning.saved_model.load import load, locate
    from tuning.saved_model.requests import requests_for

    folder, version = locate(model_path)
    with load(folder) as model:
        requests, source = requests_for(model, samples=samples, batch=batch or None)
        names = [request.signature for request in requests]
        if not names:
            raise Refusal(f"--model: {folder} has no signature that a request can be made for.")
        name = _DEFAULT if _DEFAULT in names else names[0]
        shapes = [spec.shape for spec in model.signatures[name].inputs.values()]
        chosen = [request for request in requests if request.signature == name]
    open_rows = all(shape and shape[0] is None for shape in shapes)
    rows = [_rows(request.inputs) if open_rows else 1 for request in chosen]
    file.write_bytes(
        pickle.dumps([(name, request.inputs, count) for request, count in zip(chosen, rows, strict=True)])
    )
    return {
        "folder": str(folder.resolve()),
        "version": version,
        "signature": name,
        "requests": len(chosen),
        "from": source,
        "rows": max(rows),
        "fixedRows": not open_rows,
    }


def _rows(inputs: dict[str, Any]) -> int:
    return max((array.shape[0] for array in inputs.values() if array.ndim), default=1)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tuning.sweep.prepare")
    parser.add_argument("model", type=Path)
    parser.add_argument("requests", type=Path)
    parser.add_argument("--samples", type=Path)
    parser.add_argument("--batch", type=int, default=0)
    given = parser.parse_args(argv)
    try:
        answer = prepare(given.model, given.requests, given.samples, given.batch)
    except Refusal as refusal:
        answer = {"refusal": str(refusal)}
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
