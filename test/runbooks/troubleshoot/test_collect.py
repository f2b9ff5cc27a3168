"""The facts, of a real model server, of TensorFlow Serving's stand-in, and of containers."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from diagnosed_instance import RUNBOOK, Instance


@pytest.fixture
def collect(monkeypatch: pytest.MonkeyPatch):
    # It imports its neighbour, as the rendered step finds it.
    monkeypatch.syspath_prepend(RUNBOOK)
    spec = importlib.util.spec_from_file_location("collect", RUNBOOK / "collect.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_wheel_server_is_found_and_described(wheel):
    instance, server = wheel
    facts = instance.facts()
    found = facts["server"]
    assert (found["kind"], found["pid"], found["processes"]) == ("wheel", server.process.pid, 2)
    assert found["tensorflow"] == importlib.metadata.version("tensorflow-cpu")
    assert found["python"] == platform.python_version()
    assert found["flags"]["tensorflow_intra_op_parallelism"] == "2"
    assert (found["modelName"], found["restPort"]) == ("demo", server.port)
    assert len(found["threads"]) == 2 and min(found["threads"]) > 2
    assert found["vcpus"] == len(os.sched_getaffinity(0))
    # Two processes with TensorFlow and a model.
    assert found["residentBytes"] > 2 * 200 << 20
    assert 0 < found["openFiles"] < found["openFilesLimit"]
    assert "batching" not in found and "image" not in found
    assert facts["why"]["ena"] and facts["why"]["instance"]
    assert facts["memory"]["totalKiB"] > facts["memory"]["availableKiB"] > 0
    assert 0 <= facts["iowait"] <= 1


def test_the_environment_holds_no_secrets(wheel):
    instance, _ = wheel
    environment = instance.facts()["server"]["environment"]
    assert environment["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert "not to be told" not in json.dumps(instance.facts())


def test_nothing_is_found_and_said(instance):
    facts = instance.facts()
    assert "server" not in facts
    assert facts["why"]["server"] == "no TensorFlow model server was found among the containers and processes"


@pytest.mark.parametrize("wanted", ["999999999", "no-such-container"])
def test_a_server_that_does_not_exist(instance, wanted):
    facts = instance.facts(Server=wanted)
    assert facts["why"]["server"] == f"no container and no process {wanted} is running here"


def test_a_process_of_tensorflow_serving(instance, serve):
    process = serve(
        "--tensorflow_intra_op_parallelism=4", environment={"OMP_NUM_THREADS": "4", "PASSWORD": "x"}
    )
    found = instance.facts()["server"]
    assert (found["kind"], found["pid"], found["modelName"]) == ("process", process.pid, "toy")
    assert found["environment"] == {"TF_ENABLE_ONEDNN_OPTS": "1", "OMP_NUM_THREADS": "4"}
    assert found["flags"]["tensorflow_intra_op_parallelism"] == "4"


def test_of_several_servers_the_parameter_chooses(instance, serve):
    one, other = serve(), serve()
    facts = instance.facts()
    assert facts["server"]["pid"] == min(one.pid, other.pid)
    assert str(max(one.pid, other.pid)) in facts["why"]["otherServers"]
    facts = instance.facts(Server=str(max(one.pid, other.pid)))
    assert facts["server"]["pid"] == max(one.pid, other.pid)
    assert "otherServers" not in facts["why"]


def test_the_batching_file_is_read(instance, serve):
    file = instance.root / "batching.config"
    file.write_text("max_batch_size { value: 16 }\nbatch_timeout_micros { value: 0 }\n")
    serve("--enable_batching=true", f"--batching_parameters_file={file}")
    assert instance.facts()["server"]["batching"] == {"maxBatchSize": 16}


def test_a_batching_file_that_is_gone_costs_one_fact(instance, serve):
    serve("--enable_batching=true", "--batching_parameters_file=/nowhere/batching.config")
    facts = instance.facts()
    assert "batching" not in facts["server"] and facts["server"]["modelName"] == "toy"
    assert "/nowhere/batching.config" in facts["why"]["batching"]


def test_the_model_of_a_configuration_file(instance, serve):
    file = instance.root / "models.config"
    file.write_text(
        'model_config_list { config { name: "first" base_path: "/models/first" } config { name: "b" } }'
    )
    serve(f"--model_config_file={file}", "--model_name=")
    assert instance.facts()["server"]["modelName"] == "first"


@pytest.mark.parametrize("name", ["collect", "signature", "shadow", "report"])
def test_it_is_python_3_7(name):
    ast.parse((RUNBOOK / f"{name}.py").read_text(), feature_version=(3, 7))


def container(instance: Instance, pid: int, **changes) -> dict:
    """As docker inspect has the guide's: docker run … --name tfserving_resnet … -e MODEL_NAME=resnet."""
    inspect = {
        "Id": "c0ffee",
        "Name": "/tfserving_resnet",
        "Image": "sha256:1ace",
        "Path": "/usr/bin/tf_serving_entrypoint.sh",
        "Args": ["--tensorflow_intra_op_parallelism=4"],
        "State": {"Pid": pid},
        "Config": {
            "Image": "registry/tensorflow-inference-graviton:2.14.1-cpu-py310-ubuntu20.04-ec2",
            "Env": ["MODEL_NAME=resnet", "TF_ENABLE_ONEDNN_OPTS=1", "PASSWORD=x"],
        },
        "HostConfig": {},
        "Mounts": [],
        "NetworkSettings": {"Ports": {"8501/tcp": [{"HostPort": "18501"}]}},
        **changes,
    }
    (instance.root / "docker").mkdir(exist_ok=True)
    (instance.root / "docker/containers.json").write_text(json.dumps([inspect]))
    return inspect


