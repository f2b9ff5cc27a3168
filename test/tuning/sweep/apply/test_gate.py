"""When a server is called slower: beyond what its own windows scatter."""

from __future__ import annotations

from tuning.sweep.apply.gate import Measured, slower
from tuning.sweep.window import Window


def measured(*throughputs: float) -> Measured:
    return Measured([Window(throughput, [10.0], "", 0.0) for throughput in throughputs])


def test_less_than_noise_is_not_slower():
    steady = measured(100, 101, 99, 100, 100)
    assert slower(steady, steady) == ""
    assert slower(steady, measured(99, 98, 99, 99, 98)) == ""
    assert slower(steady, measured(150, 151, 149, 150, 150)) == ""
    # What scatters as much tells nothing.
    assert slower(measured(100, 60, 140, 80, 120), measured(70, 110, 60, 100, 90)) == ""


def test_more_than_noise_is_and_says_by_how_much():
    said = slower(measured(100, 101, 99, 100, 100), measured(80, 81, 79, 80, 80))
    assert said.startswith("80.0 examples/s instead of 100.0, where ")
    assert said.endswith("% would have been noise")
