"""What becomes visible to the model server, and when."""

import datetime
import json
import os
import sys
from pathlib import Path

import bucket
import model_sync
import pytest

GRAPH = "\x08\x01"  # SavedModel { saved_model_schema_version: 1 }
LONG_AGO = "2024-05-01T12:00:00+00:00"
WHOLE = {
    "saved_model.pb": GRAPH,
    "variables/variables.index": "index",
    "variables/variables.data-00000-of-00002": "shard 0",
    "variables/variables.data-00001-of-00002": "shard 1",
}


class Rig:
    def __init__(self, folder):
        self.store = folder / "s3.json"
        self.base_path = folder / "models" / "name"
        self.staging = folder / "staging"
        self.objects = {}

    def put(self, version, files=WHOLE, prefix="some/prefix/", modified=LONG_AGO):
        self.objects.update({f"{prefix}{version}/{name}": [text, modified] for name, text in files.items()})

    def remove(self, version):
        self.objects = {key: entry for key, entry in self.objects.items() if f"/{version}/" not in key}

    def save(self, suffix=".json"):
        self.store.with_suffix(suffix).write_text(json.dumps(self.objects))

    def sync(self, prefix="some/prefix", wait=0):
        self.save()
        return model_sync.main(
            [
                "--bucket=bucket",
                f"--prefix={prefix}",
                f"--base-path={self.base_path}",
                f"--staging={self.staging}",
                f"--wait={wait}",
            ]
        )

    def visible(self):
        return sorted(path.name for path in self.base_path.iterdir()) if self.base_path.exists() else []

    def calls(self):
        path = self.store.with_suffix(".calls")
        found = path.read_text().splitlines() if path.exists() else []
        path.write_text("")
        return found

    def content(self, version):
        folder = self.base_path / str(version)
        return {
            path.relative_to(folder).as_posix(): path.read_text()
            for path in folder.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def rig(tmp_path, monkeypatch):
    rig = Rig(tmp_path)
    stand_in, python = Path(__file__).parent / "bin", Path(sys.executable).parent
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, [stand_in, python, os.environ["PATH"]])))
    monkeypatch.setenv("FAKE_S3", str(rig.store))
    return rig


def test_a_whole_version_becomes_visible_with_all_its_files(rig):
    rig.put(1)
    assert rig.sync() == 0
    assert rig.content(1) == WHOLE
    assert rig.calls() == ["s3api list-objects-v2", "s3 sync", "s3api list-objects-v2"]


def test_a_second_run_fetches_nothing(rig):
    rig.put(1)
    rig.sync()
    rig.calls()
    assert rig.sync() == 0
    assert rig.calls() == ["s3api list-objects-v2"]


def test_versions_may_be_at_the_root_of_the_bucket(rig):
    rig.put(7, prefix="")
    assert rig.sync(prefix="") == 0
    assert rig.visible() == ["7"]


def test_only_the_newest_of_several_versions_is_fetched(rig):
    for version in (2, 9, 10):
        rig.put(version)
    assert rig.sync() == 0
    assert rig.visible() == ["10"]


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("saved_model.pb", "it has no saved_model.pb"),
        ("variables/variables.index", "it has no variables/variables.index"),
        ("variables/variables.data-00000-of-00002", "it has no variables/variables.data-00000-of-00002"),
        ("variables/variables.data-00001-of-00002", "it has no variables/variables.data-00001-of-00002"),
    ],
)
def test_a_version_without_a_file_that_it_promises_stays_invisible(rig, capsys, missing, reason):
    rig.put(1, {name: text for name, text in WHOLE.items() if name != missing})
    assert rig.sync() == 1
    assert rig.visible() == []
    assert f"version 1 waits: {reason}" in capsys.readouterr().err


def test_an_index_without_any_shard_stays_invisible(rig):
    rig.put(1, {"saved_model.pb": GRAPH, "variables/variables.index": "index"})
    assert rig.sync() == 1


def test_a_graph_with_variables_waits_for_them(rig, capsys):
    rig.put(1, {"saved_model.pb": "\x12\x0d\x0a\x0bVarHandleOp"})
    assert rig.sync() == 1
    assert "its graph has variables, but it has no variables/variables.index" in capsys.readouterr().err
    rig.put(1, {**WHOLE, "saved_model.pb": "\x12\x0d\x0a\x0bVarHandleOp"})
    assert rig.sync() == 0


