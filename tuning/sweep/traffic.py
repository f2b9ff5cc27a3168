"""Whether the running model server is asked for predictions: a sweep would take its CPUs away.

    python -m tuning.sweep.traffic --endpoint http://127.0.0.1:8501/v1/models/NAME [--seconds 5]

Reports {"kind": "traffic", "state": "idle" | "busy" | "unknown", "requestsPerSecond", "text"} and exits with
0, 1 or 2 in the same order. It reads the server's own counters, so it is unknown where monitoring is off.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from tuning import events
from tuning.cancellation import Cancelled, cancellable
from tuning.sweep.arguments import Parser, seconds

METRICS_PATH = "/monitoring/prometheus/metrics"
_LOOK_SECONDS = 5.0
# The watchdog's looks are requests too, for the model's status.
_ASKED = ("predict", "classify", "regress", "multiinference", "sessionrun")
_SAMPLE = re.compile(r"^(:tensorflow:serving:request_(?:count|latency_count))\{(.*)\} (\S+)$", re.M)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Traffic:
    requests_per_second: float | None
    """None: unknown."""
    text: str

    @property
    def state(self) -> str:
        if self.requests_per_second is None:
            return "unknown"
        return "busy" if self.requests_per_second > 0 else "idle"


def observe(endpoint: str, seconds: float = 5.0) -> Traffic:
    """Compares the counters at the begin with those after `seconds`."""
    url = urlunsplit(urlsplit(endpoint)._replace(path=METRICS_PATH, query="", fragment=""))
    begin, first = time.monotonic(), _count(url)
    if first is None:
        return Traffic(None, f"{url} gives no metrics, so nobody knows whether the server is asked.")
    time.sleep(seconds)
    second = _count(url)
    if second is None or second < first:
        return Traffic(None, f"{url} counted anew within {seconds:g} s: the server was restarted.")
    rate = (second - first) / (time.monotonic() - begin)
    text = "no request" if second == first else f"{rate:.2g} requests a second"
    return Traffic(rate, f"The server got {text} within {seconds:g} s.")


def count(page: str) -> float | None:
    """Requests for predictions, answered or failed, on a page of metrics; None without a counter.

    All requests less those that were answered with something else than a prediction (a model's status).
    """
    total, others, found = 0.0, 0.0, "# TYPE :tensorflow:" in page
    for name, labels, value in _SAMPLE.findall(page):
        found = True
        if name.endswith("request_count"):
            total += float(value)
        elif dict(_LABEL.findall(labels)).get("API", "").lower() not in _ASKED:
            others += float(value)
    return max(0.0, total - others) if found else None


def _count(url: str) -> float | None:
    try:
        with _direct.open(url, timeout=_LOOK_SECONDS) as answer:
            return count(answer.read().decode("utf-8", "replace"))
    except (OSError, ValueError):
        return None


def main(argv: list[str]) -> int:
    parser = Parser(prog="tuning.sweep.traffic", description="Tells whether a model server is asked.")
    parser.add_argument("--endpoint", required=True, type=_endpoint, help="http://host:port/v1/models/NAME")
    parser.add_argument("--seconds", type=seconds, default=5.0, help="to watch it (default 5)")
    given = parser.parse_args(argv)
    try:
        with cancellable():
            traffic = observe(given.endpoint, given.seconds)
    except Cancelled as cancelled:
        return cancelled.exit_code
    code = {"idle": 0, "busy": 1, "unknown": 2}[traffic.state]
    events.report(
        {
            "schemaVersion": 1,
            "kind": "traffic",
            "exitCode": code,
            "state": traffic.state,
            "requestsPerSecond": traffic.requests_per_second,
            "text": traffic.text,
        }
    )
    return code


def _endpoint(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"got {text!r}, expected http://host:port/v1/models/NAME")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
