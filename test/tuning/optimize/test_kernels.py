"""Two models' kernels from one process: each gets the lines that are its own."""

import contextlib
from collections import Counter
from pathlib import Path

import pytest

from tuning.optimize import kernels

# One process: a CNN before and after its optimization, asked twice at batch 1.
ON_ARM = Path(__file__).resolve().parents[2] / "fixtures" / "verbose" / "optimized" / "aarch64-2.16.1"
HEADER = b"""onednn_verbose,v1,info,oneDNN v3.7.3 (commit abc)
onednn_verbose,v1,info,cpu,runtime:threadpool,nthr:2
onednn_verbose,v1,info,cpu,isa:Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ extensions
onednn_verbose,v1,primitive,info,template:operation,engine,primitive,implementation,prop_kind,\
memory_descriptors,attributes,auxiliary,problem_desc,exec_time
"""
LINE = (
    b"onednn_verbose,v1,primitive,exec,cpu,%s,%s,forward_training,src:f32::blocked:ab::f0 "
    b"wei:f32::blocked:ab::f0 dst:f32::blocked:ab::f0,attr-scratchpad:user,,%s,%s\n"
)
FIRST = HEADER + LINE % (b"matmul", b"gemm:jit:f32", b"1x4:4x3", b"0.5")
SECOND = LINE % (b"inner_product", b"ref:any", b"mb1ic4oc3", b"3")


class Asked:
    """Prints as a worker's oneDNN does: into the file that the worker was started with."""

    def __init__(self, log):
        self.log, self.printed = log, [FIRST, SECOND]

    def ask(self, command, **_):
        if command == "load":
            with self.log.open("ab") as log:
                log.write(self.printed.pop(0))
        return self.log.stat().st_size


@pytest.fixture
def process(monkeypatch):
    started = []

    @contextlib.contextmanager
    def worker(environment, stdout):
        started.append(environment)
        stdout.touch()
        yield Asked(stdout)

    monkeypatch.setattr(kernels, "worker", worker)
    return started


def test_each_model_has_the_kernels_of_its_own_lines(process, tmp_path):
    first, second = kernels.kernels_of([tmp_path] * 2, tmp_path, 0, tmp_path, {"TF_ENABLE_ONEDNN_OPTS": "1"})
    assert [(row["primitive"], row["implementation"]) for row in first.rows] == [("matmul", "gemm:jit:f32")]
    assert [(row["primitive"], row["kind"]) for row in second.rows] == [("inner_product", "reference")]
    assert (first.reference_share, second.reference_share) == (0, 1)
    assert process == [{"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_VERBOSE": "1", "DNNL_VERBOSE": "1"}]
    assert list(tmp_path.iterdir()) == []


def test_on_arm_the_optimization_leaves_no_reference_kernel(process, tmp_path, monkeypatch):
    logs = [(ON_ARM / name).read_bytes() for name in ("original.log", "optimized.log")]
    monkeypatch.setattr(Asked, "__init__", lambda self, log: vars(self).update(log=log, printed=[*logs]))
    found = kernels.kernels_of([tmp_path] * 2, tmp_path, 0, tmp_path, {})
    counts = [Counter() for _ in found]
    for one, count in zip(found, counts, strict=True):
        for row in one.rows:
            count[row["implementation"]] += row["count"]
    # As grep counts them in the logs.
    assert counts == [
        {"gemm:ref": 10, "depthwise_convolution:acl": 6, "acl": 4},
        {"gemm:acl": 6, "indirect_gemm:acl": 4, "depthwise_convolution:acl": 6, "acl": 6, "jit:uni": 2},
    ]
    assert found[0].reference_share > 0.5 and found[1].reference_share == 0
    assert {row["remedy"] for row in found[0].rows if row["kind"] == "reference"} == {"batching"}
    assert not any(one.bf16_used or one.why or one.omitted for one in found)


def test_a_model_without_a_kernel_says_so(process, tmp_path, monkeypatch):
    monkeypatch.setattr(Asked, "ask", lambda self, command, **_: 0)
    (found,) = kernels.kernels_of([tmp_path], tmp_path, 0, tmp_path, {})
    assert found.rows == []
    assert found.why.startswith("oneDNN printed no kernel: ")


def test_without_the_rules_no_process_is_started(process, tmp_path, monkeypatch):
    monkeypatch.setenv("GTF_ANALYZE", str(tmp_path / "analyze.py"))
    first, _ = kernels.kernels_of([tmp_path] * 2, tmp_path, 0, tmp_path, {})
    assert first.why.endswith("set GTF_ANALYZE to its path")
    assert process == []


def test_rules_that_do_not_answer_are_named(process, tmp_path, monkeypatch):
    (tmp_path / "analyze.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("GTF_ANALYZE", str(tmp_path / "analyze.py"))
    (found,) = kernels.kernels_of([tmp_path], tmp_path, 0, tmp_path, {})
    assert found.why == f"{tmp_path / 'analyze.py'} could not read oneDNN's log (it ended with 3)"


def test_what_a_report_does_not_hold_is_counted(process, tmp_path, monkeypatch):
    monkeypatch.setattr(kernels, "MOST_ROWS", 0)
    (found,) = kernels.kernels_of([tmp_path], tmp_path, 0, tmp_path, {})
    assert (found.rows, found.omitted) == ([], 1)
