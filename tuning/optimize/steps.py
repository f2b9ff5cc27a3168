"""A step of the program, told as it begins and as it ends, however it does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .. import events


class Step:
    """What a step says when it has ended well."""

    text = ""


@contextlib.contextmanager
def step(name: str) -> Iterator[Step]:
    told = Step()
    try:
        events.step(name, "InProgress")
        yield told
    except BaseException as error:
        events.step(name, "Failed", str(error))
        raise
    events.step(name, "Success", told.text)
