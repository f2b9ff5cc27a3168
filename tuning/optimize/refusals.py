"""What cannot be optimized without changing what the model answers, and why."""

from __future__ import annotations

from tuning.optimize.subject import Subject


def check(subject: Subject) -> None:
    """Raises Refusal, with the reason, for a model that must stay as it is."""
