#!/usr/bin/env python3
"""Judges why TensorFlow is slow on a Graviton instance: oneDNN's verbose log and the machine's facts become
a report (JSON) and a verdict (text).

    analyze.py [--facts FILE] [--recommended FILE] [--shadow FILE] [--probe LOG]... [--kernel-floor VERSION]
               [--end-of-patch TEXT] [--report FILE] [--json | --text] [--limit CHARS] [LOG...|-]

Several logs are one run (stdout and stderr, or several processes). Ends with 0 when nothing was found, 1 with
findings, 2 when it could not determine. As a step of the runbook (no arguments, SSM_COMMAND_ID set) it reads
the work folder and ends with 0, because a verdict is no failure of the command.

Standard library of Python 3.7 only: it runs on instances as they come.
"""
import argparse
import json
import os
import re
import sys

GUIDE = "https://github.com/aws/aws-graviton-getting-started/blob/main/"
TENSORFLOW = GUIDE + "machinelearning/tensorflow.md"
ISSUES = "https://github.com/ARM-software/ComputeLibrary/issues"
SERVING_ENV = "/etc/graviton-tf/serving.env"

# ---------------------------------------------------------------- the log: names and forms

# Where the fields of an exec line are unless the log's own template line says otherwise (oneDNN 1.1 to 3.x).
FIELDS = ("engine primitive implementation prop_kind memory_descriptors attributes auxiliary problem_desc"
          " exec_time").split()
PRIMITIVES = frozenset(
    "reorder shuffle concat sum convolution deconvolution eltwise lrn batch_normalization inner_product rnn binary"
    " logsoftmax matmul resampling pooling reduction prelu softmax layer_normalization group_normalization sdpa"
    " zero_pad gemm_api".split())
# The primitives where a reference kernel costs; gemm_api is Eigen calling oneDNN's GEMM, not a primitive.
HEAVY = frozenset("convolution deconvolution inner_product matmul rnn".split())
REFERENCE = re.compile(r"(?:^|[:+-])ref(?:_|$|[:+-])")
KNOWN = re.compile(r"(?:^|[:+_-])(?:acl|kai|jit|brg|brd|sve|asimd|neon|avx|sse|amx|blas|mkl|armpl|zen|simple|any)")

PREFIX = re.compile(rb"(?:onednn|mkldnn|dnnl)_verbose,")
EXEC = re.compile(PREFIX.pattern + rb"(?:v\d+,)?(?:\d+(?:\.\d*)?,)?(?:primitive,)?exec,")
# Its beginning may be lost (a log that was cut, bytes of another process in between).
LOOSE_EXEC = re.compile(rb"exec,(?=[cg]pu[^,]{0,8},\w+,)")
OTHER_OPERATION = re.compile(r"(?:create|exec:|error|check|dispatch|warn|debuginfo)")
# What only oneDNN prints: a line that has it and cannot be read is damaged, not foreign.
TRACE = re.compile(rb"dnnl?_verb|_verbose,|:blocked:|(?:for|back)ward_|alg:[a-z]+_|,exec,|exec,cpu|ic\d+oc\d")
TENSORFLOW_LINE = re.compile(rb"[IWEF] (?:\S*/)?(?:tensorflow|tsl|tensorflow_serving)/\S+\.cc:\d+\]"
                             rb"|[IWEF]\d{4} \d\d:\d\d:[\d.]+ +\d+ \S+\.cc:\d+\]")
OMP_VARIABLE = re.compile(rb"\b(OMP_[A-Z_]+)\s*(?:=\s*'?([^'\r\n]*)|:)")

LONGEST_LINE = 1 << 16
BLOCK = 1 << 18
MOST_KERNELS = 8000
UNPRINTABLE = bytes(set(range(256)) - set(range(32, 127)))


