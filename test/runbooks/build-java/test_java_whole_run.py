"""The whole document, for each way to get the JARs and each release: what Maven is told, what is uploaded,
what is said."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from java_instance import PLATFORM, Instance, Run, rows

STEPS = [
    "Prepare",
    "Check",
    "Packages",
    "Python",
    "Sources",
    "Build",
    "Test",
    "Upload",
    "Result",
    "Report",
    "FullReport",
    "Log",
    "CleanUp",
]
RELEASES = {
    release: (tensorflow, state) for release, tensorflow, _, _, _, state in rows("releases", "release")
}
WAYS = [
    (source, release)
    for release, (_, state) in RELEASES.items()
    for source in ("published", "build")
    if source == "build" or state == "published"
]


@pytest.fixture(scope="module", params=WAYS, ids="-".join)
def way(request, deployed, stand_ins, tmp_path_factory) -> tuple[str, str, Instance, Run]:
    source, release = request.param
    instance = Instance(
        tmp_path_factory.mktemp(f"{source}-{release}"),
        deployed,
        {**stand_ins.parameters, **stand_ins.maven(release)},
    )
    # What a shell on the instance may have set must not decide.
    instance.environment = {
        "TENSORFLOW_OF_JAR": RELEASES[release][0],
        "MAVEN_OPTS": "-Dmaven.repo.local=/elsewhere",
        "DNNL_DEFAULT_FPMATH_MODE": "BF16",
    }
    return source, release, instance, instance.run(Source=source, Release=release)


def test_every_step_succeeds_and_nothing_is_left(way):
    _, _, instance, run = way
    assert [(name, step["status"]) for name, step in run.steps.items()] == [
        (name, "Success") for name in STEPS
    ], [(step["name"], step["stderr"][-600:]) for step in run.failed]
    assert instance.left() == []
    assert not instance.kept.exists()


def test_maven_builds_only_on_request_and_gets_everything_from_one_place(way, stand_ins):
    source, release, instance, _ = way
    calls = instance.maven_calls()
    assert [call["arguments"][-1].split(":")[-1] for call in calls] == (
        ["install", "copy-dependencies"] if source == "build" else ["copy-dependencies"]
    )
    for call in calls:
        assert call["repository"] == stand_ins.maven(release)["MavenRepository"]
        assert "<mirrorOf>*</mirrorOf>" in call["settings"] and "${env.MAVEN_REPOSITORY}" in call["settings"]
        assert f"-Dmaven.repo.local={instance.kept}/repository" in call["arguments"]
        assert call["options"] is None
        # Plugins, too, are refused when they are not as the repository says.
        assert "--strict-checksums" in call["arguments"]
        assert call["java"] == str(instance.root / "usr/lib/jvm/java-17.0.15")
    copying = calls[-1]["arguments"]
    assert {f"-Dtensorflow.release={release}", f"-Dtensorflow.platform={PLATFORM}"} <= {*copying}
    if source == "build":
        built = calls[0]
        # Where the project is, and not where the agent starts a step.
        assert built["cwd"] == str(instance.kept / "java")
        # The native libraries are there before the build's own script would fetch them.
        assert built["wheel"]
        assert {"--threads", f"-Djavacpp.platform={PLATFORM}", "-DskipTests=false"} <= {*built["arguments"]}
        assert "-X" not in built["arguments"]


def test_the_bucket_holds_a_maven_repository_with_a_record_of_each_file(way, stand_ins):
    source, release, instance, run = way
    objects = instance.bucket()
    prefix = f"build-java/{release}/{source}/"
    assert all(key.startswith(prefix) for key in objects)
    files = {key.removeprefix(prefix): file for key, file in objects.items() if not key.endswith(".json")}
    native = (
        f"org/tensorflow/tensorflow-core-native/{release}/tensorflow-core-native-{release}-{PLATFORM}.jar"
    )
    assert native in files
    assert f"org/tensorflow/tensorflow-core-api/{release}/tensorflow-core-api-{release}.pom" in files
    assert {Path(path).parts[0] for path in files} == {"org", "com"}
    # Which of the two it is.
    assert (files[native].read_text() == f"{Path(native).name} was built here") == (source == "build")
    for path, file in files.items():
        record = json.loads(objects[f"{prefix}{path}.json"].read_text())
        assert record["artifact"] == {
            "file": path,
            "key": prefix + path,
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        assert (record["release"], record["source"], record["commit"]) == (release, source, stand_ins.commit)
        assert record["platform"] == PLATFORM and record["tensorflow"] == RELEASES[release][0]


def test_the_report_says_what_was_compared_and_verified(way, stand_ins):
    source, release, _, run = way
    report = run.report
    assert json.loads(run.steps["FullReport"]["stdout"]) == report
    assert (report["kind"], report["schemaVersion"], report["exitCode"], report["outcome"]) == (
        "build-java",
        1,
        0,
        "uploaded",
    )
    assert report["jdk"] == "17.0.15" and report["maven"] == "3.8.7" and report["distribution"] == "debian-12"
    findings = {one["id"]: one for one in report["findings"]}
    assert [one["status"] for one in findings.values()] == ["PASS"] * 3
    assert findings["java.version"]["evidence"].startswith(
        f"its native library is TensorFlow {RELEASES[release][0]}, "
    )
    assert findings["java.answer"]["difference"] == 0
    assert (
        findings["java.note"]["evidence"]
        == "a sine of 440 Hz is heard as A4, MIDI 69, by Python as A4, MIDI 69"
    )
    downloads = {one["name"]: one for one in report["downloads"]}
    assert downloads["Model"]["verified"]
    (unverified,) = [one for one in report["downloads"] if not one["verified"]]
    assert unverified.keys() == {"name", "url", "verified"} and unverified["name"] == "TensorFlow for Python"
    assert ("Sources" in downloads, "Native libraries" in downloads) == (source == "build",) * 2
    # What was built has no checksum that was known before.
    assert (f"tensorflow-core-api-{release}.jar" in downloads) == (source == "published")
    # As float32 is, on every Graviton's oneDNN.
    assert report["environment"]["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert {"Build", "Test", "Upload"} <= report["seconds"].keys()
    assert "mvn" in report["command"]
    repository = stand_ins.maven(release)["MavenRepository"]
    assert report["notes"] == [f"Maven's plugins are compared with the checksums of {repository} alone."]


def test_the_logs_go_to_the_results_bucket(way):
    source, _, _, run = way
    log = run.steps["Log"]["stdout"]
    assert "#@ repository.log" in log and ("#@ build.log" in log) == (source == "build")
