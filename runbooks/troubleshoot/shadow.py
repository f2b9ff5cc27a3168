#!/usr/bin/env python3
"""Evidence without touching the traffic: a shadow of the running server answers a few requests, with oneDNN's
verbose log on, and is removed again. Or, with LogPath, an existing log."""

import ctypes
import json
import os
import pwd
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

if "NoRequest" not in globals():
    # In the document both files are one.
    from signature import NoRequest, from_signature, rows_of, with_rows

ROOT = os.environ.get("GTF_ROOT", "")
PARAMETER = {name[4:]: value for name, value in os.environ.items() if name.startswith("SSM_")}
NAME = "graviton-tf-shadow-" + PARAMETER.get("COMMAND_ID", "")
VERBOSE = {"DNNL_VERBOSE": "1", "ONEDNN_VERBOSE": "1", "OMP_DISPLAY_ENV": "VERBOSE"}
# What a service manager, or a metrics library, gives to the real server alone.
PRIVATE = re.compile(r"(NOTIFY_SOCKET|LISTEN_\w+|WATCHDOG_\w+|INVOCATION_ID|JOURNAL_STREAM|PROMETHEUS_MULTIPROC_DIR)=")
LAUNCH = "import json,os,sys; argv,env=json.load(sys.stdin); os.execvpe(argv[0],argv,env)"
MOST_LOG, MOST_OUTPUT = 2 << 30, 64 << 20


class NoEvidence(Exception):
    """Why, in a sentence."""


def work_folder():
    base = ROOT + "/var/lib/graviton-tf-diagnosis"
    if os.geteuid() and not ROOT:
        base = f"{os.environ.get('XDG_RUNTIME_DIR') or '/tmp'}/graviton-tf-diagnosis-{os.geteuid()}"  # noqa: S108
    return Path(base, PARAMETER["COMMAND_ID"])


def existing_log(path, work):
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise NoEvidence(f"LogPath: {path} is not a file")
        if found.st_size > MOST_LOG:
            raise NoEvidence(f"LogPath: {path} has {found.st_size >> 20} MiB, allowed are {MOST_LOG >> 20}")
        Path(path).open("rb").close()
    except OSError as error:
        raise NoEvidence(f"LogPath: cannot read {path}: {error.strerror}") from None
    (work / "served.out").symlink_to(path)
    return {"kind": "log", "replay": True, "log": path}


