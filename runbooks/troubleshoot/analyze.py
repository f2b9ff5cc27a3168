#!/usr/bin/env python3
"""Says why TensorFlow is slow on Graviton, from oneDNN's verbose log and the machine's facts."""
# Several logs are one run. Ends with 0 if all is well, 1 with findings, 2 if it cannot tell. Without
# arguments it is the runbook's step Verdict.
import argparse
import json
import os
import re
import sys
from pathlib import Path

# --- The log

# An exec line's fields, unless the log's own template line has others.
FIELDS = ["engine", "primitive", "implementation", "prop_kind", "memory_descriptors", "attributes",
          "auxiliary", "problem_desc", "exec_time"]
HEAVY = {"convolution", "deconvolution", "inner_product", "matmul", "rnn"}
PRIMITIVES = {
    *HEAVY, "gemm_api", "reorder", "shuffle", "concat", "sum", "eltwise", "lrn", "batch_normalization",
    "binary", "logsoftmax", "resampling", "pooling", "reduction", "prelu", "softmax", "layer_normalization",
    "group_normalization", "sdpa", "zero_pad"}
# By the parts of an implementation's name. What fits nowhere may be damaged.
KINDS = [(kind, re.compile(f"(?:^|[:+_-])(?:{names})")) for kind, names in (
    ("reference", "(?<!_)ref(?![a-z0-9])"), ("acl", "acl"), ("sve", "sve"), ("jit", "jit|brg|brd"),
    ("other", "kai|asimd|neon|avx|sse|amx|blas|mkl|zen|simple"))]
# A record and its operation. The beginning may be lost to a cut or to another process's line.
RECORD = re.compile(rb"(?:(?:onednn|mkldnn|dnnl)_verbose,(?:v\d+,)?(?:\d[\d.]*,)?(?:primitive,|cpu,(?=acl,))?"
                    rb"|(?<!graph,)(?<!ukernel,)(?=exec,[cg]pu))([\w:]*)")
PASSED_OVER = re.compile(rb"(?:info|graph|common|ukernel|acl)$|create|exec:|error|check|dispatch|warn|debug")
TRACE = re.compile(rb"_verb|:blocked:|(?:for|back)ward_[ti]|alg:[a-z]+_|,exec,")
TENSORFLOW = re.compile(rb"[IWEF] \S*(?:tensorflow|tsl)\S*\.cc:\d+\]|[IWEF]\d{4} [\d:.]+ +\d+ \S+\.cc:\d+\]")
OMP = re.compile(rb"\b(OMP_[A-Z_]+)(?: ?= ?'?([^'\r]*)|:)")
# Every line that matters has one of these, the first until TensorFlow is seen.
MARKS = b".cc:", b"verb", b"exec,", b":blocked:", b"ward_", b"alg:", b"MP", b"DNN"
DIGITS = b"0123456789."
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


def clean(raw):
    return raw.translate(None, NOISE).decode()


