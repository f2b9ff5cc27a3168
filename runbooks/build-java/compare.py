"""Whether TensorFlow Java answered as TensorFlow for Python: compare.py FOLDER TENSORFLOW FINDINGS.

FOLDER is ask.py's, with what AskModel.java has written. Writes FINDINGS, a list of rows; says why the JAR
is to be refused, if it is, and then ends with 1.

Both ran the same release of TensorFlow, the same kernels, on this machine, without BF16. What may differ is
the order in which threads add up: float32 holds 24 bits, one addition is right to 6e-8 of its result, and
some hundred of them in each of some dozen layers remain below one in ten thousand. A tensor that was fed in
the wrong order, or a library of another release, is off by far more.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# With it, NumPy knows bfloat16.
import ml_dtypes  # noqa: F401
import numpy as np
from tuning.optimize.accuracy import Tolerance, compare

TOLERANCE = Tolerance(absolute=1e-5, relative=1e-4)
# The demo model's `note` has a piano's keys, the lowest of which is MIDI's number 21.
KEYS, LOWEST_KEY = 88, 21
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# TensorFlow's names of types that NumPy calls otherwise.
OTHERWISE = {"half": "float16", "float": "float32", "double": "float64"}
DOCUMENTATION = "https://www.tensorflow.org/jvm/install"


def main(folder: Path, release: str, file: Path) -> int:
    findings = [version(folder, release), *answers(folder)]
    file.write_text(json.dumps(findings, indent=1) + "\n")
    failed = [finding for finding in findings if finding["status"] != "PASS"]
    for finding in findings:
        print(f"{finding['status']} {finding['id']}: {finding['evidence']}")
    if failed:
        print(f"the JAR answers otherwise than Python: {failed[0]['evidence']}", file=sys.stderr)
    return 1 if failed else 0


def version(folder: Path, release: str) -> dict[str, Any]:
    found = (folder / "version").read_text().strip()
    return row(
        "java.version", found == release, f"its native library is TensorFlow {found}, expected {release}"
    )


def answers(folder: Path) -> list[dict[str, Any]]:
    names = {f"out{number}": name for number, name in enumerate(lines(folder, "outputs"))}
    with np.load(folder / "expected.npz") as arrays:
        expected = {names[key]: arrays[key] for key in arrays.files}
    got = {}
    for line in lines(folder, "answer"):
        key, dtype, sizes = line.split("\t")
        shape = [int(size) for size in sizes.split(",") if size]
        values = np.frombuffer((folder / key).read_bytes(), OTHERWISE.get(dtype, dtype))
        got[names[key]] = wide(values.reshape(shape))
    accuracy = compare([expected], [got], TOLERANCE)
    said = "; ".join(accuracy.problems) or (
        f"the greatest difference of {sum(array.size for array in expected.values())} values in "
        f"{', '.join(expected)} is {accuracy.max_absolute:.3g}, allowed are {TOLERANCE.absolute:g} and "
        f"{TOLERANCE.relative:g} of the value"
    )
    found = row("java.answer", accuracy.passed, said.rstrip("."))
    found["difference"] = accuracy.max_absolute if np.isfinite(accuracy.max_absolute) else None
    return [found, *notes(expected, got)]


def wide(array: np.ndarray) -> np.ndarray:
    """Those that travel as float32, since a file of NumPy's knows one of them at most."""
    return array.astype(np.float32) if array.dtype.name in ("bfloat16", "float16") else array


def notes(expected: dict[str, np.ndarray], got: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """What anyone can check: which note the demo model hears."""
    shapes = {answer["note"].shape for answer in (expected, got) if "note" in answer}
    if len(shapes) != 1 or [*shapes][0][1:][-1:] != (KEYS,):
        return []
    midi = [int(answer["note"].mean(axis=(0, 1)).argmax()) + LOWEST_KEY for answer in (got, expected)]
    java, python = (f"{NAMES[number % 12]}{number // 12 - 1}, MIDI {number}" for number in midi)
    return [
        row("java.note", midi[0] == midi[1], f"a sine of 440 Hz is heard as {java}, by Python as {python}")
    ]


def row(name: str, passed: bool, evidence: str) -> dict[str, Any]:
    return {"id": name, "status": "PASS" if passed else "FAIL", "evidence": evidence, "source": DOCUMENTATION}


def lines(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text().splitlines()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