def replaced(argv, **flags):
    """The same words with other values of these flags; None leaves a flag out."""
    kept = [word for word in argv if word.partition("=")[0][2:] not in flags]
    return kept + [f"--{name}={value}" for name, value in flags.items() if value is not None]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Plan:
    """How the shadow is started: `argv`, `environment`, `options` of Popen; `end` is what removes it."""

    def __init__(self, server, memory, warm_up):
        self.server, self.memory, self.port, self.end = server, memory, free_port(), None
        self.cpus = max(1, server.get("vcpus", 1) // 4)
        # None of the real server's metrics.
        self.flags = {"monitoring_config_file": None}
        if not warm_up:
            self.flags["enable_model_warmup"] = "false"
        self.options = {}

    def container(self, work):
        inspect = json.loads(subprocess.check_output(["docker", "inspect", self.server["name"]], timeout=20))[0]
        config, host = inspect["Config"], inspect["HostConfig"]
        inside = self.server.get("flags", {}).get("rest_api_port", "")
        if not inside.strip("0"):
            inside = self.flags["rest_api_port"] = "8501"
        environment = [line for line in config.get("Env") or [] if "\n" not in line and not PRIVATE.match(line)]
        file = work / "shadow.env"
        file.write_text("\n".join(environment + [f"{name}={value}" for name, value in VERBOSE.items()]) + "\n")
        self.argv = ["docker", "run", "--rm", "--init", "--name", NAME, "--env-file", str(file), "--log-driver", "none"]
        self.argv += ["--network", "bridge", "--publish", f"127.0.0.1:{self.port}:{inside}", "--no-healthcheck"]
        self.argv += ["--cpus", str(self.cpus), "--cpu-shares", "2", "--memory", str(self.memory)]
        self.argv += ["--memory-swap", str(self.memory), "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        for option, value in (
            ("user", config.get("User")), ("workdir", config.get("WorkingDir")), ("cpuset-cpus", host.get("CpusetCpus")),
            ("entrypoint", inspect["Path"]),
        ):  # fmt: skip
            self.argv += [f"--{option}={value}"] if value else []
        self.argv += ["--read-only"] if host.get("ReadonlyRootfs") else []
        for path in host.get("Tmpfs") or {}:
            self.argv += ["--tmpfs", path]
        for mount in inspect.get("Mounts") or []:
            source = mount.get("Name") if mount["Type"] == "volume" else mount.get("Source")
            kind = f"type={mount['Type']},source={source},destination={mount['Destination']},readonly"
            self.argv += ["--mount", kind] if mount["Type"] in ("bind", "volume") else ["--tmpfs", mount["Destination"]]
        self.argv += [inspect["Image"]] + replaced(inspect["Args"], **self.flags)
        self.environment, self.end = None, ["docker", "rm", "--force", NAME]

    def process(self):
        pid = self.server["pid"]
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
        lines = Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "surrogateescape").split("\0")
        uid, self.flags["rest_api_port"] = os.stat(f"/proc/{pid}").st_uid, self.port
        if self.server["kind"] == "wheel":
            self.flags.update(address="127.0.0.1", processes=1)
        else:
            self.flags.update(port=free_port(), grpc_socket_path=None)
        self.environment = dict(line.split("=", 1) for line in lines if "=" in line and not PRIVATE.match(line))
        self.environment.update(VERBOSE)
        self.argv, folder = replaced(argv, **self.flags), os.readlink(f"/proc/{pid}/cwd")
        if os.geteuid() == 0 and not ROOT and systemd_version() >= 236:
            self.unit(uid, folder)
        else:
            self.child(pid, uid, folder)

    def unit(self, uid, folder):
        user = "DynamicUser=yes"
        try:
            user = f"User={pwd.getpwuid(uid).pw_name}" if uid else user
        except KeyError:
            pass
        properties = (
            user, f"WorkingDirectory={folder}", f"CPUQuota={100 * self.cpus}%", f"MemoryMax={self.memory}", "Nice=19",
            "MemorySwapMax=0", "CPUWeight=1", "IOSchedulingClass=idle", f"RuntimeMaxSec={PARAMETER['ShadowSeconds']}",
            "IPAddressAllow=localhost", "IPAddressDeny=any", "NoNewPrivileges=yes", "CapabilityBoundingSet=",
            "ProtectSystem=strict", "PrivateTmp=yes", "PrivateDevices=yes", "KillSignal=SIGKILL",
        )  # fmt: skip
        self.options["input"] = json.dumps([self.argv, self.environment]).encode()
        self.argv = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--unit", NAME]
        self.argv += [f"--property={one}" for one in properties] + [sys.executable, "-c", LAUNCH]
        self.environment, self.end = None, ["systemctl", "stop", NAME + ".service"]

    def child(self, pid, uid, folder):
        cpus = sorted(os.sched_getaffinity(pid))[-self.cpus :]
        flags = self.server.get("flags", {})
        # Fewer CPUs must not make it fewer threads than the real server has.
        if flags.get("tensorflow_session_parallelism", "0") == "0":
            names = ("tensorflow_intra_op_parallelism", "tensorflow_inter_op_parallelism")
            unset = {name: self.server.get("vcpus", 1) for name in names if flags.get(name, "0") == "0"}
            self.argv = replaced(self.argv, **unset)
        self.environment.setdefault("OMP_NUM_THREADS", str(self.server.get("vcpus", 1)))
        user = None if ROOT or os.geteuid() else uid or 65534
        prctl = ctypes.CDLL(None).prctl

        def lower():
            os.nice(19)
            os.sched_setaffinity(0, cpus)
            if user:
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
            # PR_SET_PDEATHSIG: not even without its watchdog does it stay.
            prctl(1, signal.SIGKILL)

        self.argv = (["ionice", "-c3"] if shutil.which("ionice") else []) + self.argv
        self.options.update(cwd=folder, preexec_fn=lower)


def systemd_version():
    if not Path("/run/systemd/system").is_dir() or not shutil.which("systemd-run"):
        return 0
    return int(re.search(r"\d+", subprocess.check_output(["systemd-run", "--version"]).decode()).group())


