"""Optimizes the model, and publishes it where it is served: optimize.py WORK."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "command"))

from program import parameter, run, target_of  # noqa: E402 (the folder is known only here)


def main(work):
    target = target_of(work)
    arguments = [
        "--model=" + target["base"],
        "--version=" + parameter("Version"),
        "--tolerance=" + parameter("Tolerance"),
        "--relative-tolerance=" + parameter("RelativeTolerance"),
        "--batch=" + parameter("Batch"),
        "--pairs=" + parameter("Pairs"),
        "--seconds=" + parameter("Seconds"),
        "--samples=" + parameter("Samples"),
        "--least-speedup=" + parameter("LeastSpeedup"),
        f"--intra-op={target.get('intraOp', 0)}",
    ]
    if parameter("Publish") == "true":
        arguments.append("--output=" + target["base"])
        if target["restUrl"]:
            arguments.append("--server-url=" + target["restUrl"])
    else:
        arguments.append("--dry-run")
    report = run(work, "tuning.optimize", arguments)
    print(report["reason"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
