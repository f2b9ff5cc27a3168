"""Tries serving options on this machine and recommends some: python -m tuning.sweep --model PATH.

What it prints and how it exits is said in tuning/events.py: 0 recommended (the defaults, too), 1 no candidate
keeps --max-latency, 2 refused.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tuning import events
from tuning.cancellation import Cancelled, cancellable
from tuning.refusal import Refusal
from tuning.sweep import environment, report
from tuning.sweep.arguments import SCRIPT, parse
from tuning.sweep.clients import Clients, default_clients
from tuning.sweep.grid import Candidate, candidates
from tuning.sweep.prepared import Prepared, prepare
from tuning.sweep.recommendation import recommend
from tuning.sweep.rig import Limits
from tuning.sweep.search import DEFAULT, Outcome, search
from tuning.sweep.servers.container import Image, container_server, provide
from tuning.sweep.servers.server import ServedModel
from tuning.sweep.servers.server_rig import Build, ServerRig
from tuning.sweep.servers.wheel import wheel_server
from tuning.sweep.settings import DEFAULT_VARIABLES

# Beside what Settings decides.
_OF_THE_INSTANCE = (
    "GTF_OMP_NUM_THREADS", "GTF_REST_THREADS", "GTF_MONITORING", "GTF_WARMUP", "GTF_SERVING_ENVIRONMENT",
)  # fmt: skip


def main(argv: list[str]) -> int:
    given = parse(argv)
    events.claim_stdout()
    try:
        with cancellable():
            return _sweep(given)
    except Refusal as refusal:
        events.refusal(str(refusal))
        return 2
    except Cancelled as cancelled:
        return cancelled.exit_code


def _sweep(given: argparse.Namespace) -> int:
    begin = time.monotonic()
    events.check_report_file(given.report)
    if given.root:
        userdata = environment.userdata_of(given.root, given.userdata)
    else:
        userdata = environment.userdata_folder(given.userdata)
    machine = environment.machine(userdata)
    booted = environment.boot_variables(userdata, given.root) if given.root else {}
    image = _image(given, booted) if given.runtime == "container" else None
    if image:
        events.step("Image", "InProgress", image.reference)
        provide(image)
        events.step("Image", "Success", image.reference)
        # Fetching it is no part of what was given for measuring.
        begin = time.monotonic()
    count = given.clients or default_clients(machine.vcpus)
    # About a hundred windows: some tries of three, some rounds of two or three.
    window = min(3.0, max(0.5, given.seconds / 100))

    with tempfile.TemporaryDirectory(prefix="graviton-tf-sweep-") as folder:
        requests = Path(folder) / "requests"
        prepared = _prepare(given, requests)
        tried = candidates(
            machine, container=image is not None, clients=count, rows=prepared.rows,
            fixed_rows=prepared.fixed_rows,
        )  # fmt: skip
        model = ServedModel(
            given.model_name or _name(given.model, prepared), prepared.folder, prepared.version or 1
        )
        build = _builder(given, model, userdata, image, booted)
        limits = Limits(begin + given.seconds, given.seconds, window, given.max_latency)
        events.step("Sweep", "InProgress", f"{len(tried)} candidates, {count} clients, {given.seconds:g} s")
        with Clients(requests, count) as clients, ServerRig(tried, build, clients, window) as rig:
            outcome = search(tried, rig, limits, events.progress)
    refuse_what_tells_nothing(outcome, given.seconds)
    events.step("Sweep", "Success", f"{sum(bool(t.all_windows) for t in outcome.trials)} candidates measured")

    recommendation = recommend(outcome, given.max_latency)
    events.step("Recommend", "Success" if recommendation.found else "Failed", recommendation.text)
    workload = {
        "kind": "model", "model": model.name, "signature": prepared.signature, "path": "rest",
        "endpoint": None, "batch": prepared.rows, "requests": prepared.requests, "from": prepared.source,
        "performanceOnly": True,
    }  # fmt: skip
    facts = report.Facts(
        runtime=given.runtime, image=given.image or None, machine=machine, workload=workload, clients=count,
        budget=given.seconds, seconds=time.monotonic() - begin, max_latency=given.max_latency,
        intra_op_threads=rig.intra_op_threads,
    )  # fmt: skip
    document = report.build(outcome, recommendation, facts)
    events.report(document, given.report)
    return document["exitCode"]


def _prepare(given: argparse.Namespace, requests: Path) -> Prepared:
    events.step("Prepare", "InProgress", str(given.model))
    prepared = prepare(given.model, requests, samples=given.samples, batch=given.batch)
    events.step("Prepare", "Success", f"{prepared.requests} requests from {prepared.source}")
    return prepared


def _builder(
    given: argparse.Namespace,
    model: ServedModel,
    userdata: Path,
    image: Image | None,
    booted: Mapping[str, str],
) -> Build:
    base = _base_variables(booted)

    def build(root: Path, candidate: Candidate):
        variables = {**base, **candidate.settings.variables()}
        if image:
            return container_server(root, model, variables, userdata, image)
        return wheel_server(root, model, variables, userdata, given.python)

    return build


def _image(given: argparse.Namespace, booted: Mapping[str, str]) -> Image:
    entrypoint = booted.get("GTF_ENTRYPOINT", "") if given.entrypoint is None else given.entrypoint
    command = booted.get("GTF_COMMAND", SCRIPT) if given.command is None else given.command
    return Image(given.image, entrypoint, command)


def _base_variables(booted: Mapping[str, str]) -> dict[str, str]:
    """What no candidate changes: ServingOptions' defaults, or what the instance has."""
    kept = {name: booted[name] for name in _OF_THE_INSTANCE if name in booted}
    return {**DEFAULT_VARIABLES, **environment.of_the_machine(), **kept}


def _name(path: Path, prepared: Prepared) -> str:
    """As the model base path is called: a version's folder is called by a number."""
    folder = prepared.folder.parent if prepared.folder.name.isdigit() else path
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in folder.resolve().name) or "model"


def refuse_what_tells_nothing(outcome: Outcome, seconds: float) -> None:
    """Refuses what allows no recommendation."""
    tried = [trial for trial in outcome.trials if trial.status != "skipped"]
    if all(trial.status == "failed" for trial in tried):
        raise Refusal(f"No candidate could be measured; the default: {tried[0].why.rstrip('.')}.")
    waiting = [trial for trial in outcome.trials[DEFAULT + 1 :] if not trial.candidate.excluded]
    if waiting and len(tried) == 1:
        raise Refusal(
            f"--seconds: {seconds:g} s allow no candidate beside the default, whose server took "
            f"{outcome.start_seconds:.0f} s to start; give at least {math.ceil(outcome.needed / 10) * 10:d}."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
