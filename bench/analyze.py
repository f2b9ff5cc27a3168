"""The figures of the troubleshooting runbook's analysis: analyze.py ANALYZE LOG. Prints them as JSON.

Time: whole processes over the same 100 MB log, analyze.py and a loop that merely splits each line at its
commas, taking turns. Memory: the peak of a process that reads 1 GB from a pipe.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAIRS = 5
LOOP = "import sys\nwith open(sys.argv[1]) as log:\n    for line in log:\n        line.split(',')\n"
# ru_maxrss begins with the parent's; this is the process's own peak.
PEAK = """
import re, runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
"""


def repeated(log: bytes, size: int, seed: int = 1) -> bytes:
    """The log's exec lines over and over, each time with other times, after its header."""
    lines = log.splitlines(keepends=True)
    executed = [line.rpartition(b",") for line in lines if b",exec," in line]
    parts, length = [line for line in lines if b",info," in line], 0
    chance = random.Random(seed)  # noqa: S311
    while length < size:
        parts += [b"%s,%g\n" % (head, float(time) * chance.uniform(0.5, 2)) for head, _, time in executed]
        length += sum(len(part) for part in parts[-len(executed) :])
    return b"".join(parts)


def seconds(*command: object) -> float:
    began = time.perf_counter()
    status = subprocess.run([sys.executable, *map(str, command)], stdout=subprocess.DEVNULL).returncode
    if status not in (0, 1):
        raise SystemExit(f"{command[0]} ended with status {status}")
    return time.perf_counter() - began


def peak_megabytes(analyze: str, block: bytes, size: int) -> float:
    with subprocess.Popen(
        [sys.executable, "-c", PEAK, analyze, "--json", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:
        for _ in range(size // len(block)):
            process.stdin.write(block)
        process.stdin.close()
        kibibytes = int(re.fullmatch(rb"(\d+)\n", process.stderr.read())[1])
    return kibibytes * 1024 / 1e6


def main(analyze: str, log: str) -> None:
    block = repeated(Path(log).read_bytes(), 100_000_000)
    with tempfile.NamedTemporaryFile() as file:
        file.write(block)
        file.flush()
        loop, ours = [], []
        for _ in range(PAIRS):
            loop.append(seconds("-c", LOOP, file.name))
            ours.append(seconds(analyze, "--json", file.name))
    peak = peak_megabytes(analyze, block, 1_000_000_000)
    print(json.dumps({"loop": loop, "analyze": ours, "peakMegabytes": peak}))


main(*sys.argv[1:])
