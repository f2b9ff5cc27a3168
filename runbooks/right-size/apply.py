"""Serves with what the sweep recommends, if that is not slower: apply.py WORK."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "command"))

from program import parameter, refuse, run, target_of  # noqa: E402 (the folder is known only here)


def main(work):
    file = work / "report.json"
    report = json.loads(file.read_text(encoding="utf-8"))
    if parameter("Apply") != "true":
        print("not asked for")
        return
    if report["exitCode"]:
        print("nothing is recommended")
        return
    target = target_of(work)
    if not target["restUrl"]:
        refuse("Apply: no server on this instance serves that model.")
    arguments = [
        # None of them are the defaults, which need not be what is served with.
        "--settings=" + json.dumps(report["recommendation"]["servingOptions"]),
        f"--endpoint={target['restUrl']}",
        "--root=" + (os.environ.get("GTF_ROOT") or "/"),
    ]
    applied = {"outcome": "refused"}
    try:
        applied = run(work, "tuning.sweep.apply", arguments, "applied")
        print(applied["reason"])
    except SystemExit as refused:
        applied["reason"] = str(refused)
        raise
    finally:
        report["applied"] = {name: applied.get(name) for name in ("outcome", "reason", "before", "after")}
        file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
