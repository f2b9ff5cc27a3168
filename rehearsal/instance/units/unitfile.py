"""Reads a unit file strictly: what this supervisor would silently ignore, a unit must not use."""

from dataclasses import dataclass, field
from pathlib import Path

HONOURED = {
    "Unit": {"StartLimitIntervalSec", "StartLimitBurst", "ConditionPathExists"},
    "Service": {
        *("Type", "RemainAfterExit", "EnvironmentFile", "Environment", "WorkingDirectory"),
        *("ExecStartPre", "ExecStart", "ExecStartPost", "ExecStop", "ExecStopPost"),
        *("Restart", "RestartSec", "RestartSteps", "RestartMaxDelaySec"),
        *("RestartPreventExitStatus", "SuccessExitStatus"),
        *("TimeoutSec", "TimeoutStartSec", "TimeoutStopSec", "KillMode", "KillSignal"),
    },
    "Timer": {"OnBootSec", "OnActiveSec", "OnUnitActiveSec", "OnUnitInactiveSec", "Unit"},
    "Install": {"WantedBy"},
}

# They shield an instance, order its boot or tune it, and an ordinary user cannot have them: only reported.
WITHOUT_EFFECT = {
    "Unit": {"After", "Before", "Wants", "Requires"},
    "Service": {
        *("User", "Group", "DynamicUser", "UMask", "Nice", "OOMScoreAdjust", "OOMPolicy", "Slice"),
        *("NoNewPrivileges", "CapabilityBoundingSet", "AmbientCapabilities", "SystemCallFilter"),
        *(
            "LockPersonality",
            "Delegate",
            "SystemCallArchitectures",
            "SystemCallErrorNumber",
            "MemoryDenyWriteExecute",
            "RemoveIPC",
        ),
        *(
            "MemoryMax",
            "MemoryHigh",
            "CPUWeight",
            "TasksMax",
            "IOWeight",
            "IOSchedulingClass",
            "LimitNOFILE",
            "LimitMEMLOCK",
        ),
        *("ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "StandardOutput", "StandardError"),
        *("SyslogIdentifier", "KeyringMode", "IPAddressDeny", "IPAddressAllow", "DevicePolicy"),
    },
    "Timer": {"AccuracySec", "RandomizedDelaySec", "Persistent"},
    "Install": set(),
}
SHIELDS = ("Private", "Protect", "Restrict")
DESCRIPTIVE = {"Description", "Documentation"}


@dataclass
class UnitFile:
    name: str
    directives: dict[str, list[str]] = field(default_factory=dict)
    without_effect: list[str] = field(default_factory=list)

    def all(self, key: str) -> list[str]:
        return self.directives.get(key, [])

    def last(self, key: str, default: str = "") -> str:
        return self.directives.get(key, [default])[-1]

    def flag(self, key: str) -> bool:
        return self.last(key).lower() in ("yes", "true", "on", "1")


def _lines(text: str):
    """Logical lines with their numbers: comments gone, continued lines joined."""
    joined, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("#", ";")):
            continue
        start = start or number
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        yield start, (joined + line).strip()
        joined, start = "", 0


def parse_unit(name: str, text: str) -> UnitFile:
    unit, section = UnitFile(name), ""
    for number, line in _lines(text):
        where = f"{name}, line {number}"
        if not line:
            continue
        if line.startswith("["):
            section = line.strip("[]")
            if section not in HONOURED:
                raise ValueError(f"{where}: section [{section}] is not supported here")
            continue
        key, separator, value = (part.strip() for part in line.partition("="))
        if not section or not separator:
            raise ValueError(f"{where}: {line!r} is no directive")
        if section == "Unit" and key in DESCRIPTIVE:
            continue
        if key in WITHOUT_EFFECT[section] or (section == "Service" and key.startswith(SHIELDS)):
            unit.without_effect.append(f"{key}={value}")
        elif key not in HONOURED[section]:
            raise ValueError(f"{where}: the rehearsal's supervisor does not honour {key}= in [{section}]")
        elif value == "":
            unit.directives.pop(key, None)  # an empty assignment clears the list
        else:
            unit.directives.setdefault(key, []).append(value.replace("%n", name).replace("%%", "%"))
    return unit


def load_unit(folder: Path, name: str) -> UnitFile:
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"Unit {name} not found in {folder}")
    return parse_unit(name, path.read_text())
