"""The search on simulated servers: whom it trusts, what it spares, and how long it takes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated import SimulatedRig

from tuning.refusal import Refusal
from tuning.sweep.__main__ import refuse_what_tells_nothing
from tuning.sweep.environment import Machine
from tuning.sweep.grid import candidates
from tuning.sweep.recommendation import recommend
from tuning.sweep.rig import Limits
from tuning.sweep.search import search

GRID = candidates(Machine(4, False, {1: 4, 2: 2, 4: 1}), container=False, clients=8, rows=1, fixed_rows=False)
TWO_PROCESSES = next(i for i, c in enumerate(GRID) if c.factors == ("processes 2",))
FOUR_PROCESSES = next(i for i, c in enumerate(GRID) if c.factors == ("processes 4",))


def run(rig: SimulatedRig, seconds: float = 120.0, max_latency: float | None = None, grid=GRID):
    said: list[str] = []
    limits = Limits(rig.now() + seconds, seconds, 1.0, max_latency)
    outcome = search(grid, rig, limits, lambda done, total, text: said.append(text))
    assert not rig.alive, "a server was left"
    outcome.said = said
    return outcome


def truth(default: float = 1.0, **others: float) -> list[float]:
    """The others' throughputs by number; all the rest is a tenth slower than the default."""
    levels = [0.9] * len(GRID)
    levels[0] = default
    for name, level in others.items():
        levels[int(name[1:])] = level
    return levels


def best_of(rig: SimulatedRig, **options) -> int:
    outcome = run(rig, **options)
    return recommend(outcome, options.get("max_latency")).best


def test_what_is_faster_is_found():
    found = [best_of(SimulatedRig(truth(**{f"_{TWO_PROCESSES}": 1.3}), seed=seed)) for seed in range(40)]
    assert found.count(TWO_PROCESSES) >= 39
    assert set(found) <= {0, TWO_PROCESSES}


def test_a_pair_is_found_by_what_its_parts_do():
    pair = next(i for i, c in enumerate(GRID) if c.factors == ("processes 2", "half the intra-op threads"))
    half = next(i for i, c in enumerate(GRID) if c.factors == ("half the intra-op threads",))
    levels = truth(**{f"_{TWO_PROCESSES}": 1.15, f"_{half}": 1.15, f"_{pair}": 1.6})
    rig = SimulatedRig(levels, noise=0.01)
    assert best_of(rig) == pair


@pytest.mark.parametrize("noise", [0.02, 0.06, 0.15])
def test_noise_is_rarely_taken_for_a_gain(noise: float):
    """Every candidate is as fast as the default: whatever is recommended is recommended by chance."""
    equal = [1.0] * len(GRID)
    wrong = sum(
        best_of(SimulatedRig(equal, seed=seed, noise=noise, drift=-0.001)) != 0 for seed in range(150)
    )
    assert wrong <= 12, f"{wrong} of 150"


@pytest.mark.parametrize("noise", [0.02, 0.06, 0.15])
def test_what_is_truly_slower_is_hardly_ever_recommended(noise: float):
    slower = [1.0] + [0.97] * (len(GRID) - 1)
    wrong = sum(best_of(SimulatedRig(slower, seed=seed, noise=noise)) != 0 for seed in range(150))
    assert wrong <= 6, f"{wrong} of 150"


def test_a_machine_that_slows_down_deceives_nobody():
    """By half in two minutes: the default, measured first, would look twice as fast as the last candidate."""
    levels = truth(**{f"_{FOUR_PROCESSES}": 1.25})
    found = [best_of(SimulatedRig(levels, seed=seed, drift=-0.006)) for seed in range(20)]
    assert found.count(FOUR_PROCESSES) >= 18
    outcome = run(SimulatedRig(levels, drift=-0.006))
    assert outcome.drift < 0.7


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6),
    noise=st.floats(0, 0.3),
    start=st.floats(0.5, 15),
    seconds=st.floats(40, 400),
    capacity=st.integers(2, 3),
    levels=st.lists(st.floats(0.05, 5), min_size=len(GRID), max_size=len(GRID)),
)
def test_the_budget_and_the_room_are_kept(seed, noise, start, seconds, capacity, levels):
    rig = SimulatedRig(levels, seed=seed, noise=noise, start=start, capacity=capacity)
    outcome = run(rig, seconds=seconds)
    default = 1.1 * start + 3 * 4.0 + 2 * 4.0 + 2
    assert rig.clock - 1000 <= max(seconds, default) + 0.2 * start + 2
    assert rig.most_alive <= capacity
    # Whatever was measured is reported, and whatever was not says why.
    for trial in outcome.trials:
        assert bool(trial.windows) == (trial.status in ("measured", "stopped"))
        assert trial.status in ("measured",) or trial.why


def test_what_was_measured_before_the_machine_slowed_down_stops_nobody():
    levels = truth(**{f"_{FOUR_PROCESSES}": 1.25})
    outcome = run(SimulatedRig(levels, noise=0.005, drift=-0.03))
    late, default = outcome.trials[FOUR_PROCESSES], outcome.trials[0]
    assert late.windows[0].throughput < 0.8 * default.windows[0].throughput
    assert late.status == "measured"


