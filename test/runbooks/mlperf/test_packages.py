"""What is installed from which distribution: apt-get and dnf are stand-ins that bring what they are told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from benchmarked_instance import STUB
from conftest import only

# What the boot's scripts, the runner and the step itself call.
TOOLS = """
awk base64 bash cat chmod cut date dirname env find grep head id ln mkdir mktemp mv od ps readlink rm sed
setsid sh sha256sum sleep sort stat tail tee touch tr true wc xargs
"""
STAND_INS = ("df", "uname")
BROUGHT = {
    "build-essential": "g++",
    "gcc-c++": "g++",
    "git": "git",
    "curl": "curl",
    "tar": "tar",
    "gzip": "gzip",
}


def place(file: Path, where: Path) -> None:
    # Copying onto a link would write to what it leads to: a tool of this machine.
    assert not where.is_symlink()
    shutil.copy(file, where)


@pytest.fixture
def distribution(bare):
    """distribution(manager, python): an instance that has nothing but a Python without headers and venv."""

    def make(manager: str, python: str):
        tools = bare.root / "bin"
        tools.mkdir()
        for name in TOOLS.split():
            if found := shutil.which(name):
                (tools / name).symlink_to(found)
        # The carried files are unpacked by a real one.
        for name in {python, "python3"}:
            place(STUB / "python3.10", tools / name)
        (bare.root / "lacks").write_text("headers\nvenv\n")
        script = tools / manager
        script.write_text(
            f'#!/bin/bash\necho "$*" >>{bare.root}/{manager}.calls\n'
            '[[ " $* " == *" install "* ]] || exit 0\n[[ -z ${NOTHING_INSTALLS-} ]] || exit 0\n'
            "for package; do\n  case $package in\n"
            + "".join(
                f"    {package}) ln -sf {bare.root}/any {tools}/{command} ;;\n"
                for package, command in BROUGHT.items()
            )
            + f"    python3*-dev | python3*-devel) sed -i /headers/d {bare.root}/lacks ;;\n"
            f"    python3*-venv | python3*-pip) sed -i /venv/d {bare.root}/lacks ;;\n  esac\ndone\n"
        )
        for file in (script, bare.root / "any"):
            file.touch()
            file.chmod(0o755)
        bare.environment |= {"PATH": str(tools), "GTF_PACKAGER": ""}
        bare.document = only(bare.document, "Prepare", "Check", "Packages", "CleanUp")
        # Memory and disk are none of this.
        for name in STAND_INS:
            place(STUB / name, tools / name)
        bare.environment["FREE_MIB"] = "9999"
        return bare

    return make


def calls(instance, manager: str) -> str:
    return Path(instance.root, f"{manager}.calls").read_text()


def test_apt_with_a_python_beside_its_own(distribution):
    instance = distribution("apt-get", "python3.10")
    run = instance.run()
    assert run.status == "Success", [step for step in run.steps.values() if step["exitCode"]]
    update, install = calls(instance, "apt-get").splitlines()
    assert update.endswith("update")
    assert install.endswith(
        "install -y --no-install-recommends build-essential python3.10-dev python3.10-venv git curl tar gzip"
    )


def test_dnf_with_its_own_python(distribution):
    instance = distribution("dnf", "python3")
    run = instance.run()
    assert run.status == "Success", [step for step in run.steps.values() if step["exitCode"]]
    assert calls(instance, "dnf").splitlines() == [
        "-y install gcc-c++ python3-devel python3-pip git curl tar gzip"
    ]
    # What is there is left alone.
    (instance.root / "dnf.calls").unlink()
    assert instance.run().status == "Success"
    assert not (instance.root / "dnf.calls").exists()


def test_what_no_package_brings(distribution):
    instance = distribution("dnf", "python3")
    instance.environment["NOTHING_INSTALLS"] = "1"
    reason = instance.run().reason("Packages")
    assert reason.startswith(
        "after installing, gcc-c++ python3-devel python3-pip git curl tar gzip is still missing: "
    )


def test_the_aws_cli_only_where_something_is_in_s3(distribution):
    instance = distribution("dnf", "python3")
    instance.run(Model="s3://bucket/model.pb", ModelChecksum="")
    assert "-y install awscli" in calls(instance, "dnf")
