"""What of the facts is measured: the base path on this host, the ports, and the model's name."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path

import pytest
from measured_instance import OTHER_STUBS, ROOT

COMMAND = ROOT / "runbooks" / "command"
TROUBLESHOOT = ROOT / "runbooks" / "troubleshoot"


@pytest.fixture
def docker(tmp_path: Path):
    """docker(mounts, ports): Docker knows a container of the name that ours has."""
    state = tmp_path / "docker"
    state.mkdir()

    def known(mounts: list[dict], ports: dict) -> None:
        one = {"Name": "/graviton-tf", "Mounts": mounts, "NetworkSettings": {"Ports": ports}}
        (state / "containers.json").write_text(json.dumps([one]))

    return known


@pytest.fixture
def target(tmp_path: Path, own_modules, monkeypatch: pytest.MonkeyPatch):
    """target(server, model): target.json, or the sentence that refuses."""
    monkeypatch.syspath_prepend(COMMAND)
    monkeypatch.setenv("PATH", f"{OTHER_STUBS}:{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_STATE", str(tmp_path / "docker"))
    module = importlib.import_module("target")

    def run(server: dict | None, model: str = "", why: str = "") -> dict | str:
        facts = {"server": server} if server else {"why": {"server": why}}
        (tmp_path / "facts.json").write_text(json.dumps(facts))
        monkeypatch.setenv("SSM_Model", model)
        try:
            module.main(tmp_path)
        except SystemExit as refused:
            assert not (tmp_path / "target.json").exists()
            return refused.code
        return json.loads((tmp_path / "target.json").read_text())

    return run


WHEEL = {
    "kind": "wheel", "modelName": "demo", "restPort": 8501, "processes": 2, "tensorflow": "2.20.0",
    "argv": ["/opt/venv/bin/python", "-m", "model_server"],
    "environment": {"DNNL_DEFAULT_FPMATH_MODE": "BF16"},
    "flags": {"model_base_path": "/models/demo", "port": "8500", "tensorflow_intra_op_parallelism": "4"},
}  # fmt: skip
CONTAINER = {
    "kind": "container", "name": "graviton-tf", "modelName": "demo", "restPort": 9001,
    "image": "registry/it:1", "argv": ["/usr/bin/python3", "server"],
    "flags": {"model_base_path": "/models/demo/"},
}  # fmt: skip


def test_our_wheel_server_speaks_rest_alone_and_has_a_python(target):
    found = target(WHEEL)
    assert (found["base"], found["name"], found["python"]) == ("/models/demo", "demo", "/opt/venv/bin/python")
    assert (found["restUrl"], found["grpcUrl"]) == ("http://127.0.0.1:8501/v1/models/demo", None)
    assert found["intraOp"] == found["serving"]["intraOpThreads"] == 4
    assert (found["serving"]["processes"], found["serving"]["bf16FastMath"]) == (2, True)


def test_our_containers_model_is_where_docker_mounts_it(target, docker):
    mounts = [
        {"Destination": "/", "Source": "/elsewhere"},
        {"Destination": "/models", "Source": "/var/lib/graviton-tf/models/"},
    ]
    docker(mounts, {"8500/tcp": [{"HostIp": "0.0.0.0", "HostPort": "9000"}], "8501/tcp": None})  # noqa: S104
    found = target(CONTAINER)
    assert found["base"] == "/var/lib/graviton-tf/models/demo/"
    assert (found["restUrl"], found["grpcUrl"]) == (
        "http://127.0.0.1:9001/v1/models/demo",
        "grpc://127.0.0.1:9000/demo",
    )
    # Its Python is in the image.
    assert (found["python"], found["image"]) == (None, "registry/it:1")


@pytest.mark.parametrize(
    "mounts",
    [
        pytest.param([], id="in the image"),
        pytest.param([{"Destination": "/models", "Type": "tmpfs", "Source": ""}], id="in memory"),
        pytest.param([{"Destination": "/model", "Source": "/x"}], id="beside a mount"),
    ],
)
def test_a_model_that_no_folder_of_the_host_holds_has_to_be_named(target, docker, mounts, tmp_path):
    docker(mounts, {})
    assert target(CONTAINER) == (
        "The server's model is not in a folder of this host that its flags name: name it by Model."
    )
    found = target(CONTAINER, str(tmp_path))
    assert (found["base"], found["restUrl"], found["grpcUrl"]) == (str(tmp_path), None, None)
    # That somebody else's requests are answered meanwhile is to be known yet.
    assert found["serverUrl"] == "http://127.0.0.1:9001/v1/models/demo"


def test_a_port_that_is_not_published_is_none(target, docker):
    docker([{"Destination": "/models", "Source": "/srv"}], {"8500/tcp": None})
    found = target({name: value for name, value in CONTAINER.items() if name != "restPort"})
    assert (found["restUrl"], found["grpcUrl"]) == (None, None)


def test_a_docker_that_says_nothing_costs_the_model_alone(target):
    assert target(CONTAINER).startswith("The server's model is not in a folder")


def test_a_process_of_tensorflow_serving_by_its_flags(target):
    flags = {"model_base_path": "/srv/bert", "port": "7500", "rest_api_port": "7501"}
    argv = ["/usr/bin/tensorflow_model_server", *(f"--{name}={value}" for name, value in flags.items())]
    found = target({"kind": "process", "modelName": "bert", "restPort": 7501, "flags": flags, "argv": argv})
    assert (found["base"], found["python"]) == ("/srv/bert", None)
    assert (found["restUrl"], found["grpcUrl"]) == (
        "http://127.0.0.1:7501/v1/models/bert",
        "grpc://127.0.0.1:7500/bert",
    )


def test_naming_the_served_model_leaves_it_served(target, tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "link").symlink_to("demo")
    flags = {**WHEEL["flags"], "model_base_path": str(tmp_path / "demo")}
    found = target({**WHEEL, "flags": flags}, str(tmp_path / "link"))
    assert found["restUrl"] == "http://127.0.0.1:8501/v1/models/demo"


def test_without_a_server_the_facts_say_why(target, tmp_path):
    assert target(None, why="none was found") == "None was found: name a model by Model."
    found = target(None, str(tmp_path))
    assert (found["kind"], found["base"], found["serverUrl"]) == (None, str(tmp_path), None)


def test_flags_with_their_values_as_words_of_their_own(monkeypatch):
    monkeypatch.syspath_prepend(TROUBLESHOOT)
    import collect

    argv = ["server", "--rest_api_port", "8501", "--enable_batching", "--model_name=a=b", "--port=", "--last"]
    assert collect.flags_in(argv) == {
        "rest_api_port": "8501", "enable_batching": "true", "model_name": "a=b", "port": "", "last": "true",
    }  # fmt: skip
