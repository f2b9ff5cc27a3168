"""Each row of the report: what it finds and the line that fixes it."""

from __future__ import annotations

import copy

import pytest
from analysis import GUIDE, HEADER, VERBOSE, conv, judge, row, status

SVE = HEADER.replace(b"(with Advanced SIMD & floating-point)", b"SVE (256 bits)")
GOOD = SVE + conv("gemm:acl").replace(b"wei_f32", b"wei_bf16").replace(b"attr-", b"attr-fpmath:bf16 attr-", 1)
FACTS = {
    "at": "2026-11-23T00:00:00Z",
    "kernel": "6.1.0-1-generic",
    "machine": "aarch64",
    "cpu": {"part": "0xd40", "bf16": True, "online": 4},
    "server": {
        "kind": "container",
        "name": "graviton-tf",
        "image": "1.dkr.ecr/tf:2.14.1-ec2",
        "digest": "sha256:ab",
        "tensorflow": "2.14.1",
        "processes": 1,
        "threads": [42],
        "vcpus": 4,
        "openFiles": 40,
        "openFilesLimit": 1024,
        "flags": {"tensorflow_intra_op_parallelism": "4", "tensorflow_inter_op_parallelism": "1"},
        "environment": {"TF_ENABLE_ONEDNN_OPTS": "1", "DNNL_DEFAULT_FPMATH_MODE": "BF16"},
    },
    "memory": {"totalKiB": 1000, "availableKiB": 500},
    "hugepages": "madvise",
    "iowait": 0.003,
    "ena": {"bw_in_allowance_exceeded": 0},
}
RECOMMENDED = {"vcpus": 4, "processes": 1, "intraOp": 4, "interOp": 1, "ompNumThreads": 4, "bf16": True}


def facts(**changes: object) -> dict:
    """The good facts, but for `server__vcpus=2`."""
    changed = copy.deepcopy(FACTS)
    for path, value in changes.items():
        *outer, last = path.split("__")
        place = changed
        for key in outer:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return changed


def judged(log: bytes = GOOD, **changes: object) -> dict:
    return judge(log, facts=facts(**changes), recommended=RECOMMENDED, end_of_patch="tf:2.14.1-ec2=2027")


def test_a_good_server_passes_all():
    document = judged()
    assert {check["id"]: check["status"] for check in document["checks"] if check["status"] != "PASS"} == {
        "kernels.batch": "SKIP",
        "threads.openmp": "SKIP",
    }
    assert document["exitCode"] == 0
    assert document["nextStep"]["command"].startswith("aperf record -r graviton-tf -i 1 -p 60")
    assert row(document, "next.step")["remediation"] == document["nextStep"]["command"]
    assert document["summary"]["tensorflow"] == "2.14.1"


