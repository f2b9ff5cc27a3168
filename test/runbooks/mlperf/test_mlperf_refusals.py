"""Each ends in one sentence, in the step that finds it, and leaves nothing."""

from __future__ import annotations

import pytest
from conftest import only

ZEROS = "0" * 64


def refused(instance, step: str, **parameters: str) -> str:
    run = instance.run(**parameters)
    reason = run.reason(step)
    assert run.status == "Failed"
    after = list(run.steps)[list(run.steps).index(step) + 1 :]
    assert {run.steps[name]["status"] for name in after if name != "CleanUp"} <= {"Skipped"}, run.steps
    assert run.steps["CleanUp"]["status"] == "Success"
    assert instance.left() == []
    return reason


def test_no_python_that_loadgen_builds_with(bare):
    bare.environment["NO_PYTHON"] = "1"
    (bare.root / "bin").mkdir()
    python = bare.root / "bin" / "python3.12"
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.12.3\nexit 1\n')
    python.chmod(0o755)
    reason = refused(bare, "Check", Python=str(python))
    assert reason.startswith(
        f"MLPerf inference v2.0 needs Python 3.9 or 3.10, and {python} has Python 3.12.3 only: install"
    )


@pytest.mark.parametrize(
    ("gib", "parameters", "reason"),
    [
        (2, {}, "ResNet50 needs 3 GiB of free memory, and this instance has 2 of 2 GiB free"),
        (
            32,
            {"Samples": "0"},
            "needs 33 GiB of free memory, and this instance has 32 of 32 GiB free: use one with 64 GiB",
        ),
        (
            8,
            {"Workload": "bert"},
            "BERT-Large needs 10 GiB of free memory, and this instance has 8 of 8 GiB free",
        ),
    ],
)
def test_too_little_memory(bare, gib, parameters, reason):
    bare.environment["MACHINE"] = "aarch64"
    bare.memory(gib)
    assert reason in refused(bare, "Check", **parameters)


@pytest.mark.parametrize(
    ("machine", "parameters"),
    [
        ("aarch64", {}),
        ("aarch64", {"Samples": "0", "Scenarios": "SingleStream"}),
        ("x86_64", {"Samples": "0"}),
    ],
)
def test_what_need_not_have_more_than_32_gib(bare, machine, parameters):
    bare.environment["MACHINE"] = machine
    bare.memory(32)
    bare.document = only(bare.document, "Prepare", "Check", "CleanUp")
    assert bare.run(**parameters).status == "Success"


def test_too_small_a_disk(bare):
    bare.environment["FREE_MIB"] = "4000"
    assert "needs 5120 MiB free on the disk" in refused(bare, "Check")


def fetching(bare, step: str):
    bare.document = only(bare.document, "Prepare", step, "CleanUp")
    return bare


def test_a_disk_too_small_for_the_preprocessed_images(bare):
    bare.environment["FREE_MIB"] = "5200"
    folder = bare.root / "s3" / "bucket" / "val"
    folder.mkdir(parents=True)
    (folder / "val_map.txt").write_text("".join(f"{number}.JPEG 1\n" for number in range(50_000)))
    reason = refused(fetching(bare, "Dataset"), "Dataset", Dataset="s3://bucket/val/", Samples="0")
    assert reason.startswith(
        "the harness preprocesses 50000 images, which needs 28717 MiB, and 5200 MiB are free"
    )


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"Dataset": "published"}, "Dataset: got published, which only SQuAD is; allowed for resnet50 are"),
        (
            {"Model": "http://mirror/m.pb?secret=1", "ModelChecksum": ""},
            "Model: got http://mirror/m.pb, which anyone",
        ),
        (
            {"DatasetChecksum": f"sha256:{ZEROS}"},
            "DatasetChecksum: got one for a synthetic dataset; allowed is",
        ),
        (
            {"Dataset": "s3://b/p/", "DatasetChecksum": f"sha256:{ZEROS}"},
            "DatasetChecksum: got one for s3://b/p/; allowed",
        ),
    ],
)
def test_parameters_that_do_not_go_together(bare, parameters, reason):
    assert refused(bare, "Check", **parameters).startswith(reason)