class Kernel:
    """One implementation of a primitive on one problem."""

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
        self.lines = self.created = self.damaged = self.heads_cut = self.tails_cut = 0
        # Eigen's calls of oneDNN's GEMM are no primitive; lines like this one tell nothing new.
        self.gemm, self.dull = Kernel({}, ""), Kernel({}, "")
        # What is between "exec," and the time -> Kernel.
        self.kernels, self.texts = {}, {}
        # What is before, without digits: most lines differ in timestamp and time alone.
        self.leads = set()
        # Both, without a timestamp: the quickest way.
        self.heads = {}
        self.layout, self.omp = FIELDS, {}
        self.version = self.isa = self.threading = self.refused = None
        self.header = self.truncated = self.in_omp = self.tensorflow = self.onednn_on = False

    def read(self, stream):
        rest = b""
        for block in iter(lambda: stream.read(BLOCK), b""):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            self.lines += len(lines)
            self.take(lines)
            if len(rest) > LONGEST_LINE:
                # No line is so long. What may begin a record waits for its end.
                at = rest.rfind(b"_verbose,", len(rest) - 4096)
                at = at - 6 if at > 0 else len(rest) - 20
                self.take([rest[:at]])
                rest = rest[at:]
        if rest:
            self.lines += 1
            self.other(rest, True)
        self.in_omp = False

    def take(self, lines):
        heads, leads, texts, dull, others = self.heads, self.leads, self.texts, self.dull, []
        for line in lines:
            head, _, time = line.rpartition(b",")
            kernel = heads.get(head)
            if kernel is None:
                at = head.find(b"exec,") + 5
                if at > 4 and head[:at].translate(None, DIGITS) in leads:
                    text, _, after = line.partition(b'\\n"')
                    if after and b"exec," not in after:  # Docker
                        head, _, time = text.rpartition(b",")
                    kernel = texts.get(head[at:])
                    if kernel is not None and at < 34 and len(heads) < MOST_KERNELS:
                        heads[head] = kernel
            if kernel is not None:
                try:
                    value = float(time)
                except ValueError:
                    value = -1.0
                if 0.0 <= value < 1e15 or kernel is dull:
                    kernel.timed += 1
                    kernel.ms += value
                    continue
            others.append(line)
        # Other programs' lines: quicker together.
        block = b"\n".join(others)
        marks = [mark for mark in MARKS[self.tensorflow:] if mark in block]
        for line in others if marks else ():
            if any(map(line.__contains__, marks)):
                self.other(line)

    def other(self, line, last=False):
        """A line that its head does not tell. `last`: the log ends in it."""
        records = list(RECORD.finditer(line))
        ends = [record.start() for record in records] + [len(line)]
        self.foreign(line[:ends[0]], last and not records)
        for record, end in zip(records, ends[1:]):
            text = re.split(rb'["\\\r]', line[record.end() + 1:end])[0]
            kernel = self.record(record[1], text, last and end == len(line))
            # Known from now on by what is around "exec,"; without a timestamp, by all before the last comma.
            if kernel and len(records) == 1 and len(self.leads) < 200 and not TRACE.search(line[:ends[0]]):
                if kernel is not self.dull:
                    self.leads.add(line[:record.end() + 1].translate(None, DIGITS))
                elif (ends[0] == 0 and record.start(1) < 30 and text == line[record.end() + 1:]
                      and not last and len(self.heads) < MOST_KERNELS):
                    self.heads[line.rpartition(b",")[0]] = kernel

    def foreign(self, text, last):
        """What is before a line's first record: other programs' lines, the ends of damaged ones."""
        self.onednn_on |= b"oneDNN custom operations are on" in text
        for name in re.findall(rb"oneDNN supports DT_(\w+) only", text):
            self.refused = clean(name).lower()
        self.tensorflow = self.tensorflow or bool(TENSORFLOW.search(text))
        if b"OPENMP DISPLAY ENVIRONMENT" in text:
            self.in_omp = b"BEGIN" in text
            self.omp.setdefault("OMP_NUM_THREADS", "")
        match = self.in_omp and OMP.search(text)
        if match:
            name, value = clean(match[1]), clean(match[2] or b"").strip()
            # Of several processes, the one with the most threads.
            if name != "OMP_NUM_THREADS" or digits(value) >= digits(self.omp[name]):
                self.omp[name] = value
        trace = TRACE.search(text)
        self.tails_cut += bool(trace)
        self.truncated |= last and bool(trace or re.search(rb"(?:onednn|mkldnn|dnnl)\w{0,8}$", text))

    def record(self, operation, text, last):
        if operation == b"exec":
            return self.execution(text, last)
        self.truncated |= last
        if not PASSED_OVER.match(operation):
            self.damaged += 1
            return None
        if operation == b"info":
            # A template may be another process's.
            return None if self.info(clean(text)) else self.dull
        if operation.startswith((b"create", b"acl")):  # ACL's refusal
            self.created += operation == b"acl" or not PRIMITIVES.isdisjoint(clean(text).split(",")[:2])
        return self.dull

    def info(self, text):
        self.header = True
        names = re.split("[:,]", text)
        if names[0].endswith("template") and "operation" in names:
            names = names[names.index("operation") + 1:]
            # A damaged template moves nothing.
            if set(FIELDS) <= set(names):
                self.layout = names
            return True
        for name, pattern in (("version", r".*DNNL? v(\d+(?:\.\d+)+)"), ("isa", r".*DNNL? v[^,]*,(.+)"),
                              ("threading", r"cpu,runtime:(\w+)"), ("isa", r"cpu,isa:(.+)")):
            match = re.match(pattern, text)
            if match and not getattr(self, name):
                setattr(self, name, match[1].strip())
        return False

    def execution(self, raw, last):
        """An exec line, after "exec,". Its Kernel, if nothing of the line is missing."""
        words = clean(raw).split(",")
        if base(words[0]) in PRIMITIVES:
            # MKL-DNN 0.x names no engine.
            words.insert(0, "cpu")
        if len(words) == 8 and number(words[7]) is not None and re.match(r"[^:]*\d", words[6]):
            # Before DNNL 1.1 there are no attributes; the guide's lines have no time.
            words.insert(5, "")
        for layout in (self.layout, FIELDS):
            found = dict(zip(layout, words))
            primitive, name = base(found.get("primitive")), found.get("implementation")
            if primitive in PRIMITIVES:
                break
        time = number(found.get("exec_time"))
        key = raw if time is None else raw.rpartition(b",")[0]
        if primitive == "gemm_api":
            self.gemm.untimed += 1
            if time is not None and len(self.texts) < MOST_KERNELS:
                self.texts[key] = self.gemm
            return self.gemm if key in self.texts else None
        kind = next((kind for kind, names in KINDS if names.search(name or "")), None)
        if "problem_desc" not in found:
            self.heads_cut += 1
            self.truncated |= last
            if kind != "reference" and words[-1] == name:
                # Cut within its name: "gemm:re" may be anything.
                kind = None
        lost = primitive not in PRIMITIVES or not name
        self.damaged += lost or not kind and primitive in HEAVY
        if lost:
            return None
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
        if len(words) != len(layout):
            return None
        self.texts.setdefault(key, kernel)
        return kernel

    @property
    def gemm_api(self):
        return self.gemm.timed + self.gemm.untimed

    @property
    def unread(self):
        """Records that cannot be judged."""
        # Where a process writes into another's line, its end stands alone, but its beginning was judged.
        return self.damaged + max(0, self.tails_cut - self.heads_cut)