def number(text):
    """The time at the end of a line in milliseconds, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < 1e15 else None


class Kernel:
    """One primitive with one implementation, shape, layout and attributes: how often and how long."""

    __slots__ = ("fields", "timed", "untimed", "ms")

    def __init__(self, fields):
        self.fields, self.timed, self.untimed, self.ms = fields, 0, 0, 0.0

    def __getattr__(self, name):
        return self.fields[FIELDS.index(name)]

    @property
    def count(self):
        return self.timed + self.untimed

    @property
    def kind(self):
        name = self.implementation
        for kind, pattern in (("reference", REFERENCE), ("acl", r"acl"), ("sve", r"sve"), ("jit", r"jit|brg|brd")):
            if re.search(pattern, name):
                return kind
        return "other"

    @property
    def heavy(self):
        return self.primitive in HEAVY

    def weight(self, mean):
        """Its milliseconds; a line without a time counts as a mean one."""
        return self.ms + self.untimed * mean


class Log:
    """One pass over one or more logs, in memory that does not grow with them."""

    def __init__(self):
        self.lines = self.execs = self.gemm_api = 0
        self.kernels = {}
        self.heads = {}  # line up to its last comma -> Kernel: most lines differ in the time alone
        self.layout = FIELDS
        self.version = self.isa = self.threading = None
        self.omp, self.in_omp_block = {}, False
        self.tensorflow = self.custom_operations = self.mixed_bfloat16 = False
        self.damaged = self.cut_heads = self.cut_tails = 0
        self.truncated = self.header = False

    # ------------------------------------------------------------ reading

    def read(self, stream):
        rest = b""
        while True:
            block = stream.read(BLOCK)
            if not block:
                break
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            self.take(lines)
            if len(rest) > LONGEST_LINE:
                # No line is this long: take what is there, but keep a record whose end is still to come.
                last = max(rest.rfind(b"onednn_verbose,"), rest.rfind(b"dnnl_verbose,"), 0)
                keep = rest[last:] if 0 < len(rest) - last < LONGEST_LINE and last else rest[-16:]
                self.other(rest[:len(rest) - len(keep)])
                rest = keep
        if rest:
            self.lines += 1
            self.other(rest, last=True)
        self.in_omp_block = False

    def take(self, lines):
        self.lines += len(lines)
        known = self.heads.get
        for line in lines:
            head, _, time = line.rpartition(b",")
            kernel = known(head)
            if kernel is not None:
                try:
                    value = float(time)
                except ValueError:
                    value = -1.0
                if 0.0 <= value < 1e15:
                    kernel.timed += 1
                    kernel.ms += value
                    continue
            self.other(line)

    def other(self, line, last=False):
        """A line that is not simply one seen before with another time."""
        match = EXEC.search(line)
        if match and line.find(b"_verbose,", match.end()) < 0:
            # The usual line with a timestamp or behind a logger's own prefix.
            head, _, time = line[match.end():].rpartition(b",")
            kernel, value = self.kernels.get(head), number(time)
            if kernel is not None and value is not None:
                kernel.timed += 1
                kernel.ms += value
                if match.start() == 0 and len(match.group()) < 40:
                    self.remember(line, kernel)
                return
        starts = [found.start() for found in PREFIX.finditer(line)]
        self.foreign(line[:starts[0]] if starts else line, last and not starts)
        for start, end in zip(starts, starts[1:] + [len(line)]):
            self.record(line, start, end, last and end == len(line))

    def remember(self, line, kernel):
        # A timestamp makes every line's head its own: those are found by what follows "exec,".
        if re.match(rb"\w+,(?:v\d+,)?\d", line):
            return
        if len(self.heads) >= MOST_KERNELS:
            self.heads.clear()
        self.heads[line.rpartition(b",")[0]] = kernel

    # ------------------------------------------------------------ what is not oneDNN's

    def foreign(self, text, last):
        if b"OMP" in text or self.in_omp_block:
            self.openmp(text)
        if b"oneDNN custom operations are on" in text:
            self.custom_operations = True
        if b"oneDNN supports DT_BFLOAT16 only" in text:
            self.mixed_bfloat16 = True
        if not self.tensorflow and TENSORFLOW_LINE.search(text):
            self.tensorflow = True
        match = LOOSE_EXEC.search(text)
        if match and self.executed(text[match.end():], last):
            return
        if TRACE.search(text):
            self.cut_tails += 1
            self.truncated = self.truncated or last
        elif last and re.search(rb"(?:onednn|mkldnn|dnnl)_?v?e?r?b?o?s?e?$", text):
            self.truncated = True

    def openmp(self, text):
        if b"OPENMP DISPLAY ENVIRONMENT BEGIN" in text:
            self.in_omp_block = True
            self.omp.setdefault("OMP_NUM_THREADS", "")
        elif b"OPENMP DISPLAY ENVIRONMENT END" in text:
            self.in_omp_block = False
        elif self.in_omp_block:
            match = OMP_VARIABLE.search(text)
            if match:
                name = match.group(1).decode()
                value = (match.group(2) or b"").translate(None, UNPRINTABLE).decode().strip()
                # Of several processes the one with the most threads decides.
                if name != "OMP_NUM_THREADS" or digits(value) >= digits(self.omp.get(name)):
                    self.omp[name] = value

    # ------------------------------------------------------------ oneDNN's records

    def record(self, line, start, end, last):
        """From one prefix to the next one, or to the end of the line."""
        text = line[start:end]
        # JSON logs close the string after it: "…,0.1\n","stream":"stdout".
        text = re.split(rb'["\\\r]', text, 1)[0]
        match = EXEC.match(text)
        if match:
            kernel = self.executed(text[match.end():], last)
            if kernel and start == 0 and text == line and kernel.timed:
                self.remember(line, kernel)
            return
        words = text.translate(None, UNPRINTABLE).decode().split(",")[1:]
        while words and (re.match(r"v\d+$", words[0]) or number(words[0]) is not None):
            words.pop(0)
        if words and words[0] in ("primitive", "graph", "common", "ukernel"):
            if words.pop(0) != "primitive":
                return
        operation = words[0] if words else ""
        if operation == "info":
            self.header = True
            self.info(words[1:])
        elif operation == "exec":
            self.executed(",".join(words[1:]).encode(), last)
            return
        elif not OTHER_OPERATION.match(operation):
            self.damaged += 1
        self.truncated = self.truncated or last

    def info(self, words):
        text = ",".join(words)
        if re.match(r"(?:prim_)?template:", text):
            names = text.split(":", 1)[1].split(",")
            names = names[names.index("operation") + 1:] if "operation" in names else []
            # A damaged template must not move the columns.
            if set(FIELDS) <= set(names) and names != self.layout:
                self.layout = names
                self.heads.clear()
            return
        match = re.search(r"(?:DNNL|DNN) v(\d+(?:\.\d+)+)", text)
        if match:
            self.version = self.version or match.group(1)
            if not text.endswith(")") and "," in text:
                self.isa = self.isa or text.split(",", 1)[1]
        match = re.match(r"cpu,runtime:(\w+)", text)
        if match:
            self.threading = self.threading or match.group(1).lower()
        match = re.match(r"cpu,isa:(.+)", text)
        if match:
            self.isa = self.isa or match.group(1).strip()

    def executed(self, raw, last):
        """One exec line from what follows "exec,": its Kernel, or None where it cannot be judged."""
        words = raw.translate(None, UNPRINTABLE).decode().split(",")
        if base(words[0]) in PRIMITIVES:
            words.insert(0, "cpu")  # Intel MKL-DNN before 1.0 names no engine
        # Before 1.1 there were no attributes; the guide's lines have them and no time.
        if len(words) == 8 and number(words[7]) is not None and not re.match(r"\w+:|$", words[6]):
            words.insert(5, "")
        fields, layout = None, FIELDS
        for layout in (self.layout, FIELDS):
            fields = [words[layout.index(name)] if layout.index(name) < len(words) else None for name in FIELDS]
            if base(fields[1]) in PRIMITIVES:
                break
        primitive, implementation = base(fields[1]), fields[2]
        whole = len(words) > layout.index("problem_desc")
        if not whole:
            self.truncated = self.truncated or last
        time = number(fields[8]) if fields[8] is not None else None
        if primitive == "gemm_api":
            self.gemm_api += 1
            return None
        if not whole and implementation is not None and len(words) == layout.index("implementation") + 1:
            # Cut within the name: "gemm:re" may be anything, "gemm:ref" is what it says.
            implementation = implementation if REFERENCE.search(implementation) else None
        reference = bool(implementation and REFERENCE.search(implementation))
        named = bool(implementation and KNOWN.search(implementation))
        if primitive not in PRIMITIVES or implementation is None or (primitive in HEAVY and not reference | named):
            self.damaged += 1
            if primitive not in PRIMITIVES or implementation is None:
                return None
        if not whole:
            self.cut_heads += 1
        key = raw.rpartition(b",")[0] if time is not None else raw
        kernel = self.kernels.get(key)
        if kernel is None:
            fields = [primitive if name == "primitive" else field or "" for name, field in zip(FIELDS, fields)]
            if len(self.kernels) >= MOST_KERNELS:
                fields[3:] = ["", "", "", "", "further shapes", ""]
                key = (primitive + "," + implementation).encode()
            fields[8] = None
            kernel = self.kernels.setdefault(key, Kernel(fields))
        if time is None:
            kernel.untimed += 1
        else:
            kernel.timed += 1
            kernel.ms += time
        return kernel

    @property
    def unread(self):
        """Lines of oneDNN that cannot be judged. The end of a line that another process's line was written
        into stands alone, and its beginning was judged."""
        return self.damaged + max(0, self.cut_tails - self.cut_heads)


def base(primitive):
    """pooling_v2 is pooling."""
    return re.sub(r"_v\d+$", "", primitive or "")


def digits(text):
    match = re.match(r"\d+", text or "")
    return int(match.group()) if match else -1


# ---------------------------------------------------------------- what the log says

def share_of(kernels, chosen):
    """The chosen kernels' part of the time; of the count where times are missing."""
    timed = sum(k.timed for k in kernels)
    mean = (sum(k.ms for k in kernels) / timed if timed else 0.0) or 1.0
    total = sum(k.weight(mean) for k in kernels)
    return sum(k.weight(mean) for k in chosen) / total if total else 0.0