def test_the_default_is_measured_first_and_last():
    rig = SimulatedRig([1.0] + [0.5] * (len(GRID) - 1), noise=0.01)
    run(rig)
    assert rig.measured[:3] == [0, 0, 0]
    # Once to be sure of the last candidate's defeat, then twice for the drift.
    assert rig.measured[-4] != 0
    assert rig.measured[-3:] == [0, 0, 0]


def test_the_hopeless_cost_less_than_the_hopeful():
    levels = truth(**{f"_{TWO_PROCESSES}": 0.3, f"_{FOUR_PROCESSES}": 1.01})
    rig = SimulatedRig(levels, noise=0.01)
    outcome = run(rig)
    assert outcome.trials[TWO_PROCESSES].status == "stopped"
    assert "fewer than" in outcome.trials[TWO_PROCESSES].why
    assert rig.measured.count(TWO_PROCESSES) == 1
    assert rig.measured.count(FOUR_PROCESSES) >= 3


def test_a_pair_of_what_was_slower_alone_is_not_tried():
    levels = [1.0] + [0.5] * (len(GRID) - 1)
    rig = SimulatedRig(levels, noise=0.01)
    outcome = run(rig, seconds=600)
    pairs = [trial for trial in outcome.trials if len(trial.candidate.factors) == 2]
    assert pairs
    assert all(trial.status == "skipped" and "by itself" in trial.why for trial in pairs)


def test_those_that_the_budget_does_not_allow_say_so():
    outcome = run(SimulatedRig([1.0] * len(GRID), start=10.0), seconds=100)
    skipped = [
        trial for trial in outcome.trials if trial.status == "skipped" and not trial.candidate.excluded
    ]
    assert skipped
    assert {trial.why for trial in skipped} == {"the budget of 100 s was used up by likelier candidates"}
    assert any("the budget allows about" in text for text in outcome.said)


def test_one_that_does_not_start_stops_nobody():
    levels = truth(**{f"_{FOUR_PROCESSES}": 1.4})
    rig = SimulatedRig(levels, failing={TWO_PROCESSES: "no room"})
    outcome = run(rig)
    assert (outcome.trials[TWO_PROCESSES].status, outcome.trials[TWO_PROCESSES].why) == ("failed", "no room")
    assert recommend(outcome, None).best == FOUR_PROCESSES
    pairs = [trial for trial in outcome.trials if trial.candidate.factors[:1] == ("processes 2",)][1:]
    assert pairs
    assert all(trial.status == "skipped" for trial in pairs)


def test_one_that_answers_with_errors_cannot_win():
    levels = truth(**{f"_{TWO_PROCESSES}": 9.0})
    outcome = run(SimulatedRig(levels, failing_later={TWO_PROCESSES: "queue is full"}))
    assert outcome.trials[TWO_PROCESSES].status == "failed"
    assert recommend(outcome, None).best == 0


def test_without_a_default_the_fastest_is_named_but_no_gain():
    levels = truth(**{f"_{TWO_PROCESSES}": 1.4})
    found = recommend(run(SimulatedRig(levels, failing={0: "killed"})), None)
    assert (found.best, found.gain) == (TWO_PROCESSES, None)
    assert "killed" in found.text


def test_when_all_fail_there_is_no_recommendation():
    outcome = run(SimulatedRig(truth(), failing={index: f"reason {index}" for index in range(len(GRID))}))
    assert all(trial.status != "measured" for trial in outcome.trials)
    with pytest.raises(Refusal, match=r"No candidate could be measured; the default: reason 0\."):
        refuse_what_tells_nothing(outcome, 120)


def test_a_budget_for_the_default_alone_is_refused_with_one_that_suffices():
    outcome = run(SimulatedRig(truth(), start=8.0), seconds=30)
    with pytest.raises(Refusal, match="--seconds: 30 s allow no candidate beside the default") as refused:
        refuse_what_tells_nothing(outcome, 30)
    enough = int(str(refused.value).rstrip(".").split()[-1])
    assert sum(bool(t.windows) for t in run(SimulatedRig(truth(), start=8.0), seconds=enough).trials) > 1


def test_one_above_the_latency_cannot_win():
    levels = truth(**{f"_{TWO_PROCESSES}": 2.0, f"_{FOUR_PROCESSES}": 1.3})
    latency = {0: 8.0, TWO_PROCESSES: 30.0, FOUR_PROCESSES: 9.0}
    outcome = run(SimulatedRig(levels, latency=latency), max_latency=10.0)
    assert outcome.trials[TWO_PROCESSES].status == "stopped"
    assert "30.0 ms" in outcome.trials[TWO_PROCESSES].why
    assert recommend(outcome, 10.0).best == FOUR_PROCESSES


def test_a_default_above_the_latency_gives_way_to_a_slower_one_that_keeps_it():
    levels = truth(**{f"_{TWO_PROCESSES}": 0.8})
    latency = dict.fromkeys(range(len(GRID)), 30.0) | {TWO_PROCESSES: 5.0}
    found = recommend(run(SimulatedRig(levels, latency=latency), max_latency=10.0), 10.0)
    assert found.best == TWO_PROCESSES
    assert found.gain < 1
    assert found.found


def test_when_nobody_keeps_the_latency_the_nearest_is_named():
    latency = dict.fromkeys(range(len(GRID)), 30.0) | {FOUR_PROCESSES: 20.0}
    found = recommend(run(SimulatedRig(truth(), latency=latency), max_latency=10.0), 10.0)
    assert (found.best, found.found) == (0, False)
    assert "4 processes, has 20 ms" in found.text
