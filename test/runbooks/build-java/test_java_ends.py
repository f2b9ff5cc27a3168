"""How a command ends, and what the next one finds: after a failure, an upload that was denied, a
cancellation."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from java_instance import Instance


@pytest.fixture(scope="module")
def building(deployed, stand_ins, tmp_path_factory) -> Instance:
    parameters = {**stand_ins.parameters, **stand_ins.maven("1.1.0"), "Source": "build"}
    instance = Instance(tmp_path_factory.mktemp("building"), deployed, parameters)
    instance.environment = {"TENSORFLOW_OF_JAR": "2.18.0"}
    return instance


def said(run, step: str) -> str:
    return run.steps[step]["stdout"]


def test_what_took_long_is_used_again_after_a_failure(building):
    building.environment["MVN_FAILS"] = "install"
    first = building.run()
    assert first.reason("Build").startswith("cannot build TensorFlow Java: ")
    assert "already" not in said(first, "Python") + said(first, "Sources")
    assert building.left() == []
    del building.environment["MVN_FAILS"]
    (building.root / "mvn.calls").unlink()

    building.environment["AWS_DENIES"] = "tensorflow-core-api-1.1.0.pom.json"
    second = building.run()
    assert said(second, "Check").startswith(
        "going on with what an earlier command for TensorFlow Java 1.1.0, build, "
    )
    assert "is there already" in said(second, "Python") and "is there already" in said(second, "Sources")
    # Maven's own repository is the one of the command before.
    assert building.maven_calls()[0]["kept"] == ["a-plugin"]
    # Tested, but not all of it could be put: it could not be told, and is kept once more.
    reason = second.reason("Upload")
    assert reason.startswith(
        "cannot upload s3://artifacts/build-java/1.1.0/build/org/tensorflow/tensorflow-core-api/"
    )
    assert (
        "(grants.runOn); the next command goes on from here: upload failed: An error occurred (AccessDenied)"
        in reason
    )
    assert second.steps["Report"]["status"] == "Failed"
    assert (building.kept / "venv/installed").exists()
    # A record is where its file is whole.
    objects = building.bucket()
    assert all(key.removesuffix(".json") in objects for key in objects)
    del building.environment["AWS_DENIES"]

    third = building.run()
    assert third.report["outcome"] == "uploaded"
    assert not building.kept.exists()


def test_a_difference_that_the_order_of_sums_explains_is_told_and_passes(building):
    building.environment["JAVA_ANSWERS"] = "noisy"
    report = building.run().report
    del building.environment["JAVA_ANSWERS"]
    answer = next(one for one in report["findings"] if one["id"] == "java.answer")
    assert answer["status"] == "PASS" and 5e-7 < answer["difference"] < 2e-6
    assert report["outcome"] == "uploaded"


def test_a_cancelled_command_leaves_no_maven_running_and_keeps_what_took_long(building):
    building.environment["MVN_WAITS"] = "1"
    runner = building.start()
    waits = building.root / "mvn.waits"
    end = time.monotonic() + 120
    while not waits.exists() and time.monotonic() < end:
        time.sleep(0.1)
    maven = int(waits.read_text())
    runner.terminate()
    runner.communicate(timeout=60)
    del building.environment["MVN_WAITS"]
    end = time.monotonic() + 30
    while (building.left() or is_running(maven)) and time.monotonic() < end:
        time.sleep(0.1)
    assert building.left() == [] and not is_running(maven)
    assert (building.kept / "venv/installed").exists() and (building.kept / "java/pom.xml").exists()


def test_fresh_and_another_release_begin_anew(building, stand_ins):
    assert (building.kept / "java/pom.xml").exists(), "the test before leaves it"
    checks = copy_of(building)
    checks.deployed = building.deployed.only("Prepare", "Check", "CleanUp")
    assert said(checks.run(), "Check").startswith("going on with")
    assert "going on" not in said(checks.run(Fresh="true"), "Check")
    assert [path.name for path in building.kept.iterdir()] == ["for"]
    (building.kept / "of-that-release").touch()
    assert "going on" not in said(checks.run(Release="1.0.0"), "Check")
    assert not (building.kept / "of-that-release").exists()
    # The published JARs and those that are built have one name, and must not be mixed.
    (building.kept / "built").touch()
    assert "going on" not in said(checks.run(Release="1.0.0", Source="published"), "Check")
    assert not (building.kept / "built").exists()


def copy_of(instance: Instance) -> Instance:
    other = object.__new__(Instance)
    other.__dict__.update(instance.__dict__)
    return other


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_older_agent_is_told_what_it_lacks(building):
    runner = building.start(agent_version="3.2.0.0")
    out, _ = runner.communicate(timeout=60)
    assert "needs SSM agent 3.3.2746.0 or later" in out


def test_two_commands_do_not_run_at_once(building):
    building.environment["MVN_WAITS"] = "1"
    waits = building.root / "mvn.waits"
    waits.unlink(missing_ok=True)
    runner = building.start()
    end = time.monotonic() + 120
    while not waits.exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert waits.exists()
    other = copy_of(building)
    other.deployed = building.deployed.only("Prepare", "CleanUp")
    assert other.run().reason("Prepare").startswith("another command is under way on this instance: command ")
    runner.terminate()
    runner.communicate(timeout=60)
    del building.environment["MVN_WAITS"]
    end = time.monotonic() + 30
    while building.left() and time.monotonic() < end:
        time.sleep(0.1)
    assert building.left() == [] and building.kept.exists()