def bf16_of(case):
    """Available (the CPU), requested and used are three facts. bf16 as a whole word: ISA names contain it."""
    log, kernels = case.log, case.kernels
    used = any(re.search(r"\bwei[_:]bf16\b", k.memory_descriptors)
               or k.primitive == "reorder" and re.search(r"(?:src|dst)[_:]bf16\b", k.memory_descriptors)
               for k in kernels)
    mode = case.environment.get("ONEDNN_DEFAULT_FPMATH_MODE", case.environment.get("DNNL_DEFAULT_FPMATH_MODE", ""))
    requested = mode.upper() in ("BF16", "ANY") or any(
        re.search(r"attr-fpmath:(?:bf16|any)\b", k.attributes) for k in kernels)
    isa, available = log.isa or "", case.cpu.get("bf16")
    if available is None:
        if isa.startswith("AArch64"):
            available = "SVE" in isa
        elif isa.startswith("Intel"):
            available = "bfloat16" in isa or "AMX" in isa
        available = True if used else available
    seen = bool(kernels or log.gemm_api)
    return {"available": available, "requested": requested if seen or mode else None,
            "used": used if seen else None}


def backend_of(case):
    log = case.log
    if any(k.primitive in PRIMITIVES for k in case.kernels):
        return "onednn"
    if log.unread and not log.gemm_api:
        return "unknown"
    silent = not log.gemm_api and case.shadow.get("verbose") is True and log.lines
    # TensorFlow says at its start that it uses oneDNN, unless told to be quiet.
    quiet = digits(case.environment.get("TF_CPP_MIN_LOG_LEVEL")) > 0
    eigen = log.tensorflow and not log.custom_operations and not log.header and not quiet
    return "eigen" if log.gemm_api or silent or eigen or log.mixed_bfloat16 and not log.header else "unknown"


def layer(kernel):
    """What a kernel computes and at which batch: ((primitive, problem without its batch), batch)."""
    problem = kernel.problem_desc
    if kernel.primitive == "matmul" and "x" in problem:
        batch, _, rest = problem.partition("x")
        source, _, weights = rest.partition(":")
        if weights.count("x") > 1:
            weights = weights.partition("x")[2]
        return ("matmul", source + ":" + weights), batch
    match = re.search(r"mb(\d+)_?", problem)
    if not match:
        return (kernel.primitive, problem), ""
    return (kernel.primitive, problem.replace(match.group(), "", 1)), match.group(1)


