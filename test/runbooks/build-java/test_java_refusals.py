"""What is refused, and where: before anything is downloaded, by Maven's files, by the test."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from java_instance import PLATFORM, Instance

JAVA = "tensorflow-core-native-1.1.0"


@pytest.fixture
def checked(instance: Instance) -> Instance:
    """One on which nothing behind Check is run."""
    instance.deployed = instance.deployed.only("Prepare", "Check", "CleanUp")
    return instance


@pytest.mark.parametrize(
    ("parameters", "distribution", "environment", "sentence"),
    [
        ({"Release": "0.5.0"}, "debian-12", {}, "Release: got 0.5.0; allowed are 1.0.0 1.1.0 1.2.0"),
        (
            {"Release": "1.2.0"},
            "debian-12",
            {},
            "Release: got 1.2.0 with Source published, of which Maven Central has not "
            "all; allowed are 1.0.0 and 1.1.0, or Source build",
        ),
        (
            {},
            "amzn-2",
            {},
            "Amazon Linux 2 has Python 3.8 at most, and TensorFlow with which the answers are compared needs "
            "3.9: use Amazon Linux 2023",
        ),
        (
            {},
            "ubuntu-18.04",
            {},
            "the distribution is ubuntu-18.04; allowed are Ubuntu 20.04, Ubuntu 22.04, Ubuntu 24.04, "
            "Debian 12, Amazon Linux 2023",
        ),
        ({}, "debian-12", {"MACHINE": "armv7l"}, "this needs an aarch64 machine, got armv7l"),
        (
            {},
            "debian-12",
            {"FREE_MIB": "4095"},
            "testing TensorFlow Java needs 4096 MiB free on the disk of BASE, and there "
            "are 4095: enlarge the volume",
        ),
        (
            {"Source": "build"},
            "debian-12",
            {"FREE_MIB": "8191"},
            "building TensorFlow Java needs 8192 MiB free on the disk "
            "of BASE, and there are 8191: enlarge the volume",
        ),
    ],
)
def test_before_anything_is_downloaded(checked, parameters, distribution, environment, sentence):
    checked.runs(distribution)
    checked.environment |= environment
    run = checked.run(**parameters)
    assert run.reason("Check") == sentence.replace("BASE", str(checked.base))
    # Not even the folder that would be kept.
    assert not checked.kept.exists() and checked.left() == []


@pytest.mark.parametrize(
    ("source", "gib", "said"),
    [("published", 2, "testing TensorFlow Java needs 3"), ("build", 5, "building TensorFlow Java needs 6")],
)
def test_too_little_memory_names_a_size_to_use(checked, source, gib, said):
    checked.memory(gib)
    assert checked.run(Source=source).reason("Check") == (
        f"{said} GiB of free memory, and this instance has {gib} of {gib} GiB free: use one with more "
        "memory, such as "
        "m7g.large"
    )


def test_without_a_bucket_nothing_begins(checked):
    assert checked.run(ArtifactsBucket="").reason("Prepare") == (
        "ArtifactsBucket: got none; allowed is the bucket that what is built goes to"
    )


@pytest.fixture(scope="module")
def brought(deployed, stand_ins, tmp_path_factory) -> Instance:
    """One whose packages, Python and model are there already, for what comes behind."""
    instance = Instance(
        tmp_path_factory.mktemp("brought"), deployed, {**stand_ins.parameters, **stand_ins.maven("1.1.0")}
    )
    instance.environment = {"TENSORFLOW_OF_JAR": "2.18.0"}
    return instance


def with_environment(instance: Instance, **environment: str) -> Instance:
    shutil.rmtree(instance.root / "s3/artifacts", ignore_errors=True)
    other = copy.copy(instance)
    other.environment = {**instance.environment, **environment}
    return other


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (
            "wrong",
            r"the JAR answers otherwise than Python: the greatest difference of 75680 values in contour, "
            r"note, onset is 0\.001, allowed are 1e-05 and 0\.0001 of the value",
        ),
        (
            "swapped",
            r"the JAR answers otherwise than Python: the greatest difference of 75680 values .* is 0\.\d+.*",
        ),
        ("shape", r"the JAR answers otherwise than Python: Output 'contour' has shape .*, expected .*"),
        (
            "crash",
            r"the JAR does not answer: Exception in thread \"main\" java.lang.UnsatisfiedLinkError: no jni.*",
        ),
        ("uncompilable", r"no program compiles with the JAR: AskModel\.java:45: error: cannot find symbol"),
    ],
)
def test_a_jar_that_answers_otherwise_is_not_uploaded(brought, answers, sentence):
    run = with_environment(brought, JAVA_ANSWERS=answers).run()
    reason = run.reason("Test")
    assert re.fullmatch(sentence, reason), reason
    assert (run.report["exitCode"], run.report["outcome"], run.report["reason"]) == (1, "refused", reason)
    assert all(one["bucket"] is None and one["key"] is None for one in run.report["artifacts"])
    assert brought.bucket() == {}
    assert run.steps["Upload"]["stdout"].strip() == "nothing is uploaded: the test refused it"
    assert run.steps["CleanUp"]["status"] == "Success" and brought.left() == []


def test_another_releases_library_in_the_jar_is_refused(brought):
    reason = with_environment(brought, TENSORFLOW_OF_JAR="2.16.2").run().reason("Test")
    assert (
        reason
        == "the JAR answers otherwise than Python: its native library is TensorFlow 2.16.2, expected 2.18.0"
    )
    assert brought.bucket() == {}


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """Two SavedModels of our own: of numbers of several types, and of texts."""
    folder = tmp_path_factory.mktemp("models")
    program = """
