"""What analyze.py says of every real log. The expected numbers were counted with grep and awk: exec lines but
gemm_api, the reference kernels' part of the time of convolutions and matrix products, `attr-fpmath:bf16`, and
bf16 in weights and reorders."""

from __future__ import annotations

import pytest
from analysis import VERBOSE, report, row

PLAIN = "AArch64 (with Advanced SIMD & floating-point)"
SVE128, SVE256 = "AArch64 SVE (128 bits)", "AArch64 SVE (256 bits)"
AVX2, SSE41 = "Intel AVX2", "Intel SSE4.1"
# log: version, ISA, primitives, share of reference kernels, (available, requested, used), exit code
ONEDNN = {
    "aarch64/2.14.1/bert_on1_v1_bf16_g3": ("2.7.3", SVE256, 68, 0, (True, True, True), 0),
    "aarch64/2.14.1/bert_on1_v1_g3": ("2.7.3", SVE256, 68, 0, (True, False, False), 1),
    "aarch64/2.14.1/cnn_on1_v1_bf16_g3": ("2.7.3", SVE256, 44, 0, (True, True, True), 0),
    "aarch64/2.14.1/cnn_on1_v1_g2": ("2.7.3", PLAIN, 22, 0, (False, False, False), 0),
    "aarch64/2.14.1/mlp_on1_v1_ompenv_g3": ("2.7.3", SVE256, 12, 0, (True, False, False), 1),
    "aarch64/2.15.1/one_on1_v1_g3": ("3.2.1", SVE256, 40, 0.001392, (True, False, False), 1),
    "aarch64/2.16.1/bert_on1_v1_bf16_g3": ("3.2.1", SVE256, 68, 0, (True, True, True), 0),
    "aarch64/2.16.1/cnn_on1_v1_bf16_g3": ("3.2.1", SVE256, 44, 0, (True, True, True), 0),
    "aarch64/2.16.1/cnn_on1_v1_g2": ("3.2.1", PLAIN, 16, 0.869611, (False, False, False), 1),
    "aarch64/2.18.1/int8_on1_v1_g3": ("3.2.1", SVE256, 1, 1, (True, False, False), 1),
    "aarch64/2.19.1/odd_on1_profile_exec_ts_g2": ("3.2.1", PLAIN, 18, 0.243194, (False, False, False), 1),
    "aarch64/2.20.0/bert_on1_v1_bf16_g4": ("3.2.1", SVE128, 68, 0.103807, (True, True, True), 1),
    "aarch64/2.20.0/mixed_on1_all_g3": ("3.2.1", SVE256, 8, 0, (True, False, False), 1),
    "aarch64/2.21.0/bert_on1_v1_bf16_g2": ("3.7.0", PLAIN, 34, 0, (False, True, False), 1),
    "aarch64/2.21.0/cnn_on1_v1_bf16_g3": ("3.7.0", SVE256, 50, 0, (True, True, True), 0),
    "aarch64/2.21.0/mlp_on1_v1_timestamp_bf16_g4": ("3.7.0", SVE128, 12, 0, (True, True, True), 0),
    "aarch64/2.21.0/mixed_grouped_on1_all_g3": ("3.7.0", SVE256, 17, 0.424101, (True, False, False), 1),
    "aarch64/qemu10/2.16.1/cnn_b1_on1_bf16_v1": ("3.2.1", SVE256, 16, 0.816218, (True, True, True), 1),
    "aarch64/qemu10/2.16.1/cnn_b2_on1_f32_v1": ("3.2.1", SVE256, 22, 0, (True, False, False), 1),
    "x86/2.14.1/cnn_on1_v1": ("3.2.1", AVX2, 72, 0, (False, False, False), 0),
    "x86/2.16.1/cnn_on1_v1": ("3.3.4", AVX2, 48, 0, (False, False, False), 0),
    "x86/2.21.0/bert_on1_v1": ("3.7.3", AVX2, 52, 0, (False, False, False), 0),
    "x86/2.21.0/cnn_on1_v1_isa_sse41": ("3.7.3", SSE41, 24, 0, (False, False, False), 0),
}
# The same layer runs a reference kernel at one batch and a fast one at another.
BATCH_DECIDES = {"aarch64/2.19.1/odd_on1_profile_exec_ts_g2", "aarch64/2.21.0/mixed_grouped_on1_all_g3"}
# Only their float32 part reaches oneDNN, which stderr tells.
PARTLY_EIGEN = {"aarch64/2.20.0/mixed_on1_all_g3", "aarch64/2.21.0/mixed_grouped_on1_all_g3"}
CREATION_ALONE = "aarch64/2.18.1/conv3d_deconv_on1_dispatch_g3"
# Without a line of oneDNN: stdout cannot tell, stderr can.
SILENT = (
    "aarch64/2.14.1/bert_on0_v1_g3",
    "aarch64/2.14.1/cnn_unset_v1_g3",
    "aarch64/2.16.1/cnn_on0_v1_g3",
    "aarch64/2.18.1/f16_on1_v1_g3",
    "aarch64/qemu10/2.16.1/mixedbf16_on1_v1",
)
EIGEN_X86 = "x86/2.14.1/cnn_on0_v1"
ROWS = [
    "platform.kernel",
    "platform.cpu",
    "platform.bf16",
    "platform.vcpus",
    "platform.hugepages",
    "platform.memory",
    "platform.files",
    "platform.network",
    "platform.iowait",
    "runtime.image",
    "runtime.tensorflow",
    "backend.onednn",
    "kernels.reference",
    "kernels.batch",
    "bf16.used",
    "threads.pool",
    "threads.openmp",
    "threads.oversubscription",
    "next.step",
]


