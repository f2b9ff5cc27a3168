"""A shadow of the running server: as it, but with oneDNN's verbose log on, few CPUs and a port of its own."""

import ctypes
import json
import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

if "NoEvidence" not in globals():
    # In the document the files of a step are one.
    from signature import NoEvidence

ROOT = os.environ.get("GTF_ROOT", "")
NAME = "graviton-tf-shadow-" + os.environ["SSM_COMMAND_ID"]
VERBOSE = {"DNNL_VERBOSE": "1", "ONEDNN_VERBOSE": "1", "OMP_DISPLAY_ENV": "VERBOSE"}
# What a service manager, or a metrics library, gives to the real server alone.
PRIVATE = re.compile("NOTIFY_SOCKET|LISTEN_|WATCHDOG_|INVOCATION_ID|JOURNAL_STREAM|PROMETHEUS_")
EXEC = "import json,os,sys; argv,env=json.load(sys.stdin); os.execvpe(argv[0],argv,env)"
DOCKER = """docker run --rm --init --log-driver none --no-healthcheck --network bridge --cap-drop ALL
 --security-opt no-new-privileges --cpu-shares 2"""
UNIT = """Nice=19 CPUWeight=1 IOSchedulingClass=idle MemorySwapMax=0
 IPAddressAllow=localhost IPAddressDeny=any NoNewPrivileges=yes CapabilityBoundingSet=
 ProtectSystem=strict PrivateTmp=yes KillSignal=SIGKILL"""
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def parameter(name):
    return os.environ["SSM_" + name]


