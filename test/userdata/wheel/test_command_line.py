"""Flags, and what keeps the server from starting: one sentence each."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest
import server as processes
from model_server import arguments


def _run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, env=processes.environment(), capture_output=True, text=True, timeout=30, check=False
    )


def _refused(*flags: str, capsys: pytest.CaptureFixture) -> str:
    with pytest.raises(SystemExit) as stopped:
        arguments.parse(["--model_base_path=/models", *flags])
    assert stopped.value.code == 2
    sentence = capsys.readouterr().err
    assert sentence.count("\n") == 1
    return sentence


def test_tf_servings_flags():
    given = arguments.parse(
        [
            "--rest_api_port=8601", "--model_name=m", "--model_base_path=/models/m",
            "--tensorflow_intra_op_parallelism=4", "--tensorflow_inter_op_parallelism=1",
            "--rest_api_num_threads=8", "--enable_model_warmup=false", "--processes=2",
            "--address=127.0.0.1", "--max_body_bytes=100",
        ]
    )  # fmt: skip
    assert given == arguments.Arguments(
        model_name="m", model_base_path="/models/m", address="127.0.0.1", rest_api_port=8601,
        rest_api_num_threads=8, processes=2, max_body_bytes=100, intra_op_threads=4, inter_op_threads=1,
        warmup=False, metrics_path=None,
    )  # fmt: skip


def test_defaults_are_tf_servings():
    given = arguments.parse(["--model_base_path=/models/m"])
    assert (given.rest_api_port, given.model_name, given.warmup) == (8501, "default", True)
    assert (given.address, given.processes) == ("0.0.0.0", 1)  # noqa: S104
    assert given.max_body_bytes == 32 * 2**20


@pytest.mark.parametrize(
    ("flag", "named"),
    [
        ("--enable_batchin=true", "--enable_batchin=true"),
        ("--port=8500", "--port=8500"),
        ("--rest_api_port=0", "--rest_api_port: got '0', expected a whole number from 1 to 65535"),
        ("--rest_api_port=x", "--rest_api_port: got 'x', expected a whole number from 1 to 65535"),
        ("--processes=0", "--processes: got '0', expected a whole number from 1"),
        ("--tensorflow_intra_op_parallelism=-1", "got '-1', expected a whole number from 0"),
        ("--enable_model_warmup=maybe", "--enable_model_warmup: got 'maybe', expected true or false"),
        ("--model_name=a/b", "--model_name: got 'a/b', expected a name without / and :"),
        ("--monitoring_config_file=/nowhere", "cannot read /nowhere: No such file or directory"),
    ],
)
def test_a_wrong_flag_is_one_sentence(flag: str, named: str, capsys: pytest.CaptureFixture):
    assert named in _refused(flag, capsys=capsys)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('prometheus_config { enable: true path: "/m" }', "/m"),
        ("prometheus_config {\n  enable: true\n}\n", "/monitoring/prometheus/metrics"),
        ("prometheus_config: <enable: true, path: '/x'>  # comment", "/x"),
        ('prometheus_config { path: "/m" }', None),
        ("prometheus_config { enable: false }", None),
        ("", None),
    ],
)
def test_monitoring_config(text: str, path: str | None, tmp_path: Path):
    file = tmp_path / "monitoring.config"
    file.write_text(text)
    given = arguments.parse(["--model_base_path=/m", f"--monitoring_config_file={file}"])
    assert given.metrics_path == path


def test_a_monitoring_config_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture):
    file = tmp_path / "monitoring.config"
    file.write_text("prometheus_config { enabled: true }")
    assert "is not a MonitoringConfig" in _refused(f"--monitoring_config_file={file}", capsys=capsys)


def test_a_taken_port_is_one_sentence(tmp_path: Path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        ended = _run(*processes.command(port, "m", tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1 port {port}: the port is already taken" in ended.stderr


def test_a_missing_base_path_is_one_sentence(tmp_path: Path):
    ended = _run(*processes.command(processes.free_port(), "m", tmp_path / "none"))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"model base path {tmp_path / 'none'} does not exist" in ended.stderr
