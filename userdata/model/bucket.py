"""The bucket that holds a model's versions, seen through the AWS CLI."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess


class BucketError(Exception):
    """The CLI's own last line."""


def is_version(name):
    """TensorFlow Serving reads a version as a signed 64-bit number."""
    return bool(re.fullmatch("[0-9]{1,19}", name)) and int(name) < 1 << 63


class Version:
    """A version as one listing shows it: `objects` maps the path in the version to (size, ETag)."""

    def __init__(self, name):
        self.name = name
        self.objects = {}
        self.newest = ""
        self.refused = None

    def add(self, path, size, etag, modified):
        if path.endswith("/") and not size:
            return  # the console's "folder"
        if not _is_safe(path):
            self.refused = f"the key {path!r} is not a file name"
        self.objects[path] = (size, etag)
        self.newest = max(self.newest, modified)

    def seconds_since_upload(self):
        # Python 3.7 cannot read a trailing Z; S3 always answers in UTC.
        modified = datetime.datetime.strptime(self.newest[:19], "%Y-%m-%dT%H:%M:%S")
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        return (now - modified).total_seconds()


def _is_safe(path):
    """Whether the rest of a key can become a path below a folder and nowhere else."""
    parts = path.split("/")
    return all(part not in ("", ".", "..") for part in parts) and not re.search(r"[\x00-\x1f\x7f\\]", path)


class Bucket:
    def __init__(self, name, prefix):
        self.name = name
        self.prefix = f"{prefix}/" if prefix else ""

    def __str__(self):
        return f"s3://{self.name}/{self.prefix}"

    def versions(self, only=None):
        """Every folder with a number for a name, or the `only` one, by name. The CLI follows the pages."""
        prefix = f"{self.prefix}{only}/" if only else self.prefix
        query = json.dumps({"Bucket": self.name, "Prefix": prefix})
        # Not --prefix: the CLI would read a file where a value begins with file://.
        answer = self._aws(
            "s3api", "list-objects-v2", "--cli-input-json", query,
            "--query", "Contents[].[Key,Size,ETag,LastModified]", "--output", "json",
        )  # fmt: skip
        found = {}
        for key, size, etag, modified in json.loads(answer or "null") or []:
            name, slash, path = key[len(self.prefix) :].partition("/")
            if slash and path and is_version(name):
                found.setdefault(name, Version(name)).add(path, size, etag, modified)
        return found

    def download(self, version, folder):
        """Makes the folder what the version is now; what is there and the same is kept."""
        self._aws(
            "s3", "sync", f"s3://{self.name}/{self.prefix}{version}/", str(folder),
            "--exact-timestamps", "--delete", "--only-show-errors",
        )  # fmt: skip

    @staticmethod
    def _aws(*arguments):
        # Keys are UTF-8 whatever the locale of the unit is.
        environment = dict(os.environ, LC_ALL="C.UTF-8", AWS_PAGER="")
        done = subprocess.run(["aws", *arguments], env=environment, capture_output=True, check=False)
        if done.returncode:
            lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
            raise BucketError(lines[-1] if lines else f"aws {arguments[1]} ended with {done.returncode}")
        return done.stdout.decode("utf-8")
