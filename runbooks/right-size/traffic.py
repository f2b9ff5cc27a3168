"""Refuses a sweep where the server is asked, whose CPUs it would take: traffic.py WORK."""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "command"))

from program import environment_of, parameter, refuse, target_of  # noqa: E402 (the folder is known only here)


def main(work):
    url = target_of(work)["serverUrl"]
    if parameter("Mode") != "sweep" or parameter("EvenUnderTraffic") == "true" or not url:
        print("not asked")
        return
    done = subprocess.run(
        [(work / "python").read_text().strip(), "-m", "tuning.sweep.traffic", "--endpoint=" + url],
        env=environment_of(work, {}), cwd=str(work), stdin=subprocess.DEVNULL, stdout=-1,
    )  # fmt: skip
    events = [json.loads(line) for line in done.stdout.decode().splitlines()]
    text = (
        events[-1]["report"]["text"] if events and events[-1]["event"] == "report" else "It cannot be told."
    )
    if done.returncode:
        refuse(text.rstrip(".") + ": a sweep beside traffic slows it down; EvenUnderTraffic allows it.")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
