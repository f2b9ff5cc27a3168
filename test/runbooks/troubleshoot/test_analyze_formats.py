"""Every form in which oneDNN's lines arrive, and OpenMP's blocks."""

from __future__ import annotations

import pytest
from analysis import GUIDE, HEADER, OMP, VERBOSE, conv, judge, report, row, status

LOG = (VERBOSE / "aarch64/2.16.1/cnn_on1_v1_g2.stdout.log").read_bytes()
NEW = (VERBOSE / "aarch64/2.21.0/cnn_on1_v1_bf16_g3.stdout.log").read_bytes()
SUMMARY = judge(LOG)["summary"]


def test_the_guides_lines_without_times_are_judged_by_count():
    document = judge(GUIDE)
    assert document["summary"]["referenceShare"] == 0.5
    assert (document["summary"]["backend"], document["summary"]["primitives"]) == ("onednn", 2)
    assert [status(document, name) for name in ("kernels.reference", "bf16.used")] == ["FAIL", "SKIP"]
    assert [kernel["implementation"] for kernel in document["kernels"]] == ["gemm:ref", "gemm:acl"]
    assert [kernel["share"] for kernel in document["kernels"]] == [0.5, 0.5]


def test_the_guides_acl_line_alone_passes():
    document = judge(GUIDE.splitlines()[0])
    assert (status(document, "kernels.reference"), document["exitCode"]) == ("PASS", 0)


def test_an_mkl_dnn_line_names_no_engine_and_has_no_attributes():
    document = judge(
        b"mkldnn_verbose,info,Intel MKL-DNN v0.20.1 (Git Hash a),Intel AVX2\n"
        b"mkldnn_verbose,exec,convolution,ref:any,forward_training,fsrc:nchw fwei:oihw,"
        b"alg:convolution_direct,mb1_ic3oc16_ih64oh64kh3sh1dh0ph1_iw64ow64kw3sw1dw0pw1,2.5\n"
        b"mkldnn_verbose,exec,reorder,jit:uni,undef,in:f32_nchw out:f32_nChw16c,num:1,32x32x256x256,6.4\n"
    )
    assert (document["summary"]["onednnVersion"], document["summary"]["isa"]) == ("0.20.1", "Intel AVX2")
    assert [(k["shape"][:3], k["milliseconds"], k["kind"]) for k in document["kernels"]] == [
        ("mb1", 2.5, "reference"),
        ("32x", 6.4, "jit"),
    ]


@pytest.mark.parametrize(
    "before, after",
    [
        (b"Nov 22 19:00:01 ip-10-0-0-1 tf[123]: ", b""),
        (b"2026-11-22T19:00:01.123456789Z stdout F ", b""),
        (b"web_1  | ", b"\r"),
        (b'{"log":"', b'\\n","stream":"stdout","time":"2026-11-22T19:00:01.1Z"}'),
        (b'{"PRIORITY":"6","MESSAGE":"', b'","_PID":"12"}'),
    ],
)
def test_loggers_put_something_before_and_after(before, after):
    wrapped = b"".join(before + line + after + b"\n" for line in LOG.splitlines())
    assert judge(wrapped)["summary"] == SUMMARY


def test_what_follows_in_dockers_line_is_not_hidden():
    def docker(line: bytes) -> bytes:
        return (
            b'{"log":"' + line.rstrip() + b'\\n","stream":"stdout","time":"2026-11-22T19:00:01.123456789Z"}'
        )

    # Known lines are read by their heads alone: the first is met in a block before the others.
    known = docker(conv("gemm:acl")) + b"\n" + b"other programs' line\n" * 20000
    glued = judge(HEADER + known + docker(conv("gemm:acl")) + docker(conv("gemm:ref")) + b"\n")
    assert (glued["summary"]["primitives"], status(glued, "kernels.reference")) == (3, "FAIL")
    timed = judge(HEADER + known + docker(conv("gemm:acl", ",4.5")) + b"\n")
    assert [(kernel["count"], kernel["milliseconds"]) for kernel in timed["kernels"]] == [(2, 6.0)]


@pytest.mark.parametrize(
    "old, new",
    [
        (b"onednn_verbose,", b"dnnl_verbose,"),
        (b"onednn_verbose,", b"onednn_verbose,v0,"),
        (b"onednn_verbose,exec", b"onednn_verbose,v1,primitive,exec"),
        (b"\n", b"\r\n"),
        (b"onednn_verbose,exec", b"onednn_verbose,1795378663071.316895,exec"),
        (b"pooling,", b"pooling_v2,"),
        (b"onednn_verbose,exec", b"\x1b[0m\xff\x00onednn_verbose,exec"),
    ],
)
def test_spellings_mean_the_same(old, new):
    assert judge(LOG.replace(old, new))["summary"] == SUMMARY


