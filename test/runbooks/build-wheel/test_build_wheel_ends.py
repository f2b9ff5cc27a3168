"""A build that is cancelled, or whose agent dies; and what the next one goes on with."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from benchmarked_instance import ended, wait_for
from wheel_instance import only, succeeded


@pytest.fixture
def building(builder):
    """(instance, a runner whose bazel is at work, the command's id)"""
    builder.environment["STAND_IN_DOES"] = "hang"
    runner, command = builder.start()
    wait_for((builder.root / "hangs").exists, 60)
    yield builder, runner, command
    runner.kill()
    runner.communicate()


def goes_on(instance) -> None:
    """The next command ends well, and does nothing over again that was done."""
    calls = len(instance.bazel())
    instance.environment["STAND_IN_DOES"] = ""
    run = instance.run()
    succeeded(run)
    assert run.steps["Sources"]["stdout"].splitlines()[0] == (
        "going on with what an earlier command for TensorFlow 2.16.1 by clang 17.0.2 for Python 3.11 has left"
    )
    commit = run.report["commit"]
    assert f"commit {commit} is there already" in run.steps["Sources"]["stdout"]
    assert "bazel-6.5.0-linux-arm64 is there already" in run.steps["Tools"]["stdout"]
    assert "clang 17.0.2 is there already" in run.steps["Tools"]["stdout"]
    assert [call["resumed"] for call in instance.bazel()[calls:]] == [True]
    # They are in the record all the same.
    assert [(one["name"], one["verified"]) for one in run.report["downloads"]] == [
        ("TensorFlow", True), ("Bazel", True), ("LLVM", True),
    ]  # fmt: skip
    assert instance.left() == [] and not instance.kept.exists()


def test_a_cancelled_build_leaves_no_process_and_the_next_goes_on(building):
    instance, runner, command = building
    assert set(instance.left()) == {"lock", command} and instance.servers()
    runner.send_signal(signal.SIGTERM)
    out, _ = runner.communicate(timeout=30)
    assert ended(out).steps["Build"]["status"] == "Cancelled"
    wait_for(lambda: instance.servers() == [] and instance.left() == [], 40)
    goes_on(instance)


def test_an_agent_that_is_killed_leaves_no_process_and_the_next_goes_on(building):
    instance, runner, _ = building
    assert instance.servers()
    runner.kill()
    runner.communicate()
    wait_for(lambda: instance.servers() == [] and instance.left() == [], 40)
    goes_on(instance)


def test_what_a_build_left_whose_guard_died_too_is_ended_by_the_next(building):
    instance, runner, command = building
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{command}/guard.sh".encode() in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
        except OSError:
            continue
    runner.kill()
    runner.communicate()
    assert instance.servers()
    instance.document = only(instance.document, "Prepare", "CleanUp")
    succeeded(instance.run())
    assert instance.servers() == [] and instance.left() == []


def test_a_second_build_is_told_of_the_first_and_harms_it_not(building):
    instance, _, command = building
    reason = instance.run().reason("Prepare")
    assert reason.startswith(f"another command is under way on this instance: command {command}, ")
    assert instance.servers() and set(instance.left()) == {"lock", command}


def test_after_a_failure_the_next_goes_on(builder):
    builder.environment["STAND_IN_DOES"] = "fail"
    assert builder.run().status == "Failed"
    goes_on(builder)


@pytest.mark.parametrize(
    "parameters", [{"Fresh": "true"}, {"Compiler": "gcc"}, {"Release": "2.17.0"}], ids=str
)
def test_what_was_kept_for_another_build_is_removed(builder, parameters):
    builder.environment["STAND_IN_DOES"] = "fail"
    assert builder.run().status == "Failed"
    builder.environment["STAND_IN_DOES"] = ""
    succeeded(builder.run(**parameters))
    assert [call["resumed"] for call in builder.bazel()] == [False, False]


def test_a_removal_that_was_cut_short_leaves_nothing_to_go_on_with(builder):
    builder.environment["STAND_IN_DOES"] = "fail"
    builder.run()
    rm = builder.bin / "rm"
    real = rm.readlink()
    rm.unlink()
    rm.write_text(f'#!/bin/bash\n[[ "$*" != "-rf {builder.kept}" ]] || exit 1\nexec {real} "$@"\n')
    rm.chmod(0o755)
    assert builder.run(Fresh="true").steps["Sources"]["status"] == "Failed"
    rm.unlink()
    rm.symlink_to(real)
    builder.environment["STAND_IN_DOES"] = ""
    succeeded(builder.run())
    assert [call["resumed"] for call in builder.bazel()] == [False, False]


def test_a_checkout_that_was_cut_short_is_made_again(builder):
    builder.environment["STAND_IN_DOES"] = "fail"
    builder.run()
    (builder.kept / "tensorflow").rename(builder.kept / "tensorflow.new")
    (builder.kept / "tensorflow.new/.git/index.lock").touch()
    builder.environment["STAND_IN_DOES"] = ""
    succeeded(builder.run())


def test_a_damaged_download_is_fetched_again(builder):
    builder.environment["STAND_IN_DOES"] = "fail"
    builder.run()
    (builder.kept / "downloads/bazel-6.5.0").write_text("#!/bin/sh\nexec rm -rf /nowhere\n")
    builder.environment["STAND_IN_DOES"] = ""
    run = builder.run()
    succeeded(run)
    assert "bazel-6.5.0-linux-arm64 is there already" not in run.steps["Tools"]["stdout"]


def test_a_kept_folder_that_others_could_have_filled_is_refused(builder):
    builder.kept.mkdir(parents=True)
    builder.kept.parent.chmod(0o700)
    builder.kept.chmod(0o777)
    assert builder.run().reason("Sources").startswith(f"{builder.kept} must be a folder of user ")
