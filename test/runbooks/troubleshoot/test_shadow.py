"""The shadow: of the real wheel server, and of TensorFlow Serving's stand-in where it has to misbehave."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from diagnosed_instance import ROOT, RUNBOOK, Instance, kill_group, wait_for
from test_collect import container


@pytest.fixture
def toy(instance: Instance, serve):
    """toy(flag…, behaviour) serves the toy model, which misbehaves so as a shadow; gives the facts."""

    def start(*flags: str, **behaviour) -> dict:
        base = instance.root / "models/toy"
        base.mkdir(parents=True, exist_ok=True)
        (base / "behaviour.json").write_text(json.dumps(behaviour))
        serve(*flags)
        return instance.facts()

    return start


def requests(instance: Instance) -> list[tuple[bool, dict]]:
    """(whether a shadow answered, the body), in order."""
    log = instance.root / "models/toy/requests.log"
    return [tuple(json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []


def rows(instance: Instance) -> list[int]:
    return [len(next(iter(body["inputs"].values()))) for _, body in requests(instance)]


def test_the_wheel_servers_shadow(wheel):
    instance, server = wheel
    instance.facts()
    before, metrics = server.logged(), server.http.get("/monitoring/prometheus/metrics").text
    processes = instance.serving()
    shadow = instance.shadow()
    assert {key: shadow[key] for key in ("kind", "batch", "requests", "from", "verbose")} == {
        "kind": "shadow", "batch": 1, "requests": 3, "from": "signature metadata", "verbose": True,
    }  # fmt: skip
    served, probe, messages = (instance.evidence(name) for name in ("served.out", "probe.out", "served.err"))
    assert "info,cpu,runtime:threadpool" in served
    assert ",convolution," in served and ",mb1_" in served and ",mb2_" not in served
    assert ",mb2_" in probe and ",mb1_" not in probe
    assert "processes 1, intra-op 2, inter-op 1" in messages and "listening on 127.0.0.1" in messages
    # The real one saw nothing of it.
    assert server.logged() == before
    assert server.http.get("/monitoring/prometheus/metrics").text == metrics
    assert instance.serving() == processes


def test_the_wheel_servers_shadow_is_gone_when_its_step_is_killed(wheel):
    instance, _ = wheel
    instance.facts()
    processes = instance.serving()
    (instance.work / "served.err").unlink(missing_ok=True)
    step = instance.start("Shadow")
    wait_for(lambda: len(instance.serving()) > len(processes))
    wait_for(
        lambda: (instance.work / "served.err").exists() and "listening" in instance.evidence("served.err")
    )
    kill_group(step)
    wait_for(lambda: instance.serving() == processes, 5)


def test_it_asks_as_often_and_as_much_as_is_wanted(instance, toy):
    toy()
    shadow = instance.shadow(BatchSize="4", Requests="2")
    assert rows(instance) == [4, 4, 8]
    assert (shadow["batch"], shadow["requests"]) == (4, 2)
    assert instance.evidence().count("mb4_") == 2 and "mb8_" not in instance.evidence()
    assert instance.evidence("probe.out").count("mb8_") == 1
    # All of them went to the shadow.
    assert all(by_shadow for by_shadow, _ in requests(instance))


def test_the_batch_is_the_one_that_is_served(instance, toy):
    file = instance.root / "batching.config"
    file.write_text("max_batch_size { value: 16 }")
    toy("--enable_batching=true", f"--batching_parameters_file={file}")
    assert instance.shadow()["batch"] == 16
    assert "--enable_batching=true" in instance.evidence("served.err")


def test_a_second_try_does_not_read_what_the_first_left(instance, toy):
    toy()
    (instance.work / "shadow.ended").write_text("the first one's end")
    assert instance.shadow()["kind"] == "shadow"


def test_it_keeps_the_servers_flags_but_for_ports_and_metrics(instance, toy):
    facts = toy(
        "--tensorflow_intra_op_parallelism=3",
        "--port=8500",
        "--monitoring_config_file=/x",
        "--grpc_socket_path=/y",
    )
    instance.shadow()
    said = instance.evidence("served.err").splitlines()[0].split()[1:]
    given = dict(word[2:].split("=", 1) for word in said)
    assert given["tensorflow_intra_op_parallelism"] == "3"
    assert given["rest_api_port"] != str(facts["server"]["restPort"]) and given["port"] != "8500"
    assert not {"monitoring_config_file", "grpc_socket_path"} & given.keys()


def test_fewer_cpus_do_not_make_it_fewer_threads(instance, toy):
    vcpus = toy()["server"]["vcpus"]
    instance.shadow()
    assert f"--tensorflow_intra_op_parallelism={vcpus}" in instance.evidence("served.err")


def test_a_fixed_batch_stays(instance, toy):
    toy(metadata={"audio": {"dtype": "DT_FLOAT", "shape": [2, 3]}})
    assert instance.shadow(BatchSize="5")["batch"] == 2
    assert rows(instance) == [2, 2, 2] and instance.evidence("probe.out") == ""


def test_requests_fit_the_signature(instance, toy):
    inputs = {
        "image": {"dtype": "DT_FLOAT", "shape": [-1, -1, -1, 3]},
        "ids": {"dtype": "DT_INT64", "shape": [-1, -1]},
        "text": {"dtype": "DT_STRING", "shape": [-1]},
        "training": {"dtype": "DT_BOOL", "shape": []},
    }
    toy(metadata=inputs)
    instance.shadow(Requests="1")
    body = requests(instance)[0][1]
    assert body["signature_name"] == "serving_default"
    image, ids = body["inputs"]["image"], body["inputs"]["ids"]
    assert (len(image), len(image[0]), len(image[0][0]), len(image[0][0][0])) == (1, 224, 224, 3)
    assert (len(ids[0]), ids[0][0]) == (128, 1)
    assert body["inputs"]["text"] == ["graviton"] and body["inputs"]["training"] is True


def test_a_request_is_never_huge(instance, toy):
    toy(metadata={"image": {"dtype": "DT_FLOAT", "shape": [-1, 512, 512, 3]}})
    assert instance.shadow(BatchSize="64", Requests="1")["batch"] == 4000000 // (512 * 512 * 3)


def warm_up(instance: Instance, name: str, data: bytes) -> None:
    assets = instance.root / "models/toy/1/assets.extra"
    assets.mkdir(parents=True, exist_ok=True)
    (assets / name).write_bytes(data)


def test_the_models_own_request_is_preferred(instance, toy):
    shutil.copytree(ROOT / "userdata/model", instance.root / "opt/graviton-tf/model")
    warm_up(instance, "sample_request.json", b'{"inputs":{"audio":[[1,2,3],[4,5,6],[7,8,9]]}}')
    toy()
    shadow = instance.shadow(Requests="1")
    assert (shadow["from"], shadow["batch"]) == ("warm-up assets", 3)
    assert requests(instance)[0][1]["inputs"]["audio"] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert rows(instance) == [3, 6]
    assert instance.shadow(Requests="1", BatchSize="4")["batch"] == 4
    assert requests(instance)[2][1]["inputs"]["audio"][3] == [1, 2, 3]


def test_warm_up_assets_that_nothing_here_reads_are_replayed_by_the_server(instance, toy):
    warm_up(instance, "tf_serving_warmup_requests", b"")
    toy()
    shadow = instance.shadow()
    assert shadow["from"] == "warm-up assets" and "batch" not in shadow and shadow["verbose"]
    assert "mb7_" in instance.evidence() and requests(instance) == []
    # With a batch of one's own they would only be in the way.
    assert instance.shadow(BatchSize="2")["from"] == "signature metadata"
    assert "mb7_" not in instance.evidence()


@pytest.mark.parametrize(
    ("behaviour", "parameters", "why"),
    [
        (
            {"refuse": "Shape must be rank 4"},
            {},
            "the model refused a request made from its signature metadata",
        ),
        ({"refuse": "Shape must be rank 4"}, {}, "Shape must be rank 4"),
        ({"end": "cannot open shared object file"}, {}, "it ended with status 3"),
        ({"end": "cannot open shared object file"}, {}, "cannot open shared object file"),
        ({"load": 60}, {"ShadowSeconds": "7"}, "its 7 s are over"),
    ],
)
def test_why_there_is_no_evidence(instance, toy, behaviour, parameters, why):
    toy(**behaviour)
    processes = instance.serving()
    shadow = instance.shadow(**parameters)
    assert shadow["kind"] == "none" and "verbose" not in shadow
    assert why in shadow["why"]
    assert instance.serving() == processes


def edit_facts(instance: Instance, **server) -> dict:
    facts = json.loads((instance.work / "facts.json").read_text())
    facts["server"].update(server)
    facts["memory"]["availableKiB"] = 200 * 1024
    (instance.work / "facts.json").write_text(json.dumps(facts))
    return facts


def test_a_shadow_that_would_not_fit_is_not_started(instance, toy):
    toy()
    edit_facts(instance, residentBytes=101 << 20)
    why = instance.shadow()["why"]
    assert "the server holds 101 MiB" in why and "may have 100, half" in why
    assert not (instance.work / "served.err").exists()


def test_a_shadow_that_takes_too_much_memory_is_ended(instance, toy):
    toy(memory=300)
    edit_facts(instance)
    processes = instance.serving()
    assert "it needs more memory than the 100 MiB" in instance.shadow()["why"]
    assert instance.serving() == processes


def test_it_runs_at_the_lowest_priority_on_a_quarter_of_the_vcpus(instance, toy):
    toy(load=30)
    processes = instance.serving()
    step = instance.start("Shadow")
    (pid,) = wait_for(lambda: set(instance.serving()) - set(processes))
    wait_for(lambda: os.getpriority(os.PRIO_PROCESS, pid) == 19)
    assert len(os.sched_getaffinity(pid)) == max(1, len(os.sched_getaffinity(0)) // 4)
    kill_group(step)
    wait_for(lambda: instance.serving() == processes, 5)


@pytest.mark.parametrize("how", ["terminated", "killed"])
def test_nothing_is_left_when_the_step_does_not_end_by_itself(instance, toy, how):
    toy(load=60)
    processes = instance.serving()
    step = instance.start("Shadow")
    wait_for(lambda: len(instance.serving()) > len(processes))
    if how == "killed":
        kill_group(step)
    else:
        step.send_signal(signal.SIGTERM)
        assert step.wait(10) == 143
    wait_for(lambda: instance.serving() == processes, 5)


def test_a_cancelled_command_leaves_no_lock_and_no_folder(instance, toy):
    """The agent kills the step's group, runs no further step, and its process for the command ends."""
    toy(load=60)
    instance.work.parent.chmod(0o700)
    instance.run("Prepare")
    processes = instance.serving()
    lock = instance.work.parent / "lock"
    agent = "import subprocess, sys; subprocess.call(sys.argv[1:], start_new_session=True)"
    argv = [sys.executable, "-c", agent, instance.file("Shadow")]
    with subprocess.Popen(argv, env=instance.given()) as worker:
        (step,) = wait_for(lambda: Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split())
        wait_for(lambda: len(instance.serving()) > len(processes))
        assert lock.exists()
        os.killpg(int(step), signal.SIGKILL)
    wait_for(lambda: not instance.work.exists() and not lock.exists())
    assert instance.serving() == processes


