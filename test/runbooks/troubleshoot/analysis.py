"""Runs analyze.py as its users do: in a process of its own, its report from stdout."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).parents[3]
ANALYZE = ROOT / "runbooks" / "troubleshoot" / "analyze.py"
VERBOSE = ROOT / "test" / "fixtures" / "verbose"
OMP = ROOT / "test" / "fixtures" / "omp"

HEADER = (
    b"onednn_verbose,info,oneDNN v3.2.1 (commit N/A)\n"
    b"onednn_verbose,info,cpu,runtime:threadpool,nthr:2\n"
    b"onednn_verbose,info,cpu,isa:AArch64 (with Advanced SIMD & floating-point)\n"
)

GUIDE = (  # the guide's two lines: no header, no time
    b"dnnl_verbose,exec,cpu,convolution,gemm:acl,forward_training,src_f32::blocked:acdb:f0"
    b" wei_f32::blocked:acdb:f0 bia_f32::blocked:a:f0 dst_f32::blocked:acdb:f0,"
    b"post_ops:'eltwise_relu;';,alg:convolution_direct,mb1_ic256oc64_ih56oh56kh1sh1dh0ph0_iw56ow56kw1sw1dw0pw0\n"
    b"dnnl_verbose,exec,cpu,convolution,gemm:ref,forward_training,src_f32::blocked:abcd:f0"
    b" wei_f32::blocked:abcde:f0 bia_f32::blocked:a:f0 dst_f32::blocked:abcd:f0,"
    b"post_ops:'eltwise_bounded_relu:6;';,alg:convolution_direct,"
    b"mb1_g64ic64oc64_ih112oh56kh3sh2dh0ph0_iw112ow56kw3sw2dw0pw0\n"
)


def conv(implementation: str, time: str = ",1.5", batch: int = 2, primitive: str = "convolution") -> bytes:
    """One exec line in the format of oneDNN 3.2."""
    return (
        f"onednn_verbose,exec,cpu,{primitive},{implementation},forward_training,"
        f"src_f32::blocked:acdb::f0 wei_f32::blocked:cdba::f0,attr-scratchpad:user ,alg:convolution_direct,"
        f"mb{batch}_ic16oc32_ih32oh32kh3sh1dh0ph1_iw32ow32kw3sw1dw0pw1{time}\n"
    ).encode()


def run(*arguments: object, stdin: bytes = b"", python: object = sys.executable, **environment: str):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SSM_")}
    return subprocess.run(
        [python, ANALYZE, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=60,
        env={**inherited, **environment},
    )


def report(*arguments: object, stdin: bytes = b"") -> dict:
    done = run("--json", *arguments, stdin=stdin)
    assert done.stderr == b""
    document = json.loads(done.stdout)
    assert document["exitCode"] == done.returncode
    return document


def status(document: dict, identifier: str) -> str:
    return row(document, identifier)["status"]


def row(document: dict, identifier: str) -> dict:
    return next(check for check in document["checks"] if check["id"] == identifier)


_module = SimpleNamespace(**runpy.run_path(str(ANALYZE)))


def judge(log: bytes, **inputs: dict) -> dict:
    """The report on a log, within this process: for tests that need many."""
    logs = {name: _module.Log() for name in ("log", "probe")}
    logs["log"].read(BytesIO(log))
    logs["probe"].read(BytesIO(inputs.pop("probe", b"")))
    options = SimpleNamespace(kernel_floor="5.10", end_of_patch=inputs.pop("end_of_patch", ""))
    given = {"facts": {}, "recommended": {}, "shadow": {}, **inputs}
    document = _module.report_of(_module.Case(**logs, **given, options=options))
    json.dumps(document)
    assert _module.text_of(document, 23500).isascii()
    return document
