"""TF Serving's Prometheus metrics, summed over the processes that share the port.

Names and buckets follow tensorflow_serving/servables/tensorflow/util.cc, saved_model_warmup_util.cc and
tensorflow/cc/saved_model/loader.cc; the text follows tensorflow_serving/util/prometheus_exporter.cc.
prometheus_client adds up the processes: it does so through files when PROMETHEUS_MULTIPROC_DIR is set
before it is imported.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess
from prometheus_client.metrics_core import Metric

_MULTIPLE_PROCESSES = "PROMETHEUS_MULTIPROC_DIR" in os.environ
_REGISTRY = CollectorRegistry()
_LATENCY_BUCKETS = [10 * 1.8**i for i in range(33)]  # microseconds, up to about 20 minutes


def histogram(name: str, *labels: str, buckets: Sequence[float] = _LATENCY_BUCKETS) -> Histogram:
    return Histogram(name, name, labels, buckets=buckets, registry=_REGISTRY)


def counter(name: str, *labels: str) -> Counter:
    return Counter(name, name, labels, registry=_REGISTRY)


_request_count = counter(":tensorflow:serving:request_count", "model_name", "status")
_request_latency = histogram(":tensorflow:serving:request_latency", "model_name", "API", "entrypoint")
_runtime_latency = histogram(":tensorflow:serving:runtime_latency", "model_name", "API", "runtime")
_warmup_latency = histogram(":tensorflow:serving:model_warmup_latency", "model_path", "status")
_load_attempts = counter(":tensorflow:cc:saved_model:load_attempt_count", "model_path", "status")
_load_latency = counter(":tensorflow:cc:saved_model:load_latency", "model_path")


def request(model_name: str, api: str, status: str, seconds: float) -> None:
    """model_name: empty for a model that is not served, so that no client can make series without end."""
    _request_count.labels(model_name, status).inc()
    if status == "OK":
        _request_latency.labels(model_name, api, "REST").observe(seconds * 1e6)


def runtime(model_name: str, seconds: float) -> None:
    _runtime_latency.labels(model_name, "Predict", "TF1").observe(seconds * 1e6)


def model_load(path: str, seconds: float | None) -> None:
    """seconds: None when the load failed."""
    _load_attempts.labels(path, "fail" if seconds is None else "success").inc()
    if seconds is not None:
        _load_latency.labels(path).inc(int(seconds * 1e6))


def model_warmup(path: str, status: str, seconds: float) -> None:
    _warmup_latency.labels(path, status).observe(seconds * 1e6)


def page() -> str:
    """All metrics as text, in TF Serving's way: counters without the suffix that prometheus_client adds."""
    registry = _REGISTRY
    if _MULTIPLE_PROCESSES:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    lines = []
    for metric in sorted(registry.collect(), key=lambda metric: metric.name):
        lines.append(f"# TYPE {metric.name} {metric.type}")
        lines.extend(_samples(metric))
    return "\n".join(lines) + "\n"


def _samples(metric: Metric) -> list[str]:
    lines = []
    for sample in metric.samples:
        if sample.name.endswith("_created"):
            continue
        name = sample.name.removesuffix("_total") if metric.type == "counter" else sample.name
        labels = ",".join(f'{key}="{_escape(key, value)}"' for key, value in sample.labels.items())
        lines.append(f"{name}{{{labels}}} {sample.value:.15g}")
    return lines


def _escape(key: str, value: str) -> str:
    if key == "le" and value != "+Inf":
        return f"{float(value):g}"  # absl::StrCat's six digits
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