@pytest.mark.parametrize(
    "identifier, changes, expected, remediation",
    [
        ("platform.kernel", {"kernel": "4.14.9"}, "FAIL", "5.10"),
        ("platform.kernel", {"kernel": "5.10.1"}, "PASS", None),
        ("platform.cpu", {"cpu__part": "0xd0c"}, "WARN", "c7g"),
        ("platform.cpu", {"cpu__part": "0xd4f"}, "PASS", None),
        ("platform.cpu", {"cpu__part": "0xd49"}, "SKIP", None),
        ("platform.cpu", {"machine": "x86_64"}, "SKIP", None),
        ("platform.bf16", {"cpu__bf16": False}, "WARN", "Graviton3"),
        ("platform.vcpus", {"server__vcpus": 2}, "WARN", "--cpus"),
        ("platform.vcpus", {"server": None}, "SKIP", None),
        ("platform.hugepages", {"hugepages": "never"}, "WARN", "echo always"),
        ("platform.memory", {"memory__availableKiB": 150}, "WARN", "larger"),
        ("platform.memory", {"memory__availableKiB": 90}, "FAIL", "larger"),
        ("platform.memory", {"server__memoryLimitBytes": 100, "server__residentBytes": 95}, "FAIL", "larger"),
        ("platform.files", {"server__openFiles": 900}, "WARN", "LimitNOFILE"),
        ("platform.network", {"ena__bw_in_allowance_exceeded": 7}, "WARN", "instance type"),
        ("platform.network", {"ena": None}, "SKIP", None),
        ("platform.iowait", {"iowait": 0.06}, "WARN", "gp3"),
        ("platform.iowait", {"iowait": 0.3}, "FAIL", "gp3"),
        ("runtime.image", {"at": "2028-01-01T00:00:00Z"}, "WARN", "patched"),
        ("runtime.image", {"at": "2027-12-31T00:00:00Z"}, "PASS", None),
        ("runtime.image", {"server__image": "tensorflow/serving:latest"}, "WARN", "digest"),
        ("runtime.image", {"server__kind": "wheel"}, "SKIP", None),
        (
            "threads.pool",
            {"server__flags__tensorflow_intra_op_parallelism": "2"},
            "WARN",
            "TENSORFLOW_INTRA_OP_PARALLELISM=4 in /etc/graviton-tf/serving.env",
        ),
        ("threads.pool", {"server__flags": None}, "WARN", "TENSORFLOW_INTER_OP_PARALLELISM=1"),
        (
            "threads.pool",
            {"server__flags": None, "server__kind": "process", "server__name": "x"},
            "WARN",
            "--tensorflow_inter_op_parallelism=1",
        ),
        (
            "threads.oversubscription",
            {"server__flags__tensorflow_intra_op_parallelism": "64"},
            "FAIL",
            "ServingOptions intraOpThreads: 4",
        ),
        (
            "threads.oversubscription",
            {"server__flags__tensorflow_intra_op_parallelism": "64", "server__name": "x"},
            "FAIL",
            "--tensorflow_intra_op_parallelism=4",
        ),
        ("threads.oversubscription", {"server__flags__tensorflow_intra_op_parallelism": "2"}, "WARN", "=4"),
    ],
)
def test_a_row_by_the_facts(identifier, changes, expected, remediation):
    document = judged(**changes)
    checked = row(document, identifier)
    assert checked["status"] == expected, checked
    assert remediation is None or remediation in checked["remediation"]
    assert (document["exitCode"] == 1) == any(r["status"] in ("FAIL", "WARN") for r in document["checks"])


def test_threads_in_proc_are_evidence():
    document = judged(server__flags__tensorflow_intra_op_parallelism="64", server__threads=[70])
    evidence = row(document, "threads.oversubscription")["evidence"]
    assert "1 x 64 intra-op threads on 4 vCPUs" in evidence and "70" in evidence


def test_a_missing_fact_is_skipped_with_its_reason():
    document = judged(server=None, why={"server": "no server was found"})
    assert row(document, "threads.pool")["evidence"] == "no server was found"
    assert "kernel is unknown" in row(judged(kernel=None), "platform.kernel")["evidence"]


@pytest.mark.parametrize(
    "log, environment, cpu, expected",
    [
        (GOOD, {}, True, "PASS"),
        (SVE + conv("gemm:acl"), {}, True, "WARN"),
        (SVE + conv("gemm:acl"), {"DNNL_DEFAULT_FPMATH_MODE": "BF16"}, True, "WARN"),
        (
            SVE + conv("gemm:acl"),
            {"ONEDNN_DEFAULT_FPMATH_MODE": "STRICT", "DNNL_DEFAULT_FPMATH_MODE": "BF16"},
            True,
            "WARN",
        ),
        (HEADER + conv("gemm:acl"), {"DNNL_DEFAULT_FPMATH_MODE": "BF16"}, False, "WARN"),
        (HEADER + conv("gemm:acl"), {}, False, "SKIP"),
    ],
)
def test_bf16_is_three_facts(log, environment, cpu, expected):
    checked = row(judged(log, server__environment=environment, cpu__bf16=cpu), "bf16.used")
    assert checked["status"] == expected
    if expected == "WARN":
        strict = environment.get("ONEDNN_DEFAULT_FPMATH_MODE") == "STRICT"
        wanted = {
            (False, True): "DNNL_DEFAULT_FPMATH_MODE=BF16 in",
            (True, True): "see the kernels",
            (True, False): "remove",
        }[(bool(environment) and not strict, cpu)]
        assert wanted in checked["remediation"]


def test_a_replayed_log_tells_its_own_cpu():
    here = {"machine": "x86_64", "cpu": {"bf16": False, "online": 2}}
    log = (VERBOSE / "aarch64/qemu10/2.16.1/cnn_b1_on1_bf16_v1.stdout.log").read_bytes()
    shadow = {"kind": "log", "replay": True, "log": "/var/log/tf.log"}
    document = judge(log, facts=here, shadow=shadow)
    assert document["summary"]["bf16"] == {"available": True, "requested": True, "used": True}
    assert (document["evidence"]["kind"], document["evidence"]["replay"]) == ("log", True)