def test_what_is_not_executed_does_not_count():
    line = LOG.splitlines()[5]
    more = b"\n".join(
        line.replace(b",exec,", operation)
        for operation in (
            b",create:cache_miss,",
            b",primitive,create:dispatch,convolution,",
            b",primitive,create:check,",
            b",graph,exec,",
            b",ukernel,exec,",
            b",primitive,exec:check,",
            b",primitive,error,",
            b",warn,",
        )
    )
    assert judge(LOG + more + b"\n")["summary"] == SUMMARY


@pytest.mark.parametrize(
    "line",
    [
        "onednn_verbose,v1,primitive,create:dispatch,convolution,cpu,convolution,brdgmm_dw:undef,forward",
        "onednn_verbose,v1,primitive,create:dispatch,convolution,bad flags,src/cpu/x64/jit.cpp:1",
        "onednn_verbose,create:cache_miss,cpu,convolution,gemm:ref,forward,src_f32:: wei_bf16::,,,mb1,0.1",
        "onednn_verbose,cpu,acl,unsupported:  only supports 2 spatial dimensions",
    ],
)
def test_creation_alone_tells_the_backend_and_no_kernel(line):
    document = judge(HEADER + line.encode() + b"\n")
    assert (document["summary"]["backend"], document["summary"]["primitives"]) == ("onednn", 0)
    assert [document["summary"]["bf16"][name] for name in ("requested", "used")] == [None, None]
    expected = {"backend.onednn": "PASS", "kernels.reference": "UNKNOWN", "bf16.used": "UNKNOWN"}
    assert {name: status(document, name) for name in expected} == expected
    assert document["exitCode"] == 2


def test_the_creation_of_a_gemm_tells_no_backend():
    document = judge(
        HEADER + b"onednn_verbose,create:cache_miss,cpu,gemm,x64:gemm:jit,undef,,,,1x2:2x3,0.1\n"
    )
    assert (document["summary"]["backend"], document["exitCode"]) == ("unknown", 2)


def test_acls_refusals_are_no_damage():
    refusals = (
        b"onednn_verbose,cpu,acl,unsupported: \nonednn_verbose,1795378663071.3,cpu,acl,unsupported: x\n"
    )
    document = judge(HEADER + refusals + conv("gemm:acl"))
    assert (status(document, "kernels.reference"), document["exitCode"]) == ("PASS", 0)


def test_the_template_tells_where_the_fields_are():
    order = (
        "engine,prop_kind,primitive,implementation,queue,memory_descriptors,attributes,auxiliary,problem_desc"
    )
    log = (
        f"onednn_verbose,v2,primitive,info,template:operation,{order},exec_time\n"
        "onednn_verbose,v2,primitive,exec,cpu,forward,convolution,gemm:ref,0,wei:bf16::,,,mb1_ic3oc4,7.5\n"
    )
    document = judge(log.encode())
    assert [(k["implementation"], k["shape"], k["milliseconds"]) for k in document["kernels"]] == [
        ("gemm:ref", "mb1_ic3oc4", 7.5)
    ]
    assert document["summary"]["bf16"]["used"] is True
    # Lines before it have the usual order, and a damaged template moves nothing.
    for template in (NEW.splitlines()[6], NEW.splitlines()[6].replace(b"engine", b"eng,ine")):
        lines = [line for line in NEW.splitlines() if b"primitive,info,template" not in line]
        assert judge(b"\n".join(lines + [template, b""]))["summary"] == judge(NEW)["summary"]


def test_lines_of_two_processes_in_one_another():
    first, second = conv("gemm:ref", ",2.5"), conv("gemm:acl", ",7.5")
    document = judge(first[:100] + second + first[100:] + conv("gemm:acl", ",7.5"))
    assert document["summary"]["primitives"] == 3
    assert status(document, "kernels.reference") == "FAIL"
    clean = judge(second[:100] + second + second[100:])
    assert (status(clean, "kernels.reference"), clean["exitCode"]) == ("PASS", 0)


def test_a_line_without_a_time_counts_as_a_mean_one():
    assert judge(conv("gemm:acl", ",3") * 3 + conv("gemm:ref", ""))["summary"]["referenceShare"] == 0.25
    # What loses the times of a kernel must not make its share small.
    lost = judge(conv("gemm:acl", ",3") * 50 + conv("gemm:ref", ""))
    assert lost["summary"]["referenceShare"] < 0.05 and status(lost, "kernels.reference") == "FAIL"


def test_below_five_percent_is_a_warning():
    assert status(judge(conv("gemm:acl", ",99") + conv("gemm:ref", ",1")), "kernels.reference") == "WARN"
    assert status(judge(conv("gemm:acl", ",99") + conv("gemm:ref", ",0")), "kernels.reference") == "WARN"


