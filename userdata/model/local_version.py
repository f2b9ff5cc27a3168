"""A version that was made on this machine, by optimizing one of the bucket's.

It stays as long as the version that it was made of is the newest in the bucket. Once the bucket brings
another, that one counts, also where both have the same number: the local one then goes first, and the server
falls back to the version before while the number is free.
"""

from __future__ import annotations

import json

NOTE = "assets.extra/graviton-tf-optimized.json"


def source(folder):
    """The version that the one in `folder` was made of, as its folder's name; None if it says nothing."""
    try:
        note = json.loads((folder / NOTE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    made_of = note.get("from") if isinstance(note, dict) else None
    return str(made_of) if type(made_of) is int else None
