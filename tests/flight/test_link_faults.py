"""Faults on the way to a vehicle, each with its verdict: noise, jumping clocks, restarts, silence."""

import os
import random
import threading
import time
from itertools import pairwise

import pytest
from linkfakes import Relay, Speaker, TcpVehicle, dialect, until

from core.clock import RealClock
from core.geo import Altitude, Datum, LocalFrame, LonLat
from flight.fleet import Fleet
from flight.fly import fly_mission
from flight.link import Link, open_link
from flight.locations import Start
from flight.ports import Address, UdpPipe
from flight.sitl import find_ardupilot, start_vehicle
from flight.state import VehicleState, fold
from flight.wire import Message
from missions.model import Command, Home, Mission, MissionItem

CLOCK = RealClock()
HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
KINDS = [
    pytest.param("embedded", id="embedded"),
    pytest.param("ardupilot", id="ardupilot", marks=pytest.mark.ardupilot),
]


@pytest.fixture
def deaf_link():
    """A link on a port that nobody speaks to: bytes are handed to it by the test."""
    with Link(UdpPipe(Address("udp", "127.0.0.1", 9)), CLOCK, name="noise") as link:
        yield link


def received(link):
    found = []
    while (message := link.receive(0.0001)) is not None:
        found.append((message.name, repr(sorted(message.fields.items()))))
    return found


def telemetry(speaker, i):
    """One of a few messages, each different from every other."""
    place = (373700000 + i, 1271100000 - i, 70000, 30000, 100, 100, 0, 9000)
    made = [
        speaker.heartbeat(),
        speaker.attitude(10 + i / 10, 0.001 * i),
        speaker.frame(dialect.MAVLink_global_position_int_message(10000 + i, *place)),
        speaker.text(f"word {i}"),
    ]
    return made[i % 4]


def mutated(frame, rng):
    """A frame with bytes changed, left out, doubled or cut."""
    spoilt = bytearray(frame)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(max(1, len(spoilt) - 1))
        match rng.randrange(4):
            case 0 if spoilt:
                spoilt[at] ^= 1 << rng.randrange(8)
            case 1 if spoilt:
                del spoilt[at]
            case 2:
                spoilt.insert(at, rng.randrange(256))
            case _:
                del spoilt[max(1, at) :]
    return b"" if frame in spoilt else bytes(spoilt)  # changes may undo each other


def test_a_million_bytes_of_noise_and_spoilt_frames_change_nothing(deaf_link):
    rng, vehicle, stranger = random.Random(5), Speaker(1), Speaker(9)
    good, wire = [], bytearray(vehicle.heartbeat())
    while len(wire) < 1_000_000:
        i = len(good)
        good.append(telemetry(vehicle, i))
        wire += good[-1]
        wire += rng.randbytes(rng.randrange(120))
        wire += mutated(telemetry(Speaker(1), i + 500_000), rng)
        wire += stranger.attitude(1e6, 3.0) + stranger.text("I am not it")
    wire += bytes(300)
    at = 0
    while at < len(wire):
        size = rng.randrange(1, 2000)
        deaf_link.line.take(bytes(wire[at : at + size]))
        at += size
    found = received(deaf_link)
    clean = Link(UdpPipe(Address("udp", "127.0.0.1", 9)), CLOCK, name="clean")
    clean.line.take(b"".join([Speaker(1).heartbeat(), *good]))
    sent = received(clean)
    clean.close()
    assert set(found) <= set(sent)
    assert len(found) > 0.9 * len(sent)  # noise that looks like a beginning may hide a frame behind it
    assert deaf_link.quality.bad_bytes > 100_000


@pytest.mark.parametrize("seed", range(3))
def test_any_numbers_in_a_right_frame_fold_into_a_state(deaf_link, seed):
    rng, codec, state = random.Random(seed), dialect.MAVLink(None, 1, 1), VehicleState()
    deaf_link.line.take(Speaker(1).heartbeat())
    for number in sorted(dialect.mavlink_map) * 3:
        kind = dialect.mavlink_map[number]
        payload = rng.choice([rng.randbytes, lambda n: b"\xff" * n, lambda n: b"\x7f" * n])(
            kind.unpacker.size
        )
        frame = dialect.MAVLink_message(number, kind.msgname)
        deaf_link.line.take(bytes(frame._pack(codec, kind.crc_extra, payload or b"\0")))
    while (message := deaf_link.receive(0.001)) is not None:
        state = fold(state, message)
    assert state.position is None or abs(state.position.lat) <= 90


def test_a_place_that_is_none_on_earth_is_unknown():
    fields = dict.fromkeys(("time_boot_ms", "alt", "relative_alt", "vx", "vy", "vz", "hdg"), 0)
    for lat, lon in ((910_000_000, 0), (0, 1_810_000_000), (0, 0)):
        message = Message("GLOBAL_POSITION_INT", {**fields, "lat": lat, "lon": lon})
        assert fold(VehicleState(), message).position is None


def test_a_clock_that_jumps_is_told_and_moves_no_time(deaf_link):
    take, vehicle = deaf_link.line.take, Speaker(1)
    take(vehicle.heartbeat())
    shown = []
    for boot_s in (7200.0, 7200.2, 10800.4, 10800.6, 3600.0, 3600.2):
        take(vehicle.attitude(boot_s))
        shown.append(deaf_link.vehicle_s)
    assert shown == sorted(shown)
    assert shown[-1] - shown[0] < 5.0
    assert [e.kind for e in deaf_link.take_events()] == ["clock", "clock"]


def intervals_asked(vehicle):
    codec = dialect.MAVLink(None)
    codec.robust_parsing = True
    heard = codec.parse_buffer(bytes(vehicle.heard)) or ()
    return [m.param1 for m in heard if m.get_type() == "COMMAND_LONG" and m.command == 511]