class Skip(Exception):
    """A check that does not apply, with the reason."""


class Case:
    """Everything there is to judge by."""

    def __init__(self, log, probe, facts, recommended, shadow, floor="", end_of_patch=""):
        self.log, self.probe, self.facts, self.recommended, self.shadow = log, probe, facts, recommended, shadow
        self.floor, self.end_of_patch = floor, end_of_patch
        self.server = facts.get("server") or {}
        self.environment = self.server.get("environment") or {}
        self.arm = facts.get("machine", "aarch64" if (log.isa or "AArch64").startswith("AArch64") else "") == "aarch64"
        self.ours = self.server.get("kind") == "wheel" or self.server.get("name") == "graviton-tf"
        # A log that another kind of machine wrote says nothing of this one's CPU.
        elsewhere = log.isa and facts.get("machine") and log.isa.startswith("AArch64") != self.arm
        self.cpu = {} if elsewhere else facts.get("cpu") or {}
        self.kernels = list(log.kernels.values())
        self.heavy = [k for k in self.kernels if k.heavy]
        self.reference = [k for k in self.heavy if k.kind == "reference"]
        self.share = share_of(self.heavy, self.reference)
        self.backend = backend_of(self)
        self.bf16 = bf16_of(self)
        self.batches = self.other_batches()

    def other_batches(self):
        """For each layer with a reference kernel the batches at which another kernel ran."""
        found = {}
        for k in self.heavy + [k for k in self.probe.kernels.values() if k.heavy]:
            if k.kind != "reference":
                key, batch = layer(k)
                found.setdefault(key, set()).add(batch)
        return found

    def remedy(self, kernel):
        if kernel.kind != "reference" or not kernel.heavy:
            return None
        key, batch = layer(kernel)
        if self.batches.get(key, set()) - {batch}:
            return "batching"
        # No optimization of the graph changes these.
        if kernel.primitive == "deconvolution" or kernel.prop_kind.startswith("backward") \
                or re.search(r"_id\d", kernel.problem_desc):
            return "report"
        likely = batch == "1" and kernel.primitive == "convolution" and not self.probe.kernels
        version = [int(part) for part in (self.log.version or "0").split(".")]
        return "batching" if likely and version >= [3, 2] else "optimize"

    def fact(self, *path):
        value = self.facts
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            return value
        if not self.facts:
            raise Skip("only a log was given: nothing is known of the machine")
        why = self.facts.get("why") or {}
        raise Skip(next((why[key] for key in (".".join(path), path[-1], path[0]) if key in why),
                        ".".join(path) + " is not known"))

    def setting(self, name, value):
        """The exact line that sets an environment variable of the server."""
        if self.ours:
            return "%s=%s in %s, then: sudo systemctl restart graviton-tf" % (name, value, SERVING_ENV)
        return ("docker run --env %s=%s" if self.server.get("kind") == "container" else "export %s=%s") % (name, value)

    def flag(self, name, value):
        if self.ours:
            option = {"intra": "intraOpThreads", "inter": "interOpThreads"}[name]
            return "%s (and ServingOptions %s: %s in the stack)" % (
                self.setting("TENSORFLOW_%s_OP_PARALLELISM" % name.upper(), value), option, value)
        return "--tensorflow_%s_op_parallelism=%s" % (name, value)


# ---------------------------------------------------------------- the checks, one function a row

CHECKS = []


def check(identifier, source):
    def add(judge):
        CHECKS.append((identifier, source, judge))
        return judge
    return add


def numbers(version):
    return [int(part) for part in re.findall(r"\d+", version)[:2]]


@check("platform.kernel", TENSORFLOW + "#prerequisites")
def kernel_check(case):
    kernel = case.fact("kernel")
    if not case.floor:
        raise Skip("kernel %s; no floor was given" % kernel)
    if numbers(kernel) >= numbers(case.floor):
        return "PASS", "kernel %s, at least %s" % (kernel, case.floor)
    return ("FAIL", "kernel %s is older than %s" % (kernel, case.floor),
            "deploy an image with kernel %s or later, such as Amazon Linux 2023" % case.floor)


# CPU parts of Arm's cores (MIDR_EL1): the generation, and whether it is worth replacing.
GRAVITONS = {"0xd08": (1, True), "0xd0c": (2, True), "0xd40": (3, False), "0xd4f": (4, False), "0xd84": (5, False)}


def arm_only(case):
    if case.fact("machine") != "aarch64":
        raise Skip("%s is not Graviton" % case.facts["machine"])


@check("platform.cpu", "https://github.com/aws/aws-graviton-getting-started#building-for-graviton")
def cpu_check(case):
    arm_only(case)
    part = case.fact("cpu", "part").lower()
    if part not in GRAVITONS:
        raise Skip("CPU part %s is no Graviton that is known here" % part)
    generation, old = GRAVITONS[part]
    evidence = "Graviton%d (CPU part %s)" % (generation, part)
    if old:
        return "WARN", evidence + ": neither SVE nor bf16", "instance type c7g, m7g, c8g or m8g (Graviton3 and later)"
    return "PASS", evidence


@check("platform.bf16", TENSORFLOW)
def cpu_bf16_check(case):
    arm_only(case)
    if case.fact("cpu", "bf16"):
        return "PASS", "bf16 is in /proc/cpuinfo"
    return "WARN", "bf16 is not in /proc/cpuinfo", "instance type c7g, m7g, c8g or m8g (Graviton3 and later)"


