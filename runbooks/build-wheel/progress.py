"""Bazel's output goes to a file, and few lines of it to stdout: progress.py FILE <OUTPUT.

Run Command keeps 24,000 characters of a step. Bazel says "[12,345 / 23,456] …" with every look at its work;
how much there is grows while it analyses.
"""

import re
import sys
import time
from pathlib import Path

PROGRESS = re.compile(rb"\[([\d,]+) / ([\d,]+)\]")
# Between two lines, in seconds: soon enough to be seen at work, seldom enough for a day.
SOON, SELDOM, MOST_SOON = 60, 600, 60
MOST_LINES = 250


def whole(digits):
    return int(digits.replace(b",", b""))


def shown(done, total, begun, now):
    return f"{100 * done // max(total, 1):3} %  {done:,} of {total:,} actions, {int(now - begun) // 60} min"


def main(file, lines, clock=time.monotonic):
    begun = clock()
    last, said, latest = None, 0, None
    for line in lines:
        file.write(line)
        match = PROGRESS.match(line.lstrip(b"\r"))
        if match:
            now, latest = clock(), (whole(match[1]), whole(match[2]))
            if last is None or now - last >= (SOON if said < MOST_SOON else SELDOM):
                last, said = now, said + 1
                if said <= MOST_LINES:
                    print(shown(*latest, begun, now), flush=True)
        elif line.startswith((b"ERROR:", b"FAILED:")):
            print(line[:400].decode("utf-8", "replace").rstrip(), flush=True)
    if latest:
        print(shown(*latest, begun, clock()), flush=True)


if __name__ == "__main__":
    with Path(sys.argv[1]).open("ab", 0) as log:
        main(log, sys.stdin.buffer)
