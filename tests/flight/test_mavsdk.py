"""MAVSDK, a counterpart nobody here wrote: as the vehicle's side, and as a ground station beside us."""

import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest
from fakes.flying import starter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import RealClock
from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from flight.exchange import download, upload
from flight.fly import fly_mission
from flight.link import open_link
from flight.readback import compare
from flight.wire import Kind, WireItem, float32, mission_to_wire
from missions.model import Command, Home, Mission, MissionItem

mavsdk = pytest.importorskip("mavsdk")
action = pytest.importorskip("mavsdk.plugins.action.action")
mission_raw = pytest.importorskip("mavsdk.plugins.mission_raw.mission_raw")
mission_raw_server = pytest.importorskip("mavsdk.plugins.mission_raw_server.mission_raw_server")
telemetry = pytest.importorskip("mavsdk.plugins.telemetry.telemetry")

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
CLOCK = RealClock()
QUICK = {"RTL_ALT": 1000.0, "RTL_LOIT_TIME": 0.0, "LAND_SPEED": 150.0}
KINDS = [
    pytest.param("embedded", id="embedded"),
    pytest.param("ardupilot", id="ardupilot", marks=pytest.mark.ardupilot),
]


def waypoint(east_m, north_m, up_m=12.0):
    place = FRAME.place(east_m, north_m)
    return MissionItem(Command.NAV_WAYPOINT, (0.0,) * 4, place, Altitude(up_m, Datum.HOME))


def mission(*places):
    climb = MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(12, Datum.HOME))
    back = MissionItem(Command.NAV_RETURN_TO_LAUNCH)
    return Mission(Home(HOME, 40.0), (climb, *(waypoint(*place) for place in places), back))


def theirs(item):
    """A wire item as MAVSDK says it."""
    p1, p2, p3, p4 = item.params
    return mission_raw.MissionItem(
        seq=item.seq, frame=item.frame, command=item.command, current=int(item.seq == 0), autocontinue=1,
        param1=p1, param2=p2, param3=p3, param4=p4, x=item.x, y=item.y, z=item.z, mission_type=int(item.kind),
    )  # fmt: skip


def ours(item):
    params = (item.param1, item.param2, item.param3, item.param4)
    return WireItem(
        item.seq, item.frame, item.command, params, item.x, item.y, item.z, item.autocontinue, item.current,
        Kind(item.mission_type),
    )  # fmt: skip


@contextmanager
def sdk_as(component, address):
    sdk = mavsdk.Mavsdk(mavsdk.Configuration.create_with_component_type(component))
    try:
        assert sdk.add_any_connection(address) == mavsdk.ConnectionResult.SUCCESS
        yield sdk
    finally:
        sdk.destroy()


class Station:
    """MAVSDK as a ground station of one vehicle."""

    def __init__(self, sdk):
        self.system = sdk.first_autopilot(20.0)
        assert self.system is not None
        self.telemetry = telemetry.Telemetry(self.system)
        self.action = action.Action(self.system)
        self.missions = mission_raw.MissionRaw(self.system)
        self.heights_m, self.landed, self.modes = [], [], []
        self.telemetry.subscribe_position(lambda p, _: self.heights_m.append(p.relative_altitude_m))
        self.telemetry.subscribe_landed_state(lambda state, _: self._new(self.landed, state.name))
        self.telemetry.subscribe_flight_mode(lambda mode, _: self._new(self.modes, mode.name))
        until(lambda: asked(self.telemetry.set_rate_position, 5.0), "a rate set")

    @staticmethod
    def _new(seen, name):
        if seen[-1:] != [name]:
            seen.append(name)

    def fly(self):
        """Arm and start, again until the vehicle has a position."""
        until(lambda: asked(self.action.arm) and asked(self.missions.start_mission), "the mission started")


def asked(request, *given):
    try:
        request(*given)
    except mavsdk.MavsdkError:
        return False
    return True


def until(met, what, wall_s=90.0):
    ends = time.monotonic() + wall_s
    while not met():
        assert time.monotonic() < ends, f"{what} did not happen"
        time.sleep(0.1)


@pytest.fixture
def start(tmp_path):
    with starter(tmp_path, instance=52) as begin:
        yield begin