def test_silence_is_eigen_only_where_verbose_was_on():
    assert judge(b"started\n", shadow={"kind": "shadow", "verbose": True})["summary"]["backend"] == "eigen"
    unknown = judge(b"", shadow={"kind": "none", "why": "the shadow did not start"})
    assert (unknown["exitCode"], row(unknown, "backend.onednn")["evidence"]) == (
        2,
        "the shadow did not start",
    )
    off = judged(b"started\n")
    assert status(off, "backend.onednn") == "UNKNOWN"
    quiet = b"2026-11-22 19:44:59.5: W tensorflow/tsl/x.cc:118] no\n"
    assert status(judged(quiet), "backend.onednn") == "FAIL"
    assert row(judged(quiet), "backend.onednn")["remediation"].startswith(
        "TF_ENABLE_ONEDNN_OPTS=1 in /etc/graviton-tf"
    )
    assert (
        status(judged(quiet, server__environment={"TF_CPP_MIN_LOG_LEVEL": "1"}), "backend.onednn")
        == "UNKNOWN"
    )


def test_what_a_log_does_not_say_is_left_open():
    document = judge(GUIDE)
    said = [checked["evidence"] for checked in document["checks"]] + [document["issue"]["body"]]
    assert not [text for text in said if "None" in text]
    assert "50.0% of the calls" in row(document, "kernels.reference")["evidence"]
    timed = judge(HEADER + conv("gemm:ref"))
    assert "100.0% of the time" in row(timed, "kernels.reference")["evidence"]


def test_lines_seen_before_count_as_often_as_they_come():
    gemm = b"onednn_verbose,v1,primitive,exec,cpu,gemm_api,,undef,src_f32::blocked:ab:f0,,,64x64:64x48,%d.5\n"
    eigen = judge(HEADER + b"".join(gemm % at for at in range(500)))
    assert "500 gemm_api lines" in row(eigen, "backend.onednn")["evidence"]
    create = b"onednn_verbose,v1,primitive,create:dispatch,convolution,bad flags,src/cpu/x.cpp:%d\n"
    mixed = HEADER + b"".join(create % at + conv("gemm:acl") + HEADER + conv("gemm:ref") for at in range(500))
    document = judge(mixed)
    assert document["summary"]["primitives"] == 1000
    assert document["summary"]["referenceShare"] == 0.5


