#!/usr/bin/env python3
"""Facts of this machine and of its TensorFlow model server: collect.py [--facts FILE]."""
# What cannot be read is left out, and `why` says why. Sends the server nothing.

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

if "work_folder" not in globals() and "--facts" not in sys.argv:
    # In the document the files of a step are one.
    from work import work_folder

PROC, SYS = Path("/proc"), Path("/sys")
ROOT = os.environ.get("GTF_ROOT", "")
# What decides how TensorFlow runs, and no secrets: Terraform's variables begin like TensorFlow's.
VARIABLE = re.compile(r"TF_(?!VAR_|TOKEN_)|(DNNL|ONEDNN|G?OMP|KMP|TENSORFLOW)_|PROCESSES$|MALLOC|LD_PRELOAD$")
LIBRARY = r"\s(/.*-packages/tensorflow/libtensorflow\S+)"


def output_file():
    if "--facts" in sys.argv:
        return Path(sys.argv[-1])
    return work_folder() / "facts.json"


def read(*path):
    try:
        return Path(*map(str, path)).read_bytes().decode("utf-8", "replace").rstrip("\n")
    except OSError:
        return ""


def first(pattern, text):
    found = re.search(pattern, text, re.M)
    return found and found.group(1)


def number(text):
    return int(text) if text and text.isdigit() else None


def known(**facts):
    return {key: value for key, value in facts.items() if value not in (None, "", {}, [])}


def run(*argv):
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1, timeout=20)
    except FileNotFoundError:
        raise OSError(argv[0] + " is not installed") from None
    if done.returncode:
        raise OSError(done.stderr.decode("utf-8", "replace").strip()[-300:])
    return done.stdout.decode("utf-8", "replace")


def ticks():
    return [int(count) for count in read(PROC, "stat").split("\n")[0].split()[1:9]]


def machine():
    proc = os.environ.get("GTF_PROC", "/proc")
    cpu, memory = read(proc, "cpuinfo"), read(proc, "meminfo")
    begin = ticks()
    time.sleep(1)
    spent = [after - before for before, after in zip(begin, ticks())]
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "kernel": os.uname().release,
        "machine": os.uname().machine,
        "cpu": known(
            implementer=first(r"^CPU implementer\s*: (\S+)", cpu),
            part=first(r"^CPU part\s*: (\S+)", cpu),
            model=first(r"^model name\s*: (.+)", cpu),
            # A whole word: avx512_bf16 and svebf16 are other instructions.
            bf16=bool(first(r"^(?:Features|flags)\s*:.*\s(bf16)(?!\S)", cpu)),
            online=os.sysconf("SC_NPROCESSORS_ONLN"),
        ),
        "memory": known(
            totalKiB=number(first(r"^MemTotal:\s+(\d+)", memory)),
            availableKiB=number(first(r"^MemAvailable:\s+(\d+)", memory)),
        ),
        "hugepages": first(r"\[(\w+)\]", read(SYS, "kernel/mm/transparent_hugepage/enabled")),
        "iowait": round(spent[4] / max(1, sum(spent)), 4),
    }


def ena():
    interface = first(r"^(\S+)\t00000000\t", read(PROC, "net/route")) or "eth0"
    counters = re.findall(r"(\w+_allowance_\w+): (\d+)", run("ethtool", "-S", interface))
    if not counters:
        raise OSError(interface + " has no ENA allowance counters")
    return {name: int(count) for name, count in counters}


def metadata(key):
    endpoint = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(method, path, header, value):
        headers = {"X-aws-ec2-metadata-" + header: value}
        request = urllib.request.Request(endpoint + "/latest/" + path, None, headers, method=method)  # noqa: S310
        return direct.open(request, timeout=1).read().decode()

    return ask("GET", "meta-data/" + key, "token", ask("PUT", "api/token", "token-ttl-seconds", "60"))


