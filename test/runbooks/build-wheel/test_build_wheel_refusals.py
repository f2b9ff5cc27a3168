"""Each ends in one sentence, in the step that finds it, and leaves nothing running."""

from __future__ import annotations

import pytest
from wheel_instance import SLOW, succeeded

ZEROS = "0" * 64


def refused(instance, step: str, **parameters: str) -> str:
    run = instance.run(**parameters)
    reason = run.reason(step)
    assert run.status == "Failed" and run.steps["CleanUp"]["status"] == "Success"
    assert instance.left() == [] and instance.servers() == [] and instance.bucket() == {}
    return reason


def test_another_machine_than_graviton(builder):
    builder.environment["MACHINE"] = "x86_64"
    assert refused(builder, "Check") == (
        "this machine is x86_64: what Graviton runs is built on Graviton, such as a c7g.4xlarge (16 vCPUs, "
        "32 GiB) with a volume of 100 GB"
    )


def test_too_little_memory(builder):
    builder.memory(8)
    assert refused(builder, "Check") == (
        "a build of TensorFlow needs 14 GiB of free memory, and this instance has 8 of 8 GiB free: "
        "use a c7g.4xlarge (16 vCPUs, 32 GiB) with a volume of 100 GB"
    )


def test_too_small_a_disk(builder):
    builder.environment["FREE_MIB"] = "30000"
    reason = refused(builder, "Check")
    assert reason.startswith("a build of TensorFlow needs 61440 MiB free on the disk of ")
    assert "and there are 30000: use a c7g.4xlarge (16 vCPUs, 32 GiB) with a volume of 100 GB" in reason


def test_what_an_earlier_build_has_kept_counts_as_disk(builder):
    # 50 GiB, of which no block is there.
    builder.environment["FREE_MIB"] = "30000"
    builder.kept.mkdir(parents=True)
    (builder.bin / "du").unlink()
    (builder.bin / "du").write_text(f"#!/bin/bash\nprintf '51200\\t%s\\n' {builder.kept}\n")
    (builder.bin / "du").chmod(0o755)
    builder.document["mainSteps"] = [
        step for step in builder.document["mainSteps"] if step["name"] in ("Prepare", "Check", "CleanUp")
    ]
    succeeded(builder.run())


def test_a_release_that_nobody_knows_the_commit_of(builder):
    reason = refused(builder, "Check", Release="2.30.0")
    assert reason.startswith("Release: got 2.30.0, whose commit is not known; allowed are 2.14.0, 2.14.1, ")
    assert reason.endswith(", 2.21.0, and what the deployment's commits name")


def test_no_bucket(builder):
    assert (
        refused(builder, "Prepare", ArtifactsBucket="")
        == "ArtifactsBucket: got none; allowed is the bucket that what is built goes to"
    )


def test_a_commit_that_the_mirror_does_not_have(builder):
    commit = "0123456789" * 4
    reason = refused(builder, "Sources", Commits=f"2.16.1={commit}")
    assert reason.startswith(f"Sources: cannot fetch commit {commit} of file://")


@pytest.mark.parametrize(("tool", "prefix"), [("Bazel", "bazel-6.5.0"), ("LLVM", "clang+llvm-17.0.2")])
def test_a_download_that_is_not_what_its_checksum_says(builder, tool, prefix):
    version = "6.5.0" if tool == "Bazel" else "17.0.2"
    name = "BazelSha256" if tool == "Bazel" else "LlvmSha256"
    reason = refused(builder, "Tools", **{name: f"{version}={ZEROS}"})
    assert reason.startswith(f"{tool}Checksum: file://") and prefix in reason
    assert reason.endswith(f"; allowed is sha256:{ZEROS}")
    # Nor is it there for the next one.
    assert not (builder.kept / "bin/bazel").exists() or tool == "LLVM"
    assert not (builder.kept / "llvm").exists()


def test_the_stand_ins_are_not_what_is_pinned(builder):
    """Without the deployment's checksums, the table's hold."""
    reason = refused(builder, "Tools", BazelSha256="")
    pinned = "5afe973cadc036496cac66f1414ca9be36881423f576db363d83afc9084c0c2f"
    assert reason.endswith(f"; allowed is sha256:{pinned}")


def test_a_bazel_that_has_no_pinned_checksum(builder):
    mirror = builder.root / "git" / "tensorflow" / "tensorflow.git"
    import tensorflow_tree

    tensorflow_tree.RELEASES["2.16.1"], bazel = "6.4.0", tensorflow_tree.RELEASES["2.16.1"]
    try:
        commits = tensorflow_tree.make(builder.root / "git")
    finally:
        tensorflow_tree.RELEASES["2.16.1"] = bazel
    assert mirror.exists()
    reason = refused(
        builder, "Tools", Sources=f"file://{builder.root}/git", Commits=f"2.16.1={commits['2.16.1']}"
    )
    assert reason == (
        "bazel 6.4.0, which TensorFlow 2.16.1 wants, has no pinned checksum: let the deployment give it by "
        "bazelSha256 (SHA-256 of the file for aarch64)"
    )


