"""The question that a SavedModel is asked in Java, and what Python answers: ask.py MODEL FOLDER.

Writes into FOLDER the inputs and `question` (see AskModel.java), and what was answered as expected.npz. A
model that takes a window of audio as the demo model does gets a 440 Hz sine, any other one values that are
made up by its signature.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from tuning.refusal import Refusal
from tuning.saved_model import generated
from tuning.saved_model.load import Model, load, locate
from tuning.saved_model.signature import Signature

from compare import wide

# The demo model's window: two seconds, less what its layers overlap.
SAMPLES, SAMPLES_A_SECOND = 43_844, 22_050
HERTZ = 440
# What AskModel.java has types for.
TYPES = {"float16", "bfloat16", "float32", "float64", "int32", "int64", "uint8", "bool"}
DEFAULT_SIGNATURE = "serving_default"


def main(path: Path, folder: Path) -> None:
    folder.mkdir()
    with load(locate(path)[0]) as model:
        signature = signature_of(model)
        inputs = question(model, signature)
        outputs = model.run(signature.name, inputs)
    lines = []
    for number, (name, values) in enumerate(inputs.items()):
        spec, values = signature.inputs[name], np.ascontiguousarray(values)
        (folder / f"in{number}").write_bytes(values.tobytes())
        sizes = ",".join(map(str, values.shape))
        lines.append(f"feed\t{spec.tensor}\t{spec.dtype}\t{sizes}\tin{number}")
    for number, name in enumerate(outputs):
        lines.append(f"fetch\t{signature.outputs[name].tensor}\tout{number}")
    (folder / "question").write_text("\n".join(lines) + "\n")
    # By the names of their files: an output's may be anything. The types that NumPy lacks travel as float32.
    arrays = {f"out{number}": wide(array) for number, array in enumerate(outputs.values())}
    np.savez(folder / "expected.npz", **arrays)
    (folder / "outputs").write_text("\n".join(outputs) + "\n")
    print(f"TensorFlow {tf.__version__} for Python has answered {signature.name}: {', '.join(outputs)}")


def signature_of(model: Model) -> Signature:
    signatures = dict(model.signatures)
    one = signatures.get(DEFAULT_SIGNATURE) or (len(signatures) == 1 and next(iter(signatures.values())))
    if not one:
        raise Refusal(
            f"Model: got the signatures {', '.join(signatures) or 'none'}; allowed is {DEFAULT_SIGNATURE}."
        )
    for spec in [*one.inputs.values(), *one.outputs.values()]:
        if spec.dtype not in TYPES:
            raise Refusal(
                f"Model: got {spec.name} of type {spec.dtype}; allowed are {', '.join(sorted(TYPES))}."
            )
    return one


def question(model: Model, signature: Signature) -> dict[str, np.ndarray]:
    name, spec = next(iter(signature.inputs.items()))
    if len(signature.inputs) == 1 and spec.dtype == "float32" and spec.shape == (None, SAMPLES, 1):
        sine = np.sin(2 * np.pi * HERTZ * np.arange(SAMPLES) / SAMPLES_A_SECOND)
        return {name: sine.astype(np.float32).reshape(1, SAMPLES, 1)}
    return generated.generate(model, signature, batch=1, count=1, seed=0)[0]


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except Refusal as refusal:
        sys.exit(str(refusal))
