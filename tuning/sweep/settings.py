"""The settings that are tried, in the words of ServingOptions and in those of the boot scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuning.refusal import Refusal

# What lib/serving/recommended-serving.ts exports for ServingOptions' defaults; a test compares the two.
DEFAULT_VARIABLES = {
    "GTF_PROCESSES": "1",
    "GTF_INTRA_OP_THREADS": "",
    "GTF_INTER_OP_THREADS": "1",
    "GTF_OMP_NUM_THREADS": "",
    "GTF_REST_THREADS": "",
    "GTF_BF16_FAST_MATH": "auto",
    "GTF_MONITORING": "true",
    "GTF_WARMUP": "true",
    "GTF_BATCHING": "",
    "GTF_SERVING_ENVIRONMENT": "TF_ENABLE_ONEDNN_OPTS=1\nOMP_PROC_BIND=false\nOMP_PLACES=cores",
}


@dataclass(frozen=True)
class Batching:
    """BatchingOptions; what is left out has their defaults."""

    max_batch_size: int
    """Examples."""
    batch_timeout_micros: int = 1000

    def text_proto(self) -> str:
        """TF Serving's batching parameters, as recommended-serving.ts writes them."""
        return "\n".join(
            (
                f"max_batch_size {{ value: {self.max_batch_size} }}",
                f"batch_timeout_micros {{ value: {self.batch_timeout_micros} }}",
                "max_enqueued_batches { value: 100 }",
                "num_batch_threads { value: 1 }",
            )
        )

    def document(self) -> dict[str, int]:
        return {"maxBatchSize": self.max_batch_size, "batchTimeoutMicros": self.batch_timeout_micros}


@dataclass(frozen=True)
class Settings:
    """One candidate. Every default is ServingOptions' own."""

    processes: int = 1
    intra_op_threads: int | None = None
    """None: the machine's vCPUs shared by the processes."""
    inter_op_threads: int = 1
    batching: Batching | None = None
    bf16_fast_math: bool = True
    """Only where the CPU has BF16."""

    def variables(self) -> dict[str, str]:
        """The GTF_* variables (userdata/README.md) that these settings decide."""
        return {
            "GTF_PROCESSES": str(self.processes),
            "GTF_INTRA_OP_THREADS": "" if self.intra_op_threads is None else str(self.intra_op_threads),
            "GTF_INTER_OP_THREADS": str(self.inter_op_threads),
            "GTF_BF16_FAST_MATH": "auto" if self.bf16_fast_math else "off",
            "GTF_BATCHING": self.batching.text_proto() if self.batching else "",
        }

    def document(self, intra_op_threads: int) -> dict[str, Any]:
        """As reports name it. intra_op_threads: the number in force where the settings leave it open."""
        return {
            "processes": self.processes,
            "intraOpThreads": self.intra_op_threads or intra_op_threads,
            "interOpThreads": self.inter_op_threads,
            "batching": self.batching.document() if self.batching else None,
            "bf16FastMath": self.bf16_fast_math,
        }

    def serving_options(self) -> dict[str, Any]:
        """ServingOptions that differ from their defaults, under their own names."""
        options: dict[str, Any] = {}
        if self.processes != 1:
            options["processes"] = self.processes
        if self.intra_op_threads is not None:
            options["intraOpThreads"] = self.intra_op_threads
        if self.inter_op_threads != 1:
            options["interOpThreads"] = self.inter_op_threads
        if not self.bf16_fast_math:
            options["bf16FastMath"] = False
        if self.batching:
            options["batching"] = {"maxBatchSize": self.batching.max_batch_size}
            if self.batching.batch_timeout_micros != 1000:
                options["batching"]["batchTimeoutMicros"] = self.batching.batch_timeout_micros
        return options

    def text(self) -> str:
        """Short, for a progress line."""
        parts = [f"{self.processes} process{'es' if self.processes > 1 else ''}"]
        if self.intra_op_threads is not None:
            parts.append(f"{self.intra_op_threads} intra-op")
        if self.inter_op_threads != 1:
            parts.append(f"{self.inter_op_threads} inter-op")
        if self.batching:
            batching = self.batching
            parts.append(f"batches of {batching.max_batch_size} within {batching.batch_timeout_micros} µs")
        if not self.bf16_fast_math:
            parts.append("no BF16")
        return ", ".join(parts)


def parse(given: Any) -> Settings:
    """Settings from a report's candidate or from ServingOptions; what is left out has its default.

    Raises Refusal naming the key, what was got and what is allowed.
    """
    known = ("processes", "intraOpThreads", "interOpThreads", "batching", "bf16FastMath")
    _check_keys("", given, known)
    batching = given.get("batching")
    if batching is not None:
        _check_keys("batching", batching, ("maxBatchSize", "batchTimeoutMicros"))
        if "maxBatchSize" not in batching:
            raise Refusal("--settings: batching has no maxBatchSize; allowed is a whole number from 1.")
    bf16 = given.get("bf16FastMath", True)
    if not isinstance(bf16, bool):
        raise Refusal(f"--settings: bf16FastMath is {bf16!r}; allowed are true and false.")
    return Settings(
        processes=_whole("processes", given.get("processes", 1), 1, 1024),
        intra_op_threads=None
        if given.get("intraOpThreads") is None
        else _whole("intraOpThreads", given["intraOpThreads"], 1, 1024),
        inter_op_threads=_whole("interOpThreads", given.get("interOpThreads", 1), 1, 1024),
        batching=None
        if batching is None
        else Batching(
            _whole("batching.maxBatchSize", batching["maxBatchSize"], 1, 1_000_000),
            _whole("batching.batchTimeoutMicros", batching.get("batchTimeoutMicros", 1000), 0, 60_000_000),
        ),
        bf16_fast_math=bf16,
    )


def _check_keys(name: str, given: Any, known: tuple[str, ...]) -> None:
    what = f"{name} is" if name else "got"
    if not isinstance(given, Mapping):
        raise Refusal(f"--settings: {what} {given!r}; allowed is an object with {', '.join(known)}.")
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Refusal(
            f"--settings: {name or 'it'} has the key {unknown[0]!r}; allowed are {', '.join(known)}."
        )


def _whole(name: str, value: Any, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Refusal(f"--settings: {name} is {value!r}; allowed is a whole number from {least} to {most}.")
    return value
