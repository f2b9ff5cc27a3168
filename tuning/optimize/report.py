"""The optimization report: what was measured, what was decided, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

from .bf16 import Bf16
from .kernels import Kernels
from .measure import Comparison, Measured

Outcome = Literal["published", "kept", "refused"]

EXIT_CODES: dict[Outcome, int] = {"published": 0, "kept": 1, "refused": 2}


@dataclass
class Side:
    """The original or the optimized model; None is not known, as where the gate closed before."""

    nodes: int | None = None
    bytes: int | None = None
    measured: Measured | None = None
    kernels: Kernels | None = None

    def document(self) -> dict[str, Any]:
        measured, kernels = self.measured, self.kernels
        return {
            "nodes": self.nodes,
            "bytes": self.bytes,
            "loadSeconds": measured and round(measured.load_seconds, 4),
            "medianMilliseconds": measured and round(measured.median_milliseconds, 4),
            "p99Milliseconds": measured and round(measured.p99_milliseconds, 4),
            "throughput": measured and round(measured.throughput, 3),
            "referenceShare": kernels and kernels.reference_share,
            "kernels": kernels.rows if kernels else [],
            "kernelsWhy": kernels.why if kernels else "not looked at",
        }


@dataclass
class Report:
    """Filled in as the program goes on."""

    path: str
    frozen: bool
    version: int | None = None
    signatures: list[dict[str, Any]] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)
    software: dict[str, Any] = field(default_factory=dict)
    passes: list[dict[str, Any]] = field(default_factory=list)
    accuracy: dict[str, Any] | None = None
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    comparison: Comparison | None = None
    bf16: Bf16 = field(default_factory=lambda: Bf16(False, "not looked at"))
    outcome: Outcome = "kept"
    reason: str = ""
    published: dict[str, Any] | None = None
    exit_code: int | None = None
    """Where it is not the outcome's own: a dry run that went well keeps the model, and ends with 0."""

    @property
    def code(self) -> int:
        return EXIT_CODES[self.outcome] if self.exit_code is None else self.exit_code

    @property
    def verdict(self) -> str:
        return f"{self.comparison.speedup:.2f} times as fast, with answers within the tolerance"

    def decide(self, outcome: Outcome, reason: str, exit_code: int | None = None) -> None:
        self.outcome, self.reason, self.exit_code = outcome, reason, exit_code

    def document(self) -> dict[str, Any]:
        return {
            "schemaVersion": 1,
            "kind": "optimization",
            "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "exitCode": self.code,
            "machine": self.machine,
            "software": self.software,
            "model": {
                "path": self.path,
                "version": self.version,
                "format": "frozen-graph" if self.frozen else "saved-model",
                "signatures": self.signatures,
            },
            "outcome": self.outcome,
            "reason": self.reason,
            "published": self.published,
            "passes": self.passes,
            "accuracy": self.accuracy,
            "before": self.before.document(),
            "after": self.after.document(),
            "speedup": self._speedup(),
            "bf16": self.bf16.document(),
            "omitted": sum(side.kernels.omitted for side in (self.before, self.after) if side.kernels),
        }

    def _speedup(self) -> dict[str, Any] | None:
        if self.comparison is None:
            return None
        found = self.comparison
        sizes = set(found.first.examples)
        return {
            "median": round(found.speedup, 4),
            "throughput": round(found.second.throughput / found.first.throughput, 4),
            "pairs": len(found.ratios),
            # The spread of the pairs is the noise that the median was taken from.
            "least": round(min(found.ratios), 4),
            "most": round(max(found.ratios), 4),
            "batch": sizes.pop() if len(sizes) == 1 else None,
        }


def pass_of(one: dict[str, Any]) -> dict[str, Any]:
    """A pass as the report names it."""
    return {
        "name": one["name"],
        "nodesBefore": one["nodes_before"],
        "nodesAfter": one["nodes_after"],
        "seconds": round(one["seconds"], 4),
        "note": one["note"],
    }


def wrong(accuracy: dict[str, Any], tolerance: dict[str, float]) -> str:
    """In what the answers differ, a sentence."""
    if accuracy["problems"]:
        return accuracy["problems"][0]
    worst = accuracy["worst"]
    return (
        f"the answers differ by {accuracy['maxAbsolute']:.2g}, {accuracy['maxRelative']:.2g} relatively, "
        f"where {tolerance['absolute']:g} and {tolerance['relative']:g} are allowed; the worst is output "
        f"{worst['output']!r} of {worst['signature']!r}."
    )
