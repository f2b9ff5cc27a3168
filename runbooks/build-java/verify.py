"""JARs and POMs of a Maven repository: verify.py RELEASES PLATFORM REPOSITORY TO SOURCES BUILT.

Moves them to TO, and writes where each was from to SOURCES. Release, mode and where Maven fetches from are
in the environment, as the command's parameters. What was built here is TensorFlow's own of this release,
which no table can know.
"""

import hashlib
import os
import sys
from pathlib import Path

# tensorflow/java's modules that the JARs need. Up to 1.1.0 ndarray is a project of its own, with versions
# like these.
OWN = {f"tensorflow-{name}" for name in ("java", "core", "core-native", "core-api", "ndarray")}


def known_files(table, release, platform):
    """Checksums by path."""
    known = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        kind, *cells = line.split() or [""]
        if kind == "file":
            checksum, where, releases, path = cells
            if release in releases.split(",") and where in ("any", platform):
                known[path] = checksum
    return known


def sha256_of(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def built_in(folder):
    """Checksums of what a build has made, and of the POMs it made them by."""
    return {sha256_of(file) for name in ("target/*.jar", "pom.xml") for file in folder.rglob(name)}


def is_own(path, release):
    group, artifact, version, _ = path.rsplit("/", 3)
    return group == "org/tensorflow" and artifact in OWN and version == release


def main(table, platform, repository, target, sources, built):
    release, building = os.environ["SSM_Release"], os.environ["SSM_Source"] == "build"
    place = os.environ["SSM_MavenRepository"].rstrip("/")
    known = known_files(table, release, platform)
    if building:
        known = {path: checksum for path, checksum in known.items() if not is_own(path, release)}
    files = {
        file.relative_to(repository).as_posix(): file
        for file in sorted(repository.rglob("*"))
        if file.suffix in (".jar", ".pom")
    }
    made = built_in(built) if building else set()
    lines, own = [], []
    for path, file in files.items():
        found = sha256_of(file)
        if building and is_own(path, release):
            # Where the build forgot one, Maven would fetch the published one instead.
            if found not in made:
                sys.exit(f"{path} was not built here: Maven has it from {place}")
            own.append(path)
        elif path not in known:
            sys.exit(f"{place}/{path} is of no release here: allowed is what releases.txt names")
        elif found != known[path]:
            sys.exit(f"{place}/{path} has sha256:{found}; allowed is sha256:{known[path]}")
        else:
            lines.append(f"{path.rsplit('/', 1)[1]}\t{place}/{path}\tsha256:{found}\tverified\n")
    missing = sorted(known.keys() - files.keys())
    if missing:
        sys.exit(f"Maven brought no {missing[0]}, which TensorFlow Java {release} needs")
    for path, file in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        file.replace(target / path)
    with sources.open("a", encoding="utf-8") as record:
        record.writelines(lines)
    print(f"{len(lines)} files as they are known, {len(own)} built here")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *(Path(argument) for argument in sys.argv[3:]))
