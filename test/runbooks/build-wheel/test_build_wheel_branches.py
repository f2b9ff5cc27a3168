"""Every release × compiler: which target, bazel, compiler and options; and every mirror."""

from __future__ import annotations

import re

import pytest
from wheel_instance import only, succeeded

UP_TO_BUILD = ("Prepare", "Check", "Packages", "Sources", "Tools", "Configure", "Build", "Result", "CleanUp")
OLD, NEW = "//tensorflow/tools/pip_package:build_pip_package", "//tensorflow/tools/pip_package:wheel"
LIBRARIES = ["//tensorflow:libtensorflow_cc.so", "//tensorflow:install_headers"]


def facts_of(instance) -> dict[str, str]:
    """What the steps noted, kept by a step in the place of Result."""
    return dict(line.split("\t", 1) for line in (instance.root / "noted").read_text().splitlines())


def keeping(step: dict, instance) -> dict:
    place = [line for line in step["inputs"]["runCommand"] if line.startswith(("base=", "work=", "((EUID"))]
    keep = f'cp "$work/facts" {instance.root}/noted; ls "$work/artifacts" >{instance.root}/built'
    return {**step, "inputs": {**step["inputs"], "runCommand": ["#!/bin/bash", *place, keep]}}


def built(instance, **parameters: str) -> dict:
    """bazel's call."""
    document = only(instance.document, *UP_TO_BUILD)
    steps = [keeping(step, instance) if step["name"] == "Result" else step for step in document["mainSteps"]]
    instance.document = {**document, "mainSteps": steps}
    succeeded(instance.run(**parameters))
    return instance.bazel()[-1]


@pytest.mark.parametrize("compiler", ["clang", "gcc"])
@pytest.mark.parametrize(
    ("release", "bazel", "clang", "target", "name"),
    [
        ("2.14.0", "6.1.0", "16.0.0", OLD, "tensorflow"),
        ("2.16.1", "6.5.0", "17.0.2", OLD, "tensorflow"),
        ("2.17.0", "6.5.0", "17.0.6", NEW, "tensorflow_cpu"),
        ("2.20.0", "7.4.1", "18.1.8", NEW, "tensorflow_cpu"),
    ],
)
def test_each_release_by_each_compiler(builder, compiler, release, bazel, clang, target, name):
    called = built(builder, Release=release, Compiler=compiler)
    argv, facts = called["argv"], facts_of(builder)
    assert [word for word in argv if word.startswith("//")] == [target, *LIBRARIES]
    for_new = {"--repo_env=WHEEL_NAME=tensorflow_cpu", "--repo_env=ML_WHEEL_TYPE=release"}
    assert for_new & set(argv) == (for_new if target == NEW else set())
    assert ("--config=clang_local" in argv) == (release == "2.20.0")
    assert {"--config=mkl_aarch64_threadpool", "--verbose_failures", "-s"} <= set(argv)
    wheel = f"{name}-{release}-cp311-cp311-linux_aarch64.whl"
    library = f"libtensorflow_cc-{release}-linux-aarch64.tar.gz"
    assert (builder.root / "built").read_text().split() == [library, wheel]

    assert facts["bazel"] == bazel
    version = clang if compiler == "clang" else "12.2.0"
    assert facts["folder"] == f"{compiler}-{version}" and facts["compiler.version"] == version
    variables = called["environment"]
    path = str(builder.kept / "llvm/bin/clang") if compiler == "clang" else str(builder.bin / "gcc")
    assert variables["CC"] == path and f"--repo_env=CC={path}" in argv
    if compiler == "clang":
        assert variables["TF_NEED_CLANG"] == "1" and variables["CLANG_COMPILER_PATH"] == path
    else:
        assert variables["TF_NEED_CLANG"] == "0" and variables["CXX"] == str(builder.bin / "g++")
        assert "CLANG_COMPILER_PATH" not in variables and not (builder.kept / "llvm").exists()


def test_a_release_whose_commit_is_not_known_is_built_and_said_to_be_unverified(builder, wheel_mirror):
    run = builder.run(Release="2.15.1")
    succeeded(run)
    commit = wheel_mirror.commits["2.15.1"]
    (source,) = [one for one in run.report["downloads"] if one["name"] == "TensorFlow"]
    assert source["commit"] == commit and not source["verified"]
    said = f"{commit} is what {source['url']} says that its tag is."
    assert run.report["notes"][0] == f"The commit of TensorFlow 2.15.1 is not pinned: {said}"
    assert "compared with no checksum: TensorFlow" in run.steps["Result"]["stdout"]


def test_bazels_own_downloads_go_to_the_mirror(builder):
    called = built(builder, BazelDownloads="https://mirror.example.com/bazel/")
    assert called["downloader"] == "rewrite (.*) mirror.example.com/bazel/$1\n"


def test_rules_that_call_pip_are_told_of_the_index(builder, wheel_mirror):
    variables = built(builder)["environment"]
    assert variables["PIP_INDEX_URL"] == wheel_mirror.index
    # Without it they run pip with --isolated, which reads no variable.
    assert variables["RULES_PYTHON_PIP_ISOLATED"] == "0"


@pytest.mark.parametrize(
    ("gib", "vcpus", "parameters", "jobs"),
    [
        (64, 16, {}, 16),
        (32, 64, {}, (32 * 1024 - 4096) // 1536),
        (15, 8, {}, (15 * 1024 - 4096) // 1536),
        (64, 16, {"Jobs": "3"}, 3),
    ],
)
def test_compilations_at_once_are_bounded_by_vcpus_and_memory(builder, gib, vcpus, parameters, jobs):
    builder.memory(gib)
    builder.environment["VCPUS"] = str(vcpus)
    argv = built(builder, **parameters)["argv"]
    assert f"--jobs={jobs}" in argv and f"--local_ram_resources={gib * 1024 - 2048}" in argv


def test_a_log_of_any_length_is_kept_at_both_ends(builder):
    builder.environment["STAND_IN_DOES"] = "verbose"
    builder.document = only(builder.document, *UP_TO_BUILD[:-2], "Log", "CleanUp")
    run = builder.run()
    succeeded(run)
    log = run.steps["Log"]["stdout"]
    assert 16_000_000 < len(log) < 16_100_000
    assert "Starting local Bazel server" in log and "Build completed successfully" in log
    assert re.search(r"^#@ \[\d+ bytes left out\]$", log, re.M)
    # Of the step itself Run Command keeps all.
    assert len(run.steps["Build"]["stdout"]) < 1000


def test_the_instances_own_compiler_stays_what_it_is(builder):
    before = sorted(path.name for path in builder.bin.iterdir())
    built(builder)
    assert sorted(path.name for path in builder.bin.iterdir()) == before