# --- What it means

def count(kernels):
    return sum(k.timed + k.untimed for k in kernels)


def parts_of(kernels):
    """Each kernel's part of the time. Lines without a time count as mean ones; if all are, counts rule."""
    mean = sum(k.ms for k in kernels) / max(1, sum(k.timed for k in kernels)) or 1.0
    total = sum(k.ms + k.untimed * mean for k in kernels) or 1.0
    return {k: (k.ms + k.untimed * mean) / total for k in kernels}


def layer(k):
    """What a kernel computes but for the batch, and the batch."""
    source, colon, weights = k.problem_desc.partition(":")
    if k.primitive == "matmul" and colon:
        batch, _, source = source.partition("x")
        return ("matmul", source, weights.partition("x")[2] if weights.count("x") > 1 else weights), batch
    match = re.search(r"mb(\d+)_?|$", k.problem_desc)
    return (k.primitive, k.problem_desc.replace(match[0], "", 1)), match[1]


def numbers(version):
    return [int(part) for part in re.findall(r"\d+", version or "")[:2]]


class Skip(Exception):
    """Why a check does not apply."""


class NotSeen(Exception):
    """There is nothing to check."""


def skip_if(condition, reason):
    if condition:
        raise Skip(reason)


class Case:
    """All there is to judge by."""

    def __init__(self, log, probe, facts, recommended, shadow, options):
        self.log, self.probe, self.facts, self.recommended = log, probe, facts, recommended
        self.shadow, self.options, self.server = shadow, options, facts.get("server") or {}
        self.environment = self.server.get("environment") or {}
        self.kernels = list(log.kernels.values())
        self.heavy = [k for k in self.kernels if k.primitive in HEAVY]
        self.parts = parts_of(self.heavy)
        self.reference = [k for k in self.heavy if k.kind == "reference"]
        self.reference.sort(key=self.parts.get, reverse=True)
        self.share = sum(self.parts[k] for k in self.reference)
        # Layer -> batches at which it runs no reference kernel.
        self.fast = {}
        for k in self.heavy + list(probe.kernels.values()):
            if k.kind != "reference":
                self.fast.setdefault(layer(k)[0], set()).add(layer(k)[1])
        self.backend, self.bf16 = self.find_backend(), self.find_bf16()

        self.onednn = ", ".join(filter(None, ("oneDNN " + (log.version or "?"), log.isa, log.threading)))
        measure = "time" if any(k.timed for k in self.heavy) else "calls"
        self.slow = f"{self.share:.1%} of the {measure} of convolutions and matrix products goes to"

    def find_backend(self):
        log = self.log
        if self.kernels or log.created:
            return "onednn"
        self.off = self.environment.get("TF_ENABLE_ONEDNN_OPTS") == "0"
        if log.gemm_api or self.off or log.refused and not log.header:
            return "eigen"
        # TensorFlow says at its start that it uses oneDNN, unless told to be quiet.
        quiet = digits(self.environment.get("TF_CPP_MIN_LOG_LEVEL")) > 0
        off = log.tensorflow and not (log.onednn_on or log.header or quiet)
        return "eigen" if not log.unread and (off or self.shadow.get("verbose") is True) else "unknown"

    def find_bf16(self):
        """Available, requested, used: three facts. bf16 is a whole word, as names of ISAs contain it."""
        isa, machine = self.log.isa or "", self.facts.get("machine")
        self.arm = machine == "aarch64" if machine else not isa.startswith("Intel")
        used = any(re.search(r"(?:src|dst)[_:]bf16\b" if k.primitive == "reorder" else r"\bwei[_:]bf16\b",
                             k.memory_descriptors) for k in self.kernels)
        modes = [self.environment.get(name + "_DEFAULT_FPMATH_MODE") for name in ("ONEDNN", "DNNL")]
        mode = (modes[0] or modes[1] or "").upper()
        asked = any(re.search(r"fpmath:(?:bf16|any)\b", k.attributes) for k in self.kernels)
        available = (self.facts.get("cpu") or {}).get("bf16")
        # A replayed log may come from another kind of machine, whose CPU its header tells.
        if isa and (available is None or isa.startswith("AArch64") != self.arm):
            available = used or bool(re.search("SVE|bfloat16|AMX", isa))
        seen = bool(self.kernels or self.log.gemm_api)
        return {"available": True if available is None and used else available,
                "requested": asked or mode in ("BF16", "ANY") if seen or mode else None,
                "used": used if seen else None}

    def remedy(self, k):
        if k.kind != "reference" or k.primitive not in HEAVY:
            return None
        problem, batch = layer(k)
        if self.fast.get(problem, set()) - {batch, None}:
            return "batching"
        # What no optimization of the graph changes.
        if (k.primitive == "deconvolution" or "backward" in k.prop_kind or "gelu" in k.attributes
                or re.search(r"_id\d|^g\d", k.problem_desc)):
            return "report"
        likely = batch == "1" and k.primitive == "convolution" and numbers(self.log.version) >= [3, 2]
        return "batching" if likely and not self.probe.kernels else "optimize"

    def fact(self, path):
        """A fact, or why it is not known."""
        skip_if(not self.facts, "a log alone says nothing of the machine")
        value, why, keys = self.facts, self.facts.get("why") or {}, path.split(".")
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        reasons = [why[key] for key in [path] + keys[::-1] if key in why] + [path + " is unknown"]
        skip_if(value is None, reasons[0])
        return value

    def advised(self, name):
        self.fact("server")
        skip_if(name not in self.recommended, "no threads are recommended")
        return self.recommended[name]

    def line(self, name, value):
        """The line that sets a variable of the server."""
        kind = self.server.get("kind")
        if kind == "wheel" or self.server.get("name") == "graviton-tf":
            return f"{name}={value} in /etc/graviton-tf/serving.env, then: sudo systemctl restart graviton-tf"
        return f"{'docker run --env' if kind == 'container' else 'export'} {name}={value}"

    def pool(self, name):
        """The threads of a process's pool; None where TensorFlow chooses."""
        value = digits(str((self.server.get("flags") or {}).get(f"tensorflow_{name}_op_parallelism")
                           or self.environment.get(f"TF_NUM_{name.upper()}OP_THREADS")))
        return value if value > 0 else None

    def pool_line(self, name):
        value = self.advised(name + "Op")
        line = self.line(f"TENSORFLOW_{name.upper()}_OP_PARALLELISM", value)
        if "serving.env" in line:
            return f"{line} (in the stack: ServingOptions {name}OpThreads: {value})"
        return f"--tensorflow_{name}_op_parallelism={value}"