@check("platform.vcpus", "https://docs.docker.com/engine/containers/resource_constraints/#cpu")
def vcpus_check(case):
    online, vcpus = case.fact("cpu", "online"), case.fact("server", "vcpus")
    if vcpus < online:
        return ("WARN", "the server may use %d of %d vCPUs" % (vcpus, online),
                "take --cpus, --cpuset-cpus, CPUQuota= or the affinity off the server")
    return "PASS", "the server may use all %d vCPUs" % online


@check("platform.hugepages", GUIDE + "perfrunbook/optimization_recommendation.md#optimizing-for-high-tlb-miss-rates")
def hugepages_check(case):
    mode = case.fact("hugepages")
    if mode == "never":
        return ("WARN", "transparent huge pages: never",
                "echo always | sudo tee /sys/kernel/mm/transparent_hugepage/enabled")
    return "PASS", "transparent huge pages: %s" % mode


@check("platform.memory", GUIDE + "perfrunbook/debug_system_perf.md#check-system-memory-usage")
def memory_check(case):
    total, available = case.fact("memory", "totalKiB"), case.fact("memory", "availableKiB")
    left = available / float(total or 1)
    limit, resident = case.server.get("memoryLimitBytes") or 0, case.server.get("residentBytes") or 0
    evidence = "%d of %d MiB available (%.0f %%)" % (available / 1024, total / 1024, 100 * left)
    if limit:
        left = min(left, 1 - resident / float(limit))
        evidence += ", the server holds %d of its %d MiB" % (resident >> 20, limit >> 20)
    if left < 0.2:
        return "FAIL" if left < 0.1 else "WARN", evidence, "a larger instance type, or fewer processes (PROCESSES=1)"
    return "PASS", evidence


@check("platform.files", "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#LimitNOFILE=")
def files_check(case):
    used, limit = case.fact("server", "openFiles"), case.fact("server", "openFilesLimit")
    evidence = "%d of %d open files" % (used, limit)
    if used > 0.8 * limit:
        return "WARN", evidence, "LimitNOFILE=65536 in the unit, or docker run --ulimit nofile=65536"
    return "PASS", evidence


@check("platform.network", "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-network-performance-ena.html")
def network_check(case):
    over = sorted("%s %s" % item for item in case.fact("ena").items() if item[1])
    if over:
        return "WARN", "ENA held traffic back: " + ", ".join(over), "a larger instance type, or one with an n (c7gn)"
    return "PASS", "no ENA allowance was exceeded"


@check("platform.iowait", GUIDE + "perfrunbook/debug_system_perf.md#check-cpu-usage")
def iowait_check(case):
    waiting = case.fact("iowait")
    evidence = "%.1f %% of the CPU time waits for the disk" % (100 * waiting)
    if waiting > 0.05:
        return "FAIL" if waiting > 0.2 else "WARN", evidence, "gp3 with more throughput (up to 1,000 MiB/s) and IOPS"
    return "PASS", evidence


@check("runtime.image", "https://aws.amazon.com/ai/machine-learning/containers/")
def image_check(case):
    if case.fact("server", "kind") != "container":
        raise Skip("the server runs in no container")
    image = case.fact("server", "image")
    name = image.split("@")[0].rsplit("/", 1)[-1]
    ends = dict(entry.rsplit("=", 1) for entry in case.end_of_patch.split() if "=" in entry)
    end, today = ends.get(name), str(case.facts.get("at", ""))[:10]
    pinned = "pinned by digest" if "@sha256:" in image else "not pinned by a digest"
    evidence = "%s (%s, %s)" % (image, case.server.get("digest", "digest unknown"), pinned)
    # A year or a month ends with its last day.
    if end and today and today[:len(end)] > end:
        return ("WARN", evidence + ": AWS's patches ended %s" % end,
                "an image that is still patched (graviton-tf images), or the wheel runtime")
    if ":" not in name or name.endswith(":latest"):
        return "WARN", evidence + ": the tag moves", "pin it: %s@sha256:..." % image.split("@")[0]
    return "PASS", evidence + (": patched until %s" % end if end else ": not in AWS's catalogue")


@check("runtime.tensorflow", TENSORFLOW)
def tensorflow_check(case):
    version = case.fact("server", "tensorflow")
    python = case.server.get("python")
    return "PASS", "TensorFlow %s%s" % (version, ", Python %s" % python if python else "")


@check("backend.onednn", TENSORFLOW)
def backend_check(case):
    log = case.log
    if case.backend == "onednn":
        count = sum(k.count for k in case.kernels)
        return "PASS", "oneDNN %s ran %d primitives (%s, runtime %s)" % (
            log.version or "of unknown version", count, log.isa or "ISA unknown", log.threading or "unknown")
    if log.mixed_bfloat16 and case.backend == "eigen":
        return ("FAIL", "a mixed_bfloat16 model: TensorFlow falls back to Eigen for bfloat16 on Arm",
                "save the model in float32 (tf.keras.mixed_precision.set_global_policy('float32')) and set "
                + case.setting("DNNL_DEFAULT_FPMATH_MODE", "BF16"))
    if case.backend == "eigen":
        seen = ("%d gemm_api lines and no primitive" % log.gemm_api if log.gemm_api else
                "verbose was on and oneDNN printed nothing" if case.shadow.get("verbose") is True else
                "TensorFlow started without 'oneDNN custom operations are on'")
        return "FAIL", "Eigen executes the model: " + seen, case.setting("TF_ENABLE_ONEDNN_OPTS", 1)
    why = case.shadow.get("why") or ("oneDNN's header and no primitive" if log.header else
                                     "no line of oneDNN in %d lines" % log.lines)
    return "UNKNOWN", why, "run the server with DNNL_VERBOSE=1 and TF_ENABLE_ONEDNN_OPTS=1, send requests, keep stdout"


