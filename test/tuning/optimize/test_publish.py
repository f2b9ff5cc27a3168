"""A version appears whole, under a number of its own, and what is taken away is only ever ours."""

import json
import multiprocessing
import os

import pytest

from tuning.optimize import publish
from tuning.refusal import Refusal


@pytest.fixture
def base(tmp_path):
    (tmp_path / "base").mkdir()
    return tmp_path / "base"


def staged(base, name="model"):
    folder = base / ".graviton-tf-test" / name
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_text(name)
    return folder


def test_the_next_version_is_above_all_that_are_there_and_above_the_source(base):
    for name in ("3", "0007", "9x", "notes", "9" * 30, "²"):
        (base / name).mkdir()
    assert publish.publish(staged(base), base, above=1).path == base / "8"
    assert publish.publish(staged(base), base, above=40).path == base / "41"


def test_a_file_in_the_way_takes_a_number_too(base):
    (base / "4").touch()
    assert publish.publish(staged(base), base, above=0).version == 5


def test_the_first_of_an_empty_base_path_is_1(base):
    assert publish.publish(staged(base), base, above=0).version == 1


def test_there_is_no_number_above_the_greatest(base):
    (base / str(2**63 - 1)).mkdir()
    with pytest.raises(Refusal, match="has version 9223372036854775807, and there is no higher number"):
        publish.publish(staged(base), base, above=0)


def test_a_published_version_can_be_read_by_another_user(base):
    before = os.umask(0o077)
    try:
        folder = publish.publish(staged(base), base, above=0).path
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]}
    assert modes == {"1": 0o755, "variables": 0o755, "saved_model.pb": 0o644}


def test_whoever_loses_the_race_for_a_number_takes_the_next(base, monkeypatch):
    seen = publish.versions

    def slow(path):
        found = seen(path)
        if not (base / "1").exists():
            (base / "1").mkdir()
            (base / "1" / "saved_model.pb").write_text("the other's")
        return found

    monkeypatch.setattr(publish, "versions", slow)
    assert publish.publish(staged(base), base, above=0).version == 2
    assert (base / "1" / "saved_model.pb").read_text() == "the other's"
    assert (base / "2" / "saved_model.pb").read_text() == "model"


def _publish(base, name, barrier):
    folder = staged(base, name)
    barrier.wait()
    publish.publish(folder, base, above=0)


def test_publishers_at_the_same_time_get_a_number_each(base):
    context = multiprocessing.get_context("fork")
    names = [f"model-{i}" for i in range(8)]
    barrier = context.Barrier(len(names))
    processes = [context.Process(target=_publish, args=(base, name, barrier)) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
    assert publish.versions(base) == list(range(1, 9))
    assert sorted((base / str(i) / "saved_model.pb").read_text() for i in range(1, 9)) == names


def test_what_is_taken_back_is_gone_from_the_base_path(base, tmp_path):
    published = publish.publish(staged(base), base, above=0)
    publish.withdraw(published, tmp_path)
    assert publish.versions(base) == []
    assert (tmp_path / "withdrawn-1" / "saved_model.pb").read_text() == "model"


def test_what_has_taken_the_place_of_ours_stays(base, tmp_path):
    published = publish.publish(staged(base), base, above=0)
    published.path.rename(tmp_path / "moved")
    publish.withdraw(published, tmp_path)
    (base / "1").mkdir()
    (base / "1" / "saved_model.pb").write_text("the bucket's")
    publish.withdraw(published, tmp_path)
    assert (base / "1" / "saved_model.pb").read_text() == "the bucket's"


def test_the_note_says_of_what_a_version_was_made(base):
    folder = staged(base)
    publish.write_note(folder, 3, "2.20.0")
    note = json.loads((folder / "assets.extra" / "graviton-tf-optimized.json").read_text())
    assert note.pop("at").endswith("+00:00")
    assert note == {"schemaVersion": 1, "from": 3, "tensorflow": "2.20.0"}
    assert publish.note_of(folder)["from"] == 3


@pytest.mark.parametrize("text", ["", "[]", "\xff"])
def test_a_note_that_says_nothing_is_none(base, text):
    folder = staged(base)
    publish.write_note(folder, 3, "2.20.0")
    (folder / publish.NOTE).write_text(text, "latin-1")
    assert publish.note_of(folder) is None
