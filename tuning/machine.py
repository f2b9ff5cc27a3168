"""The machine and the software that a result was measured on and with: standard library alone."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
# The variables by which TensorFlow, oneDNN and OpenMP are set up. Terraform's begin like TensorFlow's.
_TERRAFORM = "VAR_|TOKEN_|CLI_|LOG|INPUT$|DATA_DIR|WORKSPACE|IN_AUTOMATION|PLUGIN_|REATTACH_|REGISTRY_"
_VARIABLE = re.compile(rf"TF_(?!{_TERRAFORM})|(DNNL|ONEDNN|G?OMP|KMP)_|(MALLOC_\w+|LD_PRELOAD)$")
# Arm's numbers of its cores. /proc/cpuinfo has no name for them, or, for a 32-bit personality and under
# emulation, one that fits all of them: "ARMv8 Processor rev 2 (v8l)".
_ARM_CORES = {
    "0xd08": "Cortex-A72",
    "0xd0c": "Neoverse-N1",
    "0xd40": "Neoverse-V1",
    "0xd4f": "Neoverse-V2",
    "0xd84": "Neoverse-V3",
}
_WHEELS = ("tensorflow", "tensorflow-cpu", "tensorflow-cpu-aws", "intel-tensorflow")
_IMDS_SECONDS = 1.0
INSTANCE_METADATA = "GRAVITON_TF_INSTANCE_METADATA"
"""Set to 1, it has the same effect as machine(instance_metadata=True)."""


def machine(*, instance_metadata: bool = False, proc: Path | None = None) -> dict[str, Any]:
    """What `machine` is in a result. Memory in bytes; None for what is not known.

    instance_metadata: ask EC2's metadata service for instance and instance type, which costs a second where
    there is none. proc: in place of /proc, which GTF_PROC may replace as well.
    """
    proc = proc or _proc()
    asked = instance_metadata or os.environ.get(INSTANCE_METADATA) == "1"
    identity = _instance() if asked else {}
    memory = re.search(r"^MemTotal:\s*(\d+) kB", _read(proc / "meminfo"), re.M)
    cpuinfo = _read(proc / "cpuinfo")
    return {
        "instance": identity.get("instanceId"),
        "instanceType": identity.get("instanceType"),
        "cpu": _cpu(cpuinfo),
        "architecture": platform.machine(),
        "vCpus": os.cpu_count(),
        "memoryBytes": int(memory[1]) * 1024 if memory else None,
        "kernel": platform.release(),
        "bf16": has_bf16(proc),
    }


def software(
    runtime: str = "unknown", *, image: str | None = None, digest: str | None = None
) -> dict[str, Any]:
    """What `software` is in a result.

    runtime: wheel, container, in-process or unknown. For all but in-process, TensorFlow is a server's, of
    which this process knows nothing: its version is None.
    """
    return {
        "tensorflow": _installed(*_WHEELS) if runtime == "in-process" else None,
        "python": platform.python_version(),
        "loadgen": _installed("mlcommons-loadgen"),
        "image": image,
        "digest": digest,
        "commit": _commit(_ROOT),
        "runtime": runtime,
    }


def environment() -> dict[str, str]:
    """The variables of this process by which TensorFlow, oneDNN and OpenMP are set up."""
    return {name: value for name, value in sorted(os.environ.items()) if _VARIABLE.match(name)}


def has_bf16(proc: Path | None = None) -> bool:
    """Whether a boot on this CPU turns BF16 fast math on where nothing else is said: what `bf16` is in every
    result, what the sweep may switch off and what an optimization measures.

    It is cpu_has_bf16 of userdata/phases/serving-environment.sh: bf16, which is Graviton's from c7g on, as a
    whole word. x86's avx512_bf16 and amx_bf16 are none: no server of ours uses them.
    """
    return re.search(r"\bbf16\b", _read((proc or _proc()) / "cpuinfo"), re.ASCII) is not None


def _proc() -> Path:
    return Path(os.environ.get("GTF_PROC") or "/proc")


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def _cpu(cpuinfo: str) -> str:
    part = re.search(r"^CPU part\s*:\s*(\S+)", cpuinfo, re.M)
    if part and part[1].lower() in _ARM_CORES:
        return _ARM_CORES[part[1].lower()]
    named = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", cpuinfo, re.M)
    if named:
        return " ".join(named[1].split())
    if part:
        return f"Arm core {part[1]}"
    return platform.processor() or platform.machine()


def _installed(*distributions: str) -> str | None:
    for name in distributions:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def _commit(checkout: Path) -> str | None:
    """Of the checkout that this file is in; a copy of it in some other repository's folder has none."""
    if not (checkout / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(checkout), "rev-parse", "HEAD"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _instance() -> dict[str, Any]:
    """EC2's instance identity document by IMDSv2; empty where there is none within a second."""
    endpoint = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254"
    if not endpoint.startswith(("http://", "https://")):
        return {}
    # A proxy would answer for itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(path: str, method: str, headers: dict[str, str]) -> str:
        request = urllib.request.Request(  # noqa: S310 - http and https only, checked above
            f"{endpoint.rstrip('/')}/latest/{path}", method=method, headers=headers
        )
        with opener.open(request, timeout=_IMDS_SECONDS) as response:
            return response.read().decode("utf-8", "replace")

    try:
        token = ask("api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
        document = json.loads(
            ask("dynamic/instance-identity/document", "GET", {"X-aws-ec2-metadata-token": token})
        )
    except (urllib.error.URLError, OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
