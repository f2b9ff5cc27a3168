#!/usr/bin/env python3
"""Says why TensorFlow is slow on Graviton, from oneDNN's verbose log and the machine's facts.

analyze.py [--facts FILE] [--recommended FILE] [--shadow FILE] [--probe LOG]... [--kernel-floor V]
           [--end-of-patch TEXT] [--report FILE] [--json | --text] [--limit CHARS] [LOG...|-]

Several logs are one run. Ends with 0 if all is well, 1 with findings, 2 where it cannot tell. As a step of the
runbook (no arguments) it reads the work folder.
"""
import argparse
import json
import os
import re
import sys

GRAVITON = "https://github.com/aws/aws-graviton-getting-started"
GUIDE = GRAVITON + "/blob/main/machinelearning/tensorflow.md"
SYSTEM = GRAVITON + "/blob/main/perfrunbook/debug_system_perf.md"
ISSUES = "https://github.com/ARM-software/ComputeLibrary/issues"

# --- The log

# An exec line's fields, unless the log's own template line says otherwise (oneDNN 1.1 to 3.x).
FIELDS = "engine primitive implementation prop_kind memory_descriptors attributes auxiliary problem_desc exec_time".split()
HEAVY = {"convolution", "deconvolution", "inner_product", "matmul", "rnn"}
PRIMITIVES = HEAVY.union(
    "gemm_api reorder shuffle concat sum eltwise lrn batch_normalization binary logsoftmax resampling pooling"
    " reduction prelu softmax layer_normalization group_normalization sdpa zero_pad".split())
# By the parts of an implementation's name; what fits nowhere may be damaged.
KINDS = [(kind, re.compile("(?:^|[:+_-])(?:%s)" % names)) for kind, names in (
    ("reference", "(?<!_)ref(?![a-z0-9])"), ("acl", "acl"), ("sve", "sve"), ("jit", "jit|brg|brd"),
    ("other", "kai|asimd|neon|avx|sse|amx|blas|mkl|zen|simple|any"))]
PREFIX = re.compile(rb"(?:onednn|mkldnn|dnnl)_verbose,")
EXEC = re.compile(PREFIX.pattern + rb"(?:v\d+,)?(?:\d[\d.]*,)?(?:primitive,)?exec,")
# Where the beginning is lost: in a cut log, or to another process's line.
LOST = re.compile(rb"exec,(?=[cg]pu)")
TRACE = re.compile(rb"_verb|:blocked:|(?:for|back)ward_[ti]|alg:[a-z]+_|,exec,")
TENSORFLOW = re.compile(rb"[IWEF] \S*(?:tensorflow|tsl)\S*\.cc:\d+\]|[IWEF]\d{4} [\d:.]+ +\d+ \S+\.cc:\d+\]")
OMP = re.compile(rb"\b(OMP_[A-Z_]+)(?: ?= ?'?([^'\r]*)|:)")
# One of these is in every line that matters.
MARKS = b"verb", b"exec,", b":blocked:", b"ward_", b"alg:", b"MP", b"DNN", b".cc:"
NOISE = bytes(set(range(256)) - set(range(32, 127)))
BLOCK, LONGEST_LINE, MOST_KERNELS = 1 << 18, 1 << 16, 8000


