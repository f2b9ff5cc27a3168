"""The candidates: what is tried on which machine, and what is left out with a reason."""

from __future__ import annotations

import pytest

from tuning.sweep.environment import Machine
from tuning.sweep.grid import candidates
from tuning.sweep.settings import Settings

SIZES = [1, 2, 4, 8, 16, 48, 64, 192]


def machine(vcpus: int, bf16: bool = True) -> Machine:
    counts = {2**power for power in range(9)} | {vcpus}
    return Machine(vcpus, bf16, {n: vcpus // n for n in sorted(counts) if n <= vcpus and vcpus % n == 0})


def grid(vcpus: int, *, bf16: bool = True, container: bool = False, rows: int = 1, fixed_rows: bool = False):
    return candidates(
        machine(vcpus, bf16), container=container, clients=2 * vcpus, rows=rows, fixed_rows=fixed_rows
    )


@pytest.mark.parametrize("vcpus", SIZES)
def test_the_default_comes_first_and_nothing_comes_twice(vcpus: int):
    found = grid(vcpus)
    assert found[0].settings == Settings()
    assert not found[0].factors
    assert len({candidate.settings for candidate in found}) == len(found)
    assert len(found) < 100


@pytest.mark.parametrize("vcpus", SIZES)
def test_threads_are_never_more_than_the_vcpus(vcpus: int):
    for candidate in grid(vcpus):
        threads = candidate.settings.intra_op_threads or machine(vcpus).threads[candidate.settings.processes]
        assert candidate.settings.processes * threads <= vcpus


@pytest.mark.parametrize("vcpus", SIZES)
def test_the_parts_of_a_pair_are_tried_alone_before_it(vcpus: int):
    seen: set[str] = set()
    for candidate in grid(vcpus):
        if len(candidate.factors) == 1:
            seen.add(candidate.factors[0])
        assert set(candidate.factors) <= seen


@pytest.mark.parametrize("vcpus", SIZES)
def test_no_batch_is_larger_than_what_the_clients_of_a_process_ask_for(vcpus: int):
    for candidate in grid(vcpus, rows=3):
        if candidate.settings.batching:
            in_flight = 2 * vcpus * 3 // candidate.settings.processes
            assert 2 <= candidate.settings.batching.max_batch_size <= in_flight


def test_a_container_is_one_process():
    for candidate in grid(8, container=True):
        if candidate.settings.processes > 1:
            assert "one process" in candidate.excluded
    assert any(
        not candidate.excluded and candidate.settings.batching for candidate in grid(8, container=True)
    )


def test_without_bf16_there_is_nothing_to_switch_off():
    off = [candidate for candidate in grid(4, bf16=False) if not candidate.settings.bf16_fast_math]
    assert [bool(candidate.excluded) for candidate in off] == [True]
    assert sum(not candidate.settings.bf16_fast_math for candidate in grid(4)) > 1


def test_requests_of_a_fixed_size_are_not_joined():
    batched = [candidate for candidate in grid(4, fixed_rows=True) if candidate.settings.batching]
    assert batched
    assert all("batching cannot join" in candidate.excluded for candidate in batched)
