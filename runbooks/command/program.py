"""Runs a program of tuning/ as a step: prints what it tells of itself as lines, and ends as it did."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

# Run Command keeps 24,000 characters of a step.
MOST_PRINTED = 20000
# Between two lines of progress.
PROGRESS_SECONDS = 5
FINDINGS = 1


def refuse(sentence):
    """Ends the step; the last line of stderr is what the operator reads."""
    sys.exit(sentence)


def target_of(work):
    return json.loads((work / "target.json").read_text(encoding="utf-8"))


def parameter(name):
    return os.environ["SSM_" + name]


class Lines:
    def __init__(self):
        self.left, self.last = MOST_PRINTED, 0.0

    def show(self, event):
        if event["event"] == "step":
            text = event["text"] and " - " + event["text"]
            self.line(f"{event['name']}: {event['status']}{text}")
        elif event["event"] == "progress":
            now = time.monotonic()
            if event["done"] == event["total"] or now - self.last >= PROGRESS_SECONDS:
                self.last = now
                self.line(f"  {event['done']} of {event['total']} {event['text']}")

    def line(self, text):
        self.left -= len(text) + 1
        if self.left > 0:
            print(text, flush=True)


def start_of(pid):
    """By which a process is told from a later one of its number."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def note(file, pid):
    """For the guard, which must never read half of it."""
    new = file.with_suffix(".new")
    new.write_text(f"{pid} {start_of(pid)}\n")
    new.replace(file)


def environment_of(work, variables):
    files = work / "files"
    return {
        **os.environ,
        # What of the server's decides how TensorFlow computes; a path of a container means nothing here.
        **{name: value for name, value in variables.items() if name != "LD_PRELOAD"},
        "PYTHONPATH": f"{files}:{files / 'userdata' / 'wheel'}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(work),
        "HOME": os.environ.get("HOME", str(work)),
    }


def run(work, module, arguments, name="report"):
    """The program's report, which is also in NAME.json, with its exit code: 0 or 1. Refuses as it does."""
    python = (work / "python").read_text().strip()
    errors = work / (name + ".err")
    argv = ["nice", "-n", "19", python, "-m", module, *arguments]
    variables = environment_of(work, target_of(work)["environment"])
    # The guard ends the program when this step is gone.
    note(work / "step", os.getpid())
    report, reason, lines = None, None, Lines()
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            argv, env=variables, cwd=str(work), stdin=subprocess.DEVNULL, stdout=-1, stderr=stderr,
            start_new_session=True,
        )  # fmt: skip
    note(work / "program", process.pid)
    for line in process.stdout:
        event = json.loads(line.decode())
        if event["event"] == "report":
            report = event["report"]
        elif event["event"] == "refusal":
            reason = event["reason"]
        else:
            lines.show(event)
    status = process.wait()
    (work / "program").unlink()
    (work / "step").unlink()
    if status in (0, FINDINGS) and report is not None:
        (work / (name + ".json")).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        return report
    if reason is None:
        tail = errors.read_bytes().decode("utf-8", "replace").splitlines()[-20:]
        print("\n".join(tail), file=sys.stderr)
        reason = f"{module} ended with status {status} and no report."
    return refuse(reason)