def test_a_graph_without_variables_is_whole_by_itself(rig):
    rig.put(1, {"saved_model.pb": GRAPH})
    assert rig.sync() == 0


def test_a_graph_waits_for_the_assets_that_it_names(rig, capsys):
    # SavedModel { meta_graphs { asset_file_def { filename: "vocab.txt" } } }
    graph = "\x12\x0d\x32\x0b\x12\x09vocab.txt"
    rig.put(1, {"saved_model.pb": graph})
    assert rig.sync() == 1
    assert "its graph names assets/vocab.txt, which it lacks" in capsys.readouterr().err
    rig.put(1, {"assets/vocab.txt": "words"})
    assert rig.sync() == 0


def test_a_graph_that_is_no_protobuf_stays_invisible(rig, capsys):
    rig.put(1, {"saved_model.pb": "<html>"})
    assert rig.sync() == 1
    assert "saved_model.pb is not a SavedModel" in capsys.readouterr().err


def test_an_older_whole_version_serves_until_the_newest_is_whole(rig):
    rig.put(1)
    rig.put(2, {"saved_model.pb": GRAPH, "variables/variables.index": "index"})
    assert rig.sync() == 0
    assert rig.visible() == ["1"]
    rig.put(2)
    assert rig.sync() == 0
    assert rig.visible() == ["1", "2"]


def test_objects_that_change_during_the_download_are_not_made_visible(rig, capsys):
    rig.put(1)
    rig.save()
    rig.put(1, {"variables/variables.data-00000-of-00002": "SHARD 0"})  # the same size
    rig.save(".after-sync")
    rig.remove(1)
    rig.put(1)
    assert rig.sync() == 1
    assert rig.visible() == []
    assert "its objects changed while it was fetched" in capsys.readouterr().err


def test_what_was_fetched_before_a_change_is_fetched_again(rig):
    changed = {"variables/variables.data-00000-of-00002": "SHARD 0"}
    rig.put(1)
    rig.save()
    rig.put(1, changed)
    rig.save(".after-sync")
    rig.remove(1)
    rig.put(1)
    rig.sync()
    rig.put(1, changed)
    assert rig.sync() == 0
    assert rig.content(1) == {**WHOLE, **changed}


def test_an_object_that_appears_during_the_download_is_waited_for(rig):
    rig.put(1)
    rig.save()
    rig.put(1, {"assets.extra/sample_request.json": "{}"})
    rig.save(".after-sync")
    rig.objects.pop("some/prefix/1/assets.extra/sample_request.json")
    assert rig.sync() == 1
    rig.put(1, {"assets.extra/sample_request.json": "{}"})
    assert rig.sync() == 0
    assert "assets.extra/sample_request.json" in rig.content(1)


def test_a_file_that_the_download_left_out_keeps_the_version_out(rig, capsys):
    rig.put(1, {**WHOLE, "assets.extra/notes": "of no one's promise"})
    rig.store.with_suffix(".lost").write_text("assets.extra/notes")
    assert rig.sync() == 1
    assert "what was fetched is not what was listed" in capsys.readouterr().err


def test_an_upload_that_pauses_is_waited_for(rig, capsys):
    just_now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    rig.put(1, modified=just_now)
    assert rig.sync() == 1
    assert "10 s are waited for" in capsys.readouterr().err
    rig.put(1)
    assert rig.sync() == 0


def test_the_boot_waits_for_an_upload_that_is_under_way(rig, monkeypatch):
    rig.put(1, {"saved_model.pb": GRAPH, "variables/variables.index": "index"})

    def upload_ends(_seconds):
        rig.put(1)
        rig.save()

    monkeypatch.setattr(model_sync.time, "sleep", upload_ends)
    assert rig.sync(wait=60) == 0
    assert rig.visible() == ["1"]


def test_the_boot_does_not_wait_for_a_model_that_no_one_uploads(rig, monkeypatch, capsys):
    monkeypatch.setattr(model_sync.time, "sleep", lambda _: pytest.fail("waited"))
    assert rig.sync(wait=60) == 1
    assert "s3://bucket/some/prefix/ has no folder with a number for a name" in capsys.readouterr().err


def test_an_error_of_aws_is_the_reason(rig, capsys):
    rig.objects = {"error": ["An error occurred (AccessDenied)", ""]}
    assert rig.sync(wait=60) == 1
    assert "An error occurred (AccessDenied)" in capsys.readouterr().err


