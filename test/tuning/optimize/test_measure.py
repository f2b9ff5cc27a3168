"""How two models are compared on a machine that does other things as well."""

import pytest

from tuning.optimize import measure
from tuning.optimize.measure import Comparison, Measured, compare


class Model:
    """Answers one request in so many seconds a round, the last of them ever after; notes its turns."""

    def __init__(self, name, turns, *seconds):
        self.name, self.turns, self.seconds = name, turns, list(seconds)

    def ask(self, command, **arguments):
        assert command == "measure"
        self.turns.append((self.name, arguments["seconds"]))
        seconds = self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        return [[seconds]] * 3


def comparison(first, second, pairs=4, seconds=8.0, least=0.98):
    turns, told = [], []
    found = compare(
        (Model("first", turns, *first), Measured(0.1, [2])),
        (Model("second", turns, *second), Measured(0.1, [2])),
        pairs,
        seconds,
        least,
        lambda done, total, _: told.append((done, total)),
    )
    return found, turns, told


def test_the_two_take_turns_and_every_second_pair_the_other_way_round():
    _, turns, told = comparison([2], [1])
    names = [name for name, _ in turns]
    assert names == ["first", "second", "second", "first"] * 2
    assert {seconds for _, seconds in turns} == {1.0}
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_speedup_is_the_median_of_the_pairs_so_that_one_bad_minute_does_not_decide():
    found, _, _ = comparison([2, 2, 20, 2], [1, 1, 1, 1])
    assert found.ratios == [2, 2, 20, 2]
    assert found.speedup == 2


def test_what_lies_just_below_is_measured_again_and_all_pairs_decide():
    found, _, told = comparison([0.95] * 4 + [1.2] * 4, [1])
    assert len(found.ratios) == 8
    assert told[-1] == (8, 8)
    assert found.speedup == pytest.approx((0.95 + 1.2) / 2)


@pytest.mark.parametrize(("ratio", "least", "pairs"), [(0.99, 0.98, 4), (0.5, 0.98, 4), (0.97, 0.01, 4)])
def test_what_is_clear_is_measured_once(ratio, least, pairs):
    assert len(comparison([ratio], [1], least=least)[0].ratios) == pairs


def test_a_model_that_is_slow_gets_fewer_pairs_but_a_median(monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(measure.time, "monotonic", lambda: next(clock))
    assert len(comparison([2], [1], pairs=10)[0].ratios) == 3
    assert len(comparison([2], [1], pairs=2)[0].ratios) == 2


def test_the_figures_of_one_model():
    measured = Measured(0.5, [4])
    measured.add([[0.001]] * 98)
    measured.add([[0.005], [0.101]])
    assert measured.median_milliseconds == 1
    assert measured.p99_milliseconds == 5
    assert measured.throughput == pytest.approx(100 * 4 / (98 * 0.001 + 0.005 + 0.101))


def test_a_round_of_several_signatures_is_the_sum_of_what_each_takes():
    measured = Measured(0.5, [1, 1])
    assert measured.add([[0.001, 1.0], [0.001, 1.2], [0.5, 1.0]]) == pytest.approx(1.001)
    both = Comparison(measured, measured, [1.0])
    assert both.speedup == 1
