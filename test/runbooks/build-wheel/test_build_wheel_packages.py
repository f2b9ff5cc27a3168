"""What is installed from which distribution, by stand-ins for apt-get, dnf and yum."""

from __future__ import annotations

import pytest
from wheel_instance import STUB, only

BARE = ("curl", "git", "unzip", "zip", "xz", "patchelf", "g++", "gcc")
BROUGHT = {
    "build-essential": "g++ gcc", "gcc-c++": "g++ gcc", "xz-utils": "xz", "gcc-10": "gcc-10",
    "g++-10": "g++-10", "gcc10": "gcc10-gcc", "gcc10-c++": "gcc10-g++",
}  # fmt: skip


@pytest.fixture
def bare(build_on):
    """bare(distribution, manager, own): an instance with Python 3.OWN alone, without headers and venv."""

    def make(distribution: str, manager: str, own: int, gcc: str = "12.2.0"):
        instance = build_on(distribution=distribution, lacking=BARE)
        (instance.bin / "python3.11").unlink()
        python(instance, "python3", own)
        (instance.root / "lacks").write_text("headers\nvenv\n")
        for name in ("gcc", "g++"):
            (instance.root / f"{name}.version").write_text(gcc)
        for name in ("gcc10-gcc", "gcc-10"):
            (instance.root / f"{name}.version").write_text("10.5.0")
        brings = f'PYTHONPATH= "{instance.bin}/python3.real" "{instance.root}/bring.py" "$@"'
        script = instance.bin / manager
        script.write_text(
            f'#!/bin/bash\necho "$*" >>{instance.root}/{manager}.calls\n'
            '[[ " $* " == *" install "* ]] || exit 0\n'
            f"[[ -z ${{NOTHING_INSTALLS-}} ]] || exit 0\n{brings}\n"
        )
        script.chmod(0o755)
        instance.python("python3.real")
        (instance.root / "bring.py").write_text(_BRING.format(root=instance.root, brought=BROUGHT))
        instance.document = only(instance.document, "Prepare", "Check", "Packages", "CleanUp")
        return instance

    return make


_BRING = """
import shutil, sys
from pathlib import Path

root, brought = Path("{root}"), {brought}
lacks = root / "lacks"
for package in sys.argv[1:]:
    if package.startswith("python3"):
        name, _, part = package.partition("-")
        if part in ("dev", "devel"):
            lacks.write_text(lacks.read_text().replace("headers\\n", ""))
        elif part in ("venv", "pip"):
            lacks.write_text(lacks.read_text().replace("venv\\n", ""))
        elif name != "python3":
            text = (root / "bin/python3").read_text().replace("echo " + (root / "own").read_text() + ";",
                                                              f"echo {{name.split('.')[1]}};")
            (root / "bin" / name).write_text(text)
            (root / "bin" / name).chmod(0o755)
    else:
        for tool in brought.get(package, package).split():
            if tool.startswith(("gcc", "g++")):
                shutil.copy(root / "gcc.stub", root / "bin" / tool)
            elif not (root / "bin" / tool).exists():
                (root / "bin" / tool).symlink_to(root / "bin/true")
"""


def python(instance, name: str, minor: int) -> None:
    instance.python(name, minor)
    file = instance.bin / name
    lacks = f'lacks() {{ grep -qsx "$1" {instance.root}/lacks; }}\n'
    words = (
        '[[ $* != *Python.h* ]] || { ! lacks headers; exit; }\n'
        '[[ $* != *ensurepip* ]] || { ! lacks venv; exit; }\n'
        '[[ $* != *"sys.version_info < (3, 7)"* ]] || exit 0\n'
    )
    lines = file.read_text().split("\n", 1)
    file.write_text(f"{lines[0]}\n{lacks}{words}{lines[1]}")
    (instance.root / "own").write_text(str(minor))
    (instance.root / "gcc.stub").write_bytes((STUB / "gcc").read_bytes())
    (instance.root / "gcc.stub").chmod(0o755)


def installed(instance, manager: str, **parameters: str) -> list[str]:
    """The packages of the one call that installs."""
    run = instance.run(**parameters)
    assert run.status == "Success", [step for step in run.steps.values() if step["exitCode"]]
    (call,) = [line for line in calls(instance, manager) if " install " in f" {line} "]
    # What is there is left alone.
    assert instance.run(**parameters).status == "Success"
    assert [line for line in calls(instance, manager) if " install " in f" {line} "] == [call]
    return call.partition("install ")[2].removeprefix("-y --no-install-recommends ").split()


def calls(instance, manager: str) -> list[str]:
    return (instance.root / f"{manager}.calls").read_text().splitlines()


TOOLS = ["git", "curl", "unzip", "zip", "patchelf"]


