"""Measures the model by LoadGen, or searches for better serving options: measure.py WORK."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "command"))

from program import parameter, refuse, run, target_of  # noqa: E402 (the folder is known only here)


def root():
    """Of the instance, if a stack of ours booted it."""
    folder = Path(os.environ.get("GTF_ROOT") or "/")
    return folder if (folder / "etc/graviton-tf/boot.env").is_file() else None


def newest(base):
    versions = [path for path in base.iterdir() if path.name.isdigit()] if base.is_dir() else []
    return max(versions, key=lambda path: int(path.name), default=base)


def benchmark(target):
    how, scenarios = parameter("Path"), parameter("Scenarios")
    arguments = ["--scenario=" + scenarios, "--time=" + parameter("Seconds"), "--instance-metadata"]
    if parameter("Batch") != "0":
        arguments.append("--batch=" + parameter("Batch"))
    for name, value in (("--qps", parameter("Qps")), ("--latency", parameter("LatencyMilliseconds"))):
        if value != "0":
            arguments.append(name + "=" + value)
    if how == "in-process":
        return [*arguments, "--model=" + target["base"], f"--intra-op={target.get('intraOp', 0)}"]
    url = target["restUrl"] if how == "rest" else target.get("grpcUrl")
    if not url:
        if not target["restUrl"]:
            refuse(f"Path: no server serves {target['base']}, so it can be measured in-process alone.")
        refuse(f"Path: the {target['kind']} server has no {how} port that is known: use rest.")
    arguments.append("--endpoint=" + url)
    # Real requests are worth loading the model for; made-up ones the server's own description is enough for.
    if (newest(Path(target["base"])) / "assets.extra/tf_serving_warmup_requests").is_file():
        arguments.append("--model=" + target["base"])
    return arguments


def sweep(target):
    arguments = ["--model=" + target["base"], "--seconds=" + parameter("Seconds")]
    if parameter("LatencyMilliseconds") != "0":
        arguments.append("--max-latency=" + parameter("LatencyMilliseconds"))
    if parameter("Batch") != "0":
        arguments.append("--batch=" + parameter("Batch"))
    if target.get("name"):
        arguments.append("--model-name=" + target["name"])
    if target["kind"] == "container":
        arguments += ["--runtime=container", "--image=" + target["image"]]
    elif target["kind"] != "wheel":
        refuse("Mode: a sweep starts servers of the wheel runtime or of an image; this one is neither.")
    if root():
        arguments.append(f"--root={root()}")
    return arguments


def tell_of_server(report, target):
    """What the load generator could not know of the server that it asked."""
    runtime = target["kind"] if target["kind"] in ("wheel", "container") else "unknown"
    for name in ("tensorflow", "image", "digest"):
        report["software"][name] = target.get(name)
    report["software"]["runtime"] = runtime
    report["environment"], report["serving"] = target["environment"], target["serving"]


def main(work):
    target = target_of(work)
    if parameter("Mode") == "benchmark":
        if parameter("Apply") == "true":
            refuse("Apply: a benchmark recommends nothing; it goes with Mode sweep.")
        report = run(work, "tuning.benchmark", benchmark(target))
        if parameter("Path") != "in-process":
            tell_of_server(report, target)
            (work / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        for one in report["scenarios"]:
            valid = "VALID" if one["valid"] else "INVALID"
            print(f"{one['scenario']}: {one['throughput']} samples/s, {valid}")
    else:
        report = run(work, "tuning.sweep", sweep(target))
        print(report["recommendation"]["text"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