def number(text):
    """Milliseconds, or None."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if 0 <= value < 1e15 else None


def digits(text):
    """The number that a text begins with, or -1."""
    return int((re.match(r"\d+", text or "") or ["-1"])[0])


def base(primitive):
    """pooling_v2 is pooling."""
    return re.sub(r"_v\d$", "", primitive or "")


def words_of(raw):
    return raw.translate(None, NOISE).decode().split(",")


class Kernel:
    """An implementation of a primitive on one problem: how often it ran, with and without a time, how long."""

    __slots__ = FIELDS + ["kind", "timed", "untimed", "ms"]

    def __init__(self, found, kind):
        for name in FIELDS:
            setattr(self, name, found.get(name) or "")
        self.primitive, self.kind = base(self.primitive), kind
        self.timed, self.untimed, self.ms = 0, 0, 0.0

    def __str__(self):
        return f"{self.primitive} {self.implementation} {self.problem_desc}"


class Log:
    """One pass over the logs, in memory that does not grow with them."""

    def __init__(self):
        self.lines = self.gemm_api = self.damaged = self.heads_cut = self.tails_cut = 0
        self.kernels = {}  # what is between "exec," and the time -> Kernel
        self.heads = {}  # the same for whole lines: most differ from an earlier one in the time alone
        self.layout = FIELDS
        self.version = self.isa = self.threading = None
        self.omp, self.in_omp = {}, False
        self.header = self.truncated = self.tensorflow = self.onednn_on = self.mixed_bfloat16 = False

    def read(self, stream):
        rest = b""
        for block in iter(lambda: stream.read(BLOCK), b""):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            self.take(lines)
            if len(rest) > LONGEST_LINE:
                # No line is so long; what may be the beginning of a record waits for its end.
                at = rest.rfind(b"_verbose,", len(rest) - 4096)
                at = at - 6 if at > 0 else len(rest) - 20
                self.other(rest[:at])
                rest = rest[at:]
        if rest:
            self.lines += 1
            self.other(rest, True)
        self.in_omp = False

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
        """A line that its head does not tell. `last`: the log ends in it."""
        if not last and not any([mark in line for mark in MARKS]):
            return
        match = EXEC.search(line)
        if match and line.find(b"_verbose,", match.end()) < 0:
            # Known but for its timestamp, or for what a logger put before it.
            head, _, time = line[match.end():].rpartition(b",")
            kernel, value = self.kernels.get(head), number(time)
            if kernel and value is not None:
                kernel.timed += 1
                kernel.ms += value
                return
        starts = [found.start() for found in PREFIX.finditer(line)] + [len(line)]
        self.foreign(line[:starts[0]], last and len(starts) == 1)
        for start, end in zip(starts, starts[1:]):
            # JSON logs go on after it: ...,0.1\n","stream":"stdout"
            self.record(re.split(rb'["\\\r]', line[start:end], 1)[0], line, last and end == len(line))

    def foreign(self, text, last):
        """What is before a line's first prefix: other programs' lines, the ends of damaged ones."""
        self.onednn_on |= b"oneDNN custom operations are on" in text
        self.mixed_bfloat16 |= b"oneDNN supports DT_BFLOAT16 only" in text
        self.tensorflow = self.tensorflow or bool(TENSORFLOW.search(text))
        if b"OPENMP DISPLAY ENVIRONMENT" in text:
            self.in_omp = b"BEGIN" in text
            self.omp.setdefault("OMP_NUM_THREADS", "")
        match = self.in_omp and OMP.search(text)
        if match:
            name, value = match[1].decode(), ",".join(words_of(match[2] or b"")).strip()
            # Of several processes, the one with the most threads.
            if name != "OMP_NUM_THREADS" or digits(value) >= digits(self.omp[name]):
                self.omp[name] = value
        lost = LOST.search(text)
        if lost:
            self.execution(text[lost.end():], last)
        elif TRACE.search(text):
            self.tails_cut += 1
            self.truncated |= last
        elif last and re.search(rb"(?:onednn|mkldnn|dnnl)\w{0,8}$", text):
            self.truncated = True

    def record(self, text, line, last):
        """A line of oneDNN, from its prefix on."""
        match = EXEC.match(text)
        if match:
            kernel = self.execution(text[match.end():], last)
            # Known by its head from now on, if that is the whole line and holds no timestamp.
            if kernel and text == line and match.end() < 34:
                if len(self.heads) >= MOST_KERNELS:
                    self.heads.clear()
                self.heads[line.rpartition(b",")[0]] = kernel
            return
        words = words_of(text)[1:]
        while words and re.match(r"(?:v?\d[\d.]*|primitive)$", words[0]):
            words.pop(0)
        operation = words.pop(0) if words else ""
        if operation == "exec":
            self.execution(",".join(words).encode(), last)
            return
        if operation == "info":
            self.info(",".join(words))
        elif not re.match(r"(?:graph|common|ukernel)$|create|exec:|error|check|dispatch|warn|debuginfo", operation):
            self.damaged += 1
        self.truncated |= last

    def info(self, text):
        self.header = True
        names = re.split("[:,]", text)
        if names[0].endswith("template") and "operation" in names:
            names = names[names.index("operation") + 1:]
            # A damaged template must not move the columns.
            if set(FIELDS) <= set(names):
                self.layout = names
        for name, pattern in (("version", r".*DNNL? v(\d+(?:\.\d+)+)"), ("isa", r".*DNNL? v[^,]*,(.+)"),
                              ("threading", r"cpu,runtime:(\w+)"), ("isa", r"cpu,isa:(.+)")):
            match = re.match(pattern, text)
            if match and not getattr(self, name):
                setattr(self, name, match[1].strip())

    def execution(self, raw, last):
        """What follows "exec,". Its Kernel, if nothing of the line is missing."""
        words = words_of(raw)
        if base(words[0]) in PRIMITIVES:
            words.insert(0, "cpu")  # MKL-DNN 0.x names no engine
        if len(words) == 8 and number(words[7]) is not None and re.match(r"[^:]*\d", words[6]):
            words.insert(5, "")  # nor are there attributes before DNNL 1.1; the guide's lines lack the time instead
        for layout in (self.layout, FIELDS):
            found = dict(zip(layout, words))
            primitive, name = base(found.get("primitive")), found.get("implementation")
            if primitive in PRIMITIVES:
                break
        if primitive == "gemm_api":  # Eigen's call of oneDNN's GEMM, no primitive
            self.gemm_api += 1
            return None
        time = number(found.get("exec_time"))
        kind = next((kind for kind, names in KINDS if names.search(name or "")), None)
        if "problem_desc" not in found:
            self.heads_cut += 1
            self.truncated |= last
            if kind != "reference" and words[-1] == name:
                kind = None  # cut within its name: "gemm:re" may be anything
        if primitive not in PRIMITIVES or not name or not kind and primitive in HEAVY:
            self.damaged += 1
            if primitive not in PRIMITIVES or not name:
                return None
        key = raw if time is None else raw.rpartition(b",")[0]
        if key not in self.kernels:
            if len(self.kernels) >= MOST_KERNELS:
                found = {"primitive": primitive, "implementation": name, "problem_desc": "(further shapes)"}
                key = (primitive + name).encode()
            self.kernels.setdefault(key, Kernel(found, kind or "other"))
        kernel = self.kernels[key]
        if time is None:
            kernel.untimed += 1
            return None
        kernel.timed += 1
        kernel.ms += time
        return kernel if len(words) == len(layout) else None

    @property
    def unread(self):
        """Lines that cannot be judged. The end of a line into which another process wrote stands alone, but its
        beginning was judged."""
        return self.damaged + max(0, self.tails_cut - self.heads_cut)


# --- What it means

def count(kernels):
    return sum(k.timed + k.untimed for k in kernels)


def parts_of(kernels):
    """Each kernel's part of the time. Without a time a line counts as a mean one; without any, the count rules."""
    mean = sum(k.ms for k in kernels) / max(1, sum(k.timed for k in kernels)) or 1.0
    total = sum(k.ms + k.untimed * mean for k in kernels) or 1.0
    return {k: (k.ms + k.untimed * mean) / total for k in kernels}


