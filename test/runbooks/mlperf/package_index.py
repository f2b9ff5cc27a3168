"""A package index on loopback with a stand-in for each of the runbook's pinned packages."""

from __future__ import annotations

import http.server
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What the runbook imports of them. numpy is the project's own: the stand-in for LoadGen brings it.
_MODULES = {
    "tensorflow": {"tensorflow/__init__.py": '__version__ = "2.16.2"\n'},
    "tensorflow_cpu": {"tensorflow/__init__.py": '__version__ = "2.16.2"\n'},
    "opencv_python_headless": {
        "cv2.py": "def resize(image, size):\n    return image\n\n"
        "def imwrite(file, image):\n    return open(file, 'wb').write(image.tobytes()) > 0\n"
    },
    # The synthetic images are made before any harness is run, and need it as the real wheel gives it.
    "numpy": {"numpy_of_the_project.pth": "PROJECT\n"},
}


def _wheel(name: str, version: str, project_packages: str) -> bytes:
    about = f"{name}-{version}.dist-info/"
    files = {
        **_MODULES.get(name, {}),
        f"{about}METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}RECORD": "",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text.replace("PROJECT", project_packages))
    return content.getvalue()


@contextmanager
def serving(requirements: Path, project_packages: str) -> Iterator[tuple[str, list[str]]]:
    """(the index's address, the projects that were asked for)."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", requirements.read_text(), re.M):
        versions.setdefault(name.lower(), set()).add(version)
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = self.path.strip("/").split("/")
            if parts[0] == "files":
                name, version = re.fullmatch(r"(.+?)-([\d.]+)-py3-none-any\.whl", parts[1]).groups()
                self._answer(_wheel(name, version, project_packages), "application/zip")
            elif parts[0] == "simple" and parts[-1] in versions:
                asked.append(parts[-1])
                module = parts[-1].replace("-", "_").replace(".", "_")
                names = [f"{module}-{version}-py3-none-any.whl" for version in versions[parts[-1]]]
                page = "".join(f'<a href="/files/{name}">{name}</a>' for name in names)
                self._answer(f"<!DOCTYPE html>{page}".encode(), "text/html")
            else:
                self.send_error(404)

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/simple", asked
        server.shutdown()
        thread.join()
