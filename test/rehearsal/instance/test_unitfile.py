from pathlib import Path

import pytest

from rehearsal.instance.units.sandbox import Sandbox
from rehearsal.instance.units.unitfile import parse_unit

REPOSITORY = Path(__file__).resolve().parents[3]


def test_unknown_directive_is_an_error_that_names_it():
    with pytest.raises(ValueError, match=r"a.service, line 2: .*WatchdogSec= in \[Service\]"):
        parse_unit("a.service", "[Service]\nWatchdogSec=5")


def test_directive_in_the_wrong_section_is_an_error():
    with pytest.raises(ValueError, match=r"Restart= in \[Unit\]"):
        parse_unit("a.service", "[Unit]\nRestart=always")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[Socket]\nListenStream=1", r"section \[Socket\]"),
        ("[Service]\nfoo", "'foo' is no directive"),
        ("A=1", "no directive"),
    ],
)
def test_what_is_no_unit(text, message):
    with pytest.raises(ValueError, match=message):
        parse_unit("a.service", text)


def test_shields_are_listed_and_not_honoured():
    unit = parse_unit(
        "a.service", "[Unit]\nAfter=x.target\n[Service]\nProtectSystem=strict\nMemoryMax=90%\nExecStart=/x"
    )
    assert unit.without_effect == ["After=x.target", "ProtectSystem=strict", "MemoryMax=90%"]
    assert unit.directives == {"ExecStart": ["/x"]}


def test_lists_grow_continue_and_are_cleared():
    text = "[Service]\nEnvironment=A=1\n# between\nEnvironment=B=2 \\\n  C=3\n"
    text += "ExecStartPre=/a\nExecStartPre=\nExecStartPre=/b %n"
    unit = parse_unit("a.service", text)
    assert unit.all("Environment") == ["A=1", "B=2    C=3"]
    assert unit.all("ExecStartPre") == ["/b a.service"]


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "userdata/systemd").rglob("graviton-tf*.*")), ids=lambda path: path.name
)
def test_every_unit_of_the_boot_is_honoured(path):
    assert parse_unit(path.name, path.read_text()).directives


def test_paths_lie_in_the_sandbox_and_programs_on_path():
    sandbox = Sandbox(Path("/sandbox"))
    assert sandbox.program("/opt/graviton-tf/x.sh") == "/sandbox/opt/graviton-tf/x.sh"
    assert sandbox.program("/usr/bin/docker") == "docker"
    assert sandbox.argument("/etc/graviton-tf/boot.env") == "/sandbox/etc/graviton-tf/boot.env"
    assert sandbox.argument("--file=/var/lib/graviton-tf/x") == "--file=/sandbox/var/lib/graviton-tf/x"
    assert sandbox.argument("/models") == "/models"