class Shadow:
    """The running shadow. A watchdog in a session of its own, out of reach of whoever kills this step, ends it when
    this process is gone, when it takes too much, or when its time is over."""

    def __init__(self, plan, work, deadline):
        self.plan, self.work, self.deadline = plan, work, deadline
        self.url = f"http://127.0.0.1:{plan.port}/v1/models/{urllib.request.quote(plan.server['modelName'])}"
        self.direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        gone, self.alive = os.pipe()
        self.watchdog = os.fork()
        if not self.watchdog:
            os.setsid()
            os.close(self.alive)
            for number in (0, 1, 2):
                os.dup2(os.open(os.devnull, os.O_RDWR), number)
            signal.signal(signal.SIGTERM, lambda *_: sys.exit())
            try:
                self.watch(gone)
            finally:
                os._exit(0)
        os.close(gone)

    def watch(self, gone):
        data = self.plan.options.pop("input", None)
        with (self.work / "served.out").open("wb") as out, (self.work / "served.err").open("wb") as err:
            try:
                child = subprocess.Popen(
                    self.plan.argv, env=self.plan.environment, stdin=subprocess.PIPE, stdout=out, stderr=err,
                    start_new_session=True, **self.plan.options,
                )  # fmt: skip
            except (OSError, subprocess.SubprocessError) as error:
                return self.say(f"it could not be started: {error}")
            try:
                child.stdin.write(data or b"")
                child.stdin.close()
                while not select.select([gone], [], [], 0.25)[0]:
                    reason = self.reason_to_end(child, os.fstat(out.fileno()).st_size)
                    if reason:
                        return self.say(reason)
            finally:
                while child.poll() is None:
                    if self.plan.end:
                        subprocess.call(self.plan.end, stdin=-3, stdout=-3, stderr=-3)
                    else:
                        os.killpg(child.pid, signal.SIGKILL)
                    try:
                        child.wait(1)
                    except subprocess.TimeoutExpired:
                        pass

    def reason_to_end(self, child, size):
        if child.poll() is not None:
            return f"it ended with status {child.returncode} ({self.plan.memory >> 20} MiB of memory were allowed): {self.last_words()}"
        if time.monotonic() > self.deadline:
            return f"its {PARAMETER['ShadowSeconds']} s were over"
        if size > MOST_OUTPUT:
            return f"it printed more than {MOST_OUTPUT >> 20} MiB"
        pages = 0
        if not self.plan.end:
            pages = int(Path(f"/proc/{child.pid}/statm").read_text().split()[1])
        if pages * os.sysconf("SC_PAGE_SIZE") > self.plan.memory:
            return f"it needed more than the {self.plan.memory >> 20} MiB of memory that it may use"
        return None if self.work.is_dir() else "the work folder is gone"

    def say(self, reason):
        (self.work / "shadow.ended").write_text(reason)

    def last_words(self):
        lines = (self.work / "served.err").read_bytes().decode("utf-8", "replace").split("\n")
        return next((line.strip()[-300:] for line in reversed(lines) if line.strip()), "it said nothing")

    def ask(self, path, body=None):
        data = body and json.dumps(body, separators=(",", ":")).encode()
        left = max(1, self.deadline - time.monotonic())
        with self.direct.open(self.url + path, data, timeout=left) as answer:
            return json.loads(answer.read().decode())

    def check(self):
        if self.watchdog and os.waitpid(self.watchdog, os.WNOHANG)[0]:
            self.watchdog = 0
        ended = self.work / "shadow.ended"
        if ended.exists():
            raise NoEvidence("the shadow gave no evidence: " + ended.read_text())

    def wait_until_available(self):
        while True:
            self.check()
            try:
                versions = self.ask("")["model_version_status"]
                if any(version["state"] == "AVAILABLE" for version in versions):
                    return
                failed = [version["status"]["error_message"] for version in versions if version["state"] == "END"]
                if failed and len(failed) == len(versions):
                    raise NoEvidence("the shadow could not load the model: " + failed[0][:300])
            except (OSError, ValueError, KeyError):
                pass
            time.sleep(0.2)

    def predict(self, body):
        try:
            self.ask(":predict", body)
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace").strip()[:300]
            raise NoRequest(f"the model refuses it: {said}") from None
        except (OSError, ValueError) as error:
            time.sleep(0.5)
            self.check()
            raise NoEvidence(f"the shadow does not answer: {error}") from None

    def printed(self):
        """The sizes of its log, once nothing is added any more."""
        before, sizes = None, []
        while sizes != before:
            before = sizes
            time.sleep(0.3)
            sizes = [(self.work / ("served" + end)).stat().st_size for end in (".out", ".err")]
        return sizes

    def end(self):
        if self.watchdog:
            os.close(self.alive)
            os.waitpid(self.watchdog, 0)
            self.watchdog = 0