@pytest.mark.parametrize(
    "implementation, kind",
    [
        ("gemm:ref", "reference"),
        ("ref:any", "reference"),
        ("ref", "reference"),
        ("ref_int8:any", "reference"),
        ("matmul-gemm:ref", "reference"),
        ("conv:any+ref:any", "reference"),
        ("wino:acl", "acl"),
        ("lowp_gemm:acl", "acl"),
        ("acl_lowp_matmul:any", "acl"),
        ("brg_matmul:sve_256", "sve"),
        ("jit:sve_256", "sve"),
        ("brgconv_1x1:avx2", "jit"),
        ("x64:gemm:jit", "jit"),
        ("gemm:jit:f32", "jit"),
    ],
)
def test_kinds_of_kernels(implementation, kind):
    assert [kernel["kind"] for kernel in judge(conv(implementation))["kernels"]] == [kind]


def test_an_unknown_kernel_is_not_passed():
    document = judge(HEADER + conv("hurried:magic"))
    assert (status(document, "kernels.reference"), document["exitCode"]) == ("UNKNOWN", 2)


def test_reference_kernels_of_small_primitives_do_not_count():
    log = (
        HEADER
        + conv("gemm:acl")
        + conv("simple:any", primitive="reorder")
        + conv("ref:any", primitive="eltwise")
    )
    assert (judge(log)["summary"]["referenceShare"], judge(log)["exitCode"]) == (0, 0)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_blocks_may_end_anywhere(size, monkeypatch, tmp_path):
    import analysis

    class Slow:
        def __init__(self, log):
            self.log = log

        def read(self, _):
            block, self.log = self.log[:size], self.log[size:]
            return block

    monkeypatch.setattr(analysis, "BytesIO", Slow)
    assert judge(LOG)["summary"] == SUMMARY


def test_a_line_without_end_is_read_in_bounds():
    garbage = b"\x00garbage, " * 40000
    document = judge(garbage + LOG.replace(b"\n", b" ") + garbage + conv("gemm:acl"))
    assert document["summary"]["referenceShare"] > 0.5 and document["summary"]["primitives"] == 17


@pytest.mark.parametrize(
    "name, threads, verdict",
    [
        ("aarch64_tf2.14.1_libgomp__verbose_recommended_4", "4", "PASS"),
        ("aarch64_tf2.16.1_libomp__verbose_recommended_4", "4", "PASS"),
        ("aarch64_tf2.14.1_libgomp__verbose_oversub_64", "64", "FAIL"),
        ("aarch64_tf2.16.1_libomp__verbose_oversub_64", "64", "FAIL"),
        ("aarch64_tf2.14.1_libgomp__verbose_default", "2", "WARN"),
        ("aarch64_tf2.16.1_libomp__verbose_default", "not set", "SKIP"),
        ("aarch64_tf2.14.1_libgomp__off", "", "SKIP"),
    ],
)
def test_openmp_blocks(name, threads, verdict):
    block = (OMP / f"{name}.err.log").read_bytes()
    openmp = HEADER.replace(b"threadpool", b"OpenMP") + conv("gemm:acl")
    document = judge(
        openmp + block if block else conv("gemm:acl"),
        recommended={"ompNumThreads": 4, "vcpus": 4},
        facts={"server": {"vcpus": 4}},
    )
    checked = row(document, "threads.openmp")
    assert checked["status"] == verdict
    assert not threads or f"OMP_NUM_THREADS {threads}" in checked["evidence"]
    if verdict == "FAIL":
        assert checked["remediation"] == "export OMP_NUM_THREADS=4"
    # TensorFlow's own pool obeys none of it.
    assert status(judge(HEADER + conv("gemm:acl") + block), "threads.openmp") == "SKIP"


def test_an_openmp_block_alone_shows_oversubscription_by_its_places():
    document = report(OMP / "aarch64_tf2.14.1_libgomp__verbose_oversub_64.err.log")
    assert (status(document, "threads.openmp"), document["exitCode"]) == ("FAIL", 1)
    assert report(OMP / "aarch64_tf2.14.1_libgomp__verbose_default.err.log")["exitCode"] == 2


def test_of_several_processes_the_one_with_the_most_threads_counts():
    blocks = [
        (OMP / f"aarch64_tf2.14.1_libgomp__verbose_{name}.err.log").read_bytes()
        for name in ("oversub_64", "recommended_4")
    ]
    for log in (blocks[0] + blocks[1], blocks[1] + blocks[0]):
        assert status(judge(log, recommended={"ompNumThreads": 4}), "threads.openmp") == "FAIL"
