"""Simulators as processes: nothing is left behind, nobody takes another's ports, consoles are read."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.clock import RealClock
from core.geo import LonLat
from flight.instances import hold_instance, port_of
from flight.link import open_link
from flight.locations import Start
from flight.sitl import SimulatorError, find_ardupilot, start_vehicle
from flight.vehicle import Vehicle

HOME = Start(LonLat(127.11, 37.37), 40.0)
ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in program is a script")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program that stands in for arducopter: `body` runs after it has noted its process id."""

    def make(body):
        path = tmp_path / "프로그램" / "arducopter"
        path.parent.mkdir(exist_ok=True)
        lines = [
            f"#!{sys.executable}", "# ArduCopter V4.6.2", "import os, pathlib, sys, time",
            f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))",
            f"pathlib.Path({str(tmp_path / 'words')!r}).write_text(' '.join(sys.argv[1:]))",
        ]  # fmt: skip
        path.write_text("\n".join([*lines, textwrap.dedent(body)]), encoding="utf-8")
        path.chmod(0o755)
        monkeypatch.setenv("SKYSHADE_ARDUCOPTER", str(path))
        return path

    return make


READY = "print('Waiting for connection ....', flush=True)\ntime.sleep(300)"


def gone(pid):
    """Whether a process has ended (one nobody has waited for yet counts as ended)."""
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.joinpath("self").exists():
        return not status.exists() or status.read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def soon(met):
    ends = time.monotonic() + 20
    while not met() and time.monotonic() < ends:
        time.sleep(0.02)
    return met()


@posix
def test_the_vehicle_is_the_program_itself_and_ends_with_its_block(program, tmp_path):
    program(READY)
    with start_vehicle("ardupilot", home=HOME, instance=55) as vehicle:
        assert vehicle.pid == int((tmp_path / "pid").read_text())
        assert vehicle.version == "ArduCopter V4.6.2"
        assert vehicle.address == f"tcp:127.0.0.1:{port_of(vehicle.instance)}"
        assert f"-I{vehicle.instance}" in (tmp_path / "words").read_text().split()
    assert soon(lambda: gone(vehicle.pid))
    assert not vehicle.running


@posix
def test_a_program_without_its_own_defaults_gets_ours(program, tmp_path):
    path = program(READY)
    with start_vehicle("ardupilot", home=HOME, instance=55):
        words = (tmp_path / "words").read_text().split()
    ours, airframe = words[words.index("--defaults") + 1].split(",")
    assert (Path(ours).name, Path(airframe).name) == ("ardupilot-quad.parm", "skyshade-copter.parm")
    (path.parent / "copter.parm").write_text("FRAME_CLASS 1\n", encoding="ascii")
    with start_vehicle("ardupilot", home=HOME, instance=55):
        words = (tmp_path / "words").read_text().split()
    assert words[words.index("--defaults") + 1].split(",")[0] == str(path.parent / "copter.parm")


START = """
import signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have it ignored
from core.geo import LonLat
from flight.locations import Start
from flight.sitl import start_vehicle
running = start_vehicle(sys.argv[1], home=Start(LonLat(127.11, 37.37), 40.0), instance=56)
print(running.pid, flush=True)
time.sleep(300)
"""


