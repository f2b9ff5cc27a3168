"""The SSM agent's work on a Command document, on this machine.

    python3 -m rehearsal.agent run --document FILE [--parameters JSON] [--command-id ID] [--output FOLDER]
    python3 -m rehearsal.agent serve --endpoint URL --instance ID [--output FOLDER]

`run` prints one JSON object a line: how each step goes, and at the end all of their output. SIGTERM and
SIGINT cancel it as CancelCommand does. It ends with 0 when the document succeeded, 1 when not, and 2, with a
sentence on stderr, when the service would not have taken the document or its parameters.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import sys
import tempfile
import threading
import uuid
from pathlib import Path

if not __package__:
    # Started by the folder's path, on a machine where nothing of this project is installed.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from rehearsal.agent.document import read_document
    from rehearsal.agent.execution import CURRENT_VERSION, ENVIRONMENT_SINCE, Execution, StepResult
    from rehearsal.agent.refusal import Refused
else:
    from .document import read_document
    from .execution import CURRENT_VERSION, ENVIRONMENT_SINCE, Execution, StepResult
    from .refusal import Refused


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m rehearsal.agent", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="run a document here")
    run.set_defaults(command=_run)
    run.add_argument("--document", type=Path, required=True, help="the document, JSON")
    run.add_argument("--parameters", type=_parameters, default={}, help='JSON: {"Name": "value"}')
    run.add_argument("--command-id", type=_command_id, default=str(uuid.uuid4()), help="by default a new one")
    run.add_argument("--output", type=Path, help="for scripts and output; by default removed at the end")
    run.add_argument("--instance", default=socket.gethostname(), help="what AWS_SSM_INSTANCE_ID says")
    run.add_argument(
        "--region", default=os.environ.get("AWS_REGION", ""), help="what AWS_SSM_REGION_NAME says"
    )
    serve = commands.add_parser("serve", help="be the agent of an instance of the embedded AWS")
    serve.set_defaults(command=_serve)
    serve.add_argument("--endpoint", required=True, help="the embedded AWS")
    serve.add_argument("--instance", required=True, help="whose agent it is")
    serve.add_argument("--output", type=Path, help="for scripts and output; by default the agent's own")
    for command in (run, serve):
        _agent_version(command)
    arguments = parser.parse_args()
    return arguments.command(arguments)


def _agent_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--agent-version",
        type=_version,
        default=CURRENT_VERSION,
        help=f"act as this agent: one before {ENVIRONMENT_SINCE} passes no parameters as variables",
    )


def _serve(arguments: argparse.Namespace) -> int:
    from rehearsal.agent.managed import ManagedAgent
    from rehearsal.aws import lifetime

    root = Path(f"{os.environ.get('GTF_ROOT', '')}/var/lib/amazon/ssm")
    folder = arguments.output or root / arguments.instance / "document/orchestration"
    agent = ManagedAgent(arguments.endpoint, arguments.instance, arguments.agent_version, folder.resolve())
    lifetime.end_with_parent(agent.stop)
    agent.serve()
    return 0


def _run(arguments: argparse.Namespace) -> int:
    if arguments.output:
        return _run_in(arguments, arguments.output.resolve())
    with tempfile.TemporaryDirectory(prefix="graviton-tf-agent-", ignore_cleanup_errors=True) as folder:
        return _run_in(arguments, Path(folder))


def _run_in(arguments: argparse.Namespace, folder: Path) -> int:
    try:
        text = arguments.document.read_bytes()
        execution = Execution(
            document=read_document(text),
            parameters=arguments.parameters,
            command_id=arguments.command_id,
            instance=arguments.instance,
            region=arguments.region,
            folder=folder,
            agent_version=arguments.agent_version,
        )
    except (OSError, Refused) as refused:
        code = f"{refused.code}: " if isinstance(refused, Refused) else ""
        print(f"{code}{refused}", file=sys.stderr)
        return 2
    for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(wanted, lambda *_: execution.cancelled.set())
    emit = _Lines(execution.cancelled)
    status, results = execution.run(
        lambda name: emit({"event": "step", "name": name, "status": "InProgress"}),
        lambda result: emit({"event": "step", **_brief(result)}),
    )
    steps = [{**_brief(result), "stdout": result.stdout, "stderr": result.stderr} for result in results]
    emit({"event": "end", "commandId": execution.command_id, "status": status, "steps": steps})
    return 0 if status == "Success" else 1


class _Lines:
    """Prints objects; a reader that is gone cancels the command."""

    def __init__(self, cancelled: threading.Event):
        self.cancelled = cancelled

    def __call__(self, event: dict) -> None:
        try:
            print(json.dumps(event), flush=True)
        except BrokenPipeError:
            self.cancelled.set()
            # What is left in the buffer would fail once more at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _brief(result: StepResult) -> dict:
    brief = {"name": result.name, "status": result.status, "exitCode": result.exit_code}
    return {**brief, "notice": result.notice} if result.notice else brief


def _parameters(text: str) -> dict:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise argparse.ArgumentTypeError(f'must be an object as {{"Name": "value"}}, got {text}')
    return given


def _command_id(text: str) -> str:
    # It names folders.
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        raise argparse.ArgumentTypeError(f"must be a UUID in lower case, got {text!r}")
    return text


def _version(text: str) -> str:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+){3}", text):
        raise argparse.ArgumentTypeError(f"must be four numbers as {CURRENT_VERSION}, got {text!r}")
    return text


if __name__ == "__main__":
    sys.exit(main())