def layer(k):
    """What a kernel computes but for the batch, and the batch."""
    source, colon, weights = k.problem_desc.partition(":")
    if k.primitive == "matmul" and colon:
        batch, _, source = source.partition("x")
        return ("matmul", source, weights.partition("x")[2] if weights.count("x") > 1 else weights), batch
    match = re.search(r"mb(\d+)_?", k.problem_desc)
    return (k.primitive, k.problem_desc.replace(match[0], "", 1) if match else k.problem_desc), match and match[1]


def numbers(version):
    return [int(part) for part in re.findall(r"\d+", version or "")[:2]]


class Skip(Exception):
    """A check does not apply: the reason."""


class Case:
    """All there is to judge by."""

    def __init__(self, log, probe, facts, recommended, shadow, options):
        self.log, self.probe, self.facts, self.recommended = log, probe, facts, recommended
        self.shadow, self.options = shadow, options
        self.server = facts.get("server") or {}
        self.environment = self.server.get("environment") or {}
        self.ours = self.server.get("kind") == "wheel" or self.server.get("name") == "graviton-tf"
        self.kernels = list(log.kernels.values())
        self.heavy = [k for k in self.kernels if k.primitive in HEAVY]
        self.parts = parts_of(self.heavy)
        self.reference = sorted((k for k in self.heavy if k.kind == "reference"), key=lambda k: -self.parts[k])
        self.fast = {}  # layer -> batches at which it runs no reference kernel
        for k in self.heavy + [k for k in probe.kernels.values() if k.primitive in HEAVY]:
            if k.kind != "reference":
                self.fast.setdefault(layer(k)[0], set()).add(layer(k)[1])
        self.backend, self.bf16 = self.find_backend(), self.find_bf16()

    def share(self, kernels):
        return sum(self.parts[k] for k in kernels)

    def find_backend(self):
        log = self.log
        if self.kernels:
            return "onednn"
        if log.gemm_api or log.mixed_bfloat16 and not log.header:
            return "eigen"
        # TensorFlow says at its start that it uses oneDNN, unless it is told to be quiet.
        quiet = digits(self.environment.get("TF_CPP_MIN_LOG_LEVEL")) > 0
        off = log.tensorflow and not (log.onednn_on or log.header or quiet)
        return "eigen" if not log.unread and (off or self.shadow.get("verbose") is True) else "unknown"

    def find_bf16(self):
        """Available, requested, used: three facts. bf16 is a whole word, as names of ISAs contain it."""
        isa, machine = self.log.isa or "", self.facts.get("machine")
        self.arm = (machine or isa and isa.split()[0].lower().replace("intel", "x86") or "aarch64") == "aarch64"
        used = any(re.search(r"\bwei[_:]bf16\b" if k.primitive != "reorder" else r"(?:src|dst)[_:]bf16\b",
                             k.memory_descriptors) for k in self.kernels)
        mode = self.environment.get("ONEDNN_DEFAULT_FPMATH_MODE", self.environment.get("DNNL_DEFAULT_FPMATH_MODE"))
        asked = any(re.search(r"fpmath:(?:bf16|any)\b", k.attributes) for k in self.kernels)
        available = (self.facts.get("cpu") or {}).get("bf16")
        # A replayed log may come from a machine of another kind, whose CPU its header tells.
        if isa and (available is None or isa.startswith("AArch64") != self.arm):
            available = used or bool(re.search("SVE|bfloat16|AMX", isa))
        seen = bool(self.kernels or self.log.gemm_api)
        return {"available": True if available is None and used else available,
                "requested": asked or (mode or "").upper() in ("BF16", "ANY") if seen or mode else None,
                "used": used if seen else None}

    def remedy(self, k):
        if k.kind != "reference" or k.primitive not in HEAVY:
            return None
        problem, batch = layer(k)
        if self.fast.get(problem, set()) - {batch}:
            return "batching"
        # Transposed and 3-D convolutions stay what they are, whatever is done to the graph.
        if k.primitive == "deconvolution" or "backward" in k.prop_kind or re.search(r"_id\d", k.problem_desc):
            return "report"
        likely = batch == "1" and k.primitive == "convolution" and not self.probe.kernels
        return "batching" if likely and numbers(self.log.version) >= [3, 2] else "optimize"

    def fact(self, *path):
        """A fact, or SKIP with the reason why it is not known."""
        value, why = self.facts, self.facts.get("why") or {}
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            reasons = [why[key] for key in (".".join(path), path[-1], path[0]) if key in why]
            raise Skip("a log alone says nothing of the machine" if not self.facts else
                       (reasons + [".".join(path) + " is not known"])[0])
        return value

    def advised(self, name):
        self.fact("server")
        if name not in self.recommended:
            raise Skip("no threads are recommended")
        return self.recommended[name]

    def line(self, name, value):
        """The line that sets a variable of the server."""
        if self.ours:
            return f"{name}={value} in /etc/graviton-tf/serving.env, then: sudo systemctl restart graviton-tf"
        return f"docker run --env {name}={value}" if self.server.get("kind") == "container" else f"export {name}={value}"

    def pool(self, name):
        """The threads of a process's pool; None where TensorFlow chooses."""
        value = str((self.server.get("flags") or {}).get(f"tensorflow_{name}_op_parallelism")
                    or self.environment.get(f"TF_NUM_{name.upper()}OP_THREADS"))
        return digits(value) if digits(value) > 0 else None

    def pool_line(self, name):
        value = self.advised(name + "Op")
        if not self.ours:
            return f"--tensorflow_{name}_op_parallelism={value}"
        return (self.line(f"TENSORFLOW_{name.upper()}_OP_PARALLELISM", value)
                + f" (in the stack: ServingOptions {name}OpThreads: {value})")


