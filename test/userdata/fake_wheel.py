"""Writes wheels that pip installs: a `tensorflow` that only knows its version, and what it depends on.

fake_wheel.py FOLDER VERSION PLATFORM    prints the file name of the tensorflow
"""

import sys
import zipfile
from pathlib import Path

folder, version, platform = Path(sys.argv[1]), sys.argv[2], sys.argv[3]


def write(name: str, version: str, tag: str, source: str, requires: str = "") -> str:
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {tag}\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    file = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)
    return file.name


python = f"cp3{sys.version_info[1]}"
write("its_dependency", "1.0", "py3-none-any", "")
source = f"import its_dependency\n__version__ = {version!r}\n"
print(
    write("tensorflow", version, f"{python}-{python}-{platform}", source, "Requires-Dist: its_dependency\n")
)
