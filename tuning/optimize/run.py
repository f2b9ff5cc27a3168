"""One optimization from the model to the version that is served, step by step."""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

from .. import events, fast_math, machine
from ..refusal import Refusal
from . import bf16, kernels, measure, publish, resources
from .process import Worker, worker
from .publication import Publication
from .report import Report, pass_of, wrong
from .staging import staging, unwritable
from .steps import step

# oneDNN on Neoverse V2 and later, and on x86 builds that have it off; where it is set, it is the user's.
_ENVIRONMENT = {"TF_ENABLE_ONEDNN_OPTS": "1"}
# BF16 is looked at for a part of the time that the comparison had.
_BF16_SHARE = 0.5


class Optimization:
    """options: of options.parse."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.frozen = options.model.is_file()
        self.report = Report(str(options.model), self.frozen)
        self.tolerance = {"absolute": options.tolerance, "relative": options.relative_tolerance}

    def run(self) -> Report:
        """Raises Refusal or Cancelled, with nothing published and nothing left."""
        options = self.options
        publication = Publication(options.output, options.server_url, options.served_seconds)
        base = Path(tempfile.gettempdir()) if options.dry_run else options.output
        if not options.dry_run:
            publication.check()
        with staging(base) as folder:
            try:
                self._run(folder, publication)
            except OSError as error:
                # What checks at the beginning cannot know: the disk fills up while we work.
                raise Refusal(unwritable(base, error)) from error
        return self.report

    def _run(self, folder: Path, publication: Publication) -> None:
        self.model, self.requests = folder / "model", folder / "requests"
        # The gate asks for the graph's own accuracy; what BF16 costs is a question of its own.
        with worker({**_environment(), **fast_math.OFF}) as candidate:
            self._load(candidate, folder)
            self._optimize(candidate)
            accurate = self._judge(candidate, folder)
        if not accurate:
            for name in ("Measure", "Kernels", "BF16", "Publish"):
                events.step(name, "Skipped", "the answers differ")
            return
        self._measure()
        self._look_at_kernels(folder)
        self._look_at_bf16(folder)
        self._decide(publication, folder)

    def _load(self, candidate: Worker, folder: Path) -> None:
        options, report = self.options, self.report
        with step("Load") as told:
            self.source = options.model
            if not self.frozen:
                found = candidate.ask("locate", model=options.model, version=options.version)
                self.source, report.version = Path(found["folder"]), found["version"]
            self.origin = self._origin()
            report.before.bytes = publish.size_of(self.source)
            resources.check_memory(report.before.bytes)
            resources.check_room(folder.parent, report.before.bytes)
            asked = candidate.ask(
                "ask_original",
                model=self.source,
                frozen=self._frozen_options(),
                samples=options.samples,
                batch=options.batch,
                count=options.requests,
                requests=self.requests,
                answers=folder / "answers",
                work=folder / "original",
            )
            self.original = Path(asked["model"])
            report.signatures = asked["signatures"]
            self.asked = {"requests": asked["requests"], "from": asked["from"]}
            report.machine = machine.machine()
            report.software = {**machine.software("in-process"), "tensorflow": asked["tensorflow"]}
            told.text = f"{asked['requests']} requests from {asked['from']}"

    def _origin(self) -> int | None:
        """The version that was optimized: the root of it, if this one was made by us."""
        note = publish.note_of(self.source)
        if note is None:
            return self.report.version
        if not self.options.version and note.get("from") is not None:
            raise Refusal(
                f"--model: version {self.report.version} of {self.options.model} is version {note['from']}, "
                f"optimized: say --version {note['from']} to optimize that again."
            )
        return note.get("from")

    def _frozen_options(self) -> dict[str, Any] | None:
        options = self.options
        if not self.frozen:
            return None
        return {"inputs": options.inputs, "outputs": options.outputs, "dtype": options.dtype}

    def _pass_options(self) -> dict[str, Any]:
        return {"this_machine": self.options.this_machine, **(self._frozen_options() or {})}

    def _optimize(self, candidate: Worker) -> None:
        report = self.report
        with step("Optimize") as told:

            def on_pass(one: dict[str, Any]) -> None:
                report.passes.append(pass_of(one))
                text = f"{one['name']}: {one['nodes_before']} → {one['nodes_after']} nodes"
                events.step("Optimize", "InProgress", text)

            candidate.ask(
                "optimize", on_pass, source=self.source, destination=self.model, options=self._pass_options()
            )
            publish.write_note(self.model, self.origin, report.software["tensorflow"])
            report.after.bytes = publish.size_of(self.model)
            if report.passes:
                report.before.nodes = report.passes[0]["nodesBefore"]
                report.after.nodes = report.passes[-1]["nodesAfter"]
            told.text = f"{report.before.nodes} → {report.after.nodes} nodes"

    def _judge(self, candidate: Worker, folder: Path) -> bool:
        with step("Accuracy") as told:
            found = candidate.ask(
                "judge",
                model=self.model,
                requests=self.requests,
                answers=folder / "answers",
                tolerance=self.tolerance,
            )
            (folder / "answers").unlink()
            self.report.accuracy = {**self.asked, "tolerance": self.tolerance, **found}
            told.text = f"the answers differ by {found['maxAbsolute']:.2g} at most"
            if not found["passed"]:
                told.text += ": too much"
                self.report.decide("kept", f"Not published: {wrong(found, self.tolerance)}")
        return found["passed"]

    def _measure(self) -> None:
        options, report = self.options, self.report
        with step("Measure") as told, contextlib.ExitStack() as stack:
            workers = [stack.enter_context(worker(_environment())) for _ in range(2)]
            report.before.measured, report.after.measured = measured = measure.load(
                workers, (self.original, self.model), self.requests, options.intra_op
            )
            report.comparison = measure.compare(
                *zip(workers, measured, strict=True),
                options.pairs,
                options.seconds,
                options.least_speedup,
                _tell_of_pair,
            )
            told.text = f"{report.comparison.speedup:.2f} × as fast"

    def _look_at_kernels(self, folder: Path) -> None:
        with step("Kernels") as told:
            self.report.before.kernels, self.report.after.kernels = kernels.kernels_of(
                [self.original, self.model], self.requests, self.options.intra_op, folder, _environment()
            )
            told.text = self.report.after.kernels.why or f"{len(self.report.after.kernels.rows)} kernels"

    def _look_at_bf16(self, folder: Path) -> None:
        options = self.options
        events.step("BF16", "InProgress")
        found = self.report.bf16 = bf16.bf16_of(
            self.model, self.requests, options.intra_op, folder, self.tolerance,
            options.pairs, options.seconds * _BF16_SHARE, _tell_of_pair, _environment(),
        )  # fmt: skip
        if not found.available:
            return events.step("BF16", "Skipped", found.why)
        return events.step(
            "BF16", "Success", f"{found.speedup:.2f} × as fast, differs by {found.maxAbsolute:.2g}"
        )

    def _decide(self, publication: Publication, folder: Path) -> None:
        report, least = self.report, self.options.least_speedup
        speedup = report.comparison.speedup
        if speedup < least:
            events.step("Publish", "Skipped", "it is slower")
            return report.decide(
                "kept",
                f"Not published: the optimized model is {speedup:.2f} times as fast, "
                f"and {least:g} is the least that is.",
            )
        if self.options.dry_run:
            events.step("Publish", "Skipped", "a dry run")
            return report.decide("kept", f"A dry run: it would be published, {report.verdict}.", 0)
        return publication.publish(self.model, folder, report)


def _environment() -> dict[str, str | None]:
    return {name: value for name, value in _ENVIRONMENT.items() if name not in os.environ}


def _tell_of_pair(done: int, total: int, found: measure.Comparison) -> None:
    events.progress(done, total, f"{found.speedup:.2f} × as fast")
