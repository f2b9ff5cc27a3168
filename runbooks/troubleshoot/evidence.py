#!/usr/bin/env python3
"""Evidence without touching the traffic: what a shadow of the server prints, or an existing log (LogPath)."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

if "Shadow" not in globals():
    # In the document the files of a step are one.
    from shadow import QUIET, ROOT, Shadow, parameter
    from signature import NoEvidence, from_signature, with_rows
    from work import work_folder

WARM_UP = "assets.extra/tf_serving_warmup_requests"


def existing_log(path, work):
    try:
        with Path(path).open("rb") as log:
            found = os.fstat(log.fileno())
    except OSError as error:
        raise NoEvidence(f"LogPath: cannot read {path}: {error.strerror}") from None
    if not stat.S_ISREG(found.st_mode) or found.st_size > 2 << 30:
        raise NoEvidence(f"LogPath: {path} must be a file of at most 2 GiB, got {found.st_size} bytes")
    (work / "served.out").symlink_to(path)
    return {"kind": "log", "replay": True, "log": path}


def version_folder(server):
    """The newest version on disk: the one that is served."""
    path = server["flags"].get("model_base_path", "/models/" + server["modelName"])
    inside = Path("/proc", str(server["pid"]), "root" if path.startswith("/") else "cwd")
    try:
        versions = [folder for folder in (inside / path.lstrip("/")).iterdir() if folder.name.isdigit()]
    except OSError:
        return None
    return max(versions, key=lambda folder: int(folder.name), default=None)


def brought_along(folder):
    """The request in a version's warm-up assets, where the instance has what reads it."""
    reader = ROOT + "/opt/graviton-tf/model/predict_request.py"
    if not folder or not Path(reader).exists():
        return None
    done = subprocess.run([sys.executable, reader, str(folder)], **dict(QUIET, stdout=-1), timeout=60)
    return json.loads(done.stdout.decode()) if done.returncode == 0 else None


def memory_for(server, facts):
    free = facts["memory"]["availableKiB"] * 512
    needed = server.get("residentBytes", 0) // server["processes"]
    if needed > free:
        raise NoEvidence(
            f"no shadow was started: the server holds {needed >> 20} MiB, and the shadow may have "
            f"{free >> 20}, half of what is available"
        )
    return min(free, server.get("memoryLimitBytes", free))


def evidence(facts, work):
    if parameter("LogPath"):
        return existing_log(parameter("LogPath"), work)
    server = facts.get("server")
    if not server:
        raise NoEvidence(facts["why"]["server"])
    words = " ".join(server["argv"][:4])
    if server["kind"] == "process" and "tensorflow_model_server" not in words:
        raise NoEvidence("the server is a program of its own: set LogPath to its verbose log")
    memory, folder = memory_for(server, facts), version_folder(server)
    batch = int(parameter("BatchSize")) or min(128, server.get("batching", {}).get("maxBatchSize", 0))
    body = brought_along(folder)
    # Replayed by the server itself; only the assets know how many rows.
    replay = not body and not batch and folder and (folder / WARM_UP).exists()
    shadow = Shadow(server, memory, {} if replay else {"enable_model_warmup": "false"}, work)
    shadow.source = "warm-up assets" if body or replay else "signature metadata"
    result = {"kind": "shadow", "verbose": True, "log": str(work / "served.out"), "cpus": shadow.cpus}
    result["from"] = shadow.source
    shadow.start()
    cut = None
    try:
        shadow.wait_until_available()
        if not replay:
            make = with_rows if body else from_signature
            given = body or shadow.ask("/metadata")
            request, batch = make(given, batch or (0 if body else 1))
            for _ in range(int(parameter("Requests"))):
                shadow.predict(request)
            result.update(batch=batch, requests=int(parameter("Requests")))
            cut = shadow.sizes()
            request, twice = make(given, 2 * batch)
            if twice == 2 * batch:
                try:
                    shadow.predict(request)
                    shadow.sizes()
                except NoEvidence as reason:
                    result["why"] = f"batch {twice} was not tried: {reason}"
    finally:
        shadow.end()
        for end, size in zip((".out", ".err"), cut or ()):
            served = (work / ("served" + end)).read_bytes()
            (work / ("probe" + end)).write_bytes(served[size:])
            (work / ("served" + end)).write_bytes(served[:size])
    return result


def main():
    begin, work = time.monotonic(), work_folder()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        result = evidence(json.loads((work / "facts.json").read_text(encoding="utf-8")), work)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other checks have their facts)
        name = "" if isinstance(error, NoEvidence) else type(error).__name__ + ": "
        result = {"kind": "none", "why": f"{name}{error}"}
    result["seconds"] = round(time.monotonic() - begin, 1)
    (work / "shadow.json").write_text(json.dumps(result), encoding="utf-8")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
