"""Which versions are loaded: the newest one that loads, and the one before it until that is done.

Follows AvailabilityPreservingPolicy (tensorflow_serving/core/availability_preserving_policy.cc) with the
"latest" version policy. One difference: where the newest version fails to load, TF Serving keeps the one it
already serves; this one also loads the next older, which is what a restarted process needs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import base_path
from .errors import from_exception, invalid, not_found
from .model_state import State, VersionState, merge
from .peers import Peers
from .servable import Servable

_POLL_SECONDS = 1.0

_log = logging.getLogger(__name__)


class VersionManager:
    def __init__(self, model_name: str, path: Path, load: Callable[[int, Path], Servable], peers: Peers):
        self.model_name = model_name
        self._path = path
        self._load = load
        self._peers = peers
        self._lock = threading.Lock()
        self._serving: dict[int, Servable] = {}
        self._unloading: list[Servable] = []
        self._states: dict[int, VersionState] = {}
        self._failed: dict[int, tuple] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="versions", daemon=True)
        self._last_complaint = ""

    def start(self) -> None:
        self._peers.publish({})
        self._thread.start()

    def stop(self) -> None:
        """No version is loaded or unloaded from here on."""
        self._stopped.set()

    @property
    def stopping(self) -> bool:
        return self._stopped.is_set()

    def states(self) -> dict[int, VersionState]:
        """States of all versions this server has known, newest first."""
        with self._lock:
            own = dict(self._states)
        merged = merge([own, *self._peers.others()])
        return dict(sorted(merged.items(), reverse=True))

    @contextmanager
    def servable(self, name: str, version: int | None, label: str | None) -> Iterator[Servable]:
        """The version a request is for, kept loaded while the request runs."""
        servable = self._acquire(name, version, label)
        try:
            yield servable
        finally:
            with self._lock:
                servable.in_flight -= 1

    def _acquire(self, name: str, version: int | None, label: str | None) -> Servable:
        if label is not None:
            # tensorflow_serving/model_servers/server_core.cc, GetModelVersionForLabel: none is configured
            raise invalid(f"Unrecognized servable version label: {label}")
        with self._lock:
            known = self._serving if name == self.model_name else {}
            wanted = max(known, default=None) if version is None else version
            if wanted not in known:
                # tensorflow_serving/core/basic_manager.cc, GetUntypedServableHandle
                request = f"Latest({name})" if version is None else f"Specific({name}, {version})"
                raise not_found(f"Servable not found for request: {request}")
            servable = known[wanted]
            servable.in_flight += 1
            return servable

    def _poll(self) -> None:
        while not self._stopped.is_set():
            try:
                self._reconcile()
            except Exception as exception:
                self._complain(f"cannot look for versions of {self.model_name}: {from_exception(exception)}")
            self._stopped.wait(_POLL_SECONDS)

    def _reconcile(self) -> None:
        self._close_idle()
        found = base_path.versions(self._path)
        if not found:
            self._complain(f"no version folder of {self.model_name} in {self._path} (expected a number)")
        target = self._newest_that_may_load(found)
        if target is not None and target not in self._serving and not self._try_load(target, found[target]):
            return
        # Serving without a version that is on disk only ends when none is left there: until then, an old
        # answer is better than none.
        if (target is not None and self._peers.all_have(target)) or not found:
            for version in [v for v in self._serving if v != target]:
                self._retire(version)

    def _newest_that_may_load(self, found: dict[int, Path]) -> int | None:
        for version in sorted(found, reverse=True):
            if version not in self._failed or self._failed[version] != base_path.stamp(found[version]):
                return version
        return None

    def _try_load(self, version: int, path: Path) -> bool:
        begin = time.perf_counter()
        mark = base_path.stamp(path)
        self._set_state(version, VersionState(State.LOADING))
        try:
            servable = self._load(version, path)
        except Exception as exception:
            error = from_exception(exception)
            self._failed[version] = mark
            self._set_state(version, VersionState(State.END, error.code.name, error.message))
            _log.error("version %d of %s failed to load: %s", version, self.model_name, _one_line(str(error)))
            return False
        self._failed.pop(version, None)
        with self._lock:
            self._serving[version] = servable
        self._set_state(version, VersionState(State.AVAILABLE))
        seconds = time.perf_counter() - begin
        _log.info("version %d of %s is available, loaded in %.2f s", version, self.model_name, seconds)
        return True

    def _retire(self, version: int) -> None:
        self._set_state(version, VersionState(State.UNLOADING))
        with self._lock:
            self._unloading.append(self._serving.pop(version))
        self._close_idle()

    def _close_idle(self) -> None:
        with self._lock:
            idle = [servable for servable in self._unloading if servable.in_flight == 0]
            self._unloading = [servable for servable in self._unloading if servable.in_flight]
        for servable in idle:
            servable.close()
            self._set_state(servable.version, VersionState(State.END))
            _log.info("version %d of %s is unloaded", servable.version, self.model_name)

    def _set_state(self, version: int, state: VersionState) -> None:
        with self._lock:
            self._states[version] = state
            states = dict(self._states)
        self._peers.publish(states)

    def _complain(self, message: str) -> None:
        if message != self._last_complaint:
            self._last_complaint = message
            _log.warning(_one_line(message))


def _one_line(text: str) -> str:
    return " ".join(text.split())