def onednn_only(case):
    if case.backend == "eigen":
        raise Skip("Eigen executes the model: see backend.onednn")


BATCHING = ("serve batches of 2 or more (ServingOptions batching, or --enable_batching=true), or take a TensorFlow"
            " that has a fast kernel at batch 1, such as 2.14.1")
OPTIMIZE = ("optimize the graph for inference (the graph optimization runbook, or TensorFlow's optimize_for_inference);"
            " if the kernels stay, report the issue below to " + ISSUES)


def named(kernel):
    return "%s %s %s" % (kernel.primitive, kernel.implementation, kernel.problem_desc)


@check("kernels.reference", TENSORFLOW)
def reference_check(case):
    onednn_only(case)
    log = case.log
    unread = ("the log ends within a line" if log.truncated else
              "%d damaged lines" % log.unread if log.unread else "")
    if not case.reference:
        if case.backend == "unknown" or unread:
            return "UNKNOWN", unread or "no primitive was seen", "take the log again, whole"
        if not case.heavy:
            raise Skip("the model runs none of " + ", ".join(sorted(HEAVY)))
        return "PASS", "%d convolutions and matrix products, none by a reference kernel" % sum(
            k.count for k in case.heavy)
    untimed = sum(k.untimed for k in case.heavy)
    lost = sum(k.untimed for k in case.reference) / float(untimed or 1)
    worst = max(case.reference, key=lambda k: (k.ms, k.count))
    remedies = {case.remedy(k) for k in case.reference}
    remediation = (BATCHING if "batching" in remedies else
                   OPTIMIZE if "optimize" in remedies else "report the issue below to " + ISSUES)
    return ("FAIL" if max(case.share, lost) >= 0.05 else "WARN",
            "%.1f %% of the time of convolutions and matrix products is in %d reference kernels, most of it in %s" % (
                100 * case.share, len(case.reference), named(worst)), remediation)


@check("kernels.batch", TENSORFLOW)
def batch_check(case):
    onednn_only(case)
    if case.backend == "unknown":
        return "UNKNOWN", "no primitive was seen"
    if not case.reference:
        raise Skip("no reference kernel to judge")
    for k in case.reference:
        key, batch = layer(k)
        faster = sorted(case.batches.get(key, set()) - {batch}, key=digits)
        if faster:
            return ("WARN", "the batch decides: %s is a reference kernel at batch %s, not at batch %s" % (
                named(k), batch, ", ".join(faster)), BATCHING)
    if case.probe.kernels:
        return "PASS", "the batch does not decide: the probe's batch takes the reference kernels too"
    return "UNKNOWN", "no log of another batch", "diagnose again with BatchSize 2, or give --probe a log of batch 2"


@check("bf16.used", TENSORFLOW)
def bf16_check(case):
    onednn_only(case)
    if case.backend == "unknown":
        return "UNKNOWN", "no primitive was seen"
    available, requested, used = (case.bf16[key] for key in ("available", "requested", "used"))
    if not case.arm:
        raise Skip("not an Arm CPU")
    if used:
        return "PASS", "weights or reorders are in bf16"
    mode = "DNNL_DEFAULT_FPMATH_MODE"
    if requested and available is False:
        return "WARN", "BF16 is requested and this CPU has none: it does nothing", "remove %s=BF16" % mode
    if requested:
        return ("WARN", "BF16 is requested and available, yet no weights are in bf16",
                "look at the layers: reference kernels and small ones stay in float32")
    if available:
        return "WARN", "the CPU has bf16 and it is not requested", case.setting(mode, "BF16")
    raise Skip("this CPU has no bf16" if available is False else "the log does not name the CPU, BF16 is not requested")


def pool(case, name):
    """Threads of one pool of a process; None where TensorFlow chooses."""
    value = str((case.server.get("flags") or {}).get("tensorflow_%s_op_parallelism" % name)
                or case.environment.get("TF_NUM_%sOP_THREADS" % name.upper(), ""))
    return digits(value) if digits(value) > 0 else None


def recommended(case, name):
    if not case.facts:
        case.fact("server")
    if name not in case.recommended:
        raise Skip("there is no recommended.json")
    return case.recommended[name]


@check("threads.pool", TENSORFLOW + "#runtime-configurations")
def pool_check(case):
    case.fact("server")
    texts, lines = [], []
    for name in ("intra", "inter"):
        wanted, got = recommended(case, name + "Op"), pool(case, name)
        texts.append("%s-op %s (recommended %d)" % (name, got or "not set: TensorFlow takes every CPU", wanted))
        if (got or case.recommended.get("vcpus")) != wanted:
            lines.append(case.flag(name, wanted))
    return ("WARN", ", ".join(texts), "; ".join(lines)) if lines else ("PASS", ", ".join(texts))