def test_a_configure_that_cannot_be_answered(builder):
    builder.environment["CONFIGURE_FAILS"] = "1"
    run = builder.run()
    assert run.reason("Configure") == (
        "./configure ended with status 1: Invalid CLANG_COMPILER_PATH provided 10 times in a row."
    )
    assert run.reason("Build") == "there is nothing to go on with: see the step Configure"
    assert "#@ configure.log\nInvalid CLANG_COMPILER_PATH" in run.steps["Log"]["stdout"]


def test_a_build_that_fails_says_which_error(builder):
    builder.environment["STAND_IN_DOES"] = "fail"
    run = builder.run()
    assert run.reason("Build") == (
        "bazel ended with status 1: ERROR: /src/tensorflow/core/BUILD:1:1: Compiling tensorflow/core/op.cc "
        "failed: (Exit 1): clang failed; the next command goes on from here"
    )
    assert run.steps["Build"]["stdout"].splitlines()[1].startswith("ERROR: /src/tensorflow/core/BUILD:1:1:")
    assert "out of memory" in run.steps["Log"]["stdout"]
    assert run.reason("Test") == "there is nothing to go on with: see the step Build"
    assert run.reason("Report") == "There is no report: see the steps before."
    assert builder.left() == [] and builder.servers() == [] and builder.bucket() == {}


def test_a_wheel_of_another_release(builder):
    builder.environment["STAND_IN_DOES"] = "other"
    assert refused(builder, "Build") == (
        "bazel built tensorflow-2.99.0-cp311-cp311-linux_aarch64.whl; expected one wheel of TensorFlow "
        "2.16.1 for Python 3.11 on aarch64"
    )


@pytest.mark.parametrize(
    ("environment", "failed", "said"),
    [
        ({"WHEEL_DOES": "break"}, {"wheel.import"}, "undefined symbol: armpl"),
        ({"WHEEL_SAYS": "2.16.2"}, {"wheel.version"}, "wheel.version: it is 2.16.2, expected 2.16.1"),
        ({"WHEEL_DOES": "differ"}, {"wheel.answers"}, "differ from Eigen's by 0.25 of the greatest at most"),
        ({"VERBOSE_LOG": str(SLOW)}, {"kernels.reference"}, "reference kernels"),
        ({"VERBOSE_LOG": ""}, {"backend.onednn", "wheel.acl", "kernels.reference"}, "backend.onednn: "),
    ],
)
def test_a_wheel_that_fails_its_test_is_not_uploaded(builder, environment, failed, said):
    builder.environment |= environment
    run = builder.run()
    assert run.status == "Failed" and builder.bucket() == {}
    sentence = run.reason("Test")
    assert sentence.startswith("The wheel failed its test and is not uploaded: ") and said in sentence
    report = run.report
    assert (report["exitCode"], report["outcome"], report["reason"]) == (1, "refused", sentence)
    bad = {row["id"] for row in report["findings"] if row["status"] not in ("PASS", "WARN")}
    assert bad <= failed and bad
    assert [artifact["key"] for artifact in report["artifacts"]] == [None, None]
    assert run.steps["Upload"]["stdout"] == "nothing is uploaded: the test refused it\n"
    assert builder.left() == [] and builder.servers() == []


def test_an_upload_that_is_denied_is_all_that_the_next_command_has_to_do(builder):
    builder.environment["DENIED"] = "*"
    run = builder.run()
    reason = run.reason("Upload")
    assert reason.startswith("cannot upload s3://artifacts/build-wheel/2.16.1/clang-17.0.2/libtensorflow_cc-2.16.1-")
    assert "for which the instance's role needs s3:PutObject (grants.runOn)" in reason
    assert "AccessDenied" in reason
    assert run.reason("Result") == "there is no result: see the steps before"
    assert builder.bucket() == {} and builder.kept.exists()
    builder.environment["DENIED"] = ""
    succeeded(builder.run())
    assert [call["resumed"] for call in builder.bazel()] == [False, True]
    assert len(builder.bucket()) == 4 and not builder.kept.exists()


def test_an_agent_that_passes_no_parameters(builder):
    runner, _ = builder.start(agent_version="3.3.1000.0")
    out, _ = runner.communicate(timeout=60)
    assert "the parameter Fresh did not arrive: this runbook needs SSM agent 3.3.2746.0 or later" in out
    assert builder.left() == []
