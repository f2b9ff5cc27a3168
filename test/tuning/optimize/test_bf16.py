"""Whether BF16 is there, and what it costs and gains, each way in a process of its own."""

import numpy as np

from tuning.optimize import bf16, exchange
from tuning.optimize.kernels import Kernels
from tuning.saved_model.requests import Request


def test_a_processor_without_it_is_not_measured(tmp_path, monkeypatch):
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu avx512f avx512_bf16\n")
    monkeypatch.setenv("GTF_PROC", str(tmp_path))
    found = bf16.bf16_of(tmp_path, tmp_path, 1, tmp_path, {}, 1, 0.1, print, {})
    assert (found.available, found.why) == (
        False,
        "the processor has no bf16: /proc/cpuinfo does not name it",
    )


def measured(model, tmp_path, *, monkeypatch, used, why=""):
    monkeypatch.setattr(bf16, "has_bf16", lambda: True)
    monkeypatch.setattr(bf16, "kernels_of", lambda *_: [Kernels(bf16_used=used, why=why)])
    requests = tmp_path / "requests"
    exchange.write_requests(requests, [Request("serving_default", {"x": np.ones((1, 4), "float32")})])
    told = []
    tolerance = {"absolute": 1e-4, "relative": 1e-3}
    found = bf16.bf16_of(
        model / "1", requests, 1, tmp_path, tolerance, 1, 0.1, lambda *pair: told.append(pair[:2]), {}
    )
    return found, told


def test_it_is_compared_with_float32_and_timed_against_it(layer, tmp_path, monkeypatch):
    found, told = measured(layer, tmp_path, monkeypatch=monkeypatch, used=True)
    # The layer is too small for oneDNN, so both ways answer the same.
    assert (found.available, found.passed, found.maxAbsolute, found.maxRelative) == (True, True, 0, 0)
    assert found.speedup > 0
    assert told == [(1, 1)]


def test_a_tensorflow_that_does_not_use_it_is_not_measured(layer, tmp_path, monkeypatch):
    found, told = measured(layer, tmp_path, monkeypatch=monkeypatch, used=False)
    assert (found.available, found.speedup, told) == (False, None, [])
    assert found.why.startswith(
        "the processor has it, but with DNNL_DEFAULT_FPMATH_MODE=BF16 this TensorFlow"
    )
    found, _ = measured(layer, tmp_path, monkeypatch=monkeypatch, used=False, why="there is no analyze.py")
    assert found.why == "the processor has it, but there is no analyze.py"


def test_on_is_what_the_serving_environment_sets_and_off_is_none_of_it():
    assert set(bf16.OFF.values()) == {None}
    assert {name: value for name, value in bf16.ON.items() if value} == {"DNNL_DEFAULT_FPMATH_MODE": "BF16"}
