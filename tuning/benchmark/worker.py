"""The process that loads the model and runs LoadGen, for a parent that can end it at any moment.

LoadGen's test is one call into C++ that no signal ends: `python -m tuning.benchmark` starts this with its
own arguments, passes its events on, and kills it when told to end.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

from tuning import child, events
from tuning.benchmark import arguments, load_test, pilot
from tuning.benchmark.loadgen import load_loadgen
from tuning.benchmark.plan import MLPERF_SECONDS, Pilot, Plan, shortened_by
from tuning.benchmark.scenario_result import scenario_result
from tuning.benchmark.summary import DamagedLog
from tuning.benchmark.workload import Workload, open_workload
from tuning.machine import environment, machine, software
from tuning.refusal import Refusal

# Server, where neither --qps nor --latency says more.
_SHARE_OF_THROUGHPUT = 0.6
_MLPERF_LATENCY = 0.010
_TIMES_SLOWEST = 2.0
_MOST_CLIENTS = 256
_PILOT_SECONDS = 2.0


def benchmark(options: argparse.Namespace) -> dict[str, Any]:
    """The report. Raises Refusal."""
    load_loadgen()
    clients = options.clients or default_clients(bool(options.endpoint))
    server_clients = options.clients or _MOST_CLIENTS
    events.step("Prepare", "InProgress", "model, requests, one answer")
    with open_workload(options, max(clients, server_clients)) as workload:
        pilot.probe(workload.ask, workload.samples)
        seconds = min(_PILOT_SECONDS, max(0.2, (options.time or MLPERF_SECONDS) / 4))
        looked = pilot.measure(
            workload.ask, workload.samples, clients=clients, batch=workload.batch, seconds=seconds
        )
        events.step("Prepare", "Success", _prepared(workload, looked))
        results: list[dict[str, Any]] = []
        for scenario in options.scenario:
            plan = make_plan(scenario, options, looked, results)
            results.append(_run(plan, looked, workload, options, clients))
            if results[-1]["errors"]:
                # A model that does not answer is not asked for another scenario.
                break
        return _report(options, workload, results)


def default_clients(through_endpoint: bool) -> int:
    """Through an endpoint twice the vCPUs, so that it never waits for us; in this process a session spreads
    each request over the vCPUs itself, and two hide what is serial in it."""
    return 2 * (os.cpu_count() or 1) if through_endpoint else 2


def make_plan(
    scenario: str, options: argparse.Namespace, looked: Pilot, results: list[dict[str, Any]]
) -> Plan:
    shortened = shortened_by(options.time, options.count)
    seconds = options.time or MLPERF_SECONDS
    if scenario != "Server":
        return Plan(scenario, seconds, shortened, options.count)
    qps, qps_from = options.qps, "--qps"
    if not qps:
        offline = next((result for result in results if result["scenario"] == "Offline"), None)
        reached = offline["throughput"] if offline else looked.throughput
        qps = float(f"{_SHARE_OF_THROUGHPUT * reached:.3g}")
        source = "Offline" if offline else f"{looked.clients} clients for a second"
        qps_from = f"{_SHARE_OF_THROUGHPUT:.0%} of the {reached:.4g} samples per second that {source} reached"
    latency, latency_from = options.latency / 1000, "--latency"
    if not latency:
        latency, latency_from = _MLPERF_LATENCY, "MLPerf's default"
        if _TIMES_SLOWEST * looked.slow_latency > latency:
            latency = float(f"{_TIMES_SLOWEST * looked.slow_latency:.3g}")
            latency_from = "twice the slowest request that was alone"
    return Plan(scenario, seconds, shortened, options.count, qps, qps_from, latency, latency_from)


def _run(
    plan: Plan, looked: Pilot, workload: Workload, options: argparse.Namespace, clients: int
) -> dict[str, Any]:
    name = plan.scenario
    events.step(name, "InProgress", f"{plan.seconds:g} s" + (" (shortened)" if plan.shortened else ""))
    threads = {
        "SingleStream": 0,
        "Offline": clients,
        "Server": options.clients or _server_clients(plan),
    }[name]
    folder = load_test.new_folder(Path(options.logs) / name)

    def on_time(gone: float) -> None:
        total = math.ceil(plan.seconds)
        events.progress(min(round(gone), total), total, name)

    outcome = load_test.run(
        plan, looked, workload.ask, workload.samples, folder,
        clients=threads, batch=workload.batch if name == "Offline" else 1, on_time=on_time,
    )  # fmt: skip
    try:
        result = scenario_result(plan, outcome, folder)
    except DamagedLog as error:
        raise Refusal(str(error)) from None
    result["clients"] = max(1, threads)
    events.step(name, "Failed" if outcome.errors else "Success", _told(result))
    return result


def _server_clients(plan: Plan) -> int:
    """As many as are under way at the bound of the latency, doubled."""
    under_way = (plan.target_qps or 0) * (plan.target_latency or 0)
    return min(_MOST_CLIENTS, max(16, math.ceil(2 * under_way)))


def _prepared(workload: Workload, looked: Pilot) -> str:
    document = workload.document
    return f"{document['requests']} samples from {document['from']}, {document['path']}, about " + (
        f"{looked.latency * 1000:.3g} ms alone, {looked.throughput:.3g}/s by {looked.clients}"
    )


def _told(result: dict[str, Any]) -> str:
    if result["errors"]:
        return result["why"][0]
    figure = (
        f"{result['throughput']:.4g} samples/s"
        if result["scenario"] == "Offline"
        else f"p50 {result['latency']['p50']:.3g} ms, p99 {result['latency']['p99']:.3g} ms, "
        f"{result['throughput']:.4g} samples/s"
    )
    return figure + ("" if result["valid"] else f"; INVALID: {result['why'][0]}")


def _report(options: argparse.Namespace, workload: Workload, results: list[dict[str, Any]]) -> dict[str, Any]:
    local = workload.target is None
    about = machine(instance_metadata=options.instance_metadata)
    where = about["instanceType"] or about["architecture"]
    threads = about["vCpus"]
    return {
        "schemaVersion": 1,
        "kind": "benchmark",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "label": options.label or f"{where} {_short(Path(workload.document['model']))}",
        "exitCode": 1 if any(result["errors"] for result in results) else 0,
        "machine": about,
        "software": software("in-process" if local else "unknown"),
        # A server has an environment of its own, of which nothing is known here.
        "environment": environment() if local else {},
        "serving": {
            "processes": 1,
            "intraOpThreads": options.intra_op or threads,
            "interOpThreads": options.inter_op,
            "batching": None,
            "bf16FastMath": os.environ.get("DNNL_DEFAULT_FPMATH_MODE", "").upper() == "BF16",
        }
        if local
        else None,
        "workload": workload.document,
        "scenarios": results,
        "omitted": 0,
    }


def _short(model: Path) -> str:
    """The model's name: a version folder's is that of the folder above."""
    return model.parent.name if model.name.isdigit() else model.name


def main(parent: int, argv: list[str]) -> int:
    child.end_with(parent)
    events.claim_stdout()
    code = 1
    try:
        events.report(benchmark(arguments.parse(argv)))
        code = 0
    except Refusal as refusal:
        events.refusal(str(refusal))
    except Exception:
        sys.excepthook(*sys.exc_info())
    sys.stderr.flush()
    # The interpreter would wait for threads, LoadGen's for a server that never answers; so would our parent.
    os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
