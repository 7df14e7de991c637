"""An order given to the service, flown by a vehicle, followed to its end by its events."""

import contextlib
import json
import os
from datetime import datetime

import pytest
from fakes.delivering import DEPOT, LAWN, NOON
from fakes.serving import running

from core.clock import RealClock, ShiftedClock
from core.geo import LonLat
from delivery.proof import proof
from flight.locations import Start
from flight.sitl import find_ardupilot, start_vehicle
from skyshade.web.flying import Flying, Vehicles

HEADERS = {"Idempotency-Key": "0123456789abcdef"}
WISH = {"point": LAWN.id, "lines": [{"item": "coffee", "count": 1}]}


@contextlib.contextmanager
def flying(served, folder, address):
    """The service flies what is ordered with the vehicle at `address`."""
    flown_by = Flying(served.desk, folder, Vehicles(address, confirm_real=True))
    flown_by.start()
    try:
        yield
    finally:
        flown_by.stop()


def followed(served, order, headers):
    """The order's views as its events tell them, to its end."""
    with served.client.stream("GET", f"/api/v1/orders/{order}/events", headers=headers) as answer:
        lines = [line.removeprefix("data:") for line in answer.iter_lines() if line.startswith("data:")]
    return [json.loads(line) for line in lines]


def ordered_and_flown(kind, folder, speedup, instance=0):
    """The views of one order, the service's record of it, and its proof."""
    clock = ShiftedClock(RealClock(), NOON - RealClock().utc_s())
    home = Start(DEPOT.position, 30.0)
    with (
        start_vehicle(
            kind, home=home, speedup=speedup, instance=instance, work_dir=folder / "기체"
        ) as vehicle,
        running(folder, clock, prepare_s=0.0) as served,
        flying(served, folder / "비행", vehicle.address),
    ):
        key = {"X-API-Key": served.keys["customer"]}
        answer = served.client.post("/api/v1/orders", json=WISH, headers={**HEADERS, **key})
        assert answer.status_code == 201
        views = followed(served, answer.json()["id"], key)
        assert served.desk.store.check() == []
        world = served.desk.world()
    (order,), (flight,) = world.orders.values(), world.flights.values()
    return views, order, flight, proof(order, world)


def check_delivered(views, order, flight, proved):
    states = list(dict.fromkeys(view["state"] for view in views))
    assert states[0] == "accepted"
    assert [s for s in states if s in {"flying", "closed"}] == ["flying", "closed"]
    assert any(view["position"] for view in views)
    assert flight.completed
    assert order.release_text == "Gripper load released"
    lon, lat = order.released_lonlat
    assert (lon, lat) == pytest.approx(LAWN.position.xy, abs=5e-5)
    check_proof(proved)


def check_proof(proved):
    """Time, place, height, the vehicle's word and the track agree with each other."""
    assert proved["confirmation"] == "Gripper load released"
    assert proved["off_the_point_m"] < 3.0
    assert proved["height_above_point_m"] == pytest.approx(LAWN.release_height_m, abs=1.5)
    (line,) = proved["track"]["features"]
    times, places = line["properties"]["time_s"], line["geometry"]["coordinates"]
    released_s = datetime.fromisoformat(proved["released_at"]).timestamp()
    row = min(range(len(times)), key=lambda n: abs(times[n] - released_s))
    assert abs(times[row] - released_s) < 2.0
    assert LonLat(*places[row][:2]).xy == pytest.approx(proved["released_lonlat"], abs=3e-5)
    low_m = min(up for *_, up in places)
    assert low_m == pytest.approx(DEPOT.elevation_m, abs=3.0)


def test_an_order_is_delivered_when_the_embedded_copter_says_it_let_go(tmp_path):
    check_delivered(*ordered_and_flown("embedded", tmp_path, 20.0))


@pytest.mark.ardupilot
def test_an_order_is_delivered_when_real_ardupilot_says_it_let_go(tmp_path):
    if not os.environ.get("SKYSHADE_ARDUCOPTER") or find_ardupilot() is None:
        pytest.skip("real ArduPilot is missing: set SKYSHADE_ARDUCOPTER")
    check_delivered(*ordered_and_flown("ardupilot", tmp_path, 10.0, instance=33))
