"""What the runbook downloads, as stand-ins with the layout of the real ones: a git server's folder, a
package index on loopback, a Maven repository; and the table that knows their commit and checksums."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from java_instance import PLATFORM, ROOT, RUNBOOK, rows

PROJECT_PACKAGES = next(path for path in sys.path if path.endswith("site-packages"))


@dataclass(frozen=True)
class StandIns:
    folder: Path
    index: str
    commit: str
    releases: str
    """releases.txt with the stand-ins' commit and checksums; all else is as it is."""
    demo_model: str

    @property
    def parameters(self) -> dict[str, str]:
        return {"Sources": f"file://{self.folder}/git", "PipIndexUrl": self.index}

    def maven(self, release: str) -> dict[str, str]:
        return {"MavenRepository": f"file://{self.folder}/maven/{release}"}


@contextmanager
def made(folder: Path) -> Iterator[StandIns]:
    releases, commit = (RUNBOOK / "releases.txt").read_text(), git_server(folder / "git")
    releases = re.sub(r"(^release \S+ \S+) [0-9a-f]{40}", rf"\1 {commit}", releases, flags=re.M)
    for checksum, platform, of, path in rows("releases", "file"):
        content = f"a stand-in for {path}".encode()
        for release in of.split(","):
            if platform in ("any", PLATFORM):
                file = folder / "maven" / release / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        releases = releases.replace(checksum, hashlib.sha256(content).hexdigest())
    pages: dict[str, list[str]] = {}
    for _, platform, _, requirement, _, checksum in rows("releases", "wheel"):
        name, version = requirement.split("==")
        # The project's own TensorFlow, whatever its version.
        content = wheel(name, version, {"tensorflow_of_the_project.pth": f"{PROJECT_PACKAGES}\n"})
        releases = releases.replace(checksum, hashlib.sha256(content).hexdigest())
        publish(folder / "index", pages, name, version, content)
        assert platform in ("linux-arm64", "linux-x86_64")
    model = ROOT / ".cache/demo-model/1"
    inside = "basic_pitch/saved_models/icassp_2022/nmp"
    files = {
        f"{inside}/{file.relative_to(model)}": file.read_bytes()
        for file in model.rglob("*")
        if file.is_file()
    }
    content = wheel("basic-pitch", "0.4.0", files)
    publish(folder / "index", pages, "basic-pitch", "0.4.0", content)
    demo_model = f"basic-pitch==0.4.0 --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
    for name, links in pages.items():
        (folder / "index/simple" / name).mkdir(parents=True)
        (folder / "index/simple" / name / "index.html").write_text("<!DOCTYPE html>" + "".join(links))
    handler = functools.partial(Quiet, directory=str(folder / "index"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield StandIns(folder, f"http://127.0.0.1:{server.server_port}/simple", commit, releases, demo_model)
        server.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def publish(index: Path, pages: dict[str, list[str]], name: str, version: str, content: bytes) -> None:
    file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    (index / "files").mkdir(parents=True, exist_ok=True)
    (index / "files" / file).write_bytes(content)
    pages.setdefault(name, []).append(f'<a href="/files/{file}">{file}</a>')


def wheel(name: str, version: str, files: dict[str, str | bytes]) -> bytes:
    about = f"{name.replace('-', '_')}-{version}.dist-info/"
    written = {
        **files,
        f"{about}METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}RECORD": "",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in written.items():
            # The same bytes at any time.
            archive.writestr(zipfile.ZipInfo(path), text)
    return content.getvalue()


def git_server(folder: Path) -> str:
    """tensorflow/java.git: its poms' places, files of our own."""
    work, bare = folder / "work", folder / "tensorflow/java.git"
    modules = (
        "",
        "tensorflow-ndarray",
        *(f"tensorflow-core{name}" for name in ("", "/tensorflow-core-native", "/tensorflow-core-api")),
    )
    for module in modules:
        (work / module).mkdir(parents=True, exist_ok=True)
        (work / module / "pom.xml").write_text(f"<project><!-- {module or 'tensorflow-java'} --></project>\n")
    identity = {
        f"GIT_{who}_{what}": "stand-in@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }

    def git(*arguments: str, cwd: Path = work) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd,
            env={**os.environ, **identity},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "a stand-in")
    bare.parent.mkdir(parents=True)
    git("clone", "--quiet", "--bare", str(work), str(bare), cwd=folder)
    return git("rev-parse", "HEAD")