class Processes:
    """Those in containers included."""

    def __init__(self):
        self.argv, self.parent = {}, {}
        for folder in PROC.glob("[0-9]*"):
            argv, stat = read(folder, "cmdline").split("\0")[:-1], read(folder, "stat")
            if argv and stat:
                self.argv[int(folder.name)] = argv
                self.parent[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])

    def tree(self, root):
        found = [root]
        for pid in found:
            found += [child for child, parent in self.parent.items() if parent == pid]
        return found

    def kind(self, pid):
        argv = self.argv.get(pid, [])
        names = [word.rpartition("/")[2] for word in argv[:4]]
        if "python" in "".join(names[:2]) and ("-m", "model_server") in zip(argv, argv[1:]):
            return "wheel"
        if "tensorflow_model_server" in names and names[0] not in ("docker", "podman", "bash", "sh", "sudo"):
            return "process"
        return None

    def library(self, pid):
        """TensorFlow's, if this is a Python process that has loaded it."""
        return first(LIBRARY, read(PROC, pid, "maps"))

    def servers(self):
        """{pid: kind}; of a server's processes only the topmost."""
        pids = [pid for pid in sorted(self.argv) if ROOT in "\0".join(self.argv[pid])]
        found = {pid: self.kind(pid) for pid in pids if self.kind(pid)}
        found = found or {pid: "process" for pid in pids if self.library(pid)}
        return {pid: kind for pid, kind in found.items() if self.parent[pid] not in found}


def choose(processes, wanted, why):
    """(docker inspect or None, pid, kind), or None."""
    named, running = wanted and not wanted.isdigit(), []
    try:
        names = [wanted] if named else run("docker", "ps", "--quiet", "--no-trunc").split()
        inspected = json.loads(run("docker", "inspect", *names)) if names else []
        running = [one for one in inspected if one["State"]["Pid"]]
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        why["docker"] = str(error)
    for one in running:
        if named or not wanted and one["Name"] == "/graviton-tf":
            return one, one["State"]["Pid"], "container"
    servers = {} if named else processes.servers()
    if wanted:
        servers = {pid: processes.kind(pid) or "process" for pid in processes.argv if str(pid) == wanted}
    if len(servers) > 1:
        why["otherServers"] = f"processes {list(servers)[1:]} are servers too: the parameter Server chooses"
    for pid, kind in servers.items():
        for one in running:
            if pid in processes.tree(one["State"]["Pid"]):
                return one, one["State"]["Pid"], "container"
        return None, pid, kind
    return None