def test_a_shadow_does_not_outlive_its_watchdog(instance, toy):
    toy(load=60)
    processes = instance.serving()
    step = instance.start("Shadow", ShadowSeconds="12")
    (pid,) = wait_for(lambda: set(instance.serving()) - set(processes))
    watchdog = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    assert os.getsid(watchdog) != os.getsid(step.pid)
    wait_for(lambda: (instance.work / "served.err").stat().st_size)
    os.kill(watchdog, signal.SIGKILL)
    wait_for(lambda: instance.serving() == processes, 5)
    # And the step ends by itself.
    assert step.wait(20) == 0
    assert "watchdog is gone" in (instance.work / "shadow.json").read_text()


@pytest.fixture
def unit(monkeypatch):
    """The command of the transient unit, for a server of that user."""
    monkeypatch.setenv("SSM_COMMAND_ID", "11111111")
    monkeypatch.setenv("SSM_ShadowSeconds", "300")
    monkeypatch.syspath_prepend(str(RUNBOOK))
    spec = importlib.util.spec_from_file_location("shadow", RUNBOOK / "shadow.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def command(uid: int) -> tuple[list[str], bytes]:
        shadow = module.Shadow.__new__(module.Shadow)
        shadow.argv, shadow.cpus, shadow.memory = ["/venv/bin/python", "-m", "model_server"], 2, 1 << 30
        shadow.unit({"PASSWORD": "x"}, uid, "/srv")
        assert shadow.end_command == ["systemctl", "stop", "graviton-tf-shadow-11111111.service"]
        return shadow.argv, shadow.input

    return command


def test_under_systemd_the_shadow_is_shut_in(unit):
    argv, given = unit(0)
    for word in (
        "--property=IPAddressDeny=any",
        "--property=IPAddressAllow=localhost",
        "--property=MemoryMax=1073741824",
        "--property=CPUQuota=200%",
        "--property=RuntimeMaxSec=300",
        "--property=Nice=19",
        "--wait",
        "--property=WorkingDirectory=/srv",
        "--unit=graviton-tf-shadow-11111111",
        "--property=NoNewPrivileges=yes",
    ):
        assert word in argv
    # Secrets of the server's environment are in no command line.
    assert "PASSWORD" not in " ".join(argv)
    assert json.loads(given) == [["/venv/bin/python", "-m", "model_server"], {"PASSWORD": "x"}]


@pytest.mark.parametrize(
    ("uid", "user"),
    [(0, "DynamicUser=yes"), (61184, "DynamicUser=yes"), (65519, "DynamicUser=yes"), (1, "User=daemon")],
)
def test_under_systemd_it_is_never_root(unit, uid, user):
    assert f"--property={user}" in unit(uid)[0]


def test_an_existing_log_is_replayed(instance, toy):
    toy()
    log = instance.root / "server.log"
    log.write_text("onednn_verbose,info,oneDNN v3.2.1\n")
    assert instance.shadow(LogPath=str(log)) | {"seconds": 0} == {
        "kind": "log", "replay": True, "log": str(log), "seconds": 0,
    }  # fmt: skip
    assert instance.evidence() == log.read_text()
    assert requests(instance) == []


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/nowhere/server.log", "LogPath: cannot read /nowhere/server.log: No such file or directory"),
        ("/tmp", "LogPath: cannot read /tmp: Is a directory"),  # noqa: S108
        ("/dev/zero", "LogPath: /dev/zero must be a file of at most 2 GiB, got 0 bytes"),
    ],
)
def test_a_log_that_cannot_be_read(instance, path, why):
    instance.facts()
    assert instance.shadow(LogPath=path)["why"] == why


