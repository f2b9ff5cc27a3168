"""How a bridge takes the place of a moto function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def replaces(owner: Any, name: str) -> Callable[[Callable], Callable]:
    """Put the decorated function in the place of `owner.name`; the original stays at `function.original`.

    A name that moto no longer has fails here, at import: a bridge that silently stops bridging would let
    the rehearsal prove nothing.
    """
    original = getattr(owner, name, None)
    if original is None:
        raise AttributeError(
            f"{owner.__name__}.{name} is gone from moto: the bridge over it must be revised."
        )

    def install(replacement: Callable) -> Callable:
        function = getattr(replacement, "fget", None) or getattr(replacement, "__func__", replacement)
        function.original = original
        setattr(owner, name, replacement)
        return replacement

    return install


def extends(owner: Any, name: str) -> Callable[[Callable], Callable]:
    """Give `owner` a member that moto does not have; one that moto has since gained fails here, at import."""
    inherited = getattr(owner, name, None)
    if inherited is not None and not getattr(inherited, "__isabstractmethod__", False):
        raise AttributeError(
            f"moto now has {owner.__name__}.{name}: the bridge that adds it must be revised."
        )

    def install(addition: Callable) -> Callable:
        setattr(owner, name, addition)
        return addition

    return install