@contextmanager
def vehicle_side():
    """MAVSDK as a vehicle that takes missions, and our link to it over UDP on 127.0.0.1."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    autopilot = mavsdk.ComponentType.AUTOPILOT
    with (
        open_link(f"udpin:127.0.0.1:{port}", CLOCK) as link,
        sdk_as(autopilot, f"udpout://127.0.0.1:{port}") as sdk,
    ):
        server = mission_raw_server.MissionRawServer(sdk.server_component())
        came = []
        server.subscribe_incoming_mission(lambda result, plan, _: came.append((result.name, plan)))
        link.wait_vehicle(20.0)
        yield link, came


def test_a_vehicle_nobody_here_wrote_receives_exactly_what_we_upload():
    places = [(7.123 * i, -3.456 * i, 10 + i / 7) for i in range(60)]
    items = mission_to_wire(mission(*places))
    with vehicle_side() as (link, came):
        report = upload(link, Kind.MISSION, items, CLOCK)
        until(lambda: came, "a mission received")
        assert (report.verified, report.items) == (True, 62)
        assert came[-1][0] == "SUCCESS"
        received = [ours(item) for item in came[-1][1].mission_items]
        assert [(i.seq, i.command, i.x, i.y) for i in received] == [
            (i.seq, i.command, i.x, i.y) for i in items
        ]
        assert [i.z for i in received] == [float32(i.z) for i in items]
        assert compare(items, received).same
        assert compare(items, download(link, Kind.MISSION, CLOCK)).same


@pytest.fixture(scope="module")
def side():
    with vehicle_side() as pair:
        yield pair


numbers = st.floats(-1e6, 1e6, width=32)
wire_items = st.builds(
    WireItem, seq=st.just(0), frame=st.sampled_from([3, 6]), command=st.sampled_from([16, 19, 82]),
    params=st.tuples(numbers, numbers, numbers, numbers), x=st.integers(-(9 * 10**8), 9 * 10**8),
    y=st.integers(-(18 * 10**8), 18 * 10**8), z=st.floats(-1000, 5000, width=32),
)  # fmt: skip


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(wire_items, min_size=1, max_size=12))
def test_every_field_of_any_item_arrives(side, drawn):
    link, came = side
    rows = [WireItem(seq, i.frame, i.command, i.params, i.x, i.y, i.z) for seq, i in enumerate(drawn)]
    before = len(came)
    upload(link, Kind.MISSION, rows, CLOCK)
    until(lambda: len(came) > before, "a mission received")
    received = [ours(item) for item in came[-1][1].mission_items]
    assert compare(rows[1:], received[1:]).same
    assert [(i.params, i.x, i.y, i.z) for i in received] == [(i.params, i.x, i.y, i.z) for i in rows]


@pytest.mark.parametrize("kind", KINDS)
def test_mavsdk_uploads_arms_flies_and_follows_to_the_landing(start, kind):
    items = [theirs(item) for item in mission_to_wire(mission((0, 25), (20, 25)))]
    vehicle = start(kind)
    with sdk_as(mavsdk.ComponentType.GROUND_STATION, vehicle.address.replace("tcp:", "tcpout://")) as sdk:
        station, progress = Station(sdk), []
        station.missions.subscribe_mission_progress(lambda p, _: progress.append((p.current, p.total)))
        until(lambda: asked(station.missions.upload_mission, items), "uploaded")
        held = [ours(item) for item in station.missions.download_mission()]
        assert compare([ours(item) for item in items], held).same
        station.fly()
        until(lambda: "IN_AIR" in station.landed, "in the air")
        until(lambda: not station.telemetry.armed(), "landed")
        assert station.landed[-1] == "ON_GROUND"
        assert "MISSION" in station.modes
        assert max(station.heights_m) > 11
        assert {2, 3, 4} <= {current for current, _ in progress}
        assert {total for _, total in progress} == {5}


@pytest.mark.parametrize("kind", KINDS)
def test_our_flight_goes_on_while_mavsdk_watches_and_asks(start, tmp_path, kind):
    vehicle, done, read, heights_m = start(kind), threading.Event(), [], []
    side = vehicle.side_address.replace("tcp:", "tcpout://")  # ArduPilot opens it once the first port is used

    def watch_and_ask():
        with sdk_as(mavsdk.ComponentType.GROUND_STATION, side) as sdk:
            station = Station(sdk)
            while not done.wait(0.2):
                asked(lambda: read.append(len(station.missions.download_mission())))
                asked(station.missions.download_geofence)
            heights_m.extend(station.heights_m)

    watching = threading.Thread(target=watch_and_ask)
    watching.start()
    try:
        record = fly_mission(mission((0, 30), (20, 30)), vehicle, tmp_path, settings=QUICK)
    finally:
        done.set()
        watching.join()
    assert record.completed, record.aborted
    assert (record.reached, record.items) == (4, 4)
    assert 5 in read
    assert max(heights_m) == pytest.approx(12, abs=1.5)


@pytest.mark.parametrize("kind", KINDS)
def test_two_stations_uploading_at_once_leave_one_whole_mission_and_no_false_success(start, kind):
    mine = mission_to_wire(mission(*((5.0 * i, 3.0 * i, 20) for i in range(80))))
    other = mission_to_wire(mission(*((-4.0 * i, 2.0 * i, 30) for i in range(80))))
    vehicle, said = start(kind), []
    side = vehicle.side_address.replace("tcp:", "tcpout://")
    with (
        sdk_as(mavsdk.ComponentType.GROUND_STATION, side) as sdk,
        open_link(vehicle.address, CLOCK) as link,
    ):
        station = Station(sdk)
        link.wait_vehicle(20.0)
        until(lambda: asked(station.missions.upload_mission, [theirs(i) for i in other]), "uploaded")
        busy = threading.Thread(
            target=lambda: said.append(asked(station.missions.upload_mission, [theirs(i) for i in other]))
        )
        busy.start()
        verified = False
        try:
            verified = upload(link, Kind.MISSION, mine, CLOCK).verified
        except SkyshadeError as error:
            assert "on the vehicle now" in str(error)  # noqa: PT017  # an honest failure is as good
        busy.join()
        held = download(link, Kind.MISSION, CLOCK)
        is_mine, is_other = compare(mine, held).same, compare(other, held).same
        assert is_mine or is_other
        assert verified or is_other
        assert not (verified and not is_mine and said == [False])