def test_a_container_that_another_deployed(instance, serve):
    process = serve()
    container(instance, process.pid)
    found = instance.facts()["server"]
    assert (found["kind"], found["name"], found["pid"]) == ("container", "tfserving_resnet", process.pid)
    assert found["image"].endswith(":2.14.1-cpu-py310-ubuntu20.04-ec2")
    assert (found["digest"], found["tensorflow"]) == ("sha256:d1", "2.14.1")
    assert "python" not in found
    # The flags are those of the process that serves, which the image's script adds to.
    assert found["flags"]["model_name"] == "toy"


def test_a_container_whose_processes_cannot_be_seen_is_described_by_docker(instance):
    inspect = container(instance, 999999999)
    facts = instance.facts(Server="tfserving_resnet")
    found = facts["server"]
    assert found["flags"] == {"tensorflow_intra_op_parallelism": "4"}
    assert found["environment"] == {"TF_ENABLE_ONEDNN_OPTS": "1"}
    assert (found["modelName"], found["restPort"]) == ("resnet", 18501)
    assert found["argv"] == [inspect["Path"], *inspect["Args"]]


def test_our_container_comes_first(instance, serve):
    serve()
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        container(instance, sleeper.pid, Name="/graviton-tf")
        assert instance.facts()["server"]["name"] == "graviton-tf"
    finally:
        sleeper.kill()
        sleeper.wait()


def test_docker_that_does_not_answer_is_said(instance):
    assert "Cannot connect" in instance.facts()["why"]["docker"]


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        (["/usr/bin/tensorflow_model_server", "--port=8500"], "process"),
        (["/usr/bin/qemu-aarch64-static", "/usr/bin/tensorflow_model_server"], "process"),
        (["/opt/venv/bin/python", "-m", "model_server", "--rest_api_port=1"], "wheel"),
        (["docker", "run", "image", "tensorflow_model_server"], None),
        (["/bin/bash", "/usr/bin/tensorflow_model_server"], None),
        (["less", "model_server"], None),
    ],
)
def test_what_a_command_line_is(collect, argv, kind):
    processes = collect.Processes()
    processes.argv[-1] = argv
    assert processes.kind(-1) == kind