@posix
@pytest.mark.parametrize(
    ("kind", "how"),
    [("embedded", "SIGKILL"), ("ardupilot", "SIGKILL"), ("ardupilot", "SIGTERM"), ("ardupilot", "SIGHUP")],
)
def test_a_killed_parent_leaves_no_vehicle(program, kind, how):
    program(READY)
    parent = subprocess.Popen(
        [sys.executable, "-c", START, kind], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    pid = int(parent.stdout.readline())
    assert not gone(pid)
    parent.send_signal(signal.Signals[how])
    parent.wait(10)
    parent.stdout.close()
    assert soon(lambda: gone(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_guard_leaves_no_vehicle(program):
    program(READY)
    vehicle = start_vehicle("ardupilot", home=HOME, instance=55)
    vehicle.process.kill()
    assert soon(lambda: gone(vehicle.pid))
    vehicle.stop()


@posix
def test_a_program_that_ignores_being_asked_is_ended_all_the_same(program):
    program(f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{READY}")
    with start_vehicle("ardupilot", home=HOME, instance=55) as vehicle:
        pass
    assert soon(lambda: gone(vehicle.pid))


@posix
def test_a_program_that_talks_without_end_is_read_to_the_end(program, tmp_path):
    done = tmp_path / "done"
    program(f"""
print('Waiting for connection ....', flush=True)
for _ in range(20000):
    print('x' * 100)
sys.stdout.flush()
pathlib.Path({str(done)!r}).write_text('all of it')
time.sleep(300)
""")
    with start_vehicle("ardupilot", home=HOME, instance=55):
        assert soon(done.exists)


@posix
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit('no such model: +')", "no such model"),
        ("print('bind failed on port 5760 - Address already in use')\nsys.exit(1)", "bind failed on port"),
    ],
)
def test_a_program_that_does_not_start_is_told_in_its_own_words(program, tmp_path, body, said):
    program(body)
    with pytest.raises(SimulatorError, match=f"did not start: .*{said}"):
        start_vehicle("ardupilot", home=HOME, instance=55)
    assert soon(lambda: gone(int((tmp_path / "pid").read_text())))


def test_an_instance_is_held_once_and_free_again_after(tmp_path):
    first = hold_instance(57)
    with pytest.raises(SimulatorError, match=f"instance {first.number} is taken"):
        hold_instance(first.number, exact=True)
    second = hold_instance(first.number)
    assert second.number > first.number
    second.release()
    first.release()
    hold_instance(first.number, exact=True).release()


def test_an_instance_whose_port_another_program_serves_is_passed_over():
    free = hold_instance(58)
    free.release()
    with socket.create_server(("127.0.0.1", free.port + 2)):
        taken = hold_instance(free.number)
        taken.release()
    assert taken.number > free.number


def test_thirty_starts_at_the_same_time_hold_thirty_instances():
    with ThreadPoolExecutor(30) as pool:
        held = list(pool.map(lambda _: hold_instance(150), range(30)))
    numbers = {one.number for one in held}
    for one in held:
        one.release()
    assert len(numbers) == 30


def test_two_embedded_copters_with_known_ports_do_not_meet():
    with (
        start_vehicle(home=HOME, instance=59, known_port=True) as one,
        start_vehicle(home=HOME, instance=59, known_port=True) as two,
    ):
        assert one.address == f"tcp:127.0.0.1:{port_of(one.instance)}"
        assert two.instance > one.instance
        with pytest.raises(SimulatorError, match="is taken"):
            start_vehicle(home=HOME, instance=one.instance, known_port=True, exact=True)
        for vehicle in (one, two):
            with open_link(vehicle.address, RealClock()) as link:
                assert link.wait_vehicle(10).system == 1


@pytest.mark.ardupilot
def test_real_ardupilot_with_our_own_defaults_is_armed_and_takes_off(tmp_path, monkeypatch):
    binary = find_ardupilot() if os.environ.get("SKYSHADE_ARDUCOPTER") else None
    if binary is None:
        pytest.skip("SKYSHADE_ARDUCOPTER names no ArduPilot SITL")
    (tmp_path / "arducopter").symlink_to(binary)
    monkeypatch.setenv("SKYSHADE_ARDUCOPTER", str(tmp_path / "arducopter"))
    with (
        start_vehicle("ardupilot", home=HOME, speedup=10, instance=55) as running,
        Vehicle(open_link(running.address, RealClock()), RealClock()) as copter,
    ):
        copter.connect()
        copter.wait(lambda s: bool(s.position_ready and s.prearm_ok), timeout_s=120, what="get ready")
        copter.set_mode("GUIDED")
        copter.arm()
        copter.take_off(5)
        assert copter.state.battery_v > 11
    assert soon(lambda: gone(running.pid))


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["embedded", pytest.param("ardupilot", marks=pytest.mark.ardupilot)])
def test_thirty_vehicles_run_at_once_and_none_stays(kind):
    if kind == "ardupilot" and not os.environ.get("SKYSHADE_ARDUCOPTER"):
        pytest.skip("SKYSHADE_ARDUCOPTER names no ArduPilot SITL")
    running = [start_vehicle(kind, home=HOME, instance=50) for _ in range(30)]
    try:
        for vehicle in running:
            with open_link(vehicle.address, RealClock()) as link:
                assert link.wait_vehicle(30).system == 1
        assert len({vehicle.address for vehicle in running}) == 30
    finally:
        for vehicle in running:
            vehicle.stop()
    assert soon(lambda: all(gone(vehicle.pid) for vehicle in running))
