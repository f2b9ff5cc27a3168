"""What an optimization needs is asked for before it begins."""

import collections

import pytest

from tuning.optimize import resources
from tuning.refusal import Refusal

MIB = 1 << 20


@pytest.mark.parametrize(("available", "enough"), [(1599, False), (1600, True)])
def test_memory_for_two_processes_and_six_copies(tmp_path, available, enough):
    (tmp_path / "meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable:   {available * 1024} kB\n")
    if enough:
        return resources.check_memory(100 * MIB, tmp_path)
    with pytest.raises(Refusal) as refused:
        resources.check_memory(100 * MIB, tmp_path)
    assert str(refused.value) == "Memory: 1599 MiB are available, 1600 are needed for a model of 100 MiB."
    return None


def test_where_the_kernel_does_not_say_nothing_is_refused(tmp_path):
    resources.check_memory(1 << 50, tmp_path)


@pytest.mark.parametrize(("free", "enough"), [(156, False), (157, True)])
def test_room_for_the_result(tmp_path, monkeypatch, free, enough):
    usage = collections.namedtuple("usage", "free")
    monkeypatch.setattr(resources.shutil, "disk_usage", lambda _: usage(free * MIB))
    if enough:
        return resources.check_room(tmp_path, 100 * MIB)
    with pytest.raises(Refusal) as refused:
        resources.check_room(tmp_path, 100 * MIB)
    assert str(refused.value) == f"--output: the file system of {tmp_path} has 156 MiB free, 157 are needed."
    return None
