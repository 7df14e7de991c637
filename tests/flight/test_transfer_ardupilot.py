"""Transfers on real ArduCopter: limits, refusals, the old mission put back, reboot and other stations."""

import os
import threading

import pytest

from core.clock import RealClock
from core.geo import LonLat
from flight.exchange import LinkMemory, RefusedItemError, TransferError, UnsendableError, download, upload
from flight.link import open_link
from flight.locations import Start
from flight.readback import compare
from flight.replacing import NotReplaceableError, ask_ground, check_replacement
from flight.sitl import find_ardupilot, start_vehicle
from flight.vehicle import Vehicle
from flight.wire import Frame, Kind, WireItem, fence_to_wire
from missions.model import Fence, FencePolygon

pytestmark = pytest.mark.ardupilot
HOME = LonLat(127.11, 37.37)
CLOCK = RealClock()


def waypoints(count, z=30.0):
    return tuple(
        WireItem(seq, Frame.GLOBAL_RELATIVE_ALT_INT, 16, x=373_700_000 + seq, y=1_271_100_000, z=z)
        for seq in range(count)
    )


@pytest.fixture
def running():
    if not os.environ.get("SKYSHADE_ARDUCOPTER") or find_ardupilot() is None:
        pytest.skip("SKYSHADE_ARDUCOPTER names no ArduPilot SITL")
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    with start_vehicle("ardupilot", home=Start(HOME, 40.0), speedup=5.0, instance=27 + worker) as vehicle:
        yield vehicle


@pytest.fixture
def link(running):
    with open_link(running.address, CLOCK) as opened:
        opened.wait_vehicle(30.0)
        yield opened


def test_the_limit_is_learnt_from_the_refusal(link):
    memory = LinkMemory()
    upload(link, Kind.MISSION, waypoints(5), CLOCK, memory=memory)
    with pytest.raises(TransferError, match=r"holds at most 650.*unchanged"):
        upload(link, Kind.MISSION, waypoints(651), CLOCK, memory=memory)
    with pytest.raises(UnsendableError, match=r"more than this vehicle holds \(650\)"):
        upload(link, Kind.MISSION, waypoints(700), CLOCK, memory=memory)
    assert upload(link, Kind.MISSION, waypoints(650), CLOCK, memory=memory).verified


def test_a_refused_item_is_named_and_the_old_mission_is_back(link):
    old = waypoints(12, z=50.0)
    upload(link, Kind.MISSION, old, CLOCK)
    new = list(waypoints(40))
    new[23] = WireItem(23, Frame.GLOBAL_RELATIVE_ALT_INT, 9999)
    with pytest.raises(RefusedItemError, match=r"item 23 \(command 9999\).*put back and verified") as caught:
        upload(link, Kind.MISSION, new, CLOCK, commands=None)
    assert caught.value.result == 3
    assert compare(old, download(link, Kind.MISSION, CLOCK)).same


def test_a_mission_sent_during_a_fence_upload_and_both_arrive(running, link):
    corners = tuple(
        LonLat(127.11 + dx, 37.37 + dy) for dx, dy in ((0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01))
    )
    fence = fence_to_wire(Fence((FencePolygon(corners),)))
    verified = []
    with open_link(running.side_address, CLOCK, patience_s=10.0) as side:
        side.wait_vehicle(30.0)
        other = threading.Thread(
            target=lambda: verified.append(upload(side, Kind.MISSION, waypoints(300), CLOCK).verified)
        )
        other.start()
        verified += [upload(link, Kind.FENCE, fence, CLOCK).verified for _ in range(5)]
        other.join()
    assert verified == [True] * 6


def test_a_reboot_in_mid_upload_is_never_called_done_wrongly(running, link):
    upload(link, Kind.MISSION, waypoints(5, z=70.0), CLOCK)
    rebooted = []

    def reboot(done, _total):
        if done > 100 and not rebooted:
            rebooted.append(done)
            zeros = dict.fromkeys((f"param{n}" for n in range(2, 8)), 0.0)
            link.send("COMMAND_LONG", {"command": 246, "confirmation": 0, "param1": 1.0, **zeros})

    try:
        upload(link, Kind.MISSION, waypoints(400), CLOCK, on_progress=reboot)
        claimed = True
    except TransferError:
        claimed = False
    assert rebooted
    if claimed:
        with open_link(running.side_address, CLOCK, patience_s=10.0) as side:
            side.wait_vehicle(30.0)
            assert compare(waypoints(400), download(side, Kind.MISSION, CLOCK)).same


def test_heights_above_ground_are_looked_up_before_they_are_flown(link):
    vehicle = Vehicle(link, CLOCK)
    vehicle.wait(lambda s: s.armed is not None, timeout_s=30.0, what="say whether it is armed")
    item = WireItem(1, Frame.GLOBAL_TERRAIN_ALT_INT, 16, x=373_700_000, y=1_271_100_000, z=30.0)
    home = WireItem(0, Frame.GLOBAL, 16, x=373_700_000, y=1_271_100_000)
    told = check_replacement(vehicle, {Kind.MISSION: (home, item)})
    assert "item 1: height above ground, and the vehicle has no terrain data" in told
    assert ask_ground(vehicle, [item])[1].value == "missing"


def test_a_mission_that_is_flown_is_not_replaced(link):
    vehicle = Vehicle(link, CLOCK)
    vehicle.connect()
    vehicle.wait(lambda s: s.position_ready is True, timeout_s=120.0, what="know its position")
    takeoff = WireItem(1, Frame.GLOBAL_RELATIVE_ALT_INT, 22, z=10.0)
    upload(vehicle, Kind.MISSION, [waypoints(1)[0], takeoff, *waypoints(4)[2:]], CLOCK)
    vehicle.set_mode("GUIDED")
    vehicle.arm()
    vehicle.start_mission()
    vehicle.wait(lambda s: bool(s.armed) and s.mode == "AUTO", timeout_s=20.0, what="fly its mission")
    with pytest.raises(NotReplaceableError, match="flies its mission"):
        check_replacement(vehicle, {Kind.MISSION: waypoints(3)})
