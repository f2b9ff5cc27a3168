"""How long `graviton-tf diagnose --local` takes from start to report, with the demo model served beside it.

diagnosis.py COMMAND…: the command line to time. Prints the seconds of each run and the last summary as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from served_model import DEMO_MODEL, served_model

_RUNS = 3


def main() -> None:
    seconds = []
    with served_model(DEMO_MODEL, processes=1) as (_, pid):
        for _ in range(_RUNS):
            start = time.monotonic()
            done = subprocess.run(
                [*sys.argv[1:], "diagnose", "--local", "--server", str(pid), "--json"],
                capture_output=True,
                text=True,
                env={**os.environ, "CI": "true"},
            )
            seconds.append(round(time.monotonic() - start, 2))
            # 1 is for findings of this machine; a shadow that gave no evidence would be a fast diagnosis.
            if done.returncode > 1 or not json.loads(done.stdout)["summary"]["primitives"]:
                sys.exit(f"the diagnosis ended with {done.returncode}: {done.stderr[-2000:]}")
    print(json.dumps({"seconds": seconds, "summary": json.loads(done.stdout)["summary"]}))


if __name__ == "__main__":
    main()