def files(name: str, *streams: str) -> list:
    return [VERBOSE / f"{name}.{stream}.log" for stream in streams]


def not_skipped(document: dict) -> dict:
    assert [check["id"] for check in document["checks"]] == ROWS
    assert all(check["evidence"] and check["source"].startswith("https://") for check in document["checks"])
    assert all(check["remediation"] for check in document["checks"] if check["status"] in ("FAIL", "WARN"))
    return {check["id"]: check["status"] for check in document["checks"] if check["status"] != "SKIP"}


def test_every_log_has_its_line_here():
    found = {str(path.relative_to(VERBOSE))[: -len(".stdout.log")] for path in VERBOSE.rglob("*.stdout.log")}
    assert found == {*ONEDNN, *SILENT, EIGEN_X86, CREATION_ALONE}


@pytest.mark.parametrize("streams", [("stdout",), ("stdout", "stderr"), ("stderr", "stdout")], ids="+".join)
@pytest.mark.parametrize("name", ONEDNN)
def test_a_log_of_onednn(name, streams):
    version, isa, primitives, share, (available, requested, used), exit_code = ONEDNN[name]
    document = report(*files(name, *streams))
    summary = document["summary"]
    assert summary["referenceShare"] == pytest.approx(share, abs=1e-5)
    assert summary["bf16"] == {"available": available, "requested": requested, "used": used}
    assert (summary["backend"], summary["threading"]) == ("onednn", "threadpool")
    assert (summary["onednnVersion"], summary["isa"], summary["primitives"]) == (version, isa, primitives)
    assert document["exitCode"] == exit_code

    grade = "FAIL" if share >= 0.05 else "WARN" if share else "PASS"
    partly_eigen = name in PARTLY_EIGEN and "stderr" in streams
    expected = {"backend.onednn": "WARN" if partly_eigen else "PASS", "kernels.reference": grade}
    if share:
        expected["kernels.batch"] = "WARN" if name in BATCH_DECIDES else "UNKNOWN"
    if available or requested:
        expected["bf16.used"] = "PASS" if used else "WARN"
    if exit_code == 0:
        expected["next.step"] = "PASS"
    assert not_skipped(document) == expected
    assert (document["issue"] is not None) == bool(share)


@pytest.mark.parametrize("streams", [("stdout",), ("stdout", "stderr")], ids="+".join)
def test_creation_alone_leaves_the_kernels_unknown(streams):
    document = report(*files(CREATION_ALONE, *streams))
    assert (document["summary"]["backend"], document["summary"]["primitives"]) == ("onednn", 0)
    assert (document["summary"]["onednnVersion"], document["exitCode"]) == ("3.2.1", 2)
    assert document["summary"]["bf16"] == {"available": True, "requested": None, "used": None}
    unknown = dict.fromkeys(("kernels.reference", "kernels.batch", "bf16.used"), "UNKNOWN")
    assert not_skipped(document) == {"backend.onednn": "PASS", **unknown}


@pytest.mark.parametrize(
    "name, remedies",
    [
        ("aarch64/2.15.1/one_on1_v1_g3", {"report"}),
        ("aarch64/2.18.1/int8_on1_v1_g3", {"optimize"}),
        ("aarch64/2.20.0/bert_on1_v1_bf16_g4", {"report"}),
        ("aarch64/2.21.0/mixed_grouped_on1_all_g3", {"report", "batching"}),
    ],
)
def test_what_helps_against_the_reference_kernels(name, remedies):
    kernels = report(*files(name, "stdout"))["kernels"]
    assert {kernel["remedy"] for kernel in kernels if kernel["remedy"]} == remedies


@pytest.mark.parametrize("name", SILENT)
def test_a_silent_stdout_cannot_tell(name):
    document = report(*files(name, "stdout"))
    assert document["exitCode"] == 2
    assert not_skipped(document) == dict.fromkeys(
        ("backend.onednn", "kernels.reference", "kernels.batch", "bf16.used"), "UNKNOWN"
    )
    assert document["summary"]["backend"] == "unknown"
    assert document["summary"]["bf16"] == {"available": None, "requested": None, "used": None}


@pytest.mark.parametrize("name", SILENT)
def test_with_stderr_it_is_eigen(name):
    document = report(*files(name, "stdout", "stderr"))
    assert (document["summary"]["backend"], document["exitCode"]) == ("eigen", 1)
    assert not_skipped(document) == {"backend.onednn": "FAIL"}
    remediation = row(document, "backend.onednn")["remediation"]
    if "mixedbf16" in name or "/f16_" in name:
        assert "float32" in remediation and "DNNL_DEFAULT_FPMATH_MODE=BF16" in remediation
    else:
        assert remediation == "export TF_ENABLE_ONEDNN_OPTS=1"


@pytest.mark.parametrize("streams", [("stdout",), ("stdout", "stderr")], ids="+".join)
def test_gemm_calls_alone_are_eigen(streams):
    document = report(*files(EIGEN_X86, *streams))
    assert (document["summary"]["backend"], document["summary"]["primitives"]) == ("eigen", 0)
    assert document["exitCode"] == 1
    assert document["evidence"]["execLines"] == 132
    assert "132 gemm_api lines" in row(document, "backend.onednn")["evidence"]
    assert document["summary"]["bf16"] == {"available": False, "requested": False, "used": False}


def test_gemm_calls_do_not_count_as_primitives():
    assert report(*files("x86/2.21.0/bert_on1_v1", "stdout"))["evidence"]["execLines"] == 52 + 2
