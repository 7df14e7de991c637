"""Uploads over bad wires: verified, or an error that says what is on the vehicle."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flight.exchange import RefusedItemError, TransferError, clear, download, upload
from flight.readback import compare
from flight.wire import Frame, Kind, WireItem


def waypoints(count, z=30.0):
    return tuple(
        WireItem(seq, Frame.GLOBAL_RELATIVE_ALT_INT, 16, x=373_700_000 + seq, y=1_271_000_000, z=z)
        for seq in range(count)
    )


def circles(count, radius_m):
    return [
        WireItem(i.seq, i.frame, 5003, (radius_m, 0, 0, 0), i.x, i.y, kind=Kind.FENCE)
        for i in waypoints(count)
    ]


@pytest.mark.parametrize(
    ("loss", "delay_s", "limit_s"), [(0.0, 0.001, 0.5), (0.0, 0.1, 12), (0.2, 0.001, 12)]
)
def test_two_hundred_items_arrive_over_a_bad_wire_in_seconds(wired, loss, delay_s, limit_s):
    for seed in range(5):
        wire = wired(loss=loss, delay_s=delay_s, seed=seed)
        report = upload(wire, Kind.MISSION, waypoints(200), wire.clock)
        assert report.verified
        assert report.items == 199
        assert wire.clock.monotonic_s() < limit_s
        assert compare(waypoints(200), wire.vehicle.held[Kind.MISSION]).same


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(1, 30),
    old=st.integers(0, 40),
    loss=st.floats(0.0, 0.6),
    delay_s=st.floats(0.0005, 0.4),
    doubled=st.floats(0.0, 0.5),
    jitter=st.floats(0.0, 2.0),
    seed=st.integers(0, 10_000),
)
def test_an_upload_is_verified_or_raises_and_never_lies(
    wired, count, old, loss, delay_s, doubled, jitter, seed
):
    wire = wired(loss=loss, delay_s=delay_s, doubled=doubled, jitter=jitter, seed=seed)
    wire.vehicle.held[Kind.FENCE] = circles(old, 50.0)
    items = circles(count, 9.0)
    try:
        upload(wire, Kind.FENCE, items, wire.clock)
    except TransferError as error:
        honest = bool(error.on_vehicle) and (loss > 0.2 or doubled > 0.0 or jitter > 1.0)
    else:
        honest = compare(items, wire.vehicle.held[Kind.FENCE]).same
    assert honest


@pytest.mark.parametrize("loss", [0.0, 0.15])
def test_a_refused_item_is_named_with_its_reason_and_what_the_vehicle_holds_now(wired, missions, loss):
    for seed in range(6):
        wire = wired(missions(refuse={7: 3}), loss=loss, seed=seed)
        with pytest.raises(RefusedItemError, match=r"item 7 .* refused: .*first 6.*before is gone") as caught:
            upload(wire, Kind.MISSION, waypoints(20), wire.clock, keep_old=False)
        assert caught.value.seq == 7
        assert caught.value.result in ({3} if loss == 0 else {1, 3})


@pytest.mark.parametrize("loss", [0.0, 0.15])
@pytest.mark.parametrize("old", [0, 5])
def test_the_old_mission_is_put_back_when_the_new_one_is_refused(wired, missions, loss, old):
    for seed in range(4):
        wire = wired(missions(refuse={7: 3}), loss=loss, seed=seed)
        wire.vehicle.held[Kind.MISSION] = list(waypoints(old, z=99.0))
        told = "put back and verified" if old else "no mission, as before"
        with pytest.raises(RefusedItemError, match=told):
            upload(wire, Kind.MISSION, waypoints(20), wire.clock)
        assert wire.vehicle.held[Kind.MISSION] == list(waypoints(old, z=99.0))


def test_a_vehicle_that_goes_silent_in_mid_upload_leaves_the_old_mission_told_as_gone(wired):
    wire = wired()
    wire.vehicle.held[Kind.MISSION] = list(waypoints(5, z=99.0))

    def cut(done, _total):
        wire.dead = done > 10

    with pytest.raises(TransferError, match=r"unknown .*held before \(4 items\) may be gone"):
        upload(wire, Kind.MISSION, waypoints(20), wire.clock, on_progress=cut)
    assert wire.clock.monotonic_s() < 200


def test_too_many_items_are_refused_with_the_vehicles_own_limit(wired, missions):
    wire = wired(missions(limit=10))
    with pytest.raises(TransferError, match="Only 10 items are supported"):
        upload(wire, Kind.MISSION, waypoints(11), wire.clock)


def test_a_vehicle_that_stores_something_else_is_never_called_verified(wired, missions):
    wire = wired(missions(lie_about=3))
    with pytest.raises(TransferError, match="item 3: altitude 30 m was sent, 35 m is held"):
        upload(wire, Kind.MISSION, waypoints(5), wire.clock)


def test_a_vehicle_that_vanishes_is_an_error_in_bounded_time(wired):
    wire = wired(dead=True)
    with pytest.raises(TransferError, match="does not answer"):
        upload(wire, Kind.MISSION, waypoints(5), wire.clock)
    assert wire.clock.monotonic_s() < 200


def test_clearing_leaves_nothing(wired):
    wire = wired()
    wire.vehicle.held[Kind.RALLY] = [replace(i, command=5100, kind=Kind.RALLY) for i in waypoints(3)]
    clear(wire, Kind.RALLY, wire.clock)
    assert download(wire, Kind.RALLY, wire.clock) == ()


def test_a_vehicle_that_has_not_looked_at_its_storage_yet_is_asked_again(wired, missions):
    wire = wired(missions(starting_s=3.0))
    assert upload(wire, Kind.MISSION, waypoints(5), wire.clock).attempts > 1