@pytest.mark.parametrize(
    ("distribution", "manager", "own", "parameters", "packages"),
    [
        ("ubuntu-24.04", "apt-get", 12, {},
         ["build-essential", "python3-dev", "python3-venv", "xz-utils", *TOOLS]),
        ("ubuntu-22.04", "apt-get", 10, {},
         ["build-essential", "python3-dev", "python3-venv", "xz-utils", *TOOLS]),
        ("debian-12", "apt-get", 11, {},
         ["build-essential", "python3-dev", "python3-venv", "xz-utils", *TOOLS]),
        ("ubuntu-20.04", "apt-get", 8, {},
         ["python3.9", "build-essential", "python3.9-dev", "python3.9-venv", "xz-utils", *TOOLS]),
        ("ubuntu-20.04", "apt-get", 8, {"Compiler": "gcc"},
         ["python3.9", "build-essential", "python3.9-dev", "python3.9-venv", "xz-utils", *TOOLS,
          "gcc-10", "g++-10"]),
        ("amzn-2023", "dnf", 9, {},
         ["python3.12", "gcc-c++", "python3.12-devel", "python3.12-pip", "xz", *TOOLS]),
        ("amzn-2023", "dnf", 9, {"Python": "3.9", "Compiler": "gcc"},
         ["gcc-c++", "python3-devel", "python3-pip", "xz", *TOOLS]),
        # Where someone has built a newer Python there.
        ("amzn-2", "yum", 10, {"Compiler": "gcc"},
         ["gcc-c++", "python3-devel", "python3-pip", "xz", *TOOLS, "gcc10", "gcc10-c++"]),
    ],
)  # fmt: skip
def test_what_each_distribution_is_asked_for(bare, distribution, manager, own, parameters, packages):
    gcc = {"ubuntu-20.04": "9.4.0", "amzn-2": "7.3.1"}.get(distribution, "12.2.0")
    instance = bare(distribution, manager, own, gcc)
    if gcc != "12.2.0":
        # Their own are there before.
        instance.bring("gcc")
    assert installed(instance, manager, **parameters) == packages


def test_a_patchelf_that_only_the_path_leads_to_is_not_enough(bare):
    instance = bare("amzn-2023", "dnf", 9)
    own = instance.root / "usr/local/bin"
    own.mkdir(parents=True)
    (own / "patchelf").symlink_to(instance.bin / "true")
    instance.environment["PATH"] += f":{own}"
    assert "patchelf" in installed(instance, "dnf")


def test_the_wheel_of_a_python_below_the_model_servers_says_so(build_on):
    instance = build_on(distribution="ubuntu-20.04")
    (instance.bin / "python3.11").unlink()
    python(instance, "python3", 8)
    instance.document = only(instance.document, "Prepare", "Check", "CleanUp")
    run = instance.run()
    assert run.status == "Success"
    assert run.steps["Check"]["stdout"].splitlines() == [
        "The wheel is for Python 3.9; this library's model server needs Python 3.10 or later.",
        "TensorFlow 2.16.1 for Python 3.9 by clang on ubuntu-20.04: 16 compilations at once",
    ]


def test_amazon_linux_2_has_no_python_for_it(build_on):
    instance = build_on(distribution="amzn-2")
    (instance.bin / "python3.11").unlink()
    python(instance, "python3", 7)
    run = instance.run()
    assert run.reason("Check") == (
        "TensorFlow 2.16.1 needs Python 3.9 to 3.12, and amzn-2 has 3.7,3.8: build on Amazon Linux 2023, "
        "Ubuntu 22.04 or 24.04, or Debian 12"
    )


def test_nor_the_glibc_for_2_21(build_on):
    instance = build_on(distribution="amzn-2")
    instance.environment["GLIBC"] = "2.26"
    reason = instance.run(Release="2.21.0").reason("Check")
    assert reason.endswith("TensorFlow 2.21.0 needs glibc 2.27, this machine image has 2.26")


def test_what_no_package_brings(bare):
    instance = bare("amzn-2023", "dnf", 9)
    instance.environment["NOTHING_INSTALLS"] = "1"
    reason = instance.run().reason("Packages")
    assert reason.startswith("after installing, python3.12 gcc-c++ python3.12-devel ") and reason.endswith(
        "is still missing: install it"
    )


def test_a_gcc_that_is_too_old_and_no_newer_one(build_on):
    instance = build_on(distribution="debian-12")
    for name in ("gcc", "g++"):
        (instance.root / f"{name}.version").write_text("9.3.0")
    reason = instance.run(Compiler="gcc").reason("Packages")
    assert reason == "Compiler: got gcc, and debian-12 has 9.3.0; allowed is gcc 10 or later, or clang"


@pytest.mark.parametrize(
    ("python_parameter", "reason"),
    [
        ("3.13", "Python: got 3.13; allowed for TensorFlow 2.16.1 are 3.9 to 3.12"),
        ("3.10", "Python: got 3.10, which debian-12 neither has nor offers; allowed are 3.11"),
    ],
)
def test_a_python_that_does_not_go(builder, python_parameter, reason):
    assert builder.run(Python=python_parameter).reason("Check") == reason