def test_a_scenario_twice(bare):
    assert (
        refused(bare, "Prepare", Scenarios="Offline,Offline")
        == "Scenarios: got Offline,Offline; allowed is each once"
    )


def test_a_commit_that_the_mirror_does_not_have(bare):
    commit = "0123456789" * 4
    reason = refused(bare, "Sources", Commit=commit)
    assert reason.startswith(f"Sources: cannot fetch commit {commit} of file://")


def test_no_mirror_at_all(bare):
    reason = refused(bare, "Sources", Sources=f"file://{bare.root}/nowhere")
    assert reason.startswith("Sources: cannot fetch commit") and "nowhere/mlcommons/inference.git" in reason


def test_a_submodule_that_the_mirror_does_not_have(bare, mirror):
    git = bare.root / "git" / "mlcommons"
    git.mkdir(parents=True)
    (git / "inference.git").symlink_to(mirror.folder / "git/mlcommons/inference.git")
    reason = refused(bare, "Sources", Sources=f"file://{bare.root}/git")
    assert reason.startswith("Sources: cannot fetch commit") and "/git/pybind/pybind11.git" in reason


def test_an_index_without_the_packages(bare):
    index = bare.parameters["PipIndexUrl"].replace("/simple", "/elsewhere")
    assert refused(bare, "Install", PipIndexUrl=index).startswith("cannot install the pinned packages: ")


def test_a_model_that_is_not_what_its_checksum_says(bare):
    reason = refused(fetching(bare, "Model"), "Model", ModelChecksum=f"sha256:{ZEROS}")
    assert reason.startswith(f"ModelChecksum: {bare.parameters['Model']} has sha256:")
    assert reason.endswith(f"; allowed is sha256:{ZEROS}")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (
            "s3://bucket/none.pb",
            "Model: cannot fetch s3://bucket/none.pb, for which the instance's role needs s3:GetObject: "
            "fatal error: An error occurred (404)",
        ),
        ("file:///none.pb", "Model: cannot fetch file:///none.pb: curl: (37)"),
    ],
)
def test_a_model_that_is_not_there(bare, model, reason):
    assert refused(fetching(bare, "Model"), "Model", Model=model, ModelChecksum="").startswith(reason)


def test_a_dataset_without_its_list(bare):
    (bare.root / "s3/bucket/val").mkdir(parents=True)
    reason = refused(fetching(bare, "Dataset"), "Dataset", Dataset="s3://bucket/val/")
    assert reason.startswith(
        "Dataset: got s3://bucket/val/, which has no val_map.txt; allowed are images with"
    )


def test_a_dataset_that_is_no_tar(bare, tmp_path):
    page = tmp_path / "val.tar"
    page.write_text("<html>not found</html>")
    reason = refused(fetching(bare, "Dataset"), "Dataset", Dataset=f"file://{page}")
    assert reason.startswith(f"Dataset: cannot unpack file://{page}: ")


@pytest.mark.parametrize(
    ("misbehaves", "reason"),
    [
        (
            "failed",
            "1 inferences failed, so that its figures say nothing; the first: ERROR:main:thread: failed on",
        ),
        ("status", "the harness ended with status 1: ValueError: no images in image list found"),
        ("silent", "the harness wrote no result to output/tf-cpu/resnet50/mlperf_log_summary.txt"),
    ],
)
def test_a_harness_that_fails(instance, misbehaves, reason):
    instance.environment["HARNESS_MISBEHAVES"] = misbehaves
    run = instance.run()
    assert run.reason("Measure").startswith(f"SingleStream: {reason}")
    assert run.reason("Result") == "there is no result: see the step Measure"
    assert run.reason("Report") == "There is no report: see the steps before."
    # What it printed is kept.
    assert "#@ SingleStream/harness.log" in run.steps["Log"]["stdout"]
    assert instance.left() == []


def test_an_agent_that_passes_no_parameters(bare):
    runner, _ = bare.start(agent_version="3.3.1000.0")
    out, _ = runner.communicate(timeout=60)
    assert "the parameter Workload did not arrive: this runbook needs SSM agent 3.3.2746.0 or later" in out
    assert bare.left() == []