import sys
import tensorflow as tf

class Numbers(tf.Module):
    @tf.function(input_signature=[
        tf.TensorSpec([None, 3], tf.float64), tf.TensorSpec([None], tf.int64), tf.TensorSpec([None], tf.bool),
    ])
    def __call__(self, a, b, c):
        total = tf.reduce_sum(a, 1) + tf.cast(b, tf.float64)
        return {"sum": total, "next": b + 1, "other": tf.logical_not(c)}

class Texts(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def __call__(self, text):
        return {"length": tf.strings.length(text)}

for name, model in (("numbers", Numbers()), ("texts", Texts())):
    tf.saved_model.save(model, f"{sys.argv[1]}/{name}", signatures={"serving_default": model.__call__})
"""
    subprocess.run([sys.executable, "-c", program, folder], check=True, capture_output=True)
    return folder


def test_a_model_of_the_deployments_own_is_asked_by_its_signature(brought, models):
    shutil.copytree(models / "numbers", brought.root / "s3/models/numbers", dirs_exist_ok=True)
    run = with_environment(brought, JAVA_ANSWERS="wrong").run(Model="s3://models/numbers/")
    # Integers and bools are the same only when they are equal.
    assert run.report["findings"][1]["status"] == "FAIL"
    run = with_environment(brought).run(Model="s3://models/numbers/")
    findings = run.report["findings"]
    assert [(one["id"], one["status"]) for one in findings] == [
        ("java.version", "PASS"),
        ("java.answer", "PASS"),
    ]
    assert "of 3 values in next, other, sum is 0" in findings[1]["evidence"]
    downloads = {one["name"]: one for one in run.report["downloads"]}
    assert (downloads["Model"]["url"], downloads["Model"]["verified"]) == ("s3://models/numbers/", False)


def test_a_model_of_texts_is_refused_before_java_is_asked(brought, models):
    shutil.copytree(models / "texts", brought.root / "s3/models/texts", dirs_exist_ok=True)
    run = with_environment(brought).run(Model="s3://models/texts/")
    assert run.reason("Test").startswith(
        "TensorFlow for Python cannot answer: Model: got text of type string; allowed are bfloat16, bool, "
    )
    # It is no fault of the JAR.
    assert run.steps["Report"]["status"] == "Failed"


@pytest.mark.parametrize(
    ("environment", "source", "sentence"),
    [
        (
            {"MVN_BRINGS_OTHER": f"{JAVA}.jar"},
            "published",
            rf"file://\S+/{JAVA}\.jar has sha256:[0-9a-f]{{64}}; allowed is "
            r"sha256:[0-9a-f]{64}",
        ),
        (
            {"MVN_BRINGS_MORE": "org/else/more/1/more-1.jar"},
            "published",
            r"file://\S+/org/else/more/1/more-1\.jar is of no "
            r"release here: allowed is what releases\.txt names",
        ),
        (
            {"MVN_BRINGS_NO": "ndarray-1.0.0.jar"},
            "published",
            r"Maven brought no org/tensorflow/ndarray/1\.0\.0/"
            r"ndarray-1\.0\.0\.jar, which TensorFlow Java 1\.1\.0 needs",
        ),
        (
            {"MVN_FAILS": "copy-dependencies"},
            "published",
            r"cannot fetch TensorFlow Java 1\.1\.0 from file://\S+: Failed to "
            r"execute goal: error: cannot find symbol \(status 1\)",
        ),
        # Before another build has made one.
        (
            {"MVN_FORGETS": f"tensorflow-core-native-{PLATFORM}.jar"},
            "build",
            rf"org/\S+/{JAVA}-{PLATFORM}\.jar was not built "
            r"here: Maven has it from file://\S+",
        ),
        # A POM says what its users download.
        (
            {"MVN_BRINGS_OTHER": "protobuf-java-3.21.9.pom"},
            "build",
            r"file://\S+\.pom has sha256:\S+; allowed is sha256:\S+",
        ),
        (
            {"MVN_FAILS": "install"},
            "build",
            r"cannot build TensorFlow Java: Failed to execute goal: error: cannot find symbol "
            r"\(status 1\)",
        ),
    ],
)
def test_what_maven_must_not_bring(brought, environment, source, sentence):
    run = with_environment(brought, **environment).run(Source=source)
    reason = run.reason("Build")
    assert re.fullmatch(sentence, reason), reason
    assert brought.bucket() == {} and brought.left() == []
    # No report: it could not be told. The log tells why.
    assert run.steps["Report"]["status"] == "Failed"
    assert "#@ repository.log" in run.steps["Log"]["stdout"] or "[ERROR]" in run.steps["Log"]["stdout"]


def test_another_wheel_with_native_libraries_is_refused(brought, deployed, stand_ins):
    known = stand_ins.releases.split(f"wheel 1.1.0 {PLATFORM} ")[1].split()[3]
    other = with_environment(brought)
    other.deployed = deployed.with_files(
        {"runbooks/build-java/releases.txt": stand_ins.releases.replace(known, "0" * 64)}
    )
    reason = other.run(Source="build").reason("Sources")
    assert reason.startswith("cannot fetch the wheel tensorflow") and "native libraries" in reason


def test_another_commit_is_refused(brought, deployed, stand_ins):
    other = with_environment(brought)
    other.deployed = deployed.with_files(
        {"runbooks/build-java/releases.txt": stand_ins.releases.replace(stand_ins.commit, "1" * 40)}
    )
    reason = other.run(Source="build").reason("Sources")
    assert reason.startswith(f"Sources: cannot fetch commit {'1' * 40} of file://")
