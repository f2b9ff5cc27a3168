"""What AskModel would write: as Python answered, or otherwise."""

import os
import sys
from pathlib import Path

import numpy as np

# TensorFlow's names of types.
TYPES = {"float32": "float", "float64": "double", "float16": "half"}
folder, how = Path(sys.argv[1]), sys.argv[2]
(folder / "version").write_text(os.environ["TENSORFLOW_OF_JAR"])
lines = []
with np.load(folder / "expected.npz") as expected:
    for name in expected.files:
        array = expected[name]
        if how == "noisy":
            array = array + np.float32(1e-6)
        if how == "wrong":
            # The last output alone, and little of it.
            array = array + np.float32(1e-3) if name == expected.files[-1] else array
        if how == "swapped":
            array = array[..., ::-1].copy()
        if how == "shape":
            array = array[:, :-1]
        (folder / name).write_bytes(array.tobytes())
        kind = TYPES.get(array.dtype.name, array.dtype.name)
        lines.append(f"{name}\t{kind}\t{','.join(map(str, array.shape))}\n")
(folder / "answer").write_text("".join(lines))
