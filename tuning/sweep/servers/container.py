"""TF Serving in a container, shut in and started as userdata/serve/container.sh does it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuning.refusal import Refusal
from tuning.sweep import environment
from tuning.sweep.servers.server import ServedModel, Server, free_port, model_url

_ETC = "/etc/graviton-tf"
_PULL_SECONDS = 1800


@dataclass(frozen=True)
class Image:
    reference: str
    entrypoint: str = ""
    """Empty: the image's own."""
    command: str = ""
    """The serving script, where the entry point does not start it by itself."""


def container_server(
    root: Path, model: ServedModel, variables: Mapping[str, str], userdata: Path, image: Image
) -> Server:
    """root: an empty folder of its own. The container's name is made of ours and the folder's, so that no
    other container is touched, least of all the instance's own."""
    port = free_port()
    name = f"graviton-tf-sweep-{os.getpid()}-{root.name}"
    environment.write(userdata, root, variables)
    etc = root / "etc/graviton-tf"
    serving = environment.read_lines(root)
    memory = str(_memory_limit())
    run = [
        "docker", "run", "--rm", "--name", name, "--init", "--stop-timeout", "30",
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only", "--tmpfs", "/tmp",  # noqa: S108
        "--memory", memory, "--memory-swap", memory,
        "--network", "bridge", "--publish", f"127.0.0.1:{port}:8501", "--log-driver", "none",
        "--env-file", str(etc / "serving.env"), "--env", f"MODEL_NAME={model.name}",
        "--env", "MODEL_BASE_PATH=/models",
        "--volume", f"{model.folder}:/models/{model.name}/{model.version}:ro",
    ]  # fmt: skip
    flags = [
        f"--tensorflow_intra_op_parallelism={serving['TENSORFLOW_INTRA_OP_PARALLELISM']}",
        f"--tensorflow_inter_op_parallelism={serving['TENSORFLOW_INTER_OP_PARALLELISM']}",
        f"--enable_model_warmup={variables['GTF_WARMUP']}",
    ]
    if "REST_API_NUM_THREADS" in serving:
        flags.append(f"--rest_api_num_threads={serving['REST_API_NUM_THREADS']}")
    if variables["GTF_BATCHING"]:
        run += ["--volume", f"{etc}/batching.config:{_ETC}/batching.config:ro"]
        flags += ["--enable_batching=true", f"--batching_parameters_file={_ETC}/batching.config"]
    if variables["GTF_MONITORING"] == "true":
        run += ["--volume", f"{etc}/monitoring.config:{_ETC}/monitoring.config:ro"]
        flags.append(f"--monitoring_config_file={_ETC}/monitoring.config")
    if image.entrypoint:
        run += ["--entrypoint", image.entrypoint]
    return Server(
        command=[*run, image.reference, *([image.command] if image.command else []), *flags],
        environment=_docker_environment(),
        url=model_url(port, model.name),
        log=root / "server.log",
        afterwards=lambda: _quietly("rm", "--force", name),
    )


def provide(image: Image) -> None:
    """Pulls the image if it is not there. Raises Refusal when there is no Docker, or no such image."""
    if shutil.which("docker") is None:
        raise Refusal("--runtime container: docker is not installed here; allowed without it is wheel.")
    if _docker("image", "inspect", image.reference).returncode == 0:
        return
    pulled = _docker("pull", "--quiet", image.reference)
    if pulled.returncode != 0:
        lines = pulled.stderr.strip().splitlines() or [f"status {pulled.returncode}"]
        raise Refusal(f"--image: {image.reference} cannot be pulled ({lines[-1].rstrip('.')}).")


def _memory_limit() -> int:
    """Bytes. Of what is free now, so that a candidate that wants more ends, and not what runs beside it."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    free = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    return free * 1024 * 9 // 10


def _docker_environment() -> dict[str, str]:
    # DOCKER_CONFIG: where an instance has its registry's credentials.
    given = {name: os.environ[name] for name in ("DOCKER_HOST", "DOCKER_CONFIG") if name in os.environ}
    return {**environment.inherited(), **given}


def _docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *words],
        env=_docker_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=_PULL_SECONDS,
    )


def _quietly(*words: str) -> None:
    """For what is usually gone by itself."""
    try:
        subprocess.run(
            ["docker", *words], env=_docker_environment(), capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return
