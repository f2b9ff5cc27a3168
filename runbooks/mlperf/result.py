"""The scenarios' summaries as the benchmark result that every benchmark of this project ends in.

    result.py WORK DATASET

WORK is the command's work folder, DATASET an address, or '' for a synthetic one. The command's parameters are
in the environment, as SSM_Name.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import sys
from pathlib import Path
from typing import Any

from tuning import machine
from tuning.benchmark import summary as loadgen

# MLPerf inference v2.0's rules for a scenario: mlperf.conf at that commit.
RULES_SECONDS = 600
RULES_SAMPLES = {"SingleStream": 1024, "Offline": 24576}
MODELS = {"resnet50": "ResNet50 v1.5", "bert": "BERT-Large, SQuAD v1.1"}
SYNTHETIC = "synthetic dataset: performance only"


def main(work: Path, dataset: str) -> None:
    parameter = {name[4:]: value for name, value in os.environ.items() if name.startswith("SSM_")}
    names = parameter["Scenarios"].split(",")
    report = result(work, parameter, dataset, [scenario(work / "results" / name, name) for name in names])
    (work / "report.json").write_text(json.dumps(report))
    print(as_text(report))


def result(
    work: Path, parameter: dict[str, str], dataset: str, scenarios: list[dict[str, Any]]
) -> dict[str, Any]:
    environment = dict(line.split("=", 1) for line in (work / "environment").read_text().splitlines())
    software = machine.software("in-process")
    software.update(loadgen=_version("mlperf_loadgen"), commit=parameter["Commit"], runtime="wheel")
    return {
        "schemaVersion": 1,
        "kind": "benchmark",
        "at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "label": None,
        "exitCode": 0,
        "machine": machine.machine(instance_metadata=True, proc=Path(os.environ.get("GTF_PROC", "/proc"))),
        "software": software,
        "environment": environment,
        "serving": {
            "processes": 1,
            "intraOpThreads": int(environment["TF_INTRA_OP_PARALLELISM_THREADS"]),
            "interOpThreads": int(environment["TF_INTER_OP_PARALLELISM_THREADS"]),
            "batching": None,
            "bf16FastMath": environment.get("DNNL_DEFAULT_FPMATH_MODE") == "BF16",
        },
        "workload": {
            "kind": parameter["Workload"],
            "model": MODELS[parameter["Workload"]],
            "signature": None,
            "path": "in-process",
            "endpoint": None,
            # The harness's: BERT goes through one by one, ResNet50's Offline by up to 32.
            "batch": 1,
            "requests": None,
            "from": dataset.split("?")[0] or SYNTHETIC,
            "performanceOnly": True,
        },
        "scenarios": scenarios,
        "notes": notes(work / "sources", dataset),
        "omitted": 0,
    }


def scenario(folder: Path, name: str) -> dict[str, Any]:
    try:
        summary = loadgen.read(folder)
        throughput = summary.throughput()
    except loadgen.DamagedLog as damage:
        sys.exit(f"{name}: {damage}")
    detail, _ = loadgen.read_detail(folder)
    samples = detail.get("result_query_count", 1) * int(summary.fields["samples_per_query"])
    why = [f"{constraint} not satisfied: {said}".rstrip(": ") for constraint, said in summary.reasons.items()]
    # LoadGen itself says VALID to whatever it was asked for.
    least_seconds = float(summary.fields["min_duration (ms)"]) / 1000
    if least_seconds < RULES_SECONDS:
        wanted = f"{least_seconds:g} s" if least_seconds >= 1 else f"{samples} samples"
        rules = f"{RULES_SECONDS} s and {RULES_SAMPLES[name]} samples"
        why.insert(0, f"shortened to {wanted}, MLPerf's rules ask for {rules}")
    return {
        "scenario": name,
        "valid": summary.valid and not why,
        "why": why,
        "seconds": round(samples / throughput, 3) if throughput else None,
        "samples": samples,
        # One would have ended the run before.
        "errors": 0,
        "latency": summary.latency(detail),
        "throughput": throughput,
        "targetQps": float(summary.fields["target_qps"]) if name == "Offline" else None,
        "targetLatencyMilliseconds": None,
        "distribution": [],
        "overTime": [],
        "summary": dict(summary.fields),
    }


def notes(sources: Path, dataset: str) -> list[str]:
    """What the figures are not, and what they were measured with, one sentence each."""
    said = ["Accuracy was not run: this is performance only."]
    if not dataset:
        said.append("The dataset is synthetic: no accuracy could be told from it.")
    for line in sources.read_text().splitlines():
        name, url, checksum, verified = line.split("\t")
        if verified == "verified":
            said.append(f"{name} {url} is as its checksum says, {checksum}.")
        else:
            said.append(f"{name} {url} was compared with no checksum; it has {checksum or 'many files'}.")
    return said


def as_text(report: dict[str, Any]) -> str:
    """For the console."""
    where, software = report["machine"], report["software"]
    lines = [
        f"{report['workload']['model']} on {where['instanceType'] or where['cpu']}, {where['vCpus']} vCPUs, "
        f"TensorFlow {software['tensorflow']}, MLPerf inference {software['commit'][:10]}",
    ]
    for one in report["scenarios"]:
        # What MLPerf's rules make each scenario's figure.
        figure = f"{one['throughput']:.1f} samples/s"
        if one["scenario"] == "SingleStream":
            figure = f"90 % within {one['latency']['p90']:.2f} ms"
        said = "VALID" if one["valid"] else "INVALID"
        lines.append(
            f"{one['scenario']}: {figure}, {one['samples']} samples in {one['seconds']:.1f} s, {said}"
        )
        lines += [f"  {reason}" for reason in one["why"]]
    return "\n".join([*lines, *report["notes"]])


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


main(Path(sys.argv[1]), sys.argv[2])