@check("threads.openmp", TENSORFLOW + "#runtime-configurations")
def openmp_check(case):
    omp, threading = case.log.omp, case.log.threading or ""
    if threading and not threading.startswith("openmp") and threading != "omp":
        raise Skip("oneDNN's runtime is %s: OMP_* changes nothing" % threading)
    if not omp and not threading:
        raise Skip("no OpenMP block in the log")
    text = omp.get("OMP_NUM_THREADS") or case.environment.get("OMP_NUM_THREADS", "")
    threads = digits(text)
    places = omp.get("OMP_PLACES", "").count("{")
    vcpus = case.recommended.get("vcpus") or case.server.get("vcpus") or places
    wanted = case.recommended.get("ompNumThreads") or vcpus
    if threads < 0:
        if vcpus and case.recommended.get("processes", 1) > 1:
            return "WARN", "OMP_NUM_THREADS is not set", case.setting("OMP_NUM_THREADS", wanted)
        raise Skip("OMP_NUM_THREADS is not set: OpenMP takes every CPU")
    evidence = "OMP_NUM_THREADS=%d, OMP_PROC_BIND=%s" % (threads, omp.get("OMP_PROC_BIND", "not set").lower())
    if not vcpus:
        raise Skip(evidence + "; the vCPUs are not known")
    if threads > wanted:
        return "FAIL", evidence + " on %d vCPUs" % vcpus, case.setting("OMP_NUM_THREADS", wanted)
    if threads < wanted:
        return "WARN", evidence + ", recommended %d" % wanted, case.setting("OMP_NUM_THREADS", wanted)
    return "PASS", evidence


@check("threads.oversubscription", TENSORFLOW + "#runtime-configurations")
def oversubscription_check(case):
    processes, vcpus = case.fact("server", "processes"), case.fact("server", "vcpus")
    wanted = recommended(case, "intraOp")
    threads = pool(case, "intra") or wanted
    evidence = "%d process(es) x %d intra-op threads on %d vCPUs" % (processes, threads, vcpus)
    if case.server.get("threads"):
        evidence += " (threads in /proc: %s)" % ", ".join(str(count) for count in case.server["threads"][:8])
    if processes * threads > max(vcpus, processes):
        return "FAIL", evidence, case.flag("intra", wanted)
    if processes * threads < vcpus and threads < wanted:
        return "WARN", evidence + ": some stay idle", case.flag("intra", wanted)
    return "PASS", evidence


# ---------------------------------------------------------------- the report

APERF = "aperf record -r graviton-tf -i 1 -p 60 && aperf report -r graviton-tf -n graviton-tf-report"
ORDER = ("FAIL", "WARN", "UNKNOWN", "PASS", "SKIP")
MOST_LISTED = 500


def judge(case):
    rows = []
    for identifier, source, judge_one in CHECKS:
        try:
            status, evidence, remediation = (tuple(judge_one(case)) + (None,))[:3]
        except Skip as reason:
            status, evidence, remediation = "SKIP", str(reason), None
        rows.append({"id": identifier, "status": status, "evidence": evidence, "remediation": remediation,
                     "source": source})
    first = next((row["id"] for status in ORDER[:3] for row in rows if row["status"] == status), None)
    rows.append({"id": "next.step", "status": "SKIP" if first else "PASS",
                 "evidence": "first: " + first if first else "every check passed; still slow? record a profile",
                 "remediation": None if first else APERF, "source": "https://github.com/aws/aperf"})
    return rows, first


def kernel_rows(case):
    """Reference kernels first, then by time."""
    merged = {}
    for k in case.kernels:
        merged.setdefault((k.primitive, k.implementation, k.problem_desc), []).append(k)
    rows = []
    for (primitive, implementation, shape), group in merged.items():
        rows.append({"primitive": primitive, "implementation": implementation, "kind": group[0].kind, "shape": shape,
                     "count": sum(k.count for k in group), "milliseconds": round(sum(k.ms for k in group), 4),
                     "share": round(share_of(case.kernels, group), 6), "remedy": case.remedy(group[0])})
    return sorted(rows, key=lambda r: (r["remedy"] is None, -r["share"], -r["count"], r["shape"]))


def issue_of(case, tensorflow):
    if not case.reference:
        return None
    log, worst = case.log, sorted(case.reference, key=lambda k: (-k.ms, -k.count))[:10]
    about = "oneDNN %s, TensorFlow %s, %s, runtime %s" % (
        log.version or "?", tensorflow or "?", log.isa or "ISA unknown", log.threading or "unknown")
    table = ["| %s |" % " | ".join((k.primitive, k.implementation, k.problem_desc, k.prop_kind, k.memory_descriptors,
                                    (k.attributes + " " + k.auxiliary).strip(), str(k.count),
                                    "%.3f" % k.ms if k.timed else "?")) for k in worst]
    body = ["These operators run the C++ reference kernel instead of one of the Arm Compute Library.", "",
            "- " + about, "- %.1f %% of the time of convolutions and matrix products, %d calls" % (
                100 * case.share, sum(k.count for k in case.reference)), "",
            "| operator | implementation | shape | propagation | data types and layouts | attributes | calls | ms |",
            "|---|---|---|---|---|---|---|---|"] + table
    return {"title": "Reference kernel for %s (%s)" % (named(worst[0]), about), "body": "\n".join(body),
            "url": ISSUES + "/new"}


