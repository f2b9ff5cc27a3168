"""The folder in which a version is made: invisible to a model server, and gone when its program is."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..cancellation import shielded
from ..refusal import Refusal

# A model server looks at numbers only. Others know our folders by this.
PREFIX = ".graviton-tf-"
_OWNER = "owner"


@contextlib.contextmanager
def staging(base: Path) -> Iterator[Path]:
    """A new folder in `base`, so that a rename within one file system can publish what is in it.

    base is made if it is not there, and taken away again if nothing was put into it. Folders whose program
    was killed are removed first: a lock that the kernel lets go of says whose time is over, not a process id.
    Raises Refusal where `base` cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            with shielded():
                for missing in [path for path in (base, *base.parents) if not path.exists()][::-1]:
                    missing.mkdir()
                    stack.callback(_remove_empty, missing)
            with shielded(), _locked(base):
                remove_abandoned(base)
                # 0700: nobody else reads or writes what a worker unpickles.
                folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
                stack.callback(_remove, folder)
                owner = stack.enter_context((folder / _OWNER).open("w"))
                fcntl.flock(owner, fcntl.LOCK_EX)
        except OSError as error:
            raise Refusal(unwritable(base, error)) from None
        yield folder


def remove_abandoned(base: Path) -> None:
    """Removes staging folders that no living program owns."""
    for folder in base.glob(f"{PREFIX}*"):
        try:
            with (folder / _OWNER).open() as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(folder)
        except FileNotFoundError:
            _remove(folder)
        except OSError:
            continue  # owned, or another user's


def unwritable(base: Path, error: OSError) -> str:
    """The sentence for what the operating system objects to when we write below `base`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"--output: the file system of {base} is full."
    ours = error.filename is None or str(error.filename).startswith(str(base))
    if ours and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR):
        return f"--output: {base} must be a folder that this user can write to ({os.strerror(error.errno)})."
    where = f": {error.filename}" if error.filename else ""
    return f"The operating system says {error.strerror or error}{where}."


@contextlib.contextmanager
def _locked(base: Path) -> Iterator[None]:
    """While a folder gets its owner, nobody else takes it for abandoned."""
    descriptor = os.open(base, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # NFS has no lock for folders
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    with shielded():
        # Twice: a process that was just killed may have added a last file.
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # something is in it by now
        folder.rmdir()
