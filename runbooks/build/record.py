"""How something was built: record.py records|report WORK WORD.

records: writes beside each file of WORK/artifacts its record, FILE.json; and WORK/keys, lines FILE<tab>KEY.
report: writes WORK/report.json, and prints it to be read.

What the steps left in WORK, a value a line, cells parted by tabs: facts (name with dots for levels, value),
sources (name, URL, sha256:HEX or commit:HEX or nothing, verified or not), environment (NAME=value), command
(a word), milliseconds (step, number), notes (a sentence); refused (why); and findings.json.
"""

import datetime
import hashlib
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tuning import machine  # noqa: E402 (the folder is known only here)

BLOCK = 1 << 20


def lines_of(work, name):
    file = work / name
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def facts_of(work):
    """Levels of names parted by dots."""
    facts = {}
    for name, value in (line.split("\t", 1) for line in lines_of(work, "facts")):
        *above, last = name.split(".")
        level = facts
        for part in above:
            level = level.setdefault(part, {})
        level[last] = value
    return facts


def download_of(line):
    name, url, checksum, verified = line.split("\t")
    kind, _, value = checksum.partition(":")
    known = {kind: value} if value else {}
    return {"name": name, "url": url, **known, "verified": verified == "verified"}


def downloads_of(work):
    """In the order of their first use, each once."""
    return [download_of(line) for line in dict.fromkeys(lines_of(work, "sources"))]


def findings_of(work):
    file = work / "findings.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []


def seconds_of(work):
    spent = {}
    for step, milliseconds in (line.split("\t") for line in lines_of(work, "milliseconds")):
        spent[step] = round(int(milliseconds) / 1000, 1)
    return spent


def sha256_of(file):
    digest = hashlib.sha256()
    with file.open("rb") as content:
        for block in iter(lambda: content.read(BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()


def artifact_of(name, file, word, facts):
    return {
        "file": name,
        "key": "/".join([word, facts["release"], facts["folder"], name]),
        "sha256": sha256_of(file),
        "bytes": file.stat().st_size,
    }


def built(work):
    """Each file with its name below the folder of artifacts, in which it may be deeper down."""
    folder = work / "artifacts"
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix != ".json")
    return [(file.relative_to(folder).as_posix(), file) for file in files]


def record_of(work, word):
    facts = facts_of(work)
    folder = facts.pop("folder", "")
    record = {
        "schemaVersion": 1,
        "kind": word,
        "at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": machine.machine(instance_metadata=True),
    }
    record.update(facts)
    record.update(
        downloads=downloads_of(work),
        environment=dict(line.split("=", 1) for line in lines_of(work, "environment")),
        command=lines_of(work, "command"),
        seconds=seconds_of(work),
        findings=findings_of(work),
        notes=lines_of(work, "notes"),
    )
    return record, {"folder": folder, "release": facts.get("release", "")}


def write_records(work, word):
    record, where = record_of(work, word)
    keys = []
    for name, file in built(work):
        artifact = artifact_of(name, file, word, where)
        Path(f"{file}.json").write_text(
            json.dumps({**record, "artifact": artifact}, indent=1) + "\n", encoding="utf-8"
        )
        keys.append(f"{file}\t{artifact['key']}\n")
    (work / "keys").write_text("".join(keys), encoding="utf-8")


def artifacts_of(work, word, where):
    bucket = os.environ["SSM_ArtifactsBucket"] if (work / "uploaded").exists() else None
    for name, file in built(work):
        artifact = artifact_of(name, file, word, where)
        key = artifact["key"] if bucket else None
        yield {**artifact, "bucket": bucket, "key": key, "record": key and key + ".json"}


def write_report(work, word):
    record, where = record_of(work, word)
    refused = " ".join(lines_of(work, "refused")) or None
    report = {
        **record,
        "exitCode": 1 if refused else 0,
        "outcome": "refused" if refused else "uploaded",
        "reason": refused,
        "artifacts": list(artifacts_of(work, word, where)),
        "omitted": 0,
    }
    (work / "report.json").write_text(json.dumps(report) + "\n", encoding="utf-8")
    print(as_text(report))


def as_text(report):
    """For the console."""
    lines = [f"{report['release']}: {report['outcome']}", *([report["reason"]] if report["reason"] else [])]
    for one in report["findings"]:
        lines.append(f"{one['status']:7} {one['id']:24} {one.get('evidence') or ''}"[:400])
    for one in report["artifacts"]:
        place = f"s3://{one['bucket']}/{one['key']}" if one["key"] else one["file"]
        lines.append(f"{place} ({one['bytes']} bytes, sha256 {one['sha256']})")
    unverified = [one["name"] for one in report["downloads"] if not one["verified"]]
    if unverified:
        lines.append(f"compared with no checksum: {', '.join(unverified)}")
    return "\n".join([*lines, *report["notes"]])


if __name__ == "__main__":
    {"records": write_records, "report": write_report}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
