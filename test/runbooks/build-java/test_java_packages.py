"""What is installed from which distribution, by the table: the packager is a stand-in that knows the names
of one distribution alone (test/fixtures/packages)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from java_instance import ROOT, RUNBOOK, STUB, Instance, rows

NAMES = ROOT / "test/fixtures/packages"
DISTRIBUTIONS = [row[0] for row in rows("packages", "distribution")]
INSTEAD = rows("packages", "instead")
GUIDE = {kind: [name for row in rows("packages", kind) for name in row] for kind in ("java", "build")}
# What the boot's scripts, the runner and the steps themselves call.
TOOLS = """
awk base64 bash basename cat chmod cp cut date dirname env find grep head id ln mkdir mktemp mv od paste ps
python3 readlink rm sed setsid sh sha256sum sleep sort stat tail tee touch tr true uname wc xargs
"""


def known_to(distribution: str) -> set[str]:
    lines = (NAMES / f"{distribution}.txt").read_text().splitlines()
    return {line for line in lines if not line.startswith("#")}


def wanted(distribution: str, *kinds: str) -> list[str]:
    """By the table, in the guide's order."""
    names = {name: there for where, name, *there in INSTEAD if where == distribution}
    return [
        there for kind in kinds for name in GUIDE[kind] for there in names.get(name, [name]) if there != "-"
    ]


@pytest.fixture
def bare(instance: Instance):
    """bare(distribution, *tools): an instance with the distribution's packager, without Maven and Java."""

    def make(distribution: str, *more: str) -> Instance:
        tools = instance.root / "bin"
        tools.mkdir()
        for name in TOOLS.split():
            if found := shutil.which(name):
                (tools / name).symlink_to(found)
        for name in ("aws", "df", "javac", *more):
            (tools / name).symlink_to(STUB / name)
        shutil.copy(STUB / "packager", tools / ("dnf" if distribution.startswith("amzn") else "apt-get"))
        instance.runs(distribution)
        instance.environment |= {"PATH": str(tools), "GTF_PACKAGER": ""}
        instance.deployed = instance.deployed.only("Prepare", "Check", "Packages", "CleanUp")
        shutil.rmtree(instance.root / "usr/lib/jvm")
        shutil.copy(NAMES / f"{distribution}.txt", instance.root / "names")
        return instance

    return make


def installed(instance: Instance) -> list[str]:
    calls = (instance.root / "packages.calls").read_text().splitlines()
    line = next(line for line in calls if " install " in f" {line} ")
    return [word for word in line.split(" install ")[-1].split() if not word.startswith("-")]


@pytest.mark.parametrize("source", ["published", "build"])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_each_distribution_is_asked_for_names_that_it_has(bare, distribution, source):
    instance = bare(distribution)
    run = instance.run(Source=source)
    expected = wanted(distribution, "java", *(["build"] if source == "build" else []))
    assert installed(instance) == expected
    assert {*expected} <= known_to(distribution)
    # The packager took them all, and, being a stand-in, brought none.
    assert (instance.root / "installed").exists()
    assert run.reason("Packages").startswith(
        "TensorFlow Java 1.1.0 needs Maven and a JDK 11 to 17, and after installing "
    )


@pytest.mark.parametrize("row", INSTEAD, ids=lambda row: f"{row[0]}:{row[1]}")
def test_a_name_is_adjusted_where_it_has_gone_and_there_alone(row):
    where, name, *there = row
    kind = "java" if name in GUIDE["java"] else "build"
    # One that is there needs no other, but for the two that are named beside it.
    assert name not in known_to(where) or (where, name) in {("amzn-2023", "maven")}
    assert [one for one in there if one != "-"] == [one for one in there if one in known_to(where)]
    for distribution in DISTRIBUTIONS:
        uses = wanted(distribution, kind)
        if distribution == where:
            assert name not in uses or name in there
        elif not any(other[:2] == [distribution, name] for other in INSTEAD):
            assert name in uses and name in known_to(distribution)


def test_every_adjustment_says_why():
    lines = re.findall(r"^instead .*$", (RUNBOOK / "packages.txt").read_text(), re.M)
    assert len(lines) == len(INSTEAD)
    assert all(re.fullmatch(r"instead \S+ \S+ \S+ # \S.{10,}", line) for line in lines), lines


def test_the_list_is_the_guides():
    guide = [
        "pkg-config",
        "ccache",
        "clang",
        "ant",
        "python3-pip",
        "swig",
        "git",
        "file",
        "wget",
        "unzip",
        "tar",
        "bzip2",
        "gzip",
        "patch",
        "autoconf-archive",
        "autogen",
        "automake",
        "make",
        "cmake",
        "libtool",
        "bison",
        "flex",
        "perl",
        "nasm",
        "curl",
        "gfortran",
        "libasound2-dev",
        "freeglut3-dev",
        "libgtk2.0-dev",
        "libusb-dev",
        "zlib1g",
        "libffi-dev",
        "libbz2-dev",
        "zlib1g-dev",
    ]
    assert {"java": ["maven", "default-jdk"], "build": [*guide, "g++"]} == GUIDE


def test_a_name_that_a_distribution_has_not_ends_it_in_one_sentence(bare):
    instance = bare("ubuntu-22.04")
    names = instance.root / "names"
    names.write_text(names.read_text().replace("libusb-dev\n", ""))
    reason = instance.run(Source="build").reason("Packages")
    assert reason.startswith("cannot install maven default-jdk pkg-config ")
    assert reason.endswith(": E: Unable to locate package libusb-dev (status 100)")
    assert not (instance.root / "installed").exists()


def test_what_is_there_already_is_left_alone(bare):
    instance = bare("debian-12", "mvn")
    instance.jdk("11.0.22")
    instance.jdk("21.0.2")
    run = instance.run()
    assert run.status == "Success", run.failed
    assert not (instance.root / "packages.calls").exists()
    # The newest that the release was built with, not the newest.
    assert run.steps["Packages"]["stdout"].strip().endswith("usr/lib/jvm/java-11.0.22")


def test_a_jdk_that_no_release_was_built_with_is_none(bare):
    instance = bare("ubuntu-24.04", "mvn")
    instance.jdk("21.0.2")
    reason = instance.run().reason("Packages")
    assert installed(instance) == ["maven", "openjdk-17-jdk"]
    assert (
        "needs Maven and a JDK 11 to 17, and after installing maven openjdk-17-jdk one is still missing"
        in reason
    )


def debian_12_index() -> str:
    """What this machine's apt knows, where it is a Debian 12 whose index was fetched."""
    release = Path("/etc/os-release").read_text()
    if "VERSION_CODENAME=bookworm" not in release or not shutil.which("apt-cache"):
        pytest.skip("this machine is no Debian 12")
    known = subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True, check=True).stdout
    if "autoconf-archive\n" not in known:
        pytest.skip("apt's index was not fetched: apt-get update")
    return known


def test_debian_12_really_has_them():
    known = {*debian_12_index().splitlines()}
    assert {*wanted("debian-12", "java", "build")} - known == set()
    assert known_to("debian-12") - known == set()
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        [
            "apt-get",
            "install",
            "--simulate",
            "-o",
            "Dir::State::status=/dev/null",
            "--no-install-recommends",
            "-y",
            *wanted("debian-12", "java", "build"),
        ],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    # JavaCPP's compiler is among them since it is asked for.
    assert re.search(r"^Inst g\+\+ ", done.stdout, re.M)
