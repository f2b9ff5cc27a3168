"""The published JARs for real: Maven, Maven Central's files, a JVM, TensorFlow Java's native libraries, and
TensorFlow for Python of the same release, for this machine's platform. All of it is downloaded once, by
setup/prepare.mjs java."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from java_instance import PLATFORM, ROOT, Deployed, Instance, Run, rows

CACHE = ROOT / ".cache/java"
RELEASE = "1.1.0"


@pytest.fixture(scope="module")
def real(rendered: Deployed, tmp_path_factory: pytest.TempPathFactory) -> tuple[Instance, Run]:
    prepared = subprocess.run(
        ["node", "setup/prepare.mjs", "--quiet", "java"], cwd=ROOT, capture_output=True, text=True
    )
    # One sentence: what is missing, and how to get it.
    assert prepared.returncode == 0, prepared.stderr
    root = tmp_path_factory.mktemp("real")
    instance = Instance(root, rendered, {"MavenRepository": f"file://{CACHE}/maven"})
    shutil.rmtree(root / "usr/lib/jvm")
    tools = root / "tools"
    tools.mkdir()
    shutil.copy(Path(__file__).with_name("stub") / "aws", tools / "aws")
    # The wheels that were prepared are for the project's Python.
    for name in ("python3.12", "python3.11", "python3.10"):
        (tools / name).write_text(f'#!/bin/bash\nexec {sys.executable} "$@"\n')
        (tools / name).chmod(0o755)
    instance.environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(CACHE / "wheels"),
        # A JDK that this machine names, as an administrator may.
        **({"JAVA_HOME": os.environ["JAVA_HOME"]} if "JAVA_HOME" in os.environ else {}),
    }
    return instance, instance.run(seconds=900, Release=RELEASE)


def test_tensorflow_java_answers_as_python_does(real):
    instance, run = real
    assert run.status == "Success", [(step["name"], step["stderr"][-1000:]) for step in run.failed]
    report = run.report
    findings = {one["id"]: one for one in report["findings"]}
    tensorflow = next(row[1] for row in rows("releases", "release") if row[0] == RELEASE)
    assert (
        findings["java.version"]["evidence"]
        == f"its native library is TensorFlow {tensorflow}, expected {tensorflow}"
    )
    assert findings["java.answer"]["status"] == "PASS" and findings["java.answer"]["difference"] < 1e-5
    assert "of 75680 values in contour, note, onset is " in findings["java.answer"]["evidence"]
    # 440 Hz are A4, as any musician knows.
    assert (
        findings["java.note"]["evidence"]
        == "a sine of 440 Hz is heard as A4, MIDI 69, by Python as A4, MIDI 69"
    )
    assert report["outcome"] == "uploaded" and report["platform"] == PLATFORM
    assert instance.left() == [] and not instance.kept.exists()


def test_what_is_uploaded_is_maven_centrals_whose_checksums_are_pinned(real):
    instance, run = real
    pinned = {
        path: checksum
        for checksum, platform, releases, path in rows("releases", "file")
        if RELEASE in releases.split(",") and platform in ("any", PLATFORM)
    }
    artifacts = {one["file"]: one for one in run.report["artifacts"]}
    assert {file: one["sha256"] for file, one in artifacts.items()} == pinned
    native = artifacts[
        f"org/tensorflow/tensorflow-core-native/{RELEASE}/tensorflow-core-native-{RELEASE}-{PLATFORM}.jar"
    ]
    jar = instance.bucket()[native["key"]]
    with zipfile.ZipFile(jar) as content:
        assert f"org/tensorflow/internal/c_api/{PLATFORM}/libtensorflow_cc.so.2" in content.namelist()
    record = json.loads(instance.bucket()[native["record"]].read_text())
    assert record["artifact"]["sha256"] == pinned[native["file"]]
    assert {one["name"]: one["verified"] for one in record["downloads"]} == {
        **{Path(path).name: True for path in pinned},
        "Model": True,
        "TensorFlow for Python": False,
    }


def test_a_java_program_finds_it_in_a_repository_that_was_synced_from_the_bucket(real, tmp_path):
    """As the report says: what lies below the prefix is a local repository, and Maven needs no other."""
    instance, _ = real
    prefix = f"build-java/{RELEASE}/published/"
    for key, file in instance.bucket().items():
        if not key.endswith(".json"):
            place = tmp_path / "repository" / key.removeprefix(prefix)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
    # Maven's own plugin comes from elsewhere, and TensorFlow cannot.
    shutil.copytree(
        CACHE / "maven", tmp_path / "central", ignore=shutil.ignore_patterns("tensorflow*", "ndarray*")
    )
    runbook = ROOT / "runbooks/build-java"
    plugin = re.search(r"^readonly DEPENDENCY_PLUGIN=(\S+)$", (runbook / "build.sh").read_text(), re.M)[1]
    done = subprocess.run(
        [
            "mvn",
            "--batch-mode",
            "--settings",
            runbook / "settings.xml",
            f"-Dmaven.repo.local={tmp_path}/repository",
            "--file",
            runbook / "pom.xml",
            f"-Dtensorflow.release={RELEASE}",
            f"-Dtensorflow.platform={PLATFORM}",
            f"-DoutputDirectory={tmp_path}/jars",
            f"{plugin}:copy-dependencies",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "MAVEN_REPOSITORY": f"file://{tmp_path}/central"},
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert f"tensorflow-core-native-{RELEASE}-{PLATFORM}.jar" in {
        path.name for path in (tmp_path / "jars").iterdir()
    }
