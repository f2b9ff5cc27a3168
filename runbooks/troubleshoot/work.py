"""Where a command's steps meet; work.sh, and analyze.py which stands alone, know the same place."""

import os
from pathlib import Path


def work_folder():
    root, user = os.environ.get("GTF_ROOT", ""), os.geteuid()
    base = root + "/var/lib/graviton-tf-diagnosis"
    if user and not root:
        base = f"{os.environ.get('XDG_RUNTIME_DIR') or '/tmp'}/graviton-tf-diagnosis-{user}"  # noqa: S108
    return Path(base, os.environ["SSM_COMMAND_ID"])
