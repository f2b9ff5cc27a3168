"""The instance's files changed as one: the old ones stay aside until it is sure that the new ones stay."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tuning.cancellation import shielded
from tuning.sweep.apply.instance import FILES, Instance
from tuning.sweep.servers.server import CannotServe
from tuning.sweep.settings import Settings

_BACKUP = ".before-sweep"
_STAGING = ".sweep-staging"


class Change:
    """Context manager: at its end everything is as before, the server restarted, unless keep() was called."""

    def __init__(self, instance: Instance, on_put_back: Callable[[str], None]):
        """on_put_back: told, once the old files are back, the problem that is left, or ''."""
        self._instance = instance
        self._on_put_back = on_put_back
        self._backup = instance.etc / _BACKUP
        self._staging = instance.etc / _STAGING
        self._kept = False
        self.problem = ""
        """Why the server does not serve with the old settings either, if it does not."""

    def __enter__(self) -> Change:
        """Puts back first what an attempt that was killed has left changed."""
        with shielded():
            if self._backup.is_dir():
                self._put_back()
            self._tidy()
        return self

    def make(self, settings: Settings) -> None:
        """Writes the files and restarts the server. Raises CannotServe, Refusal."""
        self.write(settings)
        self._instance.restart()

    def write(self, settings: Settings) -> None:
        """Writes the files, all of them or none."""
        self._instance.write(self._staging, settings)
        with shielded():
            aside = self._staging / "before"
            aside.mkdir()
            for name in FILES:
                if (self._instance.etc / name).exists():
                    shutil.copy2(self._instance.etc / name, aside / name)
            # From here on there is something to put back, whatever happens.
            aside.rename(self._backup)
            self._install(self._staging / "etc/graviton-tf")

    def keep(self) -> None:
        self._kept = True

    def __exit__(self, *_: object) -> None:
        with shielded():
            if self._backup.is_dir() and not self._kept:
                self._put_back()
            self._tidy()

    def _put_back(self) -> None:
        aside = self._staging / "again"
        shutil.copytree(self._backup, aside, dirs_exist_ok=True)
        self._install(aside)
        try:
            self._instance.restart()
        except CannotServe as error:
            self.problem = str(error)
        self._on_put_back(self.problem)

    def _install(self, folder: Path) -> None:
        """The files of a folder on the same disk, each by one rename; those that it lacks go."""
        for name in FILES:
            new, target = folder / name, self._instance.etc / name
            if new.exists():
                new.replace(target)
            else:
                target.unlink(missing_ok=True)

    def _tidy(self) -> None:
        if self._backup.is_dir():
            # At once: half a backup would be put back by the next attempt.
            self._staging.mkdir(exist_ok=True)
            self._backup.rename(self._staging / "done")
        shutil.rmtree(self._staging, ignore_errors=True)