def test_a_vehicle_that_restarts_is_told_and_asked_for_its_telemetry_anew():
    with TcpVehicle() as vehicle, open_link(vehicle.address, CLOCK) as link:
        speaker = Speaker()
        assert until(lambda: vehicle.say(speaker.heartbeat(), speaker.attitude(500.0)) or link.vehicle_s)
        link.want({30: 5.0})
        assert until(lambda: intervals_asked(vehicle) == [30.0])
        vehicle.say(speaker.attitude(0.9))
        assert until(lambda: len(intervals_asked(vehicle)) == 2)
        assert "restart" in [e.kind for e in link.take_events()]


def test_thirty_vehicles_are_watched_by_one_thread_and_the_silent_one_is_told():
    vehicles = [TcpVehicle() for _ in range(30)]
    speakers = [Speaker(system) for system in range(1, 31)]
    with Fleet(CLOCK) as fleet:
        for vehicle in vehicles:
            fleet.open(vehicle.address)
        names = [t.name for t in threading.enumerate()]
        assert (names.count("fleet"), [n for n in names if n.startswith("link ")]) == (1, [])

        def all_speak(but=()):
            for vehicle, speaker in zip(vehicles, speakers, strict=True):
                if speaker.codec.srcSystem not in but:
                    vehicle.say(speaker.heartbeat(), speaker.attitude(time.monotonic()))

        assert until(lambda: all_speak() or len(fleet.seen()) == 30)
        assert until(lambda: all_speak({7}) or [s.system for s in fleet.seen() if s.stale] == [7])
        assert {s.system for s in fleet.seen()} == set(range(1, 31))
        assert all(s.state.armed is False for s in fleet.seen())
        assert until(lambda: all_speak() or not any(s.stale for s in fleet.seen()))
        kinds = {(system, e.kind) for _, system, e in fleet.take_events()}
        assert {(7, "stale"), (7, "heard")} <= kinds
    for vehicle in vehicles:
        vehicle.close()


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(kind, speedup=10.0):
        if kind == "ardupilot" and (not os.environ.get("SKYSHADE_ARDUCOPTER") or find_ardupilot() is None):
            pytest.skip("SKYSHADE_ARDUCOPTER names no ArduPilot SITL")
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        vehicle = start_vehicle(
            kind, home=Start(HOME, 40.0), speedup=speedup, instance=11 + 2 * worker, work_dir=tmp_path / "v"
        )
        running.append(vehicle)
        return vehicle

    yield begin
    for vehicle in running:
        vehicle.stop()


def port(vehicle):
    return int(vehicle.address.rpartition(":")[2])


@pytest.mark.parametrize("kind", KINDS)
def test_thirty_seconds_without_link_in_auto_and_the_flight_is_watched_to_its_end(start, tmp_path, kind):
    def waypoint(north_m):
        place = FRAME.place(0.0, north_m)
        return MissionItem(Command.NAV_WAYPOINT, (0, 0, 0, 0), place, Altitude(15, Datum.HOME))

    plan = Mission(Home(HOME, 40.0), (
        MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(15, Datum.HOME)), waypoint(100), waypoint(300),
        MissionItem(Command.NAV_RETURN_TO_LAUNCH),
    ))  # fmt: skip
    vehicle, cuts = start(kind), []
    with Relay(port(vehicle)) as relay:

        def cut(what, done, _total):
            if what == "flying" and done >= 1 and not cuts:
                cuts.append(relay.cut())
                threading.Timer(3.5, relay.mend).start()  # 35 s of the vehicle's time

        record = fly_mission(plan, relay.address, tmp_path / "out", confirm_real=True, on_progress=cut)
    assert record.completed, record.aborted
    told = [e.text for e in record.events if e.kind == "link"]
    assert any("messages arrive again" in text for text in told)
    seconds = [row[0] for row in record.track]
    assert max(b - a for a, b in pairwise(seconds)) > 20.0
    assert "motors off" in [event.text for event in record.events[-2:]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("speedup", [1.0, 20.0])
def test_a_links_clock_waits_the_vehicles_seconds_at_any_speed(start, kind, speedup):
    with open_link(start(kind, speedup).address, CLOCK, patience_s=5.0) as link:
        link.want({30: 5.0})
        assert until(lambda: link.time.pace is not None)
        began_s, stamp_s = link.vehicle_s, link.time.boot_s
        link.clock.sleep(3.0)
        assert 2.99 <= link.vehicle_s - began_s < 3.0 + speedup
        assert link.time.boot_s - stamp_s == pytest.approx(3.0, abs=max(1.0, 0.15 * speedup))


@pytest.mark.ardupilot
def test_a_reboot_of_real_ardupilot_is_noticed_and_its_telemetry_comes_again(start):
    vehicle = start("ardupilot")
    with open_link(vehicle.address, CLOCK, patience_s=5.0) as link:
        link.wait_vehicle(20.0)
        link.want({30: 10.0})
        assert until(lambda: (link.vehicle_s or 0.0) > 30.0, 60.0)
        before_s = link.vehicle_s
        link.send("COMMAND_LONG", {
            "command": 246, "confirmation": 0, "param1": 1.0,
            **{f"param{i}": 0.0 for i in range(2, 8)},
        })  # fmt: skip
        kinds = []
        assert until(lambda: kinds.extend(e.kind for e in link.take_events()) or "restart" in kinds, 60.0)
        assert link.vehicle_s >= before_s
        while link.receive(0.001) is not None:
            pass
        began_s = link.vehicle_s
        names = []
        while link.vehicle_s < began_s + 10.0:
            message = link.receive(0.1)
            names += [message.name] if message is not None else []
    assert names.count("ATTITUDE") > 50
