"""Brings new versions of a model from a bucket to the model server's base path.

A version becomes visible by one rename, and only when it is whole:
- its names are complete (saved_model.pb, every shard that `variables.data-*-of-N` promises, the index),
  and so is what its graph names (variables, asset files);
- its listings before and after the download are the same in key, size and ETag, and the files on disk
  have these sizes;
- its newest object is at least QUIET_SECONDS old, so an upload that pauses between two files is waited
  for, while a model that was there before the boot costs the boot no wait.

Only the newest whole version is fetched, as TensorFlow Serving serves only that one. Of the local ones, the
two newest stay, so that deleting a bad version from the bucket brings back the one before it. What was made
here of the newest version in the bucket stays as well (local_version.py).
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
import time
from pathlib import Path

import local_version
import saved_model
from bucket import Bucket, BucketError, is_version
from model_status import ModelStatus

QUIET_SECONDS = 10
KEEP_VERSIONS = 2


def log(text):
    print(f"model: {text}", flush=True)


class ModelSync:
    def __init__(self, bucket, base_path, staging, status):
        self.bucket = bucket
        self.status = status
        self.base_path = base_path
        self.staging = staging
        self.state_file = staging / "state.json"
        self.state = _read_json(self.state_file)

    def run(self):
        """One look at the bucket; returns why nothing is visible, or None."""
        listed = self.bucket.versions()
        self._clear_staging(listed)
        reasons = []
        for name in sorted(listed, key=int, reverse=True):
            if (self.base_path / name).is_dir() and name not in self._made_here():
                self._warn_of_change(listed[name])
                break
            reason = self._bring(listed[name])
            if reason is None:
                log(f"version {name} is here")
                break
            reasons.append(f"version {name} waits: {reason}")
            log(reasons[-1])
        else:
            # Nothing in the bucket can take over, so what is here stays.
            if self._visible():
                return None
            if not reasons:
                raise BucketError(f"{self.bucket} has no folder with a number for a name")
            return reasons[0]
        self._remove_superseded(listed, name)
        return None

    def _bring(self, version):
        """Fetches one version and makes it visible; returns why not, or None."""
        reason = version.refused or saved_model.missing_names(version.objects)
        if reason:
            return reason
        folder = self.staging / version.name
        self._forget_changed_files(folder, version)
        try:
            self.bucket.download(version.name, folder)
        except BucketError as error:
            return f"it cannot be fetched: {error}"
        sizes = {
            path.relative_to(folder).as_posix(): path.stat().st_size
            for path in folder.rglob("*")
            if path.is_file()
        }
        if sizes != {path: size for path, (size, _) in version.objects.items()}:
            return "what was fetched is not what was listed"
        reason = saved_model.missing_content(folder, version.objects)
        if reason:
            return reason
        again = self.bucket.versions(only=version.name).get(version.name)
        if again is None or again.objects != version.objects:
            return "its objects changed while it was fetched"
        age = again.seconds_since_upload()
        if age < QUIET_SECONDS:
            return f"its newest object is {age:.0f} s old, {QUIET_SECONDS} s are waited for"
        self.base_path.mkdir(parents=True, exist_ok=True)
        # What a crash leaves behind must not be a visible version with empty files.
        os.sync()
        if version.name in self._made_here():
            self._move_out(version.name, "the bucket brings a version of this number")
        if not self.status.wait_until_free(version.name):
            return "the model server has not let go of the one that was made here yet"
        self._remember(version)
        folder.rename(self.base_path / version.name)
        return None

    def _forget_changed_files(self, folder, version):
        """Removes what an earlier run fetched of objects that have changed since: the CLI compares size and
        time only, and an object may change without either."""
        note = self.staging / f"{version.name}.json"
        fetched = _read_json(note)
        for path, (size, etag) in version.objects.items():
            if fetched.get(path) != [size, etag] and (folder / path).is_file():
                (folder / path).unlink()
        _write_json(note, version.objects)

    def _remember(self, version):
        self.state[version.name] = {"objects": version.objects}
        _write_json(self.state_file, self.state)
        (self.staging / f"{version.name}.json").unlink()

    def _warn_of_change(self, version):
        known = self.state.get(version.name)
        listed = {path: list(entry) for path, entry in version.objects.items()}
        if not known or listed in (known["objects"], known.get("warned")):
            return
        log(
            f"warning: version {version.name} changed in {self.bucket} after it was loaded. "
            "It is not loaded again: upload it as a new version"
        )
        known["warned"] = listed
        _write_json(self.state_file, self.state)

    def _remove_superseded(self, listed, newest):
        """Keeps the newest KEEP_VERSIONS that the bucket still has, and as many made here of its `newest`,
        which must be visible."""
        made_here = self._made_here()
        kept = [name for name in self._visible() if name in listed and name not in made_here][:KEEP_VERSIONS]
        kept += [name for name, source in made_here.items() if source == newest][:KEEP_VERSIONS]
        surplus = [name for name in self._visible() if name not in kept]
        if not surplus:
            return
        # Two listings must agree that a version is gone as well.
        still_listed = self.bucket.versions()
        for name in surplus:
            source = made_here.get(name, name)
            if source in still_listed and source not in listed:
                continue
            if name in made_here:
                why = f"it was made here of version {source}, the newest is {newest}"
            elif name in listed:
                why = "there are newer ones"
            else:
                why = f"it is gone from {self.bucket}"
            self._move_out(name, why)
            self.state.pop(name, None)
        _write_json(self.state_file, self.state)

    def _move_out(self, name, why):
        log(f"version {name} is removed: {why}")
        trash = self.staging / f"removed-{name}"
        (self.base_path / name).rename(trash)
        shutil.rmtree(trash)

    def _made_here(self):
        """The local versions that were not fetched, newest first, with the version that each was made of."""
        sources = {name: local_version.source(self.base_path / name) for name in self._visible()}
        fetched = {
            name for name, known in self.state.items() if local_version.NOTE in known.get("objects", {})
        }
        return {name: source for name, source in sources.items() if source and name not in fetched}

    def _visible(self):
        """The local versions, newest first."""
        if not self.base_path.is_dir():
            return []
        names = [path.name for path in self.base_path.iterdir() if is_version(path.name)]
        return sorted(names, key=int, reverse=True)

    def _clear_staging(self, listed):
        """Removes what earlier runs left of versions that are visible or no longer in the bucket."""
        wanted = set(listed) - (set(self._visible()) - set(self._made_here()))
        for path in self.staging.iterdir():
            if path.name in ("state.json", "lock") or path.name.replace(".json", "") in wanted:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _read_json(path):
    """{} for a file that is absent or that a crash left unreadable: the next run writes it anew."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _write_json(path, value):
    new = path.with_suffix(".new")
    new.write_text(json.dumps(value), "utf-8")
    new.replace(path)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--prefix", default="", help="without slashes at its ends; may be empty")
    parser.add_argument("--base-path", required=True, type=Path)
    parser.add_argument("--staging", required=True, type=Path, help="on the file system of the base path")
    parser.add_argument("--server-url", default="", help="http://host:port/v1/models/NAME, of who serves it")
    parser.add_argument("--wait", type=float, default=0, help="seconds to wait for a first whole version")
    options = parser.parse_args(argv)

    options.staging.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + options.wait
    with (options.staging / "lock").open("w") as lock:
        # The boot, the timer and an operator may run at the same time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        while True:
            bucket = Bucket(options.bucket, options.prefix)
            sync = ModelSync(bucket, options.base_path, options.staging, ModelStatus(options.server_url))
            try:
                reason = sync.run()
            except (BucketError, OSError) as error:
                print(f"model: {error}", file=sys.stderr)
                return 1
            if reason is None:
                return 0
            if time.monotonic() >= deadline:
                print(f"model: {reason}", file=sys.stderr)
                return 1
            time.sleep(2)


if __name__ == "__main__":
    sys.exit(main())
