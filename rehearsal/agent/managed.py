"""The agent of a rehearsed instance: fetches its commands from the embedded AWS, runs them, reports.

Output goes to S3 with the credentials of the instance's role, from its metadata service, before the step is
reported; a role that may not write there leaves the command as successful as it was, and the bucket empty.
Files without a byte are not uploaded. The canned ACL is the real agent's, for which a role needs
`s3:PutObjectAcl` beside `s3:PutObject`.
"""

from __future__ import annotations

import json
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from .execution import StepResult
from .worker import Worker

POLL_SECONDS = 0.25
_TIMEOUT_SECONDS = 10
# What a message to the service holds of a step's output.
LONGEST_OUTPUT, CUT = 24_000, "--output truncated--"


class ManagedAgent:
    """One instance's agent."""

    def __init__(self, endpoint: str, instance: str, version: str, folder: Path):
        self.endpoint, self.instance, self.version, self.folder = (
            endpoint.rstrip("/"),
            instance,
            version,
            folder,
        )
        self.base = f"{self.endpoint}/embedded-aws/agents/{instance}"
        # Loopback is reached through no one's proxy.
        self.direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.stopped = threading.Event()
        self.region = ""
        self._running: dict[str, Worker] = {}

    def serve(self) -> None:
        """Until `stop`."""
        said = ""
        while not self.stopped.is_set():
            answer, problem = self._ask({"version": self.version})
            if problem and problem != said:
                print(f"not online: {problem}", file=sys.stderr, flush=True)
            elif not problem and not self.region:
                self.region = answer["region"]
                print(json.dumps({"online": self.instance, "version": self.version}), flush=True)
            said = problem
            for work in answer.get("start", []):
                self._start(work)
            for command_id in answer.get("cancel", []):
                if command_id in self._running:
                    self._running[command_id].cancel()
            self.stopped.wait(POLL_SECONDS)
        for worker in list(self._running.values()):
            worker.cancel()
            worker.join(2)
        self._ask({"version": self.version, "leaving": True})

    def stop(self) -> None:
        self.stopped.set()

    def _start(self, work: dict[str, Any]) -> None:
        command_id = work["commandId"]

        def stepped(name: str, result: StepResult | None) -> None:
            if result is None:
                self._tell(command_id, {"steps": [{"name": name, "status": "InProgress"}]})
                return
            self._upload(result, work)
            self._tell(command_id, {"steps": [_reported(result)]})

        def ended(status: str) -> None:
            self._tell(command_id, {"status": status})
            del self._running[command_id]

        options = {
            "parameters": json.dumps(work["parameters"]),
            "instance": self.instance,
            "region": self.region,
            "agent-version": self.version,
        }
        worker = Worker(command_id, work["document"], options, self.folder, stepped, ended)
        self._running[command_id] = worker
        worker.start()

    def _upload(self, result: StepResult, work: dict[str, Any]) -> None:
        files = [result.folder / name for name in ("stdout", "stderr")]
        written = [path for path in files if path.exists() and path.stat().st_size]
        if not work["bucket"] or not written:
            return
        # Half a second to import, for commands with a bucket only.
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        s3 = boto3.session.Session().client("s3", endpoint_url=self.endpoint, region_name=self.region)
        for path in written:
            key = f"{work['keyPrefix']}/{result.name}/{path.name}"
            try:
                s3.put_object(
                    Bucket=work["bucket"],
                    Key=key,
                    Body=path.read_bytes(),
                    ContentType="text/plain",
                    ACL="bucket-owner-full-control",
                )
            except (BotoCoreError, ClientError) as error:
                print(f"s3://{work['bucket']}/{key}: {error}", file=sys.stderr, flush=True)

    def _ask(self, question: dict[str, Any]) -> tuple[dict[str, Any], str]:
        return self._post(self.base, question)

    def _tell(self, command_id: str, report: dict[str, Any]) -> None:
        _, problem = self._post(f"{self.base}/commands/{command_id}", report)
        if problem:
            print(f"{command_id}: {problem}", file=sys.stderr, flush=True)

    def _post(self, url: str, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
        request = urllib.request.Request(  # noqa: S310 -- the endpoint we were given
            url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with self.direct.open(request, timeout=_TIMEOUT_SECONDS) as reply:
                return json.loads(reply.read() or b"{}"), ""
        except urllib.error.HTTPError as error:
            return {}, error.read().decode(errors="replace")
        except OSError as error:
            return {}, f"{url} does not answer: {error}"


def _reported(result: StepResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "status": result.status,
        "exitCode": result.exit_code,
        "stdout": _cut(result.stdout),
        "stderr": _cut(result.stderr),
    }


def _cut(text: str) -> str:
    return text if len(text) < LONGEST_OUTPUT else text[: LONGEST_OUTPUT - len(CUT)] + CUT