def replaced(argv, flags):
    """The same words with other values of these flags; None leaves one out."""
    kept = [word for word in argv if word.partition("=")[0][2:] not in flags]
    return kept + [f"--{name}={value}" for name, value in flags.items() if value is not None]


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Shadow:
    """A server beside the server."""

    # Ended by a watchdog, out of reach of whoever kills this step, when this process is gone, when it takes
    # too much, or when its time is over.

    def __init__(self, server, memory, flags, work):
        self.server, self.memory, self.work, self.port = server, memory, work, free_port()
        # None of the real server's metrics.
        self.flags = dict(flags, monitoring_config_file=None)
        self.cpus = max(1, server.get("vcpus", 1) // 4)
        self.end_command, self.input, self.options = None, b"", {}
        self.deadline = time.monotonic() + int(parameter("ShadowSeconds")) - 5
        self.direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        (self.container if server["kind"] == "container" else self.process)()

    def container(self):
        inspected = subprocess.check_output(["docker", "inspect", self.server["name"]], timeout=20)
        inspect = json.loads(inspected.decode())[0]
        config, host = inspect["Config"], inspect["HostConfig"]
        port = self.server["flags"].get("rest_api_port", "0")
        if port == "0":
            port = self.flags["rest_api_port"] = "8501"
        environment = [line for line in config["Env"] or [] if "\n" not in line and not PRIVATE.match(line)]
        environment += [f"{name}={value}" for name, value in VERBOSE.items()]
        (self.work / "shadow.env").write_text("\n".join(environment), encoding="utf-8")
        options = {
            "name": NAME, "publish": f"127.0.0.1:{self.port}:{port}", "env-file": self.work / "shadow.env",
            "cpus": self.cpus, "memory": self.memory, "memory-swap": self.memory,
            "entrypoint": inspect["Path"], "user": config.get("User"), "workdir": config.get("WorkingDir"),
            "cpuset-cpus": host.get("CpusetCpus"),
            "read-only": "true" if host.get("ReadonlyRootfs") else None,
        }  # fmt: skip
        self.argv = DOCKER.split() + [f"--{name}={value}" for name, value in options.items() if value]
        self.argv += ["--tmpfs=" + path for path in host.get("Tmpfs") or {}]
        for mount in inspect.get("Mounts") or []:
            source = mount.get("Name") if mount["Type"] == "volume" else mount.get("Source")
            where = f"source={source},target={mount['Destination']},readonly"
            self.argv.append(f"--mount=type={mount['Type']},{where}")
        self.argv += [inspect["Image"]] + replaced(inspect["Args"], self.flags)
        self.end_command = ["docker", "rm", "--force", NAME]

    def process(self):
        proc = Path("/proc", str(self.server["pid"]))
        lines = (proc / "environ").read_bytes().decode("utf-8", "surrogateescape").split("\0")
        environment = dict(line.split("=", 1) for line in lines if "=" in line and not PRIVATE.match(line))
        environment.update(VERBOSE)
        others = {"port": free_port(), "grpc_socket_path": None}
        if self.server["kind"] == "wheel":
            others = {"address": "127.0.0.1", "processes": 1}
        self.flags.update(others, rest_api_port=self.port)
        self.argv = replaced((proc / "cmdline").read_bytes().decode().split("\0")[:-1], self.flags)
        uid, folder = proc.stat().st_uid, os.readlink(str(proc / "cwd"))
        systemd = Path("/run/systemd/system").is_dir() and os.geteuid() == 0 and not ROOT
        if systemd and int(subprocess.check_output(["systemctl", "--version"]).split()[1]) >= 236:
            self.unit(environment, uid, folder)
        else:
            self.child(environment, uid, folder)

    def unit(self, environment, uid, folder):
        """Not as root, whoever runs the server: a model is code."""
        user = "DynamicUser=yes"
        # systemd's own dynamic users have no name that could be used again.
        if uid and not 61184 <= uid <= 65519:
            user = "User=" + pwd.getpwuid(uid).pw_name
        limits = [f"CPUQuota={self.cpus}00%", f"MemoryMax={self.memory}", user, "WorkingDirectory=" + folder]
        limits.append("RuntimeMaxSec=" + parameter("ShadowSeconds"))
        self.input = json.dumps([self.argv, environment]).encode()
        self.argv = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--unit=" + NAME]
        self.argv += ["--property=" + one for one in UNIT.split() + limits]
        self.argv += [sys.executable, "-c", EXEC]
        self.end_command = ["systemctl", "stop", NAME + ".service"]

    def child(self, environment, uid, folder):
        cpus = sorted(os.sched_getaffinity(self.server["pid"]))[-self.cpus :]
        # Fewer CPUs must not make it fewer threads than the real server has.
        vcpus, names = str(self.server.get("vcpus", 1)), ("intra_op", "inter_op", "session")
        flags = {f"tensorflow_{name}_parallelism": vcpus for name in names}
        if not any(self.server["flags"].get(name, "0") != "0" for name in flags):
            self.argv += [f"--{name}={value}" for name, value in list(flags.items())[:2]]
        environment.setdefault("OMP_NUM_THREADS", vcpus)
        user = None if ROOT or os.geteuid() else uid
        prctl = ctypes.CDLL(None).prctl

        def lower():
            os.nice(19)
            os.sched_setaffinity(0, cpus)
            if user:
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
            # PR_SET_NO_NEW_PRIVS; PR_SET_PDEATHSIG: it does not stay without its watchdog either.
            prctl(38, 1, 0, 0, 0)
            prctl(1, signal.SIGKILL)

        self.argv = (["ionice", "-c3"] if shutil.which("ionice") else []) + self.argv
        self.options = {"cwd": folder, "env": environment, "preexec_fn": lower}

    def start(self):
        self.ended = self.work / "shadow.ended"
        if self.ended.exists():
            self.ended.unlink()
        gone, self.alive = os.pipe()
        step, worker = os.getpid(), parent_of(os.getpgid(0))
        self.watchdog = os.fork()
        if self.watchdog:
            return
        try:
            os.setsid()
            os.close(self.alive)
            for number in (0, 1, 2):
                os.dup2(os.open(os.devnull, os.O_RDWR), number)
            reason = self.watch(gone)
            if reason:
                self.ended.write_text(reason, encoding="utf-8")
            if os.getppid() != step:
                self.tidy(worker)
        finally:
            os._exit(0)

    def tidy(self, worker):
        """What CleanUp does not."""
        # After a timeout the agent runs the steps to come. After a cancellation it runs none, not CleanUp
        # either, and its process for this command ends.
        for _ in range(400):
            if not self.work.exists():
                return
            if not Path(f"/proc/{worker}").exists():
                break
            time.sleep(1)
        shutil.rmtree(str(self.work), ignore_errors=True)
        lock = self.work.parent / "lock"
        if lock.exists() and lock.read_text().startswith(self.work.name):
            lock.unlink()

    def watch(self, gone):
        """Why it ended, unless it was to end."""
        with (self.work / "served.out").open("wb") as out, (self.work / "served.err").open("wb") as err:
            streams = {"stdin": subprocess.PIPE, "stdout": out, "stderr": err}
            try:
                child = subprocess.Popen(self.argv, start_new_session=True, **streams, **self.options)
            except (OSError, subprocess.SubprocessError) as error:
                return f"it could not be started: {error}"
            try:
                child.stdin.write(self.input)
                child.stdin.close()
                while not select.select([gone], [], [], 0.25)[0]:
                    reason = self.reason_to_end(child)
                    if reason:
                        return reason
            finally:
                while child.poll() is None:
                    if self.end_command:
                        # Again and again: it may be about to begin.
                        subprocess.call(self.end_command, **QUIET)
                    else:
                        os.killpg(child.pid, signal.SIGKILL)
                    time.sleep(0.2)
        return None

    def reason_to_end(self, child):
        mebibytes, pages = self.memory >> 20, 0
        if child.poll() is not None:
            lines = (self.work / "served.err").read_bytes().decode("utf-8", "replace").strip().split("\n")
            said = f"{mebibytes} MiB were allowed, its last words: {lines[-1][-300:]}"
            return f"it ended with status {child.returncode}; {said}"
        if not self.end_command:
            pages = int(Path(f"/proc/{child.pid}/statm").read_text().split()[1])
        if pages * os.sysconf("SC_PAGE_SIZE") > self.memory:
            return f"it needs more memory than the {mebibytes} MiB that it may use"
        if (self.work / "served.out").stat().st_size > 64 << 20:
            return "it printed more than 64 MiB"
        return f"its {parameter('ShadowSeconds')} s are over" if time.monotonic() > self.deadline else None

    def check(self):
        if self.ended.exists():
            raise NoEvidence("the shadow gave no evidence: " + self.ended.read_text(encoding="utf-8"))
        if time.monotonic() > self.deadline + 2:
            raise NoEvidence("the shadow's watchdog is gone")

    def ask(self, path="", body=None):
        model = urllib.request.quote(self.server["modelName"])
        url = f"http://127.0.0.1:{self.port}/v1/models/{model}{path}"
        data = body and json.dumps(body, separators=(",", ":")).encode()
        with self.direct.open(url, data, timeout=max(1, self.deadline - time.monotonic())) as answer:
            return json.loads(answer.read().decode())

    def wait_until_available(self):
        while True:
            self.check()
            try:
                versions = self.ask()["model_version_status"]
            except (OSError, ValueError):
                versions = []
            if any(version["state"] == "AVAILABLE" for version in versions):
                return
            if versions and all(version["state"] == "END" for version in versions):
                said = versions[0]["status"]["error_message"][:300]
                raise NoEvidence("the shadow cannot load the model: " + said)
            time.sleep(0.2)

    def predict(self, body):
        try:
            self.ask(":predict", body)
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")[:300]
            raise NoEvidence(f"the model refused a request made from its {self.source}: {said}") from None
        except (OSError, ValueError) as error:
            time.sleep(1)
            self.check()
            raise NoEvidence(f"the shadow does not answer: {error}") from None

    def sizes(self):
        """Of its log, once nothing is added any more."""
        sizes = None
        while True:
            before = sizes
            sizes = [(self.work / name).stat().st_size for name in ("served.out", "served.err")]
            if sizes == before:
                return sizes
            time.sleep(0.3)

    def end(self):
        os.close(self.alive)
        os.waitpid(self.watchdog, 0)
