"""LoadGen's own account of a test: mlperf_log_summary.txt, and mlperf_log_detail.txt for what it leaves out.

Both from MLPerf inference v2.0's to today's; `SUT name` and its like are kept as they stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUMMARY, DETAIL = "mlperf_log_summary.txt", "mlperf_log_detail.txt"

_ITEM = re.compile(r"^ ?\* ?(.*)$")
# "Recommendations:", "Early Stopping Result:"; a field without a value has a space before its colon.
_HEADING = re.compile(r"^\S([^:]*[^\s:])?:\s*$")
_COUNT = re.compile(r"^(?:(\d+) (?:ERRORS?|WARNINGS?)|No (?:errors|warnings)) encountered")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_CONSTRAINTS = ("Performance constraints", "Min duration", "Min queries", "Early stopping")
# Throughput as the scenario defines it, by the names that the versions gave it.
_THROUGHPUT = {
    "SingleStream": ("QPS w/ loadgen overhead",),
    "Offline": ("Samples per second",),
    "Server": ("Completed samples per second", "Scheduled samples per second"),
}
_PERCENTILES = {"p50": 50, "p90": 90, "p95": 95, "p97": 97, "p99": 99, "p999": 99.9}
_DETAIL_PREFIX = ":::MLLOG "


class DamagedLog(Exception):
    """One sentence: the file and what is missing in it."""


@dataclass(frozen=True)
class Summary:
    scenario: str
    """SingleStream, MultiStream, Server or Offline."""
    valid: bool
    """What LoadGen says; it knows nothing of the answers' errors."""
    fields: Mapping[str, str]
    """Every line with a name and a value, as it stands."""
    recommendations: tuple[str, ...]
    early_stopping: tuple[str, ...]
    errors: int
    """Errors of the test that LoadGen logged: one for each limit by which a run was shortened."""

    @property
    def reasons(self) -> dict[str, str]:
        """Each constraint that was not met, and what LoadGen says to it."""
        return {
            name: self._explained(name)
            for name in _CONSTRAINTS
            if self.fields.get(f"{name} satisfied", "").upper() == "NO"
        }

    def throughput(self) -> float:
        """Samples per second. Raises DamagedLog where the scenario's line is missing or no number."""
        for name in _THROUGHPUT.get(self.scenario, ()):
            if name in self.fields:
                return self._number(name)
        raise DamagedLog(f"LoadGen's summary has no throughput for {self.scenario}.")

    def latency(self, detail: Mapping[str, Any] | None = None) -> dict[str, float | None]:
        """Milliseconds by mean, min, max, p50 … p999: of the summary, else the detailed log, else None."""
        names = {"mean": "Mean latency", "min": "Min latency", "max": "Max latency"}
        keys = {
            "mean": "result_mean_latency_ns",
            "min": "result_min_latency_ns",
            "max": "result_max_latency_ns",
        }
        for key, percentile in _PERCENTILES.items():
            names[key] = f"{percentile:.2f} percentile latency"
            keys[key] = f"result_{percentile:.2f}_percentile_latency_ns"
        return {key: self._milliseconds(f"{names[key]} (ns)", (detail or {}).get(keys[key])) for key in keys}

    def _milliseconds(self, name: str, other: Any) -> float | None:
        if name in self.fields:
            return self._number(name) / 1e6
        return other / 1e6 if isinstance(other, (int, float)) else None

    def _number(self, name: str) -> float:
        text = self.fields[name]
        if not _NUMBER.fullmatch(text):
            raise DamagedLog(f"LoadGen's summary has {name!r} with {text!r}, which is no number.")
        return float(text)

    def _explained(self, name: str) -> str:
        if name == "Early stopping":
            return " ".join(_sentence(item) for item in self.early_stopping)
        words = {
            "Min queries": ("exited early",),
            "Min duration": ("loadgen pre-generates",),
            "Performance constraints": ("to improve latency",),
        }[name]
        return " ".join(
            _sentence(item) for item in self.recommendations if any(word in item for word in words)
        )


def parse(text: str, file: str | Path = SUMMARY) -> Summary:
    """Raises DamagedLog for a text that does not say what LoadGen made of the test."""
    fields: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    items: list[str] | None = None
    errors = 0
    for line in text.splitlines():
        counted = _COUNT.match(line)
        item = _ITEM.match(line)
        if counted:
            errors += int(counted[1] or 0) if "ERROR" in line else 0
        elif item and items is not None:
            items.append(item[1].strip())
        elif _HEADING.match(line):
            items = lists.setdefault(line.strip().rstrip(":"), [])
        elif items and line.startswith(" ") and not _names_field(line):
            items[-1] = f"{items[-1]} {line.strip()}"
        elif ":" in line:
            items = None
            name, _, value = line.partition(":")
            fields[name.strip()] = value.strip()
    verdict = fields.get("Result is")
    if verdict not in ("VALID", "INVALID"):
        said = "has no line 'Result is'" if verdict is None else f"says 'Result is : {verdict}'"
        raise DamagedLog(f"{file} {said}: LoadGen did not come to its end.")
    if "Scenario" not in fields:
        raise DamagedLog(f"{file} does not name its scenario.")
    return Summary(
        scenario=fields["Scenario"].replace(" ", ""),
        valid=verdict == "VALID",
        fields=fields,
        recommendations=tuple(lists.get("Recommendations", ())),
        early_stopping=tuple(lists.get("Early Stopping Result", ())),
        errors=errors,
    )


def read(folder: Path) -> Summary:
    """Of LoadGen's log folder. Raises DamagedLog."""
    file = folder / SUMMARY
    try:
        text = file.read_text(errors="replace")
    except OSError as error:
        raise DamagedLog(f"{file} cannot be read ({error.strerror}).") from None
    return parse(text, file)


def read_detail(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Keys and values of the detailed log, and the texts of its errors; empty if there is none.

    A line that was cut off, as a full disk leaves it, is passed over: the summary decides.
    """
    values: dict[str, Any] = {}
    errors: list[str] = []
    try:
        lines = (folder / DETAIL).read_text(errors="replace").splitlines()
    except OSError:
        return values, errors
    for line in lines:
        if not line.startswith(_DETAIL_PREFIX):
            continue
        try:
            entry = json.loads(line.removeprefix(_DETAIL_PREFIX))
            key, value, metadata = entry["key"], entry["value"], entry["metadata"]
        except (ValueError, TypeError, KeyError):
            continue
        values[key] = value
        if isinstance(metadata, dict) and metadata.get("is_error"):
            errors.append(str(value))
    return values, errors


def _names_field(line: str) -> bool:
    """An indented line that is a field of its own: '  Min duration satisfied : NO'."""
    return " satisfied" in line and ":" in line


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