def test_a_server_whose_environment_switches_onednn_off_runs_eigen():
    off = judged(b"", server__environment={"TF_ENABLE_ONEDNN_OPTS": "0", "TF_CPP_MIN_LOG_LEVEL": "1"})
    assert status(off, "backend.onednn") == "FAIL"
    assert "TF_ENABLE_ONEDNN_OPTS=0" in row(off, "backend.onednn")["evidence"]
    on = judged(b"", server__environment={"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "1"})
    assert status(on, "backend.onednn") == "UNKNOWN"


def refusal(kind: str) -> bytes:
    return (
        b"2026-11-23 01:54:09.302595: E tensorflow/core/util/util.cc:131] oneDNN supports DT_%s only on"
        b" platforms with AVX-512. Falling back to the default Eigen-based implementation if present.\n"
    ) % kind.encode()


@pytest.mark.parametrize("kind", ["BFLOAT16", "HALF"])
def test_types_that_tensorflow_keeps_from_onednn_run_in_eigen(kind):
    whole = judged(refusal(kind))
    assert (status(whole, "backend.onednn"), whole["summary"]["backend"]) == ("FAIL", "eigen")
    # A model's float32 head still reaches oneDNN, which must not hide what does not.
    part = judged(GOOD + refusal(kind))
    assert (status(part, "backend.onednn"), part["summary"]["backend"]) == ("WARN", "onednn")
    for document in (whole, part):
        checked = row(document, "backend.onednn")
        assert f"Eigen runs what is in {kind.lower()}" in checked["evidence"]
        assert checked["remediation"].startswith("save the model in float32, and ")
        assert document["exitCode"] == 1


def test_the_batch_decides_where_the_probe_has_a_fast_kernel():
    served = HEADER + conv("gemm:ref", batch=1) * 3
    decides = judge(served, probe=HEADER + conv("gemm:acl", batch=2))
    checked = row(decides, "kernels.batch")
    assert checked["status"] == "WARN" and "at batch 1, not at 2" in checked["evidence"]
    assert (
        "--enable_batching" in row(decides, "kernels.reference")["remediation"]
        and "2.14.1" in checked["remediation"]
    )
    assert [kernel["remedy"] for kernel in decides["kernels"]] == ["batching"]
    # The probe is compared, never counted.
    assert decides["summary"]["primitives"] == 3

    same = judge(served, probe=HEADER + conv("gemm:ref", batch=2))
    assert status(same, "kernels.batch") == "PASS"
    assert [kernel["remedy"] for kernel in same["kernels"]] == ["optimize"]
    assert "graph optimization runbook" in row(same, "kernels.reference")["remediation"]

    unprobed = judge(served)
    assert (status(unprobed, "kernels.batch"), unprobed["kernels"][0]["remedy"]) == ("UNKNOWN", "batching")
    old = judge(served.replace(b"v3.2.1", b"v2.7.3"))
    assert old["kernels"][0]["remedy"] == "optimize"


def test_a_matrix_product_is_the_same_layer_at_another_batch():
    line = b"onednn_verbose,exec,cpu,matmul,%s,undef,src_f32::blocked:ab::f0,,,%s,1\n"
    weights, batched = (line % (b"ref:any", b"1x256:256x2"), line % (b"ref:any", b"1x4x64x64:1x4x64x64"))
    probe = line % (b"gemm:acl", b"8x256:256x2") + line % (b"gemm:acl", b"8x4x64x64:8x4x64x64")
    assert [k["remedy"] for k in judge(weights + batched, probe=probe)["kernels"]] == ["batching", "batching"]
    assert judge(weights, probe=line % (b"gemm:acl", b"8x256:256x4"))["kernels"][0]["remedy"] == "optimize"


@pytest.mark.parametrize(
    "old, new",
    [
        (b"forward_training", b"backward_data"),
        (b"exec,cpu,convolution", b"exec,cpu,deconvolution"),
        (b"_ih32", b"_id8od8kd3_ih32"),
        (b"mb2_", b"g4mb2_"),
        (b"mb2_", b"g4mb1_"),
        (b"attr-scratchpad:user ", b"attr-scratchpad:user attr-post-ops:eltwise_gelu_erf "),
    ],
)
def test_what_no_graph_optimization_changes_goes_to_arm(old, new):
    document = judge(HEADER + conv("gemm:ref", batch=2).replace(old, new))
    assert document["kernels"][0]["remedy"] == "report"
    assert row(document, "kernels.reference")["remediation"] == "post the issue below"


def test_the_issue_has_operator_shape_types_layouts_and_versions():
    issue = judged(HEADER + conv("gemm:ref", ",2.5") * 2 + conv("gemm:acl", ",5"))["issue"]
    assert issue["title"].startswith("Reference kernel: convolution gemm:ref mb2_ic16oc32")
    assert issue["url"] == "https://github.com/ARM-software/ComputeLibrary/issues/new"
    for part in (
        "oneDNN 3.2.1",
        "TensorFlow 2.14.1",
        "AArch64",
        "50.0%",
        "src_f32::blocked:acdb::f0",
        "2, 5.000",
        "attr-scratchpad:user",
        "forward_training",
    ):
        assert part in issue["body"], part


def test_a_fast_kernel_at_the_same_batch_says_nothing_of_batching():
    fast = conv("gemm:acl", batch=2).replace(b"cdba", b"Acdb4a")
    assert judge(HEADER + conv("gemm:ref", batch=2) + fast)["kernels"][0]["remedy"] == "optimize"


@pytest.mark.parametrize(
    "end, at, expected",
    [
        ("2027-05-04", "2027-05-04", "PASS"),
        ("2027-05-04", "2027-05-05", "WARN"),
        ("2027-05", "2027-05-31", "PASS"),
        ("2027-05", "2027-06-01", "WARN"),
        ("2027", "2028-01-01", "WARN"),
    ],
)
def test_an_image_is_patched_until_the_end_of_a_day_a_month_or_a_year(end, at, expected):
    document = judge(GOOD, facts=facts(at=f"{at}T12:00:00Z"), end_of_patch=f"a:1=2020 tf:2.14.1-ec2={end}")
    assert status(document, "runtime.image") == expected
