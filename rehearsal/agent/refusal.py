"""What is refused, with the name that the SSM service has for it."""

from __future__ import annotations


class Refused(Exception):
    """One sentence that names the key, what was got, what is allowed; `code` is the service's."""

    def __init__(self, code: str, sentence: str):
        super().__init__(sentence)
        self.code = code


def choices(allowed) -> str:
    """`a, b or c`."""
    *rest, last = (str(item) for item in allowed)
    return f"{', '.join(rest)} or {last}" if rest else last
