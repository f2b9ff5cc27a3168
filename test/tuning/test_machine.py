from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tuning import machine as facts  # noqa: E402

GRAVITON3 = "Features\t: fp asimd svebf16 i8mm bf16 dgh\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n"


@pytest.fixture
def metadata_service(monkeypatch: pytest.MonkeyPatch):
    """IMDSv2 with an identity document; what it was asked."""
    asked: list[tuple[str, str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            token = self.headers.get("X-aws-ec2-metadata-token")
            asked.append((self.command, self.path, token))
            known = {
                ("PUT", "/latest/api/token"): "secret",
                ("GET", "/latest/dynamic/instance-identity/document"): json.dumps(
                    {"instanceId": "i-0123456789abcdef0", "instanceType": "c7g.xlarge", "accountId": "1"}
                ),
            }
            text = known.get((self.command, self.path), "")
            allowed = self.command == "PUT" or token == known["PUT", "/latest/api/token"]
            self.send_response((200 if text else 404) if allowed else 401)
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = _answer

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}/")
    monkeypatch.delenv(facts.INSTANCE_METADATA, raising=False)
    yield asked
    server.shutdown()
    server.server_close()


def test_this_machine():
    about = facts.machine()
    assert about["vCpus"] >= 1 and about["memoryBytes"] > 2**28 and about["cpu"] and about["kernel"]
    assert about.keys() == {
        "instance", "instanceType", "cpu", "architecture", "vCpus", "memoryBytes", "kernel", "bf16",
    }  # fmt: skip
    json.dumps(about)


def test_the_metadata_service_is_asked_only_when_told_to(metadata_service, monkeypatch: pytest.MonkeyPatch):
    assert facts.machine()["instanceType"] is None and metadata_service == []
    about = facts.machine(instance_metadata=True)
    assert (about["instance"], about["instanceType"]) == ("i-0123456789abcdef0", "c7g.xlarge")
    assert [command for command, _, _ in metadata_service] == ["PUT", "GET"]
    monkeypatch.setenv(facts.INSTANCE_METADATA, "1")
    assert facts.machine()["instanceType"] == "c7g.xlarge"


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "file:///etc/passwd", "nonsense"])
def test_without_a_metadata_service_there_is_no_instance(endpoint: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)
    about = facts.machine(instance_metadata=True)
    assert (about["instance"], about["instanceType"]) == (None, None)


def test_an_arm_core_is_named_by_its_number(tmp_path: Path):
    (tmp_path / "cpuinfo").write_text(GRAVITON3)
    (tmp_path / "meminfo").write_text("MemTotal:        7864320 kB\nMemFree: 1 kB\n")
    about = facts.machine(proc=tmp_path)
    assert (about["cpu"], about["memoryBytes"]) == ("Neoverse-V1", 7864320 * 1024)
    (tmp_path / "cpuinfo").write_text(GRAVITON3.replace("0xd40", "0xd99"))
    assert facts.machine(proc=tmp_path)["cpu"] == "Arm core 0xd99"


@pytest.mark.parametrize(("core", "name"), [("n1", "Neoverse-N1"), ("v1", "Neoverse-V1")])
def test_a_name_that_fits_every_arm_core_is_none(core: str, name: str, tmp_path: Path):
    text = (ROOT / f"test/fixtures/cpuinfo/qemu10.0.13_emulated_neoverse-{core}.txt").read_text()
    assert "ARMv8 Processor" in text
    (tmp_path / "cpuinfo").write_text(text)
    assert facts.machine(proc=tmp_path)["cpu"] == name


def test_a_machine_that_says_nothing_of_itself(tmp_path: Path):
    about = facts.machine(proc=tmp_path)
    assert about["memoryBytes"] is None and about["bf16"] is False and about["cpu"]


@pytest.mark.parametrize(
    ("cpuinfo", "there"),
    [
        (GRAVITON3, True),
        (GRAVITON3.replace(" bf16", ""), False),
        ("flags\t\t: fpu avx512_bf16 amx_bf16 sse\n", False),
        ("Features\t: svebf16 smebf16\n", False),
        ("Features\t: bf16\n", True),
        ("Features\t: ebf16 bf16\n", True),
        ("", False),
    ],
)
def test_bf16_is_what_the_boot_means_by_it(
    cpuinfo: str, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setenv("GTF_PROC", str(tmp_path))
    boots = subprocess.run(
        ["bash", "-c", '. "$0"; cpu_has_bf16', ROOT / "userdata" / "phases" / "serving-environment.sh"],
        check=False,
    )
    assert facts.has_bf16() is there is (boots.returncode == 0)
    assert facts.machine()["bf16"] is there
    assert facts.machine(proc=Path("/nonexistent"))["bf16"] is False


@pytest.mark.parametrize(("core", "there"), [("n1", False), ("n2", True), ("v1", True)])
def test_bf16_of_arms_cores(core: str, there: bool, tmp_path: Path):
    file = ROOT / "test" / "fixtures" / "cpuinfo" / f"qemu10.0.13_emulated_neoverse-{core}.txt"
    (tmp_path / "cpuinfo").write_text(file.read_text())
    assert facts.has_bf16(tmp_path) is there


def test_software_of_a_server_is_not_that_of_this_process():
    mine, servers = facts.software("in-process"), facts.software("container", image="i:1", digest="sha256:2")
    assert mine["tensorflow"] and mine["python"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert (servers["tensorflow"], servers["image"], servers["digest"]) == (None, "i:1", "sha256:2")
    assert mine["loadgen"] == servers["loadgen"] and mine["loadgen"]


def test_the_commit_is_that_of_the_checkout(tmp_path: Path):
    assert facts._commit(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@t"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert facts._commit(tmp_path) is None
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
    head = subprocess.run(
        [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert facts._commit(tmp_path) == head
    below = tmp_path / "copied"
    below.mkdir()
    assert facts._commit(below) is None


def test_the_environment_is_tensorflows_and_no_secret(monkeypatch: pytest.MonkeyPatch):
    for name in ("TF_ENABLE_ONEDNN_OPTS", "DNNL_VERBOSE", "OMP_NUM_THREADS", "KMP_AFFINITY", "LD_PRELOAD"):
        monkeypatch.setenv(name, "1" if name != "LD_PRELOAD" else "")
    for name in (
        "TF_VAR_password",
        "TF_TOKEN_app_terraform_io",
        "TF_CLI_CONFIG_FILE",
        "AWS_SECRET_ACCESS_KEY",
    ):
        monkeypatch.setenv(name, "secret")
    found = facts.environment()
    assert {
        "TF_ENABLE_ONEDNN_OPTS",
        "DNNL_VERBOSE",
        "OMP_NUM_THREADS",
        "KMP_AFFINITY",
        "LD_PRELOAD",
    } <= found.keys()
    assert "secret" not in found.values()


def test_it_needs_nothing_but_the_standard_library():
    script = "import sys; from tuning import machine; machine.machine(); machine.software('in-process')\n"
    script += "sys.exit(any(name in sys.modules for name in ('numpy', 'tensorflow', 'requests')))"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
