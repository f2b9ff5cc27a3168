"""The supervisor as the boot scripts see it: real units, real processes."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import REPOSITORY, SUPERVISOR, alive

INSTALL = "\n[Install]\nWantedBy=multi-user.target\n"
SERVER = "[Service]\nExecStart=/opt/graviton-tf/server.sh\n"


def test_a_service_starts_with_its_environment_and_stops_with_its_group(machine):
    (machine.root / "etc/graviton-tf").mkdir(parents=True)
    (machine.root / "etc/graviton-tf/boot.env").write_text('GREETING="hello world"\n')
    machine.script("server.sh", 'sleep 300 & echo "$GREETING $MORE $GTF_ROOT ${SECRET:-clean} $*"; wait')
    machine.unit(
        "a.service",
        "[Service]\nType=exec\nEnvironmentFile=/etc/graviton-tf/boot.env\nEnvironment=MORE=more\n"
        "ExecStart=/opt/graviton-tf/server.sh /etc/graviton-tf/x ${MORE}\n" + INSTALL,
    )
    assert machine.ctl("daemon-reload").returncode == 0
    assert machine.ctl("enable", "--now", "a.service").returncode == 0
    assert machine.ctl("is-active", "a").stdout == "active\n"
    root = machine.root
    machine.wait(lambda: f"hello world more {root} clean {root}/etc/graviton-tf/x more" in machine.logs())
    pid = int(machine.show("MainPID"))
    child = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    assert machine.ctl("stop", "a.service").returncode == 0
    assert not alive(pid) and not alive(child)
    stopped = machine.ctl("is-active", "a.service")
    assert (stopped.stdout, stopped.returncode) == ("inactive\n", 3)


def test_on_failure_it_runs_stop_post_and_restarts(machine):
    machine.script("server.sh", "sleep 300")
    machine.unit(
        "a.service",
        SERVER + "ExecStopPost=/bin/sh -c 'echo post $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS'\n"
        "Restart=on-failure\nRestartSec=50ms\n",
    )
    machine.ctl("start", "a.service")
    first = machine.show("MainPID")
    os.kill(int(first), signal.SIGKILL)
    machine.wait(lambda: machine.show("NRestarts") == "1" and machine.show("ActiveState") == "active")
    assert machine.show("MainPID") != first
    assert "post signal killed SIGKILL" in machine.logs()


def test_what_a_dead_main_process_leaves_behind_is_ended(machine):
    machine.script("server.sh", f"sleep 300 & echo $! >{machine.root}/child; sleep 0.2; exit 3")
    machine.unit("a.service", SERVER)
    machine.ctl("start", "a.service")
    machine.wait(lambda: machine.show("ActiveState") == "failed")
    assert not alive(int((machine.root / "child").read_text()))


def test_a_clean_exit_is_not_restarted(machine):
    machine.script("server.sh", "exit 0")
    machine.unit("a.service", SERVER + "Restart=on-failure\nRestartSec=50ms\n")
    machine.ctl("start", "a.service")
    machine.wait(lambda: machine.show("SubState") == "dead")
    assert (machine.show("NRestarts"), machine.show("Result")) == ("0", "success")


def test_the_start_limit_ends_the_restarts(machine):
    machine.script("server.sh", "exit 7")
    machine.unit(
        "a.service",
        "[Unit]\nStartLimitIntervalSec=60\nStartLimitBurst=3\n"
        + SERVER
        + "Restart=always\nRestartSec=10ms\n",
    )
    machine.ctl("start", "a.service")
    machine.wait(lambda: machine.show("Result") == "start-limit-hit")
    assert machine.ctl("is-failed", "--quiet", "a.service").returncode == 0
    assert machine.show("ExecMainStatus") == "7"


def test_an_unlimited_unit_goes_on_trying(machine):
    machine.script("server.sh", "exit 7")
    machine.unit(
        "a.service", "[Unit]\nStartLimitIntervalSec=0\n" + SERVER + "Restart=on-failure\nRestartSec=10ms\n"
    )
    machine.ctl("start", "a.service")
    machine.wait(lambda: int(machine.show("NRestarts")) > 7)


def test_a_failing_start_pre_fails_the_start_with_its_reason(machine):
    machine.script("server.sh", "sleep 300")
    machine.unit("a.service", SERVER + "ExecStartPre=-/bin/false\nExecStartPre=/bin/sh -c 'exit 3'\n")
    failed = machine.ctl("start", "a.service")
    assert failed.returncode == 1
    assert "Job for a.service failed: ExecStartPre ended with exit 3: /bin/sh -c 'exit 3'" in failed.stderr
    assert machine.ctl("is-failed", "a.service").stdout == "failed\n"


def test_a_missing_environment_file_fails_unless_it_may_be_missing(machine):
    machine.script("server.sh", "sleep 300")
    machine.unit("a.service", SERVER + "EnvironmentFile=/etc/graviton-tf/none.env\n")
    machine.unit("b.service", SERVER + "EnvironmentFile=-/etc/graviton-tf/none.env\n")
    assert "none.env is missing" in machine.ctl("start", "a.service").stderr
    assert machine.ctl("start", "b.service").returncode == 0


def test_a_program_that_is_not_there_is_named(machine):
    machine.unit("a.service", SERVER)
    assert "cannot run" in machine.ctl("start", "a.service").stderr


def test_a_server_that_ignores_sigterm_is_killed_in_time(machine):
    machine.script("server.sh", "trap '' TERM; echo up; while :; do sleep 0.1; done")
    machine.unit("a.service", SERVER + "TimeoutStopSec=300ms\n")
    machine.ctl("start", "a.service")
    machine.wait(lambda: "up" in machine.logs())
    pid = int(machine.show("MainPID"))
    machine.ctl("stop", "a.service")
    assert not alive(pid)
    assert machine.show("Result") == "timeout"


def test_the_drain_gets_its_time(machine):
    machine.script(
        "server.sh", "trap 'sleep 0.5; echo drained; exit 0' TERM; echo up; while :; do sleep 0.1; done"
    )
    machine.unit("a.service", SERVER + "TimeoutStopSec=10\nKillMode=mixed\n")
    machine.ctl("start", "a.service")
    machine.wait(lambda: "up" in machine.logs())
    machine.ctl("restart", "a.service")
    assert "drained" in machine.logs()
    assert machine.show("Result") == "success"


def test_oneshot_start_waits_for_the_end(machine):
    machine.unit(
        "a.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 0.3\nExecStart=/bin/sh -c 'echo done'\n"
    )
    assert machine.ctl("start", "a.service").returncode == 0
    assert machine.logs()[-1] == "done"
    machine.unit("b.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n")
    assert machine.ctl("start", "b.service").returncode == 1


def test_a_unit_may_start_another_while_it_stops(machine):
    machine.script("server.sh", "exit 3")
    machine.script("report.sh", f"{SUPERVISOR} start --no-block b.service")
    machine.unit("a.service", SERVER + "ExecStopPost=+/opt/graviton-tf/report.sh\n")
    machine.unit("b.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo reported'\n")
    machine.ctl("start", "a.service")
    machine.wait(lambda: "reported" in machine.logs("b.service"))


def test_timers_count_from_activation_and_from_the_last_end(machine):
    machine.script("tick.sh", f"echo tick >>{machine.root}/ticks")
    machine.unit("t.service", "[Service]\nType=oneshot\nExecStart=/opt/graviton-tf/tick.sh\n")
    machine.unit(
        "t.timer",
        "[Timer]\nOnActiveSec=100ms\nOnUnitInactiveSec=200ms\nAccuracySec=1\n[Install]\nWantedBy=timers.target\n",
    )
    ticks = machine.root / "ticks"
    machine.ctl("enable", "--now", "t.timer")
    machine.wait(lambda: ticks.exists() and len(ticks.read_text().splitlines()) >= 3)
    machine.ctl("stop", "t.timer")
    machine.wait(lambda: machine.show("ActiveState", "t.service") == "inactive")
    before = ticks.read_text()
    with pytest.raises(AssertionError):
        machine.wait(lambda: ticks.read_text() != before, 0.8)


def test_a_timer_without_a_first_moment_never_fires(machine):
    machine.unit("t.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    machine.unit("t.timer", "[Timer]\nOnUnitInactiveSec=10ms\n")
    machine.ctl("start", "t.timer")
    with pytest.raises(AssertionError):
        machine.wait(
            lambda: machine.ctl("show", "t.service", "-p", "ActiveState").stdout != "ActiveState=inactive\n",
            0.8,
        )


def test_restart_delays_grow_by_steps(machine):
    from rehearsal.instance.units.sandbox import Sandbox
    from rehearsal.instance.units.service import Service
    from rehearsal.instance.units.unitfile import parse_unit

    unit = parse_unit("a.service", SERVER + "RestartSec=1\nRestartSteps=2\nRestartMaxDelaySec=4\n")
    service = Service(unit, Sandbox(machine.root), machine.root / "log")
    delays = []
    for service.restarts in range(4):
        delays.append(service.restart_delay())
    assert delays == [1, 2, 4, 4]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("frobnicate",), "unknown verb frobnicate; known are daemon-reload, enable"),
        (("start", "--wait", "a"), "option --wait is not supported here"),
        (("show", "a", "-p", "CPUUsage"), "property CPUUsage is not supported here"),
        (("start", "none"), "Unit none.service not found"),
        (("enable", "a"), "a.service has no [Install] WantedBy="),
        (("logs", "a"), "usage: logs UNIT LINES"),
    ],
)
def test_what_it_does_not_know_is_an_error(machine, words, message):
    machine.unit("a.service", SERVER)
    answer = machine.ctl(*words)
    assert answer.returncode != 0
    assert message in answer.stderr


def test_reload_finds_the_mistake_in_a_unit(machine):
    machine.unit("a.service", SERVER + "WatchdogSec=5\n")
    answer = machine.ctl("daemon-reload")
    assert answer.returncode == 1
    assert "WatchdogSec=" in answer.stderr


def test_nothing_runs_without_the_daemon(tmp_path):
    answer = subprocess.run(
        [SUPERVISOR, "start", "a"],
        env={**os.environ, "GTF_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert f"no supervisor serves {tmp_path}" in answer.stderr


def test_a_deep_folder_is_no_obstacle(tmp_path):
    root = tmp_path / ("x" * 120)
    root.mkdir()
    environment = {"PATH": os.environ["PATH"], "GTF_ROOT": str(root)}
    daemon = subprocess.Popen([SUPERVISOR, "serve"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert daemon.stdout.readline() == "ready\n"
        assert subprocess.run([SUPERVISOR, "daemon-reload"], env=environment, check=False).returncode == 0
    finally:
        daemon.terminate()
        daemon.wait()


def test_the_daemon_ends_with_its_parent_and_ends_its_services(machine, tmp_path):
    root = tmp_path / "other"
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "etc/systemd/system/a.service").write_text("[Service]\nExecStart=/bin/sleep 300\n")
    environment = {"PATH": os.environ["PATH"], "GTF_ROOT": str(root)}
    parent = subprocess.Popen(
        ["bash", "-c", f"{SUPERVISOR} serve & sleep 300"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout.readline() == "ready\n"
    subprocess.run([SUPERVISOR, "start", "a"], env=environment, check=True)
    shown = subprocess.run(
        [SUPERVISOR, "show", "a", "-p", "MainPID", "--value"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    pid = int(shown.stdout)
    assert alive(pid)
    parent.kill()
    parent.wait()
    machine.wait(lambda: not alive(pid))
    os.killpg(parent.pid, signal.SIGKILL)


def test_the_packager_installs_nothing_and_misses_what_is_missing():
    packager = REPOSITORY / "rehearsal/instance/packager.sh"
    good = subprocess.run(
        [packager, "install", "bash", "python3.12"], capture_output=True, text=True, check=False
    )
    assert (good.returncode, good.stdout) == (
        0,
        "an instance would install bash\nan instance would install python3.12\n",
    )
    bad = subprocess.run([packager, "install", "no-such-tool"], capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert "this machine has no no-such-tool" in bad.stderr
    assert subprocess.run([packager, "remove", "bash"], capture_output=True, check=False).returncode == 2
