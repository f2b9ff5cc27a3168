"""The candidates: ServingOptions' defaults, each option changed alone, then two of them together.

Processes × intra-op threads never exceed the vCPUs: threads beyond them only take each other's cores, on
Graviton more than elsewhere, since every vCPU is a core of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tuning.sweep.environment import Machine
from tuning.sweep.settings import Batching, Settings

_MOST_IN_A_BATCH = 128


@dataclass(frozen=True)
class Candidate:
    settings: Settings
    factors: tuple[str, ...] = ()
    """What was changed, a name each; a candidate of two can be judged by those of one."""
    excluded: str = ""
    """Why it is not tried, one sentence; empty: it is."""


def candidates(
    machine: Machine, *, container: bool, clients: int, rows: int, fixed_rows: bool
) -> list[Candidate]:
    """The default first, then single changes, then pairs of them.

    clients: how many ask at the same time; a batch that they cannot fill is not tried. rows: examples in a
    request. fixed_rows: the signature does not leave their number open, so requests cannot be joined.
    """
    processes = [count for count in sorted(machine.threads) if count > 1]
    found = [Candidate(Settings())]
    one_process = "TF Serving in a container is one process." if container else ""
    for count in processes:
        found.append(Candidate(Settings(processes=count), (f"processes {count}",), one_process))
    if container:
        processes = []
    intra = _fewer_threads(machine, 1)
    found += [Candidate(Settings(intra_op_threads=number), (name,)) for name, number in intra.items()]
    cannot_join = "The signature fixes the number of rows of a request: batching cannot join requests."
    batches = _batches(clients * rows)
    for name, batching in batches.items():
        found.append(Candidate(Settings(batching=batching), (name,), cannot_join if fixed_rows else ""))
    if fixed_rows:
        batches = {}
    no_bf16 = (
        "" if machine.bf16 else "The boot sets no BF16 fast math on this CPU: the default is without it."
    )
    found.append(Candidate(Settings(bf16_fast_math=False), ("no BF16",), no_bf16))

    for count in processes:
        name = f"processes {count}"
        several = Settings(processes=count)
        for other, number in _fewer_threads(machine, count).items():
            if other in intra:
                found.append(Candidate(replace(several, intra_op_threads=number), (name, other)))
        for other, batching in batches.items():
            # Each process joins only the requests of its own connections.
            size = batching.max_batch_size // count
            if size >= 2:
                share = replace(batching, max_batch_size=size)
                found.append(Candidate(replace(several, batching=share), (name, other)))
    for name, number in intra.items():
        for other, batching in batches.items():
            found.append(Candidate(Settings(intra_op_threads=number, batching=batching), (name, other)))
    if machine.bf16:
        singles = [
            candidate for candidate in found[1:] if len(candidate.factors) == 1 and not candidate.excluded
        ]
        for single in singles:
            if single.settings.bf16_fast_math:
                without = replace(single.settings, bf16_fast_math=False)
                found.append(Candidate(without, (*single.factors, "no BF16")))
    return found


def _fewer_threads(machine: Machine, processes: int) -> dict[str, int]:
    """Fewer intra-op threads than a process's share: less waiting for each other, where requests are many."""
    share = machine.threads[processes]
    levels = {"half the intra-op threads": share // 2, "one intra-op thread": 1}
    found: dict[str, int] = {}
    for name, number in levels.items():
        if 1 <= number < share and number not in found.values():
            found[name] = number
    return found


def _batches(in_flight: int) -> dict[str, Batching]:
    """in_flight: examples that are asked for at the same time; no batch can be larger."""
    whole, half = min(in_flight, _MOST_IN_A_BATCH), min(in_flight // 2, _MOST_IN_A_BATCH)
    levels = {
        "batches of half the clients": Batching(half),
        "batches of all clients": Batching(whole),
        "batches of all clients, waiting longer": Batching(whole, 5000),
        "small batches": Batching(8),
    }
    found: dict[str, Batching] = {}
    for name, batching in levels.items():
        fits = 2 <= batching.max_batch_size <= in_flight
        if fits and batching not in found.values() and not (name == "small batches" and half <= 8):
            found[name] = batching
    return found