def test_a_log_that_is_too_large(instance):
    instance.facts()
    log = instance.root / "server.log"
    with log.open("wb") as file:
        file.truncate((2 << 30) + 1)
    assert "at most 2 GiB" in instance.shadow(LogPath=str(log))["why"]


def test_no_server_no_shadow(instance):
    instance.facts()
    assert (
        instance.shadow()["why"] == "no TensorFlow model server was found among the containers and processes"
    )


def test_a_program_of_ones_own_has_no_shadow(instance, toy):
    toy()
    edit_facts(instance, argv=["/usr/bin/python3", "serve.py"])
    assert "set LogPath" in instance.shadow()["why"]


@pytest.fixture
def in_container(instance: Instance, toy):
    """The toy's server as the container of the guide's docker run."""

    def start(**behaviour) -> dict:
        pid = toy(**behaviour)["server"]["pid"]
        mounts = [{"Type": "bind", "Source": f"{instance.root}/models", "Destination": "/models", "RW": True}]
        environment = ["MODEL_NAME=toy", "MODEL_BASE_PATH=/models", "PASSWORD=x y'z", "DNNL_VERBOSE=0"]
        container(
            instance,
            pid,
            Mounts=mounts,
            Config={"Image": "registry/image:tag", "Env": environment, "User": ""},
            Args=["--tensorflow_intra_op_parallelism=4", "--monitoring_config_file=/x"],
            HostConfig={"ReadonlyRootfs": True, "Tmpfs": {"/tmp": ""}},  # noqa: S108
        )
        return instance.facts()

    return start


