"""A candidate's serving environment: the boot scripts' own words for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tuning.refusal import Refusal
from tuning.sweep import environment
from tuning.sweep.settings import DEFAULT_VARIABLES, Batching, Settings


@pytest.fixture
def on_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def make(vcpus: int, features: str) -> None:
        stub = tmp_path / "bin" / "getconf"
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f"#!/bin/sh\necho {vcpus}\n")
        stub.chmod(0o755)
        (tmp_path / "cpuinfo").write_text(f"Features : {features}\n")
        monkeypatch.setenv("PATH", f"{stub.parent}:{os.environ['PATH']}")
        monkeypatch.setenv("GTF_PROC", str(tmp_path))

    return make


def test_the_machine_is_as_the_boot_sees_it(on_a_machine, userdata: Path):
    on_a_machine(48, "fp asimd bf16")
    assert environment.machine(userdata) == environment.Machine(
        48, True, {1: 48, 2: 24, 4: 12, 8: 6, 16: 3, 48: 1}
    )
    on_a_machine(1, "fp svebf16")
    assert environment.machine(userdata) == environment.Machine(1, False, {1: 1})


def test_the_files_are_the_boots(on_a_machine, userdata: Path, tmp_path: Path):
    on_a_machine(4, "bf16")
    variables = {**DEFAULT_VARIABLES, **environment.of_the_machine()}
    several = Settings(processes=2, batching=Batching(4))
    environment.write(userdata, tmp_path, {**variables, **several.variables()})
    assert environment.read_lines(tmp_path) == {
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "OMP_PROC_BIND": "false",
        "OMP_PLACES": "cores",
        "OMP_NUM_THREADS": "2",
        "TENSORFLOW_INTRA_OP_PARALLELISM": "2",
        "TENSORFLOW_INTER_OP_PARALLELISM": "1",
        "PROCESSES": "2",
        "DNNL_DEFAULT_FPMATH_MODE": "BF16",
    }
    etc = tmp_path / "etc/graviton-tf"
    assert "max_batch_size { value: 4 }" in (etc / "batching.config").read_text()
    environment.write(userdata, tmp_path, {**variables, **Settings(bf16_fast_math=False).variables()})
    assert "DNNL_DEFAULT_FPMATH_MODE" not in environment.read_lines(tmp_path)
    assert not (etc / "batching.config").exists()


def test_boot_env_is_read_back_whatever_it_holds(userdata: Path, tmp_path: Path):
    hostile = {
        "GTF_MODEL_NAME": 'it\'s "quoted" $HOME `id` \\',
        "GTF_COMMAND": "a=b",
        "GTF_IMAGE": "",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    variables = {**DEFAULT_VARIABLES, **hostile}
    environment.write(userdata, tmp_path, variables)
    assert environment.boot_variables(userdata, tmp_path) == variables


def test_a_script_that_fails_says_why(userdata: Path, tmp_path: Path):
    variables = {**DEFAULT_VARIABLES, "GTF_SERVING_ENVIRONMENT": "no assignment"}
    with pytest.raises(Refusal, match="GTF_SERVING_ENVIRONMENT has the line 'no assignment'"):
        environment.write(userdata, tmp_path, variables)


def test_a_folder_without_the_scripts_is_refused(tmp_path: Path):
    with pytest.raises(Refusal, match=f"--userdata: {tmp_path} holds no phases/serving-environment.sh"):
        environment.userdata_folder(tmp_path)