def version_folder(server):
    """The newest version on disk, which is the one that is served, or None."""
    flags, root = server.get("flags", {}), f"/proc/{server['pid']}/root" if server["kind"] == "container" else f"/proc/{server['pid']}/cwd"
    base = Path(root, flags.get("model_base_path", "/models/" + server["modelName"]).lstrip("/" if server["kind"] == "container" else ""))
    try:
        return max((folder for folder in base.iterdir() if folder.name.isdigit()), key=lambda folder: int(folder.name))
    except (OSError, ValueError):
        return None


def brought_along(folder):
    """The :predict body of the version's warm-up assets, where the instance has what reads them."""
    reader = Path(ROOT + "/opt/graviton-tf/model/predict_request.py")
    if not folder or not reader.exists():
        return None
    done = subprocess.run([sys.executable, str(reader), str(folder)], stdin=-3, stdout=-1, stderr=-1, timeout=60)
    return json.loads(done.stdout.decode()) if done.returncode == 0 else None


def memory_for(server, facts):
    available = facts.get("memory", {}).get("availableKiB", 0) * 1024
    allowed = min(available // 2, server.get("memoryLimitBytes", available))
    needed = server.get("residentBytes", 0) // server.get("processes", 1)
    if needed > allowed:
        raise NoEvidence(
            f"a shadow would not fit: the server holds {needed >> 20} MiB and {allowed >> 20} MiB are for the shadow, "
            f"half of what is available"
        )
    return allowed


def evidence(facts, work, deadline):
    if PARAMETER["LogPath"]:
        return existing_log(PARAMETER["LogPath"], work)
    server = facts.get("server")
    if not server:
        raise NoEvidence(facts.get("why", {}).get("server", "no model server is known"))
    names = [Path(word).name for word in server.get("argv", [])[:4]]
    if server["kind"] == "process" and "tensorflow_model_server" not in names:
        raise NoEvidence("the server is a program of its own: set LogPath to a log of it, run with DNNL_VERBOSE=1")
    memory = memory_for(server, facts)
    batch = int(PARAMETER["BatchSize"]) or min(128, server.get("batching", {}).get("maxBatchSize", 0))
    folder = version_folder(server)
    body = brought_along(folder)
    # What the server replays by itself, at a batch that only the assets know.
    replay = not body and not batch and folder and (folder / "assets.extra/tf_serving_warmup_requests").exists()
    plan = Plan(server, memory, replay)
    if server["kind"] == "container":
        plan.container(work)
    else:
        plan.process()
    result = {"kind": "shadow", "verbose": True, "log": str(work / "served.out"), "cpus": plan.cpus}
    result["from"] = "warm-up assets" if body or replay else "signature metadata"
    shadow = Shadow(plan, work, deadline)
    cut = None
    try:
        shadow.wait_until_available()
        if not replay:
            metadata = None if body else shadow.ask("/metadata")
            if body:
                batch = batch or rows_of(body)
                served, notes = with_rows(body, batch) if rows_of(body) else body, []
            else:
                served, batch, notes = from_signature(metadata, batch or 1)
            for _ in range(int(PARAMETER["Requests"])):
                shadow.predict(served)
            result.update(batch=batch, requests=int(PARAMETER["Requests"]), why="; ".join(notes))
        cut = shadow.printed()
        try:
            if not replay:
                probe, size, _ = (with_rows(body, 2 * batch), 2 * batch, 0) if body else from_signature(metadata, 2 * batch)
                if size == 2 * batch:
                    shadow.predict(probe)
                    shadow.printed()
        except (NoRequest, NoEvidence):
            # The server does not take so many rows at once.
            pass
    finally:
        shadow.end()
        for end, at in zip((".out", ".err"), cut or ()):
            with (work / ("served" + end)).open("r+b") as file:
                file.seek(at)
                (work / ("probe" + end)).write_bytes(file.read())
                file.truncate(at)
    return {key: value for key, value in result.items() if value not in (None, "")}


def main():
    begin, work = time.monotonic(), work_folder()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # What is left is for its removal.
    deadline = begin + int(PARAMETER["ShadowSeconds"]) - 5
    try:
        result = evidence(json.loads((work / "facts.json").read_text(encoding="utf-8")), work, deadline)
    except (NoEvidence, NoRequest) as reason:
        result = {"kind": "none", "why": str(reason)}
    except (OSError, ValueError, LookupError, subprocess.SubprocessError) as error:
        result = {"kind": "none", "why": f"{type(error).__name__}: {error}"}
    result["seconds"] = round(time.monotonic() - begin, 1)
    (work / "shadow.json").write_text(json.dumps(result) + "\n", encoding="utf-8")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