# --- The checks: a function a row, named after it

def finding(status, evidence, remediation=None):
    return (status, evidence, remediation) if status else ("PASS", evidence, None)


def grade(value, warn, fail):
    return "FAIL" if value > fail else "WARN" if value > warn else None


def graviton(case):
    if case.fact("machine") != "aarch64":
        raise Skip(case.facts["machine"] + " is not Graviton")


NEWER = "an instance type with Graviton3 or later, such as c7g or c8g"
# Arm's numbers of A72, Neoverse N1, V1, V2 and V3.
GRAVITONS = {"0xd08": 1, "0xd0c": 2, "0xd40": 3, "0xd4f": 4, "0xd84": 5}


def platform_kernel(case):
    kernel, floor = case.fact("kernel"), case.options.kernel_floor
    if not floor:
        raise Skip(f"kernel {kernel}; no floor was given")
    return finding(numbers(kernel) < numbers(floor) and "FAIL", f"kernel {kernel}, the floor is {floor}",
                   f"an image with kernel {floor} or later, such as Amazon Linux 2023")


def platform_cpu(case):
    graviton(case)
    part = case.fact("cpu", "part").lower()
    if part not in GRAVITONS:
        raise Skip(f"CPU part {part} is no Graviton known here")
    return finding(GRAVITONS[part] < 3 and "WARN", f"Graviton{GRAVITONS[part]} (CPU part {part})", NEWER)


def platform_bf16(case):
    graviton(case)
    has = case.fact("cpu", "bf16")
    return finding(not has and "WARN", f"bf16 is {'' if has else 'not '}in /proc/cpuinfo", NEWER)


