"""python -m tuning.sweep.apply: serves with other settings from now on, if that is not slower.

Exit status 0: applied; 1: rolled back; 2: refused, nothing was changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tuning import events
from tuning.cancellation import Cancelled, cancellable
from tuning.refusal import Refusal
from tuning.sweep import environment
from tuning.sweep.apply.change import Change
from tuning.sweep.apply.gate import measure, slower
from tuning.sweep.apply.instance import Instance
from tuning.sweep.arguments import Parser, seconds, whole
from tuning.sweep.clients import Clients, default_clients
from tuning.sweep.prepared import prepare
from tuning.sweep.servers.server import CannotServe, model_status
from tuning.sweep.settings import Settings, parse

_STACK = (
    "an instance that replaces this one boots with the stack's own options again, "
    "so write them into the stack, too"
)


def main(argv: list[str]) -> int:
    parser = Parser(prog="tuning.sweep.apply", description="Applies settings to the instance this runs on.")
    add = parser.add_argument
    add("--settings", required=True, help="JSON: a candidate's settings, or ServingOptions")
    add("--root", type=Path, default=Path("/"), help="of the instance (default /)")
    add("--endpoint", required=True, help="http://127.0.0.1:8501/v1/models/NAME")
    add("--samples", type=Path, help="requests: bodies of :predict, or .npz")
    add("--batch", type=whole(0, 1_000_000), default=0, help="examples in a request (default: as they come)")
    add("--clients", type=whole(1, 4096), help="that ask at the same time (default: two for each vCPU)")
    add("--seconds", type=seconds, default=20.0, help="of measuring, before and after (default 20)")
    add("--supervisor", default=os.environ.get("GTF_SUPERVISOR", ""), help="in place of systemctl")
    add("--userdata", type=Path, help="the boot scripts (default: beside this package, or the instance's)")
    add("--report", type=Path, help="write the report there, too")
    given = parser.parse_args(argv)
    events.claim_stdout()
    document: dict[str, Any] = {
        "schemaVersion": 1,
        "kind": "apply",
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    try:
        with cancellable():
            events.check_report_file(given.report)
            settings = _settings(given.settings)
            userdata = environment.userdata_of(given.root, given.userdata)
            instance = Instance(given.root, userdata, given.supervisor, given.endpoint.rstrip("/"))
            document |= _apply(instance, settings, given)
            document["exitCode"] = 0 if document["outcome"] == "applied" else 1
            events.report(document, given.report)
            return document["exitCode"]
    except Refusal as refusal:
        events.refusal(str(refusal))
        return 2
    except Cancelled as cancelled:
        return cancelled.exit_code


def _settings(text: str) -> Settings:
    try:
        return parse(json.loads(text))
    except ValueError:
        raise Refusal(f"--settings: {text[:80]!r} is no JSON.") from None


def _apply(instance: Instance, settings: Settings, given: Any) -> dict[str, Any]:
    instance.check(settings)
    change = Change(instance, _tell_put_back)
    outcome = _changed(instance, settings, change, given)
    if change.problem:
        outcome["reason"] += f" With the settings from before, which are back, {change.problem}."
    return outcome


def _changed(instance: Instance, settings: Settings, change: Change, given: Any) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, instance.lock())
        stack.enter_context(change)
        if instance.has(settings):
            return _outcome("applied", f"Nothing was to change; {_STACK}.", None, None)
        if model_status(instance.url) != "AVAILABLE":
            raise Refusal(
                f"--endpoint: {instance.url} is not AVAILABLE, so there is nothing to compare with."
            )
        requests = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="graviton-tf-apply-"))) / "requests"
        )
        events.step("Prepare", "InProgress")
        prepare(instance.model(), requests, samples=given.samples, batch=given.batch)
        events.step("Prepare", "Success")
        count = given.clients or default_clients(environment.machine(instance.userdata).vcpus)
        clients = stack.enter_context(Clients(requests, count))
        return gated(instance, settings, change, clients, given.seconds / 2)


def gated(
    instance: Instance, settings: Settings, change: Change, clients: Clients, each: float
) -> dict[str, Any]:
    events.step("Before", "InProgress")
    try:
        before = measure(clients, instance.url, each)
    except CannotServe as error:
        raise Refusal(
            f"The server fails already before anything is changed: {str(error).rstrip('.')}."
        ) from None
    events.step("Before", "Success", f"{before.throughput:.1f} examples/s")
    events.step("Apply", "InProgress", settings.text())
    try:
        change.make(settings)
        events.step("Apply", "Success")
        events.step("After", "InProgress")
        after = measure(clients, instance.url, each)
        if slower(before, after):
            # What else the machine did may be over; a slower server is not.
            after = measure(clients, instance.url, each)
    except CannotServe as error:
        events.step("After", "Failed", str(error))
        return _outcome("rolled back", f"With these settings {str(error).rstrip('.')}.", before, None)
    why = slower(before, after)
    if why:
        events.step("After", "Failed", why)
        return _outcome("rolled back", f"It got slower: {why}.", before, after)
    change.keep()
    events.step("After", "Success", f"{after.throughput:.1f} examples/s")
    text = f"{after.throughput:.1f} examples/s, {before.throughput:.1f} before; {_STACK}."
    return _outcome("applied", text, before, after)


def _outcome(outcome: str, reason: str, before: Any, after: Any) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "reason": reason,
        "before": before.document() if before else None,
        "after": after.document() if after else None,
    }


def _tell_put_back(problem: str) -> None:
    if problem:
        events.step("Put back", "Failed", problem)
    else:
        events.step("Put back", "Success", "the settings from before are in force again")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