# --- The checks: a function bears its row's name

def finding(status, evidence, remediation):
    return (status, evidence, remediation) if status else ("PASS", evidence)


def grade(value, warn, fail):
    return "FAIL" if value > fail else "WARN" if value > warn else None


def platform_kernel(case):
    kernel, floor = case.fact("kernel"), case.options.kernel_floor
    skip_if(not floor, f"kernel {kernel}; no floor was given")
    return finding(
        numbers(kernel) < numbers(floor) and "FAIL", f"kernel {kernel}, the floor is {floor}",
        f"an image with kernel {floor} or later, such as Amazon Linux 2023")


NEWER = "an instance type with Graviton3 or later, such as c7g or c8g"
# Arm's numbers of A72, Neoverse N1, V1, V2 and V3.
GRAVITONS = {"0xd08": 1, "0xd0c": 2, "0xd40": 3, "0xd4f": 4, "0xd84": 5}


def platform_cpu(case):
    skip_if(case.fact("machine") != "aarch64", "not an Arm CPU")
    part = case.fact("cpu.part").lower()
    skip_if(part not in GRAVITONS, f"CPU part {part} is no Graviton known here")
    return finding(GRAVITONS[part] < 3 and "WARN", f"Graviton{GRAVITONS[part]} (CPU part {part})", NEWER)


