"""A version that was optimized on the instance, beside a bucket that brings others."""

import http.server
import json
import os
import sys
import threading
from pathlib import Path

import bucket
import model_status
import model_sync
import pytest
from test_model_sync import WHOLE, Rig

NOTE = "assets.extra/graviton-tf-optimized.json"


class LocalRig(Rig):
    def optimize(self, version, source):
        """As the optimization publishes it."""
        folder = self.base_path / str(version)
        (folder / "assets.extra").mkdir(parents=True)
        (folder / "saved_model.pb").write_text("optimized")
        (folder / NOTE).write_text(json.dumps({"schemaVersion": 1, "from": source}))

    def sync(self, *, server="", **options):
        self.save()
        return model_sync.main(
            [
                "--bucket=bucket",
                "--prefix=some/prefix",
                f"--base-path={self.base_path}",
                f"--staging={self.staging}",
                f"--server-url={server}",
            ]
        )


@pytest.fixture
def rig(tmp_path, monkeypatch):
    rig = LocalRig(tmp_path)
    stand_in, python = Path(__file__).parent / "bin", Path(sys.executable).parent
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, [stand_in, python, os.environ["PATH"]])))
    monkeypatch.setenv("FAKE_S3", str(rig.store))
    rig.put(1)
    rig.sync()
    rig.optimize(2, source=1)
    return rig


class Server:
    """Answers as TF Serving does of version 2, and notes whether its folder was there when it was asked."""

    def __init__(self, rig, holds):
        self.there = []
        states = iter(holds)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):  # noqa: N802, N805
                self.there.append((rig.base_path / "2").exists())
                state = next(states, "END")
                entries = [{"version": "1", "state": "AVAILABLE"}, {"version": "2", "state": state}]
                handler.send_response(200)
                handler.end_headers()
                handler.wfile.write(json.dumps({"model_version_status": entries}).encode())

            def log_message(handler, *_):  # noqa: N805
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1/models/name"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server(rig, monkeypatch):
    monkeypatch.setattr(model_status, "_POLL_SECONDS", 0.01)
    started = []

    def start(*holds):
        started.append(Server(rig, holds))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def test_it_stays_while_its_source_is_the_newest_in_the_bucket(rig):
    assert rig.sync() == 0
    assert rig.visible() == ["1", "2"]
    assert rig.content(2)["saved_model.pb"] == "optimized"


def test_it_goes_when_the_bucket_has_brought_a_newer_version(rig, capsys):
    rig.put(3)
    assert rig.sync() == 0
    assert rig.visible() == ["1", "3"]
    assert "version 2 is removed: it was made here of version 1, the newest is 3" in capsys.readouterr().out


def test_the_buckets_wins_though_its_number_is_lower(rig):
    (rig.base_path / "2").rename(rig.base_path / "7")
    rig.put(2)
    assert rig.sync() == 0
    assert rig.visible() == ["1", "2"]
    assert rig.content(2) == WHOLE


def test_a_version_of_the_same_number_waits_until_the_server_has_let_go_of_the_local_one(rig, server):
    rig.put(2)
    status = server("AVAILABLE", "UNLOADING", "END")
    assert rig.sync(server=status.url) == 0
    assert status.there == [False, False, False]
    assert rig.content(2) == WHOLE


def test_a_server_that_does_not_let_go_is_waited_for_at_the_next_look(rig, server, monkeypatch, capsys):
    monkeypatch.setattr(model_status, "_FREE_SECONDS", 0)
    rig.put(2)
    status = server("AVAILABLE", "AVAILABLE")
    assert rig.sync(server=status.url) == 0  # version 1 is here
    assert rig.visible() == ["1"]
    assert "version 2 waits: the model server has not let go" in capsys.readouterr().out
    assert rig.sync(server=status.url) == 0
    assert rig.visible() == ["1"]
    assert rig.sync(server=status.url) == 0
    assert rig.content(2) == WHOLE


def test_a_server_that_does_not_run_is_not_waited_for(rig, server):
    gone = server()
    gone.stop()
    rig.put(2)
    assert rig.sync(server=gone.url) == 0
    assert rig.content(2) == WHOLE


def test_a_version_of_the_same_number_that_is_not_whole_leaves_it(rig):
    rig.put(2, {"saved_model.pb": "\x08\x01", "variables/variables.index": "index"})
    assert rig.sync() == 0
    assert rig.content(2)["saved_model.pb"] == "optimized"


def test_one_that_came_from_the_bucket_is_the_buckets(rig):
    rig.put(3, {**WHOLE, NOTE: json.dumps({"from": 1})})
    rig.sync()
    rig.calls()
    assert rig.sync() == 0
    assert rig.calls() == ["s3api list-objects-v2"]
    assert rig.visible() == ["1", "3"]


def test_it_goes_with_a_source_that_is_deleted_from_the_bucket(rig):
    rig.put(3)
    rig.sync()
    rig.optimize(4, source=3)
    rig.sync()
    assert rig.visible() == ["1", "3", "4"]
    rig.remove(3)
    assert rig.sync() == 0
    assert rig.visible() == ["1"]


def test_one_listing_that_lacks_its_source_does_not_take_it_away(rig, monkeypatch):
    rig.put(3)
    rig.sync()
    rig.optimize(4, source=3)
    versions = bucket.Bucket.versions
    listings = iter([{"3"}, set()])  # the names that a listing leaves out

    def flickering(self, only=None):
        left_out = next(listings)
        return {name: found for name, found in versions(self, only).items() if name not in left_out}

    monkeypatch.setattr(bucket.Bucket, "versions", flickering)
    assert rig.sync() == 0
    assert rig.visible() == ["1", "3", "4"]


@pytest.mark.parametrize("note", ["{", "[]", '{"from": null}', '{"from": "1"}'])
def test_a_local_version_that_does_not_say_what_it_was_made_of_goes(rig, note):
    (rig.base_path / "2" / NOTE).write_text(note)
    assert rig.sync() == 0
    assert rig.visible() == ["1"]


def test_of_several_of_one_source_the_two_newest_stay(rig):
    rig.optimize(3, source=1)
    rig.optimize(4, source=1)
    assert rig.sync() == 0
    assert rig.visible() == ["1", "3", "4"]
