"""The last step: the version appears, the server takes it, or it is as if nothing had been."""

from __future__ import annotations

from pathlib import Path

from .. import events
from ..cancellation import shielded
from . import publish
from .report import Report
from .served import Rejected, Server

# What a server takes to go back to the version before: it looks once a second, and loads that one again if
# it has let go of it.
_RETURN_SECONDS = 30


class Publication:
    """base: None for a dry run, which publishes nothing."""

    def __init__(self, base: Path | None, server_url: str | None, seconds: float) -> None:
        self._base = base
        self._server = Server(server_url) if server_url else None
        self._seconds = seconds

    def check(self) -> None:
        """Before minutes of work: raises Refusal if the server does not serve."""
        if self._server:
            self._server.check()

    def publish(self, model: Path, folder: Path, report: Report) -> None:
        """Decides the report. Raises Cancelled, or OSError of a full disk, with nothing published."""
        events.step("Publish", "InProgress")
        above = self._newest_known(report.version)
        published = None
        try:
            # Known to us before a signal can part the rename from the knowledge of it.
            with shielded():
                published = publish.publish(model, self._base, above)
            events.step("Publish", "Success", f"version {published.version}")
            if self._server:
                self._wait(published.version)
        except Rejected as rejected:
            self._take_back(published, folder)
            report.decide("refused", f"Version {published.version} was taken back: {rejected}.")
            events.step("Serve", "Failed", str(rejected))
            return
        except BaseException:
            if published:
                publish.withdraw(published, folder)
            raise
        report.published = {"version": published.version, "path": published.path}
        report.decide("published", f"Published as version {published.version}: {report.verdict}.")

    def _newest_known(self, source: int | None) -> int:
        """No number that the server has seen before is used again: its old state would pass for the new."""
        return max([source or 0, *(self._server.known_versions() if self._server else [])])

    def _wait(self, version: int) -> None:
        events.step("Serve", "InProgress", f"waiting until version {version} is AVAILABLE")
        self._server.wait_until_available(version, self._seconds)
        events.step("Serve", "Success", f"version {version} is AVAILABLE")

    def _take_back(self, published: publish.Published, folder: Path) -> None:
        """Its files stay until the server serves another: it may be reading them."""
        publish.withdraw(published, folder)
        self._server.wait_until_gone(published.version, _RETURN_SECONDS)