def platform_vcpus(case):
    online, vcpus = case.fact("cpu", "online"), case.fact("server", "vcpus")
    return finding(vcpus < online and "WARN", f"the server may use {vcpus} of {online} vCPUs",
                   "remove docker's --cpus and --cpuset-cpus, CPUQuota= or the affinity")


def platform_hugepages(case):
    mode = case.fact("hugepages")
    return finding(mode == "never" and "WARN", "transparent huge pages: " + mode,
                   "echo always | sudo tee /sys/kernel/mm/transparent_hugepage/enabled")


def platform_memory(case):
    total, free = case.fact("memory", "totalKiB"), case.fact("memory", "availableKiB")
    used, evidence = 1 - free / (total or 1), f"{free >> 10} of {total >> 10} MiB available"
    limit, resident = case.server.get("memoryLimitBytes"), case.server.get("residentBytes")
    if limit and resident:
        used, evidence = max(used, resident / limit), (
            f"{evidence}, the server holds {resident >> 20} of its {limit >> 20} MiB")
    return finding(grade(used, 0.8, 0.9), evidence, "a larger instance type, or fewer processes")


def platform_files(case):
    used, limit = case.fact("server", "openFiles"), case.fact("server", "openFilesLimit")
    return finding(used > 0.8 * limit and "WARN", f"{used} of {limit} open files",
                   "LimitNOFILE=65536 in the unit, or docker run --ulimit nofile=65536")


def platform_network(case):
    over = [f"{name} {value}" for name, value in sorted(case.fact("ena").items()) if value]
    return finding(over and "WARN", "ENA allowances exceeded: " + (", ".join(over) or "none"),
                   "a larger instance type, or one with more network (c7gn)")


def platform_iowait(case):
    waiting = case.fact("iowait")
    return finding(grade(waiting, 0.05, 0.2), f"{100 * waiting:.1f} % of the CPU time waits for disks",
                   "a gp3 volume with more throughput and IOPS")


def runtime_image(case):
    if case.fact("server", "kind") != "container":
        raise Skip("the server runs in no container")
    image = case.fact("server", "image")
    tag = image.split("@")[0].rsplit("/", 1)[-1]
    end = dict(entry.split("=", 1) for entry in case.options.end_of_patch.split() if "=" in entry).get(tag)
    evidence = (f"{image}, {case.server.get('digest') or 'digest unknown'},"
                f" {'' if '@sha256:' in image else 'not '}pinned")
    if end:
        # A date may be a year or a month, and ends with it.
        return finding(case.facts.get("at", "")[:len(end)] > end and "WARN", f"{evidence}; AWS patches it until {end}",
                       "an image that is still patched (graviton-tf images lists them), or the wheel runtime")
    return finding((":" not in tag or tag.endswith(":latest")) and "WARN", evidence, "name it by its digest")


def runtime_tensorflow(case):
    return finding(None, f"TensorFlow {case.fact('server', 'tensorflow')}, Python {case.server.get('python')}")


def backend_onednn(case):
    log, verbose = case.log, case.shadow.get("verbose") is True
    if case.backend == "onednn":
        return finding(None, f"oneDNN {log.version} ran {count(case.kernels)} primitives ({log.isa},"
                             f" runtime {log.threading})")
    if case.backend == "unknown":
        seen = "oneDNN's header and no primitive" if log.header else "no line of oneDNN"
        return ("UNKNOWN", case.shadow.get("why") or f"{seen} in {log.lines} lines",
                "serve with DNNL_VERBOSE=1 and TF_ENABLE_ONEDNN_OPTS=1, send requests, keep stdout and stderr")
    if log.mixed_bfloat16:
        return ("FAIL", "Eigen runs the model: it is mixed_bfloat16, which oneDNN gets on x86 only",
                "save the model in float32, and " + case.line("DNNL_DEFAULT_FPMATH_MODE", "BF16"))
    seen = (f"{log.gemm_api} gemm_api lines and no primitive" if log.gemm_api else
            "oneDNN is silent though verbose" if verbose else
            "TensorFlow started without 'oneDNN custom operations are on'")
    return "FAIL", "Eigen runs the model: " + seen, case.line("TF_ENABLE_ONEDNN_OPTS", 1)


def onednn(case):
    """Whether kernels were seen. With Eigen there is nothing to judge."""
    if case.backend == "eigen":
        raise Skip("Eigen runs the model: see backend.onednn")
    return case.backend == "onednn"


NOTHING_SEEN = "UNKNOWN", "no primitive was seen", "see backend.onednn"
REMEDIES = {
    "batching": "serve batches of 2 or more (ServingOptions batching, --enable_batching=true), or another TensorFlow"
                " version, such as 2.14.1, which has a fast kernel at batch 1",
    "optimize": "optimize the graph for inference (graph optimization runbook, optimize_for_inference); if they stay,"
                " report the issue below to " + ISSUES,
    "report": "report the issue below to " + ISSUES}


