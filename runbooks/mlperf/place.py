"""Where a command's steps meet; place.sh knows the same place."""

import os
from pathlib import Path


def work_folder():
    root, user = os.environ.get("GTF_ROOT", ""), os.geteuid()
    base = root + "/var/lib/graviton-tf-mlperf"
    if user and not root:
        base = f"{os.environ.get('TMPDIR') or '/var/tmp'}/graviton-tf-mlperf-{user}"  # noqa: S108
    return Path(base, os.environ["SSM_COMMAND_ID"])
