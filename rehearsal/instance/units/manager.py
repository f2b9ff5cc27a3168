"""The verbs of systemctl that the boot scripts use, over the units of one sandbox."""

import asyncio
import contextlib
import time
from pathlib import Path

from .sandbox import Sandbox
from .service import Service, StartError
from .timer import Timer
from .unitfile import load_unit


class VerbError(Exception):
    """Ends a verb with a line for stderr and systemctl's exit status."""

    def __init__(self, message: str, code: int = 1):
        super().__init__(message)
        self.code = code


class Manager:
    def __init__(self, root: Path):
        self.sandbox = Sandbox(root)
        self.folder = root / "etc/systemd/system"
        self.journal = root / "var/log/journal"
        self.journal.mkdir(parents=True, exist_ok=True)
        self.units: dict[str, Service | Timer] = {}
        self.booted = time.monotonic()

    def unit(self, name: str) -> Service | Timer:
        name = name if name.endswith((".service", ".timer")) else f"{name}.service"
        if name not in self.units:
            try:
                parsed = load_unit(self.folder, name)
            except (FileNotFoundError, ValueError) as error:
                raise VerbError(str(error), 5 if isinstance(error, FileNotFoundError) else 1) from error
            if name.endswith(".timer"):
                self.units[name] = Timer(parsed, self.booted)
            else:
                self.units[name] = Service(parsed, self.sandbox, self.journal / f"{name}.log")
        return self.units[name]

    async def verb(self, verb: str, args: list[str]) -> tuple[int, str]:
        handler = getattr(self, "do_" + verb.replace("-", "_"), None)
        if handler is None:
            known = sorted(name[3:].replace("_", "-") for name in dir(self) if name.startswith("do_"))
            raise VerbError(f"unknown verb {verb}; known are {', '.join(known)}")
        return await handler(args)

    @staticmethod
    def _options(args: list[str], allowed: tuple[str, ...]) -> tuple[set[str], list[str]]:
        """Flags and names, in any order; systemctl lets both mix."""
        flags = {arg for arg in args if arg.startswith("-")}
        if unknown := flags - set(allowed):
            raise VerbError(
                f"option {sorted(unknown)[0]} is not supported here; supported: {' '.join(allowed)}"
            )
        return flags, [arg for arg in args if not arg.startswith("-")]

    async def do_daemon_reload(self, args: list[str]) -> tuple[int, str]:
        """Reads every unit again, so that a mistake in one is found before it is started."""
        for path in sorted([*self.folder.glob("*.service"), *self.folder.glob("*.timer")]):
            try:
                parsed = load_unit(self.folder, path.name)
            except ValueError as error:
                raise VerbError(str(error)) from error
            self.unit(path.name).unit = parsed
        return 0, ""

    async def do_enable(self, args: list[str]) -> tuple[int, str]:
        flags, names = self._options(args, ("--now", "--quiet", "-q"))
        for name in names:
            unit = self.unit(name).unit
            if not unit.all("WantedBy"):
                raise VerbError(f"{unit.name} has no [Install] WantedBy=, so it would never start at boot")
        if "--now" in flags:
            await self.do_start(names)
        return 0, ""

    async def do_start(self, args: list[str]) -> tuple[int, str]:
        flags, names = self._options(args, ("--no-block", "--quiet", "-q"))
        for name in names:
            unit = self.unit(name)
            if isinstance(unit, Timer):
                service = self.unit(unit.target)
                unit.start(service, self._trigger)
            elif "--no-block" in flags:
                asyncio.ensure_future(self._trigger(name))
            else:
                try:
                    await unit.start()
                except StartError as error:
                    raise VerbError(f"Job for {unit.unit.name} failed: {error}") from error
        return 0, ""

    async def _trigger(self, name: str) -> None:
        with contextlib.suppress(StartError):  # it stands in the unit's journal and state
            await self.unit(name).start()

    async def do_stop(self, args: list[str]) -> tuple[int, str]:
        for name in self._options(args, ("--quiet", "-q"))[1]:
            unit = self.unit(name)
            if isinstance(unit, Timer):
                unit.stop()
            else:
                await unit.stop()
        return 0, ""

    async def do_restart(self, args: list[str]) -> tuple[int, str]:
        await self.do_stop([arg for arg in args if arg != "--no-block"])
        return await self.do_start(args)

    async def do_reset_failed(self, args: list[str]) -> tuple[int, str]:
        for unit in [self.unit(name) for name in args] or list(self.units.values()):
            if unit.state == "failed":
                unit.state, unit.sub, unit.result = "inactive", "dead", "success"
        return 0, ""

    async def do_is_active(self, args: list[str]) -> tuple[int, str]:
        return self._tell_state(args, lambda state: state == "active", 3)

    async def do_is_failed(self, args: list[str]) -> tuple[int, str]:
        return self._tell_state(args, lambda state: state == "failed", 1)

    def _tell_state(self, args: list[str], holds, otherwise: int) -> tuple[int, str]:
        flags, names = self._options(args, ("--quiet", "-q"))
        states = [self.unit(name).state for name in names]
        text = "" if flags else "".join(f"{state}\n" for state in states)
        return (0 if any(holds(state) for state in states) else otherwise), text

    async def do_show(self, args: list[str]) -> tuple[int, str]:
        """`show UNIT -p A,B [--value]`, also as `--property=A`."""
        wanted, names, bare, rest = [], [], False, list(args)
        while rest:
            arg = rest.pop(0)
            if arg == "--value":
                bare = True
            elif arg in ("-p", "--property") and rest:
                wanted += rest.pop(0).split(",")
            elif arg.startswith("--property="):
                wanted += arg.partition("=")[2].split(",")
            elif arg.startswith("-p") and len(arg) > 2:
                wanted += arg[2:].split(",")
            else:
                names += self._options([arg], ())[1]
        unit = self.unit(names[0])
        known = {"Id": unit.unit.name, "ActiveState": unit.state, "SubState": unit.sub, "Result": unit.result}
        if isinstance(unit, Service):
            alive = unit.main is not None and unit.main.returncode is None
            known |= {"MainPID": unit.main.pid if alive else 0, "NRestarts": unit.restarts}
            known |= {"ExecMainStatus": abs(unit.exit_status)}
        if unknown := [name for name in wanted if name not in known]:
            raise VerbError(f"property {unknown[0]} is not supported here; supported: {', '.join(known)}")
        lines = [str(known[name]) if bare else f"{name}={known[name]}" for name in wanted or known]
        return 0, "".join(f"{line}\n" for line in lines)

    async def do_logs(self, args: list[str]) -> tuple[int, str]:
        """Not systemctl's: the last lines of what a unit's processes printed."""
        if len(args) != 2 or not args[1].isdigit():
            raise VerbError("usage: logs UNIT LINES")
        journal = getattr(self.unit(args[0]), "journal", None)
        lines = journal.read_text(errors="replace").splitlines() if journal and journal.exists() else []
        return 0, "".join(f"{line}\n" for line in lines[-int(args[1]) :])

    async def do_without_effect(self, args: list[str]) -> tuple[int, str]:
        """Not systemctl's: what the units ask for that an ordinary user's process cannot have."""
        parsed = [unit.unit for unit in self.units.values()]
        return 0, "".join(f"{unit.name} {item}\n" for unit in parsed for item in unit.without_effect)

    async def stop_all(self) -> None:
        for unit in self.units.values():
            if isinstance(unit, Timer):
                unit.stop()
        await asyncio.gather(*(unit.stop() for unit in self.units.values() if isinstance(unit, Service)))