def kernels_reference(case):
    if not onednn(case):
        return NOTHING_SEEN
    log = case.log
    if not case.reference:
        if log.truncated or log.unread:
            return ("UNKNOWN", "the log ends within a line" if log.truncated else f"{log.unread} damaged lines",
                    "take the whole log again")
        if not case.heavy:
            raise Skip("no " + " or ".join(sorted(HEAVY)) + " ran")
        return finding(None, f"none of {count(case.heavy)} convolutions and matrix products")
    share, remedies = case.share(case.reference), [case.remedy(k) for k in case.reference]
    # What loses times must not hide a kernel.
    untimed = sum(k.untimed for k in case.reference) / max(1, sum(k.untimed for k in case.heavy))
    return ("FAIL" if max(share, untimed) >= 0.05 else "WARN",
            f"{100 * share:.1f} % of the time of convolutions and matrix products in {len(case.reference)} reference"
            f" kernels ({count(case.reference)} calls), most in {case.reference[0]}",
            next(REMEDIES[remedy] for remedy in REMEDIES if remedy in remedies))


def kernels_batch(case):
    if not onednn(case):
        return NOTHING_SEEN
    if not case.reference:
        raise Skip("no reference kernel")
    for k in case.reference:
        problem, batch = layer(k)
        fast = sorted(case.fast.get(problem, set()) - {batch}, key=digits)
        if fast:
            return ("WARN", f"the batch decides: {k} is a reference kernel at batch {batch}, none at"
                            f" {', '.join(fast)}", REMEDIES["batching"])
    if case.probe.kernels:
        return finding(None, "the batch does not decide: the probe's takes reference kernels too")
    return ("UNKNOWN", "no log of another batch" + (
        "; oneDNN 3.2 and later is known for it at batch 1" if case.remedy(case.reference[0]) == "batching" else ""),
            "diagnose with BatchSize 2, or give --probe a log of batch 2")


def bf16_used(case):
    if not onednn(case):
        return NOTHING_SEEN
    available, requested, used = (case.bf16[name] for name in ("available", "requested", "used"))
    mode = "DNNL_DEFAULT_FPMATH_MODE"
    if not case.arm:
        raise Skip("not an Arm CPU")
    if used:
        return finding(None, "weights or reorders are in bf16")
    if requested and available is False:
        return "WARN", "BF16 is requested, but this CPU has none: it does nothing", f"remove {mode}=BF16"
    if requested:
        return ("WARN", "BF16 is requested, but no weights are in bf16",
                "see the kernels: reference kernels and small layers stay in float32")
    if not available:
        raise Skip(f"BF16 is not requested, and the CPU {'is not known' if available is None else 'has none'}")
    return "WARN", "the CPU has bf16, but it is not requested", case.line(mode, "BF16")


def threads_pool(case):
    evidence, lines = [], []
    for name in ("intra", "inter"):
        wanted, threads = case.advised(name + "Op"), case.pool(name)
        evidence.append(f"{name}-op {threads or 'not set (every vCPU)'}, recommended {wanted}")
        if (threads or case.recommended.get("vcpus")) != wanted:
            lines.append(case.pool_line(name))
    return finding(lines and "WARN", "; ".join(evidence), "; ".join(lines))


def threads_openmp(case):
    omp, threading = case.log.omp, (case.log.threading or "").lower()
    if threading not in ("", "openmp", "omp"):
        raise Skip(f"oneDNN's runtime is {threading}: OMP_* changes nothing")
    if not omp and not threading:
        raise Skip("no OpenMP block in the log")
    value = omp.get("OMP_NUM_THREADS") or case.environment.get("OMP_NUM_THREADS", "")
    wanted = (case.recommended.get("ompNumThreads") or case.server.get("vcpus")
              or omp.get("OMP_PLACES", "").count("{"))
    evidence = f"OMP_NUM_THREADS {value or 'not set'}, OMP_PROC_BIND {omp.get('OMP_PROC_BIND')}, recommended {wanted}"
    if not wanted or digits(value) < 0 and case.recommended.get("processes", 1) == 1:
        raise Skip(evidence)
    return finding(digits(value) != wanted and ("FAIL" if digits(value) > wanted else "WARN"), evidence,
                   case.line("OMP_NUM_THREADS", wanted))


def threads_oversubscription(case):
    processes, vcpus, wanted = case.fact("server", "processes"), case.fact("server", "vcpus"), case.advised("intraOp")
    threads = case.pool("intra") or wanted
    status = "FAIL" if threads > wanted and processes * threads > vcpus else "WARN" if threads < wanted else None
    return finding(status, f"{processes} x {threads} intra-op threads on {vcpus} vCPUs; in /proc:"
                           f" {case.server.get('threads')}", case.pool_line("intra"))