def platform_bf16(case):
    skip_if(case.fact("machine") != "aarch64", "not an Arm CPU")
    has = case.fact("cpu.bf16")
    return finding(not has and "WARN", f"bf16 is {'' if has else 'not '}in /proc/cpuinfo", NEWER)


def platform_vcpus(case):
    online, vcpus = case.fact("cpu.online"), case.fact("server.vcpus")
    return finding(
        vcpus < online and "WARN", f"the server may use {vcpus} of {online} vCPUs",
        "remove docker's --cpus and --cpuset-cpus, CPUQuota= or the affinity")


def platform_hugepages(case):
    mode = case.fact("hugepages")
    return finding(
        mode == "never" and "WARN", f"transparent huge pages: {mode}",
        "echo always | sudo tee /sys/kernel/mm/transparent_hugepage/enabled")


def platform_memory(case):
    total, free = case.fact("memory.totalKiB"), case.fact("memory.availableKiB")
    used, evidence = 1 - free / (total or 1), f"{free >> 10} of {total >> 10} MiB available"
    limit, resident = (case.server.get(name) or 0 for name in ("memoryLimitBytes", "residentBytes"))
    if limit:
        used = max(used, resident / limit)
        evidence += f", the server holds {resident >> 20} of its {limit >> 20} MiB"
    return finding(grade(used, 0.8, 0.9), evidence, "a larger instance type, or fewer processes")


def platform_files(case):
    used, limit = case.fact("server.openFiles"), case.fact("server.openFilesLimit")
    return finding(
        used > 0.8 * limit and "WARN", f"{used} of {limit} open files",
        "LimitNOFILE=65536 in the unit, or docker run --ulimit nofile=65536")


def platform_network(case):
    over = ", ".join(f"{name} {value}" for name, value in sorted(case.fact("ena").items()) if value)
    return finding(
        over and "WARN", f"ENA allowances exceeded: {over or 'none'}", "a larger instance type, or c7gn")


def platform_iowait(case):
    waiting = case.fact("iowait")
    return finding(
        grade(waiting, 0.05, 0.2), f"{waiting:.1%} of the CPU time waits for disks",
        "a gp3 volume with more throughput and IOPS")


def runtime_image(case):
    skip_if(case.fact("server.kind") != "container", "the server runs in no container")
    image = case.fact("server.image")
    tag = image.split("@")[0].rsplit("/", 1)[-1]
    end = dict(entry.split("=", 1) for entry in case.options.end_of_patch.split() if "=" in entry).get(tag)
    evidence = f"{image}, digest {case.server.get('digest')}, {'' if '@' in image else 'not '}pinned"
    if end:  # a year, month or day
        return finding(
            case.facts.get("at", "")[:len(end)] > end and "WARN", f"{evidence}, patched until {end}",
            "an image that is still patched (see graviton-tf images), or the wheel runtime")
    return finding((":" not in tag or tag.endswith(":latest")) and "WARN", evidence, "name it by its digest")


def runtime_tensorflow(case):
    return "PASS", f"TensorFlow {case.fact('server.tensorflow')}, Python {case.server.get('python')}"