def test_of_a_servers_processes_the_topmost_is_the_server(collect):
    processes = collect.Processes()
    processes.argv = {7: ["tensorflow_model_server"], 8: ["tensorflow_model_server"], 9: ["sh"]}
    processes.parent = {7: 1, 8: 7, 9: 8}
    assert processes.servers() == {7: "process"}
    assert processes.tree(7) == [7, 8, 9]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {
                "cg": "0::/a.slice/b",
                "a.slice/cpu.max": "250000 100000\n",
                "a.slice/b/cpu.max": "max 100000\n",
            },
            ([2], []),
        ),
        ({"cg": "0::/a", "a/cpu.max": "50000 100000", "a/memory.max": "1048576"}, ([1], [1048576])),
        (
            {
                "cg": "4:cpu,cpuacct:/d\n3:memory:/d",
                "cpu,cpuacct/d/cpu.cfs_quota_us": "300000\n",
                "cpu,cpuacct/d/cpu.cfs_period_us": "100000\n",
                "memory/d/memory.limit_in_bytes": "2097152\n",
                "memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            ([3], [2097152]),
        ),
        ({"cg": "4:cpu:/", "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, ([], [])),
    ],
)
def test_cgroup_limits_of_both_versions(collect, monkeypatch, tmp_path, files, expected):
    (tmp_path / "7").mkdir()
    (tmp_path / "7/cgroup").write_text(files["cg"])
    for name, text in files.items():
        file = tmp_path / "fs/cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.setattr(collect, "PROC", tmp_path)
    monkeypatch.setattr(collect, "SYS", tmp_path)
    assert collect.cgroup_limits(7) == expected


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        (
            "Features\t: fp asimd svebf16 i8mm bf16 dgh\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n",
            (True, "0xd40"),
        ),
        ("Features\t: fp asimd svebf16 i8mm\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", (False, "0xd0c")),
        ("flags\t\t: fpu avx512_bf16\n", (False, None)),
    ],
)
def test_the_cpu(collect, monkeypatch, tmp_path, cpuinfo, expected):
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setenv("GTF_PROC", str(tmp_path))
    monkeypatch.setattr(collect.time, "sleep", lambda _: None)
    cpu = collect.machine()["cpu"]
    assert (cpu["bf16"], cpu.get("part")) == expected


def test_ena_counters(collect, monkeypatch, tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "net/route").write_text("Iface\tDestination\tGateway\nens5\t00000000\t0101A8C0\n")
    counters = (
        "NIC statistics:\n"
        "     bw_in_allowance_exceeded: 7\n     pps_allowance_exceeded: 0\n     tx_timeout: 3\n"
    )
    monkeypatch.setattr(collect, "PROC", tmp_path)
    monkeypatch.setattr(collect, "run", lambda *argv: counters if argv == ("ethtool", "-S", "ens5") else "")
    assert collect.ena() == {"bw_in_allowance_exceeded": 7, "pps_allowance_exceeded": 0}


def test_the_instance_says_who_it_is(instance):
    """Against the embedded AWS's kind of endpoint: a token first, then what it opens."""
    server = Path(__file__).with_name("stub") / "instance_metadata.py"
    imds = subprocess.Popen([sys.executable, server], stdout=subprocess.PIPE, text=True)
    try:
        instance.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = (
            f"http://127.0.0.1:{imds.stdout.readline().strip()}/"
        )
        facts = instance.facts()
        assert (facts["instance"], facts["instanceType"]) == ("i-0123456789abcdef0", "c7g.xlarge")
    finally:
        imds.kill()
        imds.wait()


def test_without_metadata_the_agent_says_who_it_is(instance):
    instance.environment["AWS_SSM_INSTANCE_ID"] = "mi-0123456789abcdef0"
    facts = instance.facts()
    assert facts["instance"] == "mi-0123456789abcdef0" and "instanceType" not in facts


def test_the_boot_calls_it_with_a_file(instance):
    file = instance.root / "facts.json"
    subprocess.run(
        [RUNBOOK / "collect.py", "--facts", file], env=instance.environment, check=True, capture_output=True
    )
    assert json.loads(file.read_text())["kernel"] == platform.release()
