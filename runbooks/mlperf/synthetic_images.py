"""Images in ImageNet's layout that show nothing: what is measured with them is performance, never accuracy.

synthetic_images.py FOLDER COUNT
"""

import sys
from pathlib import Path

import cv2
import numpy

SEED = 20220331
# What ImageNet's validation images have on average.
HEIGHT, WIDTH = 375, 500
CLASSES = 1000


def make(folder: Path, count: int) -> None:
    """JPEG files of coarse noise, and val_map.txt with a line `name label` each."""
    random = numpy.random.default_rng(SEED)
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(1, count + 1):
        name = f"ILSVRC2012_val_{number:08d}.JPEG"
        # Coarse: a file of plain noise is ten times as large as a photograph's.
        coarse = random.integers(0, 256, (HEIGHT // 25, WIDTH // 25, 3), dtype=numpy.uint8)
        if not cv2.imwrite(str(folder / name), cv2.resize(coarse, (WIDTH, HEIGHT))):
            sys.exit(f"cannot write {folder / name}")
        lines.append(f"{name} {random.integers(CLASSES)}\n")
    (folder / "val_map.txt").write_text("".join(lines))


make(Path(sys.argv[1]), int(sys.argv[2]))