def backend_onednn(case):
    log = case.log
    eigen = f"Eigen runs what is in {log.refused}, which oneDNN takes with AVX-512 only"
    float32 = "save the model in float32, and " + case.line("DNNL_DEFAULT_FPMATH_MODE", "BF16")
    if case.backend == "onednn":
        seen = f"{case.onednn}, {count(case.kernels)} primitives"
        return ("WARN", f"{seen}; {eigen}", float32) if log.refused else ("PASS", seen)
    if case.backend == "unknown":
        seen = "oneDNN's header and no primitive" if log.header else "no line of oneDNN"
        return ("UNKNOWN", case.shadow.get("why") or f"{seen} in {log.lines} lines",
                "serve with DNNL_VERBOSE=1 and TF_ENABLE_ONEDNN_OPTS=1, send requests, keep the output")
    if log.refused:
        return "FAIL", eigen, float32
    seen = (f"{log.gemm_api} gemm_api lines and no primitive" if log.gemm_api else
            "TF_ENABLE_ONEDNN_OPTS=0 in the server's environment" if case.off else
            "oneDNN is silent though verbose" if case.shadow.get("verbose") is True else
            "TensorFlow started without 'oneDNN custom operations are on'")
    return "FAIL", "Eigen runs the model: " + seen, case.line("TF_ENABLE_ONEDNN_OPTS", 1)


def onednn(case):
    """Goes on only with kernels to judge."""
    skip_if(case.backend == "eigen", "Eigen runs the model")
    if not case.kernels:
        raise NotSeen("no primitive was seen at work")


REMEDIES = {
    "batching": "serve batches of 2 or more (ServingOptions batching, --enable_batching=true), or TensorFlow"
                " 2.14.1 or 2.15.1, which have a fast kernel at batch 1",
    "optimize": "optimize the graph for inference (graph optimization runbook, optimize_for_inference); if"
                " that does not help, post the issue below",
    "report": "post the issue below"}


def kernels_reference(case):
    onednn(case)
    log = case.log
    if not case.reference:
        if log.truncated or log.unread:
            lost = "the end is missing" if log.truncated else f"{log.unread} damaged lines"
            return "UNKNOWN", lost, "take a whole log"
        skip_if(not case.heavy, "no " + ", ".join(sorted(HEAVY)))
        return "PASS", f"none in {count(case.heavy)} convolutions and matrix products"
    remedies = [case.remedy(k) for k in case.reference]
    # Lost times must hide no kernel.
    untimed = sum(k.untimed for k in case.reference) / max(1, sum(k.untimed for k in case.heavy))
    return ("FAIL" if max(case.share, untimed) >= 0.05 else "WARN",
            f"{case.slow} {len(case.reference)} reference kernels ({count(case.reference)} calls):"
            f" {case.reference[0]}",
            next(REMEDIES[remedy] for remedy in REMEDIES if remedy in remedies))


def kernels_batch(case):
    onednn(case)
    skip_if(not case.reference, "no reference kernel")
    for k in case.reference:
        problem, batch = layer(k)
        fast = ", ".join(sorted(case.fast.get(problem, set()) - {batch, None}, key=digits))
        if fast:
            return ("WARN", f"the batch decides: {k} is a reference kernel at batch {batch}, not at {fast}",
                    REMEDIES["batching"])
    if case.probe.kernels:
        return "PASS", "the batch does not decide: the probe's has reference kernels too"
    return "UNKNOWN", "no log of another batch", "diagnose with BatchSize 2, or --probe a log of batch 2"


def bf16_used(case):
    onednn(case)
    available, mode = case.bf16["available"], "DNNL_DEFAULT_FPMATH_MODE"
    skip_if(not case.arm, "not an Arm CPU")
    if case.bf16["used"]:
        return "PASS", "weights or reorders are in bf16"
    if case.bf16["requested"]:
        if available is False:
            return "WARN", "BF16 is requested, but this CPU has none: it does nothing", f"remove {mode}=BF16"
        return ("WARN", "BF16 is requested, but no weights are in bf16",
                "see the kernels: reference kernels and small layers stay in float32")
    skip_if(not available, f"not requested, and the CPU {'is unknown' if available is None else 'has none'}")
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
    skip_if(threading not in ("", "openmp"), f"oneDNN's runtime is {threading}: OMP_* changes nothing")
    skip_if(not omp and not threading, "no OpenMP block in the log")
    value = omp.get("OMP_NUM_THREADS") or case.environment.get("OMP_NUM_THREADS")
    wanted = (case.recommended.get("ompNumThreads") or case.server.get("vcpus")
              or omp.get("OMP_PLACES", "").count("{"))
    evidence = (f"OMP_NUM_THREADS {value or 'not set'}, recommended {wanted or 'unknown'},"
                f" OMP_PROC_BIND {omp.get('OMP_PROC_BIND')}")
    skip_if(not wanted or not value and case.recommended.get("processes", 1) == 1, evidence)
    return finding(
        digits(value) != wanted and ("FAIL" if digits(value) > wanted else "WARN"), evidence,
        case.line("OMP_NUM_THREADS", wanted))


