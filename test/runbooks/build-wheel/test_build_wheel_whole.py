"""The whole document, by the strict runner, with everything it downloads from a mirror of stand-ins."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tarfile
import zipfile

import pytest
from wheel_instance import ROOT, environment_of, succeeded

# The guide's, in its order.
GUIDE = {
    "USE_DEFAULT_PYTHON_LIB_PATH": "1", "TF_ENABLE_XLA": "1", "TF_DOWNLOAD_CLANG": "0",
    "TF_SET_ANDROID_WORKSPACE": "0", "TF_NEED_MPI": "0", "TF_NEED_ROCM": "0", "TF_NEED_GCP": "0",
    "TF_NEED_S3": "0", "TF_NEED_OPENCL_SYCL": "0", "TF_NEED_CUDA": "0", "TF_NEED_HDFS": "0",
    "TF_NEED_OPENCL": "0", "TF_NEED_JEMALLOC": "1", "TF_NEED_VERBS": "0", "TF_NEED_AWS": "0",
    "TF_NEED_GDR": "0", "TF_NEED_COMPUTECPP": "0", "TF_NEED_KAFKA": "0", "TF_NEED_TENSORRT": "0",
}  # fmt: skip


@pytest.fixture(scope="module")
def built(build_in, tmp_path_factory):
    """(an instance, its run): one, at which several tests look."""
    instance = build_in(tmp_path_factory.mktemp("instance"), quick=False)
    return instance, instance.run()


def test_every_step_succeeds_and_nothing_is_left_but_the_bucket(built):
    instance, run = built
    succeeded(run)
    assert instance.left() == [] and not instance.kept.exists() and instance.servers() == []


def test_the_wheel_and_the_library_are_uploaded_with_their_records(built, wheel_mirror):
    builder, run = built
    folder = "build-wheel/2.16.1/clang-17.0.2"
    wheel = f"{folder}/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl"
    library = f"{folder}/libtensorflow_cc-2.16.1-linux-aarch64.tar.gz"
    assert list(builder.bucket()) == sorted([wheel, wheel + ".json", library, library + ".json"])

    report = run.report
    assert json.loads(run.steps["FullReport"]["stdout"]) == report
    assert (report["schemaVersion"], report["kind"], report["exitCode"]) == (1, "build-wheel", 0)
    assert (report["outcome"], report["reason"]) == ("uploaded", None)
    packages = "Python's packages, for the build and for the wheel's test, come from"
    assert report["notes"] == [f"{packages} {wheel_mirror.index} with no checksum of ours."]
    assert (report["release"], report["python"], report["bazel"]) == ("2.16.1", "3.11", "6.5.0")
    assert report["commit"] == wheel_mirror.commits["2.16.1"]
    clang = str(builder.kept / "llvm/bin/clang")
    assert report["compiler"] == {"name": "clang", "version": "17.0.2", "path": clang}
    assert report["machine"]["memoryBytes"] == 64 * 1024**3
    steps = ["Check", "Packages", "Sources", "Tools", "Configure", "Build", "Test", "Upload"]
    assert list(report["seconds"]) == steps
    assert all(one["verified"] for one in report["downloads"])
    assert [(one["name"], one.get("commit") or one["sha256"]) for one in report["downloads"]] == [
        ("TensorFlow", wheel_mirror.commits["2.16.1"]),
        ("Bazel", wheel_mirror.checksums("bazel/*/*")["6.5.0"]),
        ("LLVM", wheel_mirror.checksums("llvm/*/*")["17.0.2"]),
    ]
    assert {row["id"]: row["status"] for row in report["findings"]} == {
        "wheel.import": "PASS", "wheel.version": "PASS", "wheel.answers": "PASS", "backend.onednn": "PASS",
        "kernels.reference": "PASS", "wheel.acl": "PASS",
    }  # fmt: skip

    for artifact, key in zip(report["artifacts"], (library, wheel), strict=True):
        content = builder.bucket()[key].read_bytes()
        assert artifact == {
            "file": key.rpartition("/")[2], "bucket": "artifacts", "key": key, "record": key + ".json",
            "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
        }  # fmt: skip
        record = json.loads(builder.bucket()[key + ".json"].read_text())
        assert record["artifact"]["sha256"] == artifact["sha256"]
        for name in ("commit", "compiler", "bazel", "downloads", "environment", "command", "findings"):
            assert record[name] == report[name]


def test_the_guides_environment_reaches_configure_and_bazel_and_nothing_else(built):
    builder, run = built
    configured = environment_of((builder.root / "configure.environment").read_text())
    (called,) = builder.bazel()
    python = str(builder.kept / "venv/bin/python")
    clang = str(builder.kept / "llvm/bin/clang")
    expected = {
        **GUIDE,
        # A path, where the guide has an array.
        "PYTHON_BIN_PATH": python,
        "PYTHON_LIB_PATH": str(builder.kept / "venv/lib/python3.11/site-packages"),
        "CC_OPT_FLAGS": "-Wno-sign-compare", "TF_PYTHON_VERSION": "3.11", "HERMETIC_PYTHON_VERSION": "3.11",
        "TF_NEED_CLANG": "1", "CLANG_COMPILER_PATH": clang, "CC": clang, "CXX": clang + "++",
        "BAZEL_COMPILER": clang,
    }  # fmt: skip
    assert run.report["environment"] == expected
    for seen in (configured, called["environment"]):
        ours = re.compile(r"TF_|PYTHON|CC|CXX|CLANG|HERMETIC|BAZEL_C|USE_")
        assert {name: value for name, value in seen.items() if ours.match(name)} == expected
    # Nobody is there to answer.
    assert (builder.root / "configure.stdin").read_text() == "/dev/null\n"
    assert called["stdin"] == ""


def test_bazel_is_called_as_the_guide_calls_it_within_the_machines_bounds(built):
    builder, run = built
    (called,) = builder.bazel()
    assert called["cwd"] == str(builder.kept / "tensorflow")
    argv = called["argv"]
    assert run.report["command"] == ["bazel", *argv]
    root = f"--output_user_root={builder.kept}/bazel"
    assert argv[:5] == ["--nosystem_rc", "--nohome_rc", root, "--max_idle_secs=60", "build"]
    assert argv[5:8] == ["--verbose_failures", "-s", "--config=mkl_aarch64_threadpool"]
    assert argv[-3:] == [
        "//tensorflow/tools/pip_package:build_pip_package",
        "//tensorflow:libtensorflow_cc.so",
        "//tensorflow:install_headers",
    ]
    assert f"--repository_cache={builder.kept}/repositories" in argv
    # 16 vCPUs and 64 GiB.
    assert "--jobs=16" in argv and f"--local_ram_resources={64 * 1024 - 2048}" in argv
    later = ("downloader", "clang_local", "WHEEL")
    assert not [word for word in argv if any(part in word for part in later)]


def test_the_library_is_packed_with_its_links_and_headers(built):
    builder, _ = built
    key = next(key for key in builder.bucket() if key.endswith(".tar.gz"))
    with tarfile.open(builder.bucket()[key]) as archive:
        members = {member.name: member for member in archive.getmembers()}
    top = "libtensorflow_cc-2.16.1-linux-aarch64"
    assert f"{top}/include/tensorflow/core.h" in members
    assert members[f"{top}/lib/libtensorflow_cc.so"].linkname == "libtensorflow_cc.so.2.16.1"
    assert members[f"{top}/lib/libtensorflow_cc.so.2.16.1"].isfile()
    assert f"{top}/lib/libtensorflow_framework.so.2" in members
    assert not [name for name in members if name.endswith(".params")]
    assert zipfile.is_zipfile(builder.bucket()[builder.wheel()])


def test_progress_is_few_lines_and_the_log_has_them_all(built):
    _, run = built
    lines = run.steps["Build"]["stdout"].splitlines()
    assert re.fullmatch(r" 52 %  12,345 of 23,456 actions, \d+ min", lines[0])
    assert re.fullmatch(r"100 %  23,456 of 23,456 actions, \d+ min", lines[1])
    log = run.steps["Log"]["stdout"]
    assert "#@ bazel.log\nStarting local Bazel server" in log and "SUBCOMMAND: # //tensorflow/core" in log
    assert "#@ configure.log\nbazel 6.5.0" in log and "#@ onednn.out\n" in log
    assert "gemm:acl" in log


def test_a_boot_takes_the_wheel_for_what_it_is(built):
    """The checks of userdata/phases/variables.sh, on this key."""
    builder, run = built
    (wheel,) = [artifact for artifact in run.report["artifacts"] if artifact["file"].endswith(".whl")]
    script = ". userdata/bootstrap.sh; . userdata/phases/variables.sh; wheel_file"
    given = {f"GTF_WHEEL_{name.upper()}": wheel[name] for name in ("bucket", "key", "sha256")}
    environment = {**given, "PATH": str(builder.bin)}
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_second_run_ends_in_the_same(builder):
    succeeded(builder.run())
    first = builder.bucket().keys()
    run = builder.run()
    succeeded(run)
    assert run.report["outcome"] == "uploaded" and builder.bucket().keys() == first and len(first) == 4
    # It began anew: nothing had been kept.
    assert [call["resumed"] for call in builder.bazel()] == [False, False]
    assert builder.left() == [] and builder.servers() == []