def test_a_change_after_it_became_visible_is_warned_of_once_and_not_loaded(rig, capsys):
    rig.put(1)
    rig.sync()
    rig.put(1, {"saved_model.pb": "\x08\x02"})
    rig.sync()
    assert (
        "warning: version 1 changed in s3://bucket/some/prefix/ after it was loaded"
        in capsys.readouterr().out
    )
    rig.sync()
    assert "warning" not in capsys.readouterr().out
    assert rig.content(1) == WHOLE


@pytest.mark.parametrize(
    "key",
    ["../../escape", "/absolute", "a//b", "a/../../b", ".", "new\nline", "back\\slash"],
)
def test_a_key_that_is_no_file_name_keeps_its_version_out(rig, capsys, key):
    rig.put(1)
    rig.put(2)
    rig.put(2, {key: "evil"})
    assert rig.sync() == 0
    assert rig.visible() == ["1"]
    assert "is not a file name" in capsys.readouterr().out
    assert "s3 sync" in rig.calls()
    assert not list(rig.staging.parent.glob("escape"))


def test_odd_keys_that_are_file_names_are_kept(rig):
    odd = {
        **WHOLE,
        "assets/a b 'c' \"d\" $(e) `f` ünï.txt": "odd",
        "assets/...": "dots",
        "assets/-rf": "dash",
    }
    rig.put(1, odd)
    assert rig.sync() == 0
    assert rig.content(1) == odd


def test_folders_that_are_not_versions_are_left_alone(rig):
    rig.put(1)
    for name in ("latest", "1a", "-1", "1.5", "9999999999999999999", "99999999999999999999", "²"):
        rig.put(name)
    rig.objects["some/prefix/README"] = ["text", LONG_AGO]
    rig.objects["some/prefix/2/"] = ["", LONG_AGO]  # the console's empty folder
    assert rig.sync() == 0
    assert rig.visible() == ["1"]


def test_the_consoles_folder_objects_are_no_files(rig):
    rig.put(1)
    rig.put(1, {"variables/": "", "assets/": ""})
    assert rig.sync() == 0
    assert rig.content(1) == WHOLE


def test_a_version_before_the_newest_stays_and_older_ones_go(rig):
    for version in (1, 2, 3):
        rig.put(version)
        assert rig.sync() == 0
    assert rig.visible() == ["2", "3"]


def test_a_version_that_is_deleted_from_the_bucket_gives_way_to_the_one_before(rig):
    rig.put(1)
    rig.put(2)
    rig.sync()
    assert rig.visible() == ["2"]
    rig.remove(2)
    assert rig.sync() == 0
    assert rig.visible() == ["1"]


def test_a_version_that_only_one_listing_lacks_stays(rig, monkeypatch):
    rig.put(1)
    rig.sync()
    rig.put(2)
    rig.sync()
    versions = bucket.Bucket.versions
    listings = iter([{"1"}, set()])  # the names that a listing leaves out

    def flickering(self, only=None):
        left_out = next(listings)
        return {name: found for name, found in versions(self, only).items() if name not in left_out}

    monkeypatch.setattr(bucket.Bucket, "versions", flickering)
    assert rig.sync() == 0
    assert rig.visible() == ["1", "2"]


def test_an_emptied_bucket_takes_nothing_away(rig):
    rig.put(1)
    rig.sync()
    rig.remove(1)
    assert rig.sync() == 0
    assert rig.visible() == ["1"]


def test_what_an_interrupted_run_left_is_resumed_or_removed(rig):
    rig.put(2)
    half = rig.staging / "2" / "variables"
    half.mkdir(parents=True)
    (half / "variables.index").write_text("indes")  # of the right size, from no one knows when
    (half / "variables.data-00000-of-00002.6Eb2").write_text("sh")
    (rig.staging / "1").mkdir()
    (rig.staging / "removed-1").mkdir()
    (rig.staging / "state.json").write_text('{"1": {"obj')
    assert rig.sync() == 0
    assert rig.content(2) == WHOLE
    assert sorted(path.name for path in rig.staging.iterdir()) == ["lock", "state.json"]


def test_a_file_where_a_folder_must_be_does_not_stop_older_versions(rig):
    rig.put(1)
    rig.put(2)
    rig.put(2, {"saved_model.pb/inner": "both a file and a folder"})
    assert rig.sync() == 0
    assert rig.visible() == ["1"]