def threads_oversubscription(case):
    processes, vcpus = case.fact("server.processes"), case.fact("server.vcpus")
    wanted = case.advised("intraOp")
    threads = case.pool("intra") or wanted
    return finding(
        "WARN" if threads < wanted else threads > wanted and processes * threads > vcpus and "FAIL",
        f"{processes} x {threads} intra-op threads on {vcpus} vCPUs; in /proc: {case.server.get('threads')}",
        case.pool_line("intra"))


CHECKS = [f for name, f in globals().items()
          if re.match("(?:platform|runtime|backend|kernels|bf16|threads)_", name)]
GRAVITON = "https://github.com/aws/aws-graviton-getting-started"
GUIDE = GRAVITON + "/blob/main/machinelearning/tensorflow.md"
SYSTEM = GRAVITON + "/blob/main/perfrunbook/debug_system_perf.md"
SOURCES = {
    platform_cpu: GRAVITON, platform_memory: SYSTEM, platform_network: SYSTEM, platform_iowait: SYSTEM,
    platform_hugepages: GRAVITON + "/blob/main/perfrunbook/optimization_recommendation.md",
    platform_vcpus: "https://docs.docker.com/engine/containers/resource_constraints",
    platform_files: "https://man7.org/linux/man-pages/man2/getrlimit.2.html",
    runtime_image: "https://aws.github.io/deep-learning-containers/reference/support_policy"}

# --- The report

APERF = "https://github.com/aws/aperf"
PROFILE = "aperf record -r graviton-tf -i 1 -p 60 && aperf report -r graviton-tf -n graviton-tf-report"
WORST_FIRST = ["FAIL", "WARN", "UNKNOWN", "PASS", "SKIP"]


def rank(row):
    return WORST_FIRST.index(row["status"])


def row_of(identifier, source, status, evidence, remediation=None):
    return {"id": identifier, "status": status, "evidence": evidence, "remediation": remediation,
            "source": source}


def judge(check, case):
    try:
        verdict = check(case)
    except (Skip, NotSeen) as reason:
        verdict = "SKIP" if isinstance(reason, Skip) else "UNKNOWN", str(reason)
    return row_of(check.__name__.replace("_", ".", 1), SOURCES.get(check, GUIDE), *verdict)


def kernel_rows(case):
    """Reference kernels first, then by time. A shape's layouts are one."""
    groups, parts = {}, parts_of(case.kernels)
    for k in case.kernels:
        groups.setdefault(str(k), []).append(k)
    rows = [{"primitive": k.primitive, "implementation": k.implementation, "kind": k.kind,
             "shape": k.problem_desc, "count": count(group),
             "milliseconds": round(sum(one.ms for one in group), 4),
             "share": round(sum(parts[one] for one in group), 6), "remedy": case.remedy(k)}
            for group in groups.values() for k in group[:1]]
    return sorted(rows, key=lambda row: (not row["remedy"], -row["share"], -row["count"]))


def issue_of(case):
    """To paste into Arm's issue tracker."""
    if not case.reference:
        return None
    body = [f"TensorFlow {case.server.get('tensorflow') or '?'}, {case.onednn}:",
            f"{case.slow} the reference kernel, not in the Arm Compute Library.",
            "", "```", ",".join(FIELDS[1:8]) + ": calls, milliseconds"]
    body += [",".join(getattr(k, name) for name in FIELDS[1:8]) + f": {count([k])}, {k.ms:.3f}"
             for k in case.reference[:10]] + ["```"]
    return {"title": f"Reference kernel: {case.reference[0]}", "body": "\n".join(body),
            "url": "https://github.com/ARM-software/ComputeLibrary/issues/new"}