CHECKS = (platform_kernel, platform_cpu, platform_bf16, platform_vcpus, platform_hugepages, platform_memory,
          platform_files, platform_network, platform_iowait, runtime_image, runtime_tensorflow, backend_onednn,
          kernels_reference, kernels_batch, bf16_used, threads_pool, threads_openmp, threads_oversubscription)
SOURCES = {
    platform_cpu: GRAVITON + "#building-for-graviton",
    platform_vcpus: "https://docs.docker.com/engine/containers/resource_constraints/#cpu",
    platform_hugepages: GRAVITON + "/blob/main/perfrunbook/optimization_recommendation.md",
    platform_memory: SYSTEM, platform_network: SYSTEM, platform_iowait: SYSTEM,
    platform_files: "https://man7.org/linux/man-pages/man2/getrlimit.2.html",
    runtime_image: "https://aws.github.io/deep-learning-containers/reference/support_policy/"}

# --- The report

APERF = "https://github.com/aws/aperf"
PROFILE = "aperf record -r graviton-tf -i 1 -p 60 && aperf report -r graviton-tf -n graviton-tf-report"
WORST_FIRST = ["FAIL", "WARN", "UNKNOWN", "PASS", "SKIP"]


def row(identifier, source, status, evidence, remediation=None):
    return {"id": identifier, "status": status, "evidence": evidence, "remediation": remediation, "source": source}


def judge(case):
    rows = []
    for check in CHECKS:
        try:
            verdict = check(case)
        except Skip as reason:
            verdict = "SKIP", str(reason)
        rows.append(row(check.__name__.replace("_", ".", 1), SOURCES.get(check, GUIDE), *verdict))
    return rows


def kernel_rows(case):
    """Reference kernels first, then by time."""
    groups, parts = {}, parts_of(case.kernels)
    for k in case.kernels:
        groups.setdefault(str(k), []).append(k)
    rows = [{"primitive": k.primitive, "implementation": k.implementation, "kind": k.kind, "shape": k.problem_desc,
             "count": count(group), "milliseconds": round(sum(one.ms for one in group), 4),
             "share": round(sum(parts[one] for one in group), 6), "remedy": case.remedy(k)}
            for group in groups.values() for k in group[:1]]
    return sorted(rows, key=lambda row: (not row["remedy"], -row["share"], -row["count"], row["shape"]))


def issue_of(case):
    """Ready to paste into Arm's issue tracker."""
    if not case.reference:
        return None
    log, worst = case.log, case.reference[:10]
    about = (f"oneDNN {log.version}, TensorFlow {case.server.get('tensorflow')}, {log.isa}, runtime {log.threading}")
    body = ["oneDNN runs these operators by its C++ reference kernel, not by one of the Arm Compute Library.", "",
            about, "", f"They take {100 * case.share(case.reference):.1f} % of the time of all convolutions and matrix"
            f" products, in {count(case.reference)} calls.", "",
            "| operator | implementation | shape | propagation | data types and layouts | attributes | calls | ms |",
            "|---|---|---|---|---|---|---|---|"]
    body += ["| " + " | ".join((k.primitive, k.implementation, k.problem_desc, k.prop_kind, k.memory_descriptors,
                                f"{k.attributes} {k.auxiliary}", str(count([k])), f"{k.ms:.3f}")) + " |" for k in worst]
    return {"title": f"Reference kernel for {worst[0]} ({about})", "body": "\n".join(body), "url": ISSUES + "/new"}


def report_of(case):
    log, shadow, rows, kernels = case.log, case.shadow, judge(case), kernel_rows(case)
    first = min(rows, key=lambda row: WORST_FIRST.index(row["status"]))
    todo = first["id"] if first["status"] in WORST_FIRST[:3] else None
    text = (f"fix {todo}, then diagnose again" if todo else
            f"nothing was found: if it is still slow, record a profile and open an issue with it and this report at"
            f" {GRAVITON}/issues")
    command = None if todo else PROFILE
    # It must not itself be a finding.
    rows.append(row("next.step", APERF, "SKIP" if todo else "PASS", text, command))
    evidence = {"kind": "log" if log.lines else "none", "replay": False, "lines": log.lines,
                "execLines": count(case.kernels) + log.gemm_api, "truncated": log.truncated}
    evidence.update((key, value) for key, value in shadow.items() if key not in ("cpus", "seconds", "verbose"))
    threading = (log.threading or "").lower()
    return {
        "schemaVersion": 1, "at": case.facts.get("at"), "instance": case.facts.get("instance"),
        "exitCode": [1, 1, 2, 0, 0][WORST_FIRST.index(first["status"])], "evidence": evidence,
        "summary": {
            "backend": case.backend, "onednnVersion": log.version, "isa": log.isa,
            "threading": threading if threading in ("threadpool", "openmp", "sequential", "tbb") else "unknown",
            "primitives": count(case.kernels), "referenceShare": round(case.share(case.reference), 6),
            "bf16": case.bf16, "aclShare": round(case.share(k for k in case.heavy if k.kind == "acl"), 6),
            "tensorflow": case.server.get("tensorflow")},
        "checks": rows, "kernels": kernels[:500], "kernelsOmitted": len(kernels[500:]), "issue": issue_of(case),
        "nextStep": {"text": text, "command": command, "source": APERF},
        "facts": case.facts, "recommended": case.recommended}