def report_of(case):
    log, shadow = case.log, case.shadow
    rows, first = judge(case)
    found = {row["status"] for row in rows}
    kernels = kernel_rows(case)
    tensorflow = case.server.get("tensorflow")
    evidence = {"kind": shadow.get("kind") or ("log" if log.lines else "none"),
                "replay": bool(shadow.get("replay") or shadow.get("kind") == "log"), "lines": log.lines,
                "execLines": sum(k.count for k in case.kernels) + log.gemm_api, "truncated": log.truncated}
    evidence.update((key, shadow[key]) for key in ("log", "why", "batch", "requests", "from") if key in shadow)
    threading = log.threading if log.threading in ("threadpool", "openmp", "sequential", "tbb") else "unknown"
    return {
        "schemaVersion": 1, "at": case.facts.get("at"), "instance": case.facts.get("instance"),
        "exitCode": 1 if found & {"FAIL", "WARN"} else 2 if "UNKNOWN" in found else 0,
        "evidence": evidence,
        "summary": {"backend": case.backend, "onednnVersion": log.version, "isa": log.isa, "threading": threading,
                    "primitives": sum(k.count for k in case.kernels), "referenceShare": round(case.share, 6),
                    "bf16": case.bf16, "tensorflow": tensorflow,
                    "aclShare": round(share_of(case.heavy, [k for k in case.heavy if k.kind == "acl"]), 6)},
        "checks": rows, "kernels": kernels[:MOST_LISTED], "kernelsOmitted": max(0, len(kernels) - MOST_LISTED),
        "issue": issue_of(case, tensorflow),
        "nextStep": {"text": "fix %s first, then diagnose again" % first if first else
                     "record a profile, and open an issue with it and this report at"
                     " https://github.com/aws/aws-graviton-getting-started/issues",
                     "command": None if first else APERF, "source": "https://github.com/aws/aperf"},
        "facts": case.facts, "recommended": case.recommended}


SIGNS = {"PASS": "ok", "WARN": "!", "FAIL": "X", "SKIP": "-", "UNKNOWN": "?"}


def text_of(report, limit):
    """The verdict to read, worst first, cut to the limit from its end."""
    summary, evidence = report["summary"], report["evidence"]
    count = {status: sum(row["status"] == status for row in report["checks"]) for status in ORDER}
    lines = [", ".join("%d %s" % (count[status], status) for status in ORDER if count[status]),
             "backend %s, oneDNN %s, %s, threading %s, %d primitives, %.1f %% of the time in reference kernels%s" % (
                 summary["backend"], summary["onednnVersion"] or "?", summary["isa"] or "ISA unknown",
                 summary["threading"], summary["primitives"], 100 * summary["referenceShare"],
                 " [replay of %s]" % evidence.get("log", "a log") if evidence["replay"] else ""), ""]
    for row in sorted(report["checks"], key=lambda row: ORDER.index(row["status"])):
        lines.append("%-2s %-7s %-25s %s" % (SIGNS[row["status"]], row["status"], row["id"], row["evidence"]))
        if row["remediation"]:
            lines.append("     -> " + row["remediation"])
    if report["kernels"]:
        lines += ["", "Kernels:"] + ["  %5.1f %%  %6d x  %s %s %s" % (
            100 * k["share"], k["count"], k["primitive"], k["implementation"], k["shape"])
            for k in report["kernels"][:12]]
    if report["issue"]:
        lines += ["", "Issue for " + report["issue"]["url"], report["issue"]["title"], report["issue"]["body"]]
    lines += ["", "Next: " + report["nextStep"]["text"]]
    text = "\n".join(lines).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= limit else text[:max(0, limit - 6)] + "\n[cut]"


# ---------------------------------------------------------------- the command line

def load(path):
    """A JSON object from a file; nothing where there is no file."""
    if not path:
        return {}
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def read_logs(paths):
    log = Log()
    for path in paths:
        if path == "-":
            log.read(sys.stdin.buffer)
        else:
            with open(path, "rb", buffering=0) as stream:
                log.read(stream)
    return log


def step_arguments(options):
    """As a step of the runbook: what the steps before it left in the work folder."""
    root = os.environ.get("GTF_ROOT", "")
    base = root + "/var/lib/graviton-tf-diagnosis"
    if os.geteuid() and not root:
        base = "%s/graviton-tf-diagnosis-%d" % (os.environ.get("XDG_RUNTIME_DIR") or "/tmp", os.geteuid())

    def there(*names):
        paths = [os.path.join(base, os.environ["SSM_COMMAND_ID"], name) for name in names]
        return [path for path in paths if os.path.exists(path)]

    for name in ("facts", "recommended", "shadow"):
        setattr(options, name, "".join(there(name + ".json")))
    options.report = os.path.join(base, os.environ["SSM_COMMAND_ID"], "report.json")
    options.log, options.probe = there("served.out", "served.err"), there("probe.out", "probe.err")
    options.kernel_floor, options.end_of_patch = (os.environ.get("SSM_" + name, "") for name in
                                                  ("KernelFloor", "EndOfPatch"))


def main(arguments):
    parser = argparse.ArgumentParser(description="Judges a oneDNN verbose log and a machine's facts.")
    for name in ("facts", "recommended", "shadow", "report", "kernel-floor", "end-of-patch"):
        parser.add_argument("--" + name, default="")
    parser.add_argument("--probe", action="append", default=[])
    parser.add_argument("--limit", type=int, default=23500)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--text", action="store_true")
    parser.add_argument("log", nargs="*")
    options = parser.parse_args(arguments)
    step = not arguments and "SSM_COMMAND_ID" in os.environ
    if step:
        step_arguments(options)
    try:
        facts, recommended_threads, shadow = load(options.facts), load(options.recommended), load(options.shadow)
        if step and not options.log and shadow.get("kind") == "log":
            options.log = [shadow["log"]]
        case = Case(read_logs(options.log), read_logs(options.probe), facts, recommended_threads, shadow,
                    options.kernel_floor, options.end_of_patch)
    except (OSError, ValueError) as error:
        print("analyze.py: cannot read its input: %s" % error, file=sys.stderr)
        return 2
    report = report_of(case)
    if options.report:
        with open(options.report, "w", encoding="utf-8") as file:
            json.dump(report, file)
    print(json.dumps(report) if options.json else text_of(report, options.limit))
    return 0 if step else report["exitCode"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
