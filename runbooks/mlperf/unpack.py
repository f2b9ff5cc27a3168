#!/usr/bin/env python3
"""Unpacks the files that the document carries, at their places in the package, below the work folder."""

import base64
import hashlib
import json
import sys
import zlib

if "work_folder" not in globals():
    # In the document the files of a step are one.
    from place import work_folder

packed = base64.b64decode(CARRIED)  # noqa: F821 - the rendered document begins with these two
if hashlib.sha256(packed).hexdigest() != CARRIED_SHA256:  # noqa: F821
    sys.exit("the document's files are not what its checksum says")
folder = work_folder() / "files"
for name, text in json.loads(zlib.decompress(packed)).items():
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
