"""Which model is meant, where its versions are on this host, and who serves it: target.py WORK.

Writes target.json: name, base (a path of this host, or null), restUrl and grpcUrl of the model, serverUrl (as
restUrl, of whatever the server serves), kind (wheel, container,
process, or null where there is no server), image, digest, intraOp, python (the server's, or
null), tensorflow, environment, serving (as a result has it).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from program import refuse

# What TensorFlow Serving's image calls it; and its script's default.
GRPC_PORT = "8500"


def outside(container):
    """What Docker says of its mounts and its published ports; nothing where it says nothing."""
    try:
        done = subprocess.run(["docker", "inspect", container], stdout=-1, stderr=-1, timeout=20)
        said = json.loads(done.stdout.decode())[0]
        return said["Mounts"], said["NetworkSettings"].get("Ports") or {}
    except (OSError, ValueError, LookupError, subprocess.TimeoutExpired):
        return [], {}


def on_host(path, mounted):
    """Where a container's path is on the host; None if it is in the image."""
    for mount in sorted(mounted, key=lambda one: -len(one["Destination"])):
        place = mount["Destination"].rstrip("/")
        if path == place or path.startswith(place + "/"):
            # A tmpfs has no source.
            return mount["Source"].rstrip("/") + path[len(place) :] if mount.get("Source") else None
    return None


def whole(text):
    return int(text) if text and text.isdigit() else None


def serving(server, flags):
    """As a result has it."""
    batching = server.get("batching")
    return {
        "processes": server.get("processes"),
        "intraOpThreads": whole(flags.get("tensorflow_intra_op_parallelism")),
        "interOpThreads": whole(flags.get("tensorflow_inter_op_parallelism")),
        "batching": batching,
        "bf16FastMath": server.get("environment", {}).get("DNNL_DEFAULT_FPMATH_MODE") == "BF16",
    }


def served(server):
    flags, kind = server.get("flags", {}), server["kind"]
    base, port = flags.get("model_base_path"), flags.get("port", GRPC_PORT if kind == "container" else None)
    if kind == "container":
        mounted, ports = outside(server["name"])
        base = base and on_host(base, mounted)
        published = ports.get(port + "/tcp")
        port = published[0]["HostPort"] if published else None
    if kind == "wheel":
        port = None  # it speaks REST alone
    name, rest = server["modelName"], server.get("restPort")
    argv = server.get("argv", [""])
    return {
        "kind": kind,
        "name": name,
        "base": base,
        "restUrl": f"http://127.0.0.1:{rest}/v1/models/{name}" if rest else None,
        "grpcUrl": f"grpc://127.0.0.1:{port}/{name}" if port else None,
        "image": server.get("image"),
        "digest": server.get("digest"),
        "intraOp": whole(flags.get("tensorflow_intra_op_parallelism")) or 0,
        "python": argv[0] if kind != "container" and "python" in Path(argv[0]).name else None,
        "tensorflow": server.get("tensorflow"),
        "environment": server.get("environment", {}),
        "serving": serving(server, flags),
    }


def main(work):
    facts = json.loads((work / "facts.json").read_text(encoding="utf-8"))
    server, wanted = facts.get("server"), os.environ.get("SSM_Model", "")
    target = served(server) if server else {"kind": None, "base": None, "restUrl": None, "environment": {}}
    target["serverUrl"] = target["restUrl"]
    if wanted:
        if not Path(wanted).exists():
            refuse(f"Model: {wanted} does not exist on this instance.")
        if target["base"] is None or Path(wanted).resolve() != Path(target["base"]).resolve():
            # The server's part in it ends here: it serves another.
            target.update(base=wanted, name=Path(wanted).name, restUrl=None, grpcUrl=None)
    elif not server:
        why = facts.get("why", {}).get("server", "none was looked for")
        refuse(f"{why[:1].upper()}{why[1:]}: name a model by Model.")
    elif target["base"] is None:
        refuse("The server's model is not in a folder of this host that its flags name: name it by Model.")
    (work / "target.json").write_text(json.dumps(target, indent=1), encoding="utf-8")
    print(f"model: {target['base']}")
    print(f"server: {target['restUrl'] or 'none that serves it'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