def cgroup_limits(pid):
    """([vCPUs], [bytes of memory]) of the process's cgroups, version 1 and 2, and of those above them."""
    vcpus, memory = [], []
    for line in read(PROC, pid, "cgroup").split():
        _, controllers, path = line.split(":", 2)
        for level in [Path(path), *Path(path).parents]:
            group = f"{SYS}/fs/cgroup/{controllers}/{level}/"
            quota = read(group + "cpu.max")
            quota = quota or read(group + "cpu.cfs_quota_us") + " " + read(group + "cpu.cfs_period_us")
            if re.match(r"\d+ \d+$", quota):
                # TensorFlow's threads are whole.
                vcpus.append(max(1, int(quota.split()[0]) // int(quota.split()[1])))
            limit = number(read(group + "memory.max") or read(group + "memory.limit_in_bytes"))
            # Version 1 has a number near 2**63 where there is no limit.
            memory += [limit] if limit and limit < 1 << 60 else []
    return vcpus, memory


def versions(library):
    """TensorFlow's and Python's, by the folder that the library is in: nothing is imported or run."""
    packages = Path(library).parent.parent
    wheel = r"^tensorflow(?:_cpu|_cpu_aws|_intel)?-(\d[^-]*)\.dist-info$"
    found = [first(wheel, one.name) for one in packages.iterdir()]
    python = first(r"^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)", read(packages.parents[2], "pyvenv.cfg"))
    return max(filter(None, found), default=None), python or first(r"python(\d+\.\d+)$", str(packages.parent))


def digest_of(inspect):
    digests = json.loads(run("docker", "image", "inspect", inspect["Image"]))[0].get("RepoDigests") or [""]
    return digests[0].partition("@")[2]


def version_in(inspect):
    said = run("docker", "exec", inspect["Id"], "tensorflow_model_server", "--version")
    return first(r"TensorFlow Library: (\S+)", said)


def batching(flags, root):
    file = flags.get("batching_parameters_file")
    text = Path(root + file).read_text(encoding="utf-8") if file else ""
    # TensorFlow Serving's default.
    return {"maxBatchSize": int(first(r"max_batch_size\s*\{\s*value\s*:\s*(\d+)", text) or 1000)}


def flags_in(argv):
    # TensorFlow Serving knows --flag=value alone, other servers the value as the next word, too.
    found = {}
    for word, following in zip(argv, argv[1:] + ["--"]):
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            found[name] = value if equals else "true" if following.startswith("--") else following
    return found


def server(processes, fact, inspect, top, kind):
    loaded = {pid: processes.library(pid) for pid in processes.tree(top)}
    serving = [pid for pid in loaded if loaded[pid] or processes.kind(pid) == "process"] or [top]
    pid = serving[0]
    argv, environment = processes.argv.get(pid if inspect else top), read(PROC, pid, "environ")
    digest = tensorflow = python = root = ports = name = image = None
    if inspect:
        argv = argv or [inspect["Path"]] + inspect["Args"]
        environment = environment or "\0".join(inspect["Config"]["Env"] or [])
        name, image = inspect["Name"].lstrip("/"), inspect["Config"]["Image"]
        ports, root = inspect["NetworkSettings"].get("Ports"), f"/proc/{pid}/root"
        # The second is not in every image.
        digest, tensorflow = fact("image", digest_of, inspect), fact("version", version_in, inspect)
    if loaded.get(pid):
        tensorflow, python = fact("wheel", versions, (root or "") + loaded[pid]) or (None, None)
    flags = flags_in(argv)
    variables = dict(line.split("=", 1) for line in environment.split("\0") if "=" in line)
    vcpus, memory = cgroup_limits(pid)
    vcpus.append(len(fact("vcpus", os.sched_getaffinity, pid) or os.sched_getaffinity(0)))
    port = flags.get("rest_api_port", "" if kind == "process" else "8501")
    published = (ports or {}).get(port + "/tcp")
    status = [read(PROC, one, "status") for one in serving]
    batched = flags.get("enable_batching") == "true"
    config = read((root or "") + flags.get("model_config_file", "/dev/null"))
    return known(
        kind=kind,
        name=name,
        pid=top,
        image=image,
        digest=digest,
        tensorflow=tensorflow,
        python=python,
        argv=argv,
        flags=flags,
        environment={key: value for key, value in variables.items() if VARIABLE.match(key)},
        processes=len(serving),
        threads=[number(first(r"^Threads:\s+(\d+)", text)) for text in status],
        vcpus=min(vcpus),
        memoryLimitBytes=min(memory, default=None),
        residentBytes=1024 * sum(number(first(r"^VmRSS:\s+(\d+)", text)) or 0 for text in status),
        openFiles=fact("openFiles", lambda: max(len([*Path(f"/proc/{n}/fd").iterdir()]) for n in serving)),
        openFilesLimit=number(first(r"^Max open files\s+(\d+)", read(PROC, pid, "limits"))),
        modelName=flags.get("model_name")
        or first(r"""\bname\s*:\s*["']([^"']+)""", config)
        or variables.get("MODEL_NAME", "default"),
        restPort=number(published[0]["HostPort"] if published else port),
        batching=fact("batching", batching, flags, root or "") if batched else None,
    )


def main():
    why = {}

    def fact(name, ask, *arguments):
        try:
            return ask(*arguments)
        except Exception as error:  # noqa: BLE001 (a fact that cannot be had must not cost the others)
            why[name] = str(error) or type(error).__name__

    facts = dict(fact("machine", machine) or {}, ena=fact("ena", ena), why=why)
    facts["instance"] = fact("instance", metadata, "instance-id") or os.environ.get("AWS_SSM_INSTANCE_ID")
    facts["instanceType"] = None if "instance" in why else fact("instanceType", metadata, "instance-type")
    processes, wanted = Processes(), os.environ.get("SSM_Server", "")
    chosen = choose(processes, wanted, why)
    if chosen:
        facts["server"] = fact("server", server, processes, fact, *chosen)
    elif wanted:
        why["server"] = f"no container and no process {wanted} is running here"
    else:
        why["server"] = "no TensorFlow model server was found among the containers and processes"
    text = json.dumps(known(**facts), indent=1)
    output_file().write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
