"""The staging folder: nobody else's to read, and gone when its program is."""

import subprocess
import sys
from pathlib import Path

import pytest

from tuning.optimize.staging import staging
from tuning.refusal import Refusal

ROOT = Path(__file__).resolve().parents[3]

HOLDER = """
import sys, time
from pathlib import Path
from tuning.optimize.staging import staging
with staging(Path(sys.argv[1])) as folder:
    (folder / "model").mkdir()
    print(folder, flush=True)
    time.sleep(60)
"""


def hold(base):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, base], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    return process, Path(process.stdout.readline().strip())


def enter(base):
    with staging(base):
        pass


def left_in(base):
    return [path.name for path in base.iterdir()]


def test_it_is_there_while_it_is_needed_and_only_for_us(tmp_path):
    with staging(tmp_path) as folder:
        assert folder.parent == tmp_path
        assert folder.name.startswith(".graviton-tf-")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert left_in(tmp_path) == []


def test_it_goes_with_what_is_in_it_however_the_block_ends(tmp_path):
    with pytest.raises(ZeroDivisionError), staging(tmp_path) as folder:
        (folder / "model").mkdir()
        raise ZeroDivisionError
    assert left_in(tmp_path) == []


def test_a_base_path_that_it_made_goes_too_unless_something_was_put_there(tmp_path):
    with staging(tmp_path / "a" / "b"):
        pass
    assert left_in(tmp_path) == []
    with staging(tmp_path / "a" / "b") as folder:
        (folder / "model").mkdir()
        (folder / "model").rename(tmp_path / "a" / "b" / "1")
    assert left_in(tmp_path / "a" / "b") == ["1"]


def test_another_programs_stays_while_that_lives_and_goes_when_it_was_killed(tmp_path):
    process, folder = hold(tmp_path)
    try:
        with staging(tmp_path):
            assert folder.exists()
        process.kill()
        process.wait()
        assert folder.exists()
        with staging(tmp_path):
            assert not folder.exists()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_many_at_once_do_not_take_each_other_for_abandoned(tmp_path):
    holders = [
        subprocess.Popen(
            [sys.executable, "-c", HOLDER, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    try:
        folders = [Path(holder.stdout.readline().strip()) for holder in holders]
        assert all(folder.is_dir() for folder in folders)
        assert len(set(folders)) == 4
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()
            holder.stdout.close()


def test_one_that_was_never_owned_goes(tmp_path):
    (tmp_path / ".graviton-tf-half").mkdir()
    with staging(tmp_path):
        assert not (tmp_path / ".graviton-tf-half").exists()


def test_a_file_where_the_base_path_must_be_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match=r"^--output: .*file must be a folder that this user can write to"):
        enter(tmp_path / "file")


def test_a_folder_that_cannot_be_written_is_refused():
    # Nobody makes a folder there, root neither.
    with pytest.raises(Refusal, match=r"^--output: /sys must be a folder that this user can write to \("):
        enter(Path("/sys"))
