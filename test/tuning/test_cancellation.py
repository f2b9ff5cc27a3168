"""A program that is told to end: once, and not in the middle of what must not be left half done."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os, signal, sys, time
from tuning.cancellation import Cancelled, cancellable, shielded
me = os.getpid()
try:
    with cancellable():
        {body}
except Cancelled as cancelled:
    print("cancelled", flush=True)
    sys.exit(cancelled.exit_code)
"""


def run(body, **options):
    text = PROGRAM.format(body=body.replace("\n", "\n        "))
    return subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, timeout=20, **options
    )


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130), ("SIGHUP", 129)])
def test_a_signal_is_an_exception_that_cleans_up(name, code):
    done = run(
        f"""
try:
    os.kill(me, signal.{name})
    time.sleep(10)
finally:
    print("cleaned up")
"""
    )
    assert (done.stdout, done.returncode) == ("cleaned up\ncancelled\n", code)


def test_no_exception_handler_takes_it_for_a_failure():
    done = run("try:\n    os.kill(me, signal.SIGTERM)\nexcept Exception:\n    print('survived')")
    assert done.returncode == 143
    assert "survived" not in done.stdout


def test_a_second_signal_does_not_spoil_the_clean_up():
    done = run(
        """
try:
    os.kill(me, signal.SIGTERM)
finally:
    os.kill(me, signal.SIGINT)
    print("cleaned up")
"""
    )
    assert (done.stdout, done.returncode) == ("cleaned up\ncancelled\n", 143)


def test_a_shield_puts_it_off_until_its_end_and_nested_ones_do_until_the_outermost():
    done = run(
        """
with shielded():
    with shielded():
        os.kill(me, signal.SIGTERM)
        print("inner")
    print("outer")
print("after")
"""
    )
    assert (done.stdout, done.returncode) == ("inner\nouter\ncancelled\n", 143)


def test_what_nohup_ignores_stays_ignored():
    done = run(
        "os.kill(me, signal.SIGHUP)\nprint('went on')",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert (done.stdout, done.returncode) == ("went on\n", 0)


def test_afterwards_signals_do_what_they_did():
    done = run("pass\nos.kill(me, signal.SIGTERM) if False else None")
    assert done.returncode == 0
    text = "import os, signal\nfrom tuning.cancellation import cancellable\nwith cancellable(): pass\n"
    text += "os.kill(os.getpid(), signal.SIGTERM)"
    ended = subprocess.run([sys.executable, "-c", text], cwd=ROOT, env=os.environ, check=False)
    assert ended.returncode == -signal.SIGTERM