def text_of(report, limit):
    """The verdict to be read: the worst first, cut at its end."""
    evidence, rows = report["evidence"], sorted(report["checks"], key=lambda row: WORST_FIRST.index(row["status"]))
    counts = [(sum(row["status"] == status for row in rows), status) for status in WORST_FIRST]
    lines = [", ".join(f"{number} {status}" for number, status in counts if number),
             "backend {backend}, oneDNN {onednnVersion}, {isa}, {primitives} primitives".format(**report["summary"])]
    if evidence["replay"]:
        lines.append(f"replay of {evidence.get('log')}")
    lines.append("")
    for row in rows:
        sign = dict(zip(WORST_FIRST, "x!?+-"))[row["status"]]
        lines.append(f"{sign} {row['status']:7}  {row['id']:24}  {row['evidence']}")
        if row["remediation"]:
            lines.append("      -> " + row["remediation"])
    lines += ["", "   share   calls  kernel"] + [
        f"{100 * k['share']:6.1f} % {k['count']:7}  {k['primitive']} {k['implementation']} {k['shape']}"
        for k in report["kernels"][:15]]
    if report["issue"]:
        lines += ["", report["issue"]["url"], report["issue"]["title"], "", report["issue"]["body"]]
    text = "\n".join(lines).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= limit else text[:max(0, limit - 6)] + "\n[cut]"


# --- The command line

def load(path):
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    if not isinstance(value, dict):
        raise ValueError(f"{path} holds no JSON object")
    return value


def read_logs(paths):
    log = Log()
    for path in paths:
        with open(0 if path == "-" else path, "rb", buffering=0) as stream:
            log.read(stream)
    return log


def runbook_arguments():
    """What the runbook's earlier steps left in the work folder."""
    root, uid = os.environ.get("GTF_ROOT", ""), os.geteuid()
    folder = root + "/var/lib/graviton-tf-diagnosis"
    if uid and not root:
        folder = f"{os.environ.get('XDG_RUNTIME_DIR') or '/tmp'}/graviton-tf-diagnosis-{uid}"
    work = f"{folder}/{os.environ['SSM_COMMAND_ID']}/"
    inputs = [("--facts", "facts.json"), ("--recommended", "recommended.json"), ("--shadow", "shadow.json"),
              ("--probe", "probe.out"), ("--probe", "probe.err"), ("--", "served.out"), ("--", "served.err")]
    there = [(option, work + name) for option, name in inputs if os.path.exists(work + name)]
    return (["--report", work + "report.json", "--kernel-floor", os.environ["SSM_KernelFloor"], "--end-of-patch",
             os.environ["SSM_EndOfPatch"]] + [word for pair in there for word in pair if word != "--"])


def main(arguments):
    in_runbook = not arguments and "SSM_COMMAND_ID" in os.environ
    parser = argparse.ArgumentParser(description="Judges a oneDNN verbose log and a machine's facts.")
    for name in ("facts", "recommended", "shadow", "report", "kernel-floor", "end-of-patch"):
        parser.add_argument("--" + name, default="")
    parser.add_argument("--probe", action="append", default=[])
    parser.add_argument("--limit", type=int, default=23500)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--text", action="store_true", help="what is printed without --json")
    parser.add_argument("log", nargs="*")
    options = parser.parse_args(runbook_arguments() if in_runbook else arguments)
    try:
        inputs = [load(path) if path else {} for path in (options.facts, options.recommended, options.shadow)]
        report = report_of(Case(read_logs(options.log), read_logs(options.probe), *inputs, options))
        if options.report:
            with open(options.report, "w", encoding="utf-8") as file:
                json.dump(report, file)
    except (OSError, ValueError) as error:
        print(f"analyze.py: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report) if options.json else text_of(report, options.limit))
    # A verdict is no failure of the command.
    return 0 if in_runbook else report["exitCode"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
