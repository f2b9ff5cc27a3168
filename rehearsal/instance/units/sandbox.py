"""Where a unit's absolute paths lie when the instance is a folder."""

import os
from dataclasses import dataclass
from pathlib import Path

# Programs of the operating system are the machine's own, found on PATH so that a stand-in there is used.
SYSTEM_PROGRAMS = ("/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/local/bin/")
# Folders of an instance that exist in the sandbox; any other path in an argument is not a file of ours.
INSTANCE_FOLDERS = tuple(f"/{folder}/graviton-tf" for folder in ("opt", "etc", "var/lib", "var/log", "run"))

# What a unit's processes inherit, by prefix; beside this an instance's services start with nothing either.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "GTF_", "PIP_", "AWS_ENDPOINT_URL", "AWS_EC2_METADATA_")


@dataclass(frozen=True)
class Sandbox:
    root: Path

    def path(self, absolute: str) -> str:
        return f"{self.root}{absolute}" if absolute.startswith("/") else absolute

    def program(self, word: str) -> str:
        if word.startswith(SYSTEM_PROGRAMS):
            return word.rsplit("/", 1)[1]
        return self.path(word)

    def argument(self, word: str) -> str:
        """A path of the instance, also behind `--flag=`."""
        flag, separator, value = word.rpartition("=")
        if value.startswith(INSTANCE_FOLDERS):
            return flag + separator + self.path(value)
        return word

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith(INHERITED)}
        return {**kept, "GTF_ROOT": str(self.root)}
