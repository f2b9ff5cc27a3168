#!/usr/bin/env python3
"""Is this TensorFlow one that Graviton runs fast? For any install of it, not only one that was just built.

    test_wheel.py --python VENV/bin/python --release 2.16.1 --work FOLDER [--report FILE]

Has a small network answer twice: by Eigen, and by oneDNN with its verbose log on. Prints a row for each
finding, and ends with 0 if all pass, 1 if not, 2 if it cannot tell. The log is judged by the troubleshooting
runbook's analyzer. Needs nothing but Python 3.7, probe.py beside it, and that analyzer at its place in the
package.
"""

import argparse
import json
import math
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ANALYZER = HERE.parent / "troubleshoot" / "analyze.py"
SOURCE = "https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md"
# What float32 sums in another order may differ by, of the greatest answer.
TOLERANCE = 1e-3
# An emulated machine needs minutes to import TensorFlow.
SECONDS = 1800
# They would decide what is to be found out.
DECIDING = re.compile(r"(TF|DNNL|ONEDNN|OMP|KMP|GOMP|PYTHON)_?")


def row(identifier, status, evidence, remediation=None):
    found = {"id": identifier, "status": status, "evidence": evidence, "remediation": remediation}
    return {**found, "source": SOURCE}


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not DECIDING.match(name)}
    return {**kept, **more}


def ask(python, work, name, **more):
    """The answer, or why there is none; what was printed is in NAME.out and NAME.err."""
    answer = work / (name + ".json")
    argv = [python, str(HERE / "probe.py"), str(work / "model"), str(answer)]
    with (work / (name + ".out")).open("wb") as out, (work / (name + ".err")).open("wb") as err:
        try:
            status = subprocess.call(
                argv, env=environment(**more), cwd=str(work), stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, timeout=SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None, f"no answer within {SECONDS} s"
        except OSError as error:
            return None, str(error)
    if status == 0:
        return json.loads(answer.read_text()), ""
    printed = (work / (name + ".err")).read_text(errors="replace")
    lines = [line for line in printed.splitlines() if line.strip()]
    return None, f"status {status}: {lines[-1][:400] if lines else 'it printed nothing'}"


def flat(value):
    return [number for one in value for number in flat(one)] if isinstance(value, list) else [value]


def answers(expected, found):
    """Whether oneDNN's are Eigen's."""
    expected, found = flat(expected), flat(found)
    greatest = max(map(abs, expected))
    if len(expected) != len(found) or not all(map(math.isfinite, found)) or not greatest > 0:
        return row("wheel.answers", "FAIL", "oneDNN's answers or Eigen's are of another shape, or no numbers")
    worst = max(abs(one - other) for one, other in zip(expected, found)) / greatest
    status = "PASS" if worst <= TOLERANCE else "FAIL"
    said = f"oneDNN's answers differ from Eigen's by {worst:.2g} of the greatest at most"
    return row("wheel.answers", status, said)


def kernels(work, version):
    """The analyzer's rows on the verbose log, and one on ACL's part."""
    server = {"tensorflow": version, "environment": {"TF_ENABLE_ONEDNN_OPTS": "1"}}
    (work / "facts.json").write_text(json.dumps({"machine": platform.machine(), "server": server}))
    files = [str(work / "onednn.out"), str(work / "onednn.err")]
    argv = [sys.executable, str(ANALYZER), "--facts", str(work / "facts.json"),
            "--report", str(work / "verdict.json"), *files]  # fmt: skip
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1, 2) or not (work / "verdict.json").exists():
        print(f"analyze.py cannot judge the log: {done.stderr.decode()[-400:]}", file=sys.stderr)
        sys.exit(2)
    verdict = json.loads((work / "verdict.json").read_text())
    kept = ("backend.onednn", "kernels.reference")
    rows = [check for check in verdict["checks"] if check["id"] in kept]
    share = verdict["summary"]["aclShare"]
    rows.append(
        row("wheel.acl", "PASS" if share > 0 else "FAIL",
            f"{share:.0%} of the time of convolutions and matrix products is the Arm Compute Library's",
            None if share > 0 else "build with --config=mkl_aarch64_threadpool on aarch64")
    )  # fmt: skip
    return rows


def findings(python, release, work):
    eigen, why = ask(python, work, "eigen", TF_ENABLE_ONEDNN_OPTS="0")
    if eigen is None:
        return [row("wheel.import", "FAIL", f"TensorFlow cannot be imported and asked: {why}")]
    version = eigen["version"]
    rows = [row("wheel.import", "PASS", f"TensorFlow {version} answers")]
    same = re.match(re.escape(release) + r"($|[-.+a-z])", version)
    rows.append(row("wheel.version", "PASS" if same else "FAIL", f"it is {version}, expected {release}"))
    fast, why = ask(python, work, "onednn", TF_ENABLE_ONEDNN_OPTS="1", DNNL_VERBOSE="1", ONEDNN_VERBOSE="1")
    if fast is None:
        return [*rows, row("backend.onednn", "FAIL", f"with oneDNN it does not answer: {why}")]
    return [*rows, answers(eigen["answer"], fast["answer"]), *kernels(work, version)]


def passes(found):
    """A few reference kernels below the analyzer's limit are a warning; an unknown never passes."""
    return found["status"] in ("PASS", "WARN")


def main(arguments):
    parser = argparse.ArgumentParser(prog="test_wheel.py")
    parser.add_argument("--python", required=True, help="the Python that has the TensorFlow")
    parser.add_argument("--release", required=True, help="the version that it must be")
    parser.add_argument("--work", required=True, type=Path, help="a folder for the model and the logs")
    parser.add_argument("--report", type=Path, help="gets the rows as JSON")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    # Not resolved: a virtual environment's is a link, by whose place it knows itself.
    python = str(Path.cwd() / options.python)
    rows = findings(python, options.release, options.work.resolve())
    if options.report:
        options.report.write_text(json.dumps(rows, indent=1) + "\n")
    for found in rows:
        print(f"{found['status']:7} {found['id']:18} {found['evidence']}")
    return 0 if all(map(passes, rows)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