def report_of(case):
    log, kernels, rows = case.log, kernel_rows(case), [judge(check, case) for check in CHECKS]
    first = min(rows, key=rank)
    todo = rank(first) < 3
    step = (f"fix {first['id']}, then diagnose again" if todo else
            f"if it is still slow, attach a profile and this report to an issue at {GRAVITON}/issues")
    command = None if todo else PROFILE
    rows.append(row_of("next.step", APERF, "SKIP" if todo else "PASS", step, command))
    evidence = {"kind": "log" if log.lines else "none", "replay": False, "lines": log.lines,
                "execLines": count(case.kernels) + log.gemm_api, "truncated": log.truncated}
    evidence.update(case.shadow)
    return {
        "schemaVersion": 1, "at": case.facts.get("at"), "instance": case.facts.get("instance"),
        "exitCode": [1, 1, 2, 0, 0][rank(first)], "evidence": evidence,
        "summary": {
            "backend": case.backend, "onednnVersion": log.version, "isa": log.isa,
            "threading": (log.threading or "unknown").lower(), "primitives": count(case.kernels),
            "referenceShare": round(case.share, 6), "bf16": case.bf16,
            "aclShare": round(sum(case.parts[k] for k in case.heavy if k.kind == "acl"), 6),
            "tensorflow": case.server.get("tensorflow")},
        "checks": rows, "kernels": kernels[:500], "kernelsOmitted": len(kernels[500:]),
        "issue": issue_of(case), "nextStep": {"text": step, "command": command, "source": APERF},
        "facts": case.facts, "recommended": case.recommended}


def text_of(report, limit):
    """The verdict to be read: the worst first, cut at its end."""
    evidence, rows = report["evidence"], sorted(report["checks"], key=rank)
    counts = [(sum(row["status"] == status for row in rows), status) for status in WORST_FIRST]
    lines = [", ".join(f"{number} {status}" for number, status in counts if number),
             "backend " + report["summary"]["backend"]]
    if evidence["replay"]:
        lines.append(f"replay of {evidence.get('log')}")
    for row in rows:
        lines.append(f"{'x!?+-'[rank(row)]} {row['status']:7}  {row['id']:24}  {row['evidence']}")
        lines += [f"      -> {row['remediation']}"] * bool(row["remediation"])
    lines += [""] + ["{share:6.1%} {count:7} x  {primitive} {implementation} {shape}".format(**kernel)
                     for kernel in report["kernels"][:15]]
    lines += ["", *(report["issue"] or {}).values()]
    text = "\n".join(lines).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= limit else text[:max(0, limit - 6)] + "\n[cut]"


# --- The command line

def load(path):
    value = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    if not isinstance(value, dict):
        raise ValueError(f"{path} holds no JSON object")
    return value


def read_logs(paths):
    log = Log()
    for path in paths:
        with sys.stdin.buffer if path == "-" else Path(path).open("rb", 0) as stream:
            log.read(stream)
    return log


def verdict_step():
    """The arguments of the step Verdict: what the steps before it left."""
    root, uid = os.environ.get("GTF_ROOT", ""), os.geteuid()
    base = Path(root + "/var/lib/graviton-tf-diagnosis")
    if uid and not root:
        base = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp", f"graviton-tf-diagnosis-{uid}")  # noqa: S108
    work = base / os.environ["SSM_COMMAND_ID"]
    files = [(f"--{name}=", name + ".json") for name in ("facts", "recommended", "shadow")] + [
        ("--probe=", "probe.out"), ("--probe=", "probe.err"), ("", "served.out"), ("", "served.err")]
    return [f"{option}{work / name}" for option, name in files if (work / name).exists()] + [
        f"--report={work / 'report.json'}", f"--kernel-floor={os.environ['SSM_KernelFloor']}",
        f"--end-of-patch={os.environ['SSM_EndOfPatch']}"]


def main(arguments):
    in_runbook = not arguments and "SSM_COMMAND_ID" in os.environ
    parser = argparse.ArgumentParser()
    for name in ("facts", "recommended", "shadow", "report", "kernel-floor", "end-of-patch"):
        parser.add_argument("--" + name, default="")
    parser.add_argument("--probe", action="append", default=[])
    parser.add_argument("--limit", type=int, default=23500)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--text", action="store_true")
    parser.add_argument("log", nargs="*")
    options = parser.parse_args(verdict_step() if in_runbook else arguments)
    try:
        inputs = map(load, (options.facts, options.recommended, options.shadow))
        report = report_of(Case(read_logs(options.log), read_logs(options.probe), *inputs, options))
        if options.report:
            Path(options.report).write_text(json.dumps(report))
    except (OSError, ValueError) as error:
        parser.exit(2, f"analyze.py: {error}\n")
    print(json.dumps(report) if options.json else text_of(report, options.limit))
    return 0 if in_runbook else report["exitCode"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