def docker_calls(instance: Instance) -> list[list[str]]:
    return [json.loads(line) for line in (instance.root / "docker/calls").read_text().splitlines()]


def test_a_containers_shadow(instance, in_container):
    port = in_container()["server"]["flags"]["rest_api_port"]
    processes = instance.serving()
    shadow = instance.shadow()
    assert (shadow["kind"], shadow["batch"]) == ("shadow", 1)
    assert "mb1_" in instance.evidence() and "mb2_" in instance.evidence("probe.out")
    assert instance.serving() == processes
    (run,) = [call for call in docker_calls(instance) if call[0] == "run"]
    image = run.index("sha256:1ace")
    # Its command is the container's own, without the metrics.
    assert run[image + 1 :] == ["--tensorflow_intra_op_parallelism=4", "--enable_model_warmup=false"]
    name = f"graviton-tf-shadow-{instance.command}"
    for option in (
        "--rm", "--read-only=true", f"--name={name}", "--entrypoint=/usr/bin/tf_serving_entrypoint.sh",
        f"--mount=type=bind,source={instance.root}/models,target=/models,readonly", "--tmpfs=/tmp",
        "--cpus=1", "--cpu-shares", "--cap-drop",
    ):  # fmt: skip
        assert option in run[:image], option
    memory = next(int(word.split("=")[1]) for word in run if word.startswith("--memory="))
    assert f"--memory-swap={memory}" in run
    assert any(word.startswith("--publish=127.0.0.1:") and word.endswith(f":{port}") for word in run)
    assert not [word for word in run if "PASSWORD" in word or word in ("--privileged", "host")]
    assert docker_calls(instance)[-1] == ["rm", "--force", name]


@pytest.mark.parametrize("how", ["terminated", "killed"])
def test_no_container_is_left(instance, in_container, how):
    in_container(load=60)
    processes = instance.serving()
    step = instance.start("Shadow")
    wait_for(lambda: len(instance.serving()) > len(processes))
    if how == "killed":
        kill_group(step)
    else:
        step.send_signal(signal.SIGTERM)
        step.wait(10)
    wait_for(lambda: instance.serving() == processes, 5)
    assert not list((instance.root / "docker").glob("*.pid"))


def test_clean_up_removes_a_container_that_lost_its_watchdog(instance, in_container):
    in_container()
    lost = subprocess.Popen(["sleep", "60"])
    (instance.root / f"docker/graviton-tf-shadow-{instance.command}.pid").write_text(str(lost.pid))
    instance.run("CleanUp")
    assert lost.wait(5) == -signal.SIGKILL
