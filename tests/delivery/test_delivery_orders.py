import dataclasses
from datetime import datetime

import numpy as np
import pytest
from fakes.delivering import DEPOT, LAWN, NOON, SEOUL, FakeFlier, LinkLostError
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from core.clock import SimulatedClock
from core.wind import Wind
from delivery.errors import DeliveryError, StoreError
from delivery.feasibility import Conditions, daylight
from delivery.model import Hours, OrderState, Priority
from delivery.record import order_record
from delivery.service import cancel_order, dispatch, place_order, set_things
from delivery.store import open_store
from delivery.things import order_from_data, to_data
from delivery.world import replay
from gis.terrain import FlatTerrain
from missions.airspace import Zone, ZoneKind


class Hill:
    """Ground that rises by 48 m half way."""

    def heights_m(self, lon, lat):
        return np.where(np.abs(np.asarray(lat) - 37.375) < 0.001, 78.0, 30.0)


def order(store, conditions, clock, lines=(("coffee", 2),), **more):
    return place_order(store, "손님", "lawn", lines, conditions, clock, **more)


def test_an_order_in_calm_weather_is_accepted_with_a_time(store, conditions, clock):
    accepted = order(store, conditions, clock)
    assert accepted.state is OrderState.ACCEPTED
    assert accepted.mass_kg == pytest.approx(0.8)
    assert accepted.eta_low_s < accepted.eta_s < accepted.eta_high_s
    assert (
        1200 / 10 < accepted.eta_s - conditions.prepare_s < 1200 / 10 * 2
    )  # 1.2 km at 10 m/s, climb, descent


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"wind": Wind(14.0, 0.0)}, "over the limit"),
        ({"wind": None}, "wind is not known"),
        ({"zones": None}, "airspace is not known"),
        ({"terrain": None}, "give a DEM"),
        ({"terrain": Hill()}, "closed off by high ground"),
    ],
)
def test_a_day_that_does_not_allow_it_refuses_with_the_reason(store, conditions, clock, change, word):
    refused = order(store, dataclasses.replace(conditions, **change), clock)
    assert refused.state is OrderState.REFUSED
    assert any(word in reason for reason in refused.reasons)


def test_what_is_too_heavy_is_refused_with_both_masses(store, conditions, clock):
    refused = order(store, conditions, clock, [("anvil", 1)])
    assert any("30 kg" in r and "3 kg" in r for r in refused.reasons)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"closed": True}, "is closed"),
        ({"occupied": True}, "is occupied"),
        ({"hours": Hours(13 * 60, 17 * 60)}, "open 13:00-17:00 and it is 12:00"),
        ({"elevation_m": None}, "not known"),
    ],
)
def test_a_place_that_cannot_be_served_refuses_with_the_reason(store, conditions, clock, change, word):
    set_things(store, [dataclasses.replace(LAWN, **change)], clock)
    refused = order(store, conditions, clock)
    assert refused.state is OrderState.REFUSED
    assert any(word in reason for reason in refused.reasons)


def test_nobody_flies_after_sunset(store, conditions):
    late = SimulatedClock(epoch_s=datetime(2025, 7, 26, 19, 45, tzinfo=SEOUL).timestamp())
    set_things(store, [dataclasses.replace(LAWN, hours=Hours())], late)
    refused = order(store, conditions, late)
    assert any("sunset" in r for r in refused.reasons)


def test_sunset_in_seongnam_is_the_almanacs():
    rise, down = daylight(DEPOT.position, datetime(2025, 7, 26, 12, tzinfo=SEOUL), SEOUL)
    assert abs((down - datetime(2025, 7, 26, 19, 46, tzinfo=SEOUL)).total_seconds()) < 240
    assert abs((rise - datetime(2025, 7, 26, 5, 31, tzinfo=SEOUL)).total_seconds()) < 240


def test_a_point_inside_a_closed_zone_is_refused(store, clock):
    zone = Zone("학교", ZoneKind.NO_FLY, Point(LAWN.position.xy).buffer(0.001))
    refused = order(store, Conditions(zones=(zone,), wind=Wind(0.0), terrain=FlatTerrain(30.0)), clock)
    assert refused.state is OrderState.REFUSED
    assert any("too near no_fly zone '학교'" in r for r in refused.reasons)


def test_a_control_zone_needs_a_permit_by_name(store, conditions, clock):
    zone = Zone("서울공항", ZoneKind.CONTROL, Point(LAWN.position.xy).buffer(0.05))
    day = dataclasses.replace(conditions, zones=(zone,))
    assert any("permit" in r for r in order(store, day, clock).reasons)
    permitted = dataclasses.replace(day, permits=frozenset({"서울공항"}))
    assert order(store, permitted, clock).state is OrderState.ACCEPTED


def test_unknown_things_are_named_and_nothing_is_recorded(store, conditions, clock):
    before = store.events()
    with pytest.raises(DeliveryError, match=r"unknown item 'tea'; known: anvil, coffee"):
        order(store, conditions, clock, [("tea", 1)])
    with pytest.raises(DeliveryError, match="at least 1 and at most 1000, got 0"):
        order(store, conditions, clock, [("coffee", 0)])
    with pytest.raises(DeliveryError, match="unknown place"):
        place_order(store, "a", "moon", [("coffee", 1)], conditions, clock)
    assert store.events() == before


def test_a_flown_order_is_closed_with_the_vehicles_own_word(store, conditions, clock, tmp_path):
    accepted = order(store, conditions, clock)
    flier = FakeFlier(confirms_twice=True)
    closed = dispatch(store, flier, conditions, clock, tmp_path)
    assert (closed.id, closed.state) == (accepted.id, OrderState.CLOSED)
    assert closed.release_text == "Gripper load released"
    record = order_record(closed, store.world(), store.events())
    steps = [e["kind"] for e in record["events"]]
    assert steps == [
        "order.received", "order.accepted", "flight.planned", "flight.planned", "flight.started",
        "order.flying", "order.released", "flight.ended", "order.closed",
    ]  # fmt: skip
    assert dispatch(store, flier, conditions, clock, tmp_path) is None
    assert len(flier.missions) == 1


def test_a_release_that_nobody_confirmed_is_no_delivery(store, conditions, clock, tmp_path):
    order(store, conditions, clock)
    failed = dispatch(store, FakeFlier(confirms=False), conditions, clock, tmp_path)
    assert failed.state is OrderState.FAILED
    assert "did not confirm" in failed.reasons[0]


@pytest.mark.parametrize(("late", "state"), [(False, OrderState.FAILED), (True, OrderState.CLOSED)])
def test_a_link_lost_in_the_air_loses_no_order(store, conditions, clock, tmp_path, late, state):
    order(store, conditions, clock)
    flier = FakeFlier(raises=LinkLostError("link lost"), raises_after_release=late)
    ended = dispatch(store, flier, conditions, clock, tmp_path)
    assert ended.state is state
    assert next(iter(store.world().flights.values())).problem == "link lost"


def test_a_crash_in_mid_flight_never_drops_twice(store, conditions, clock, tmp_path):
    order(store, conditions, clock)
    with pytest.raises(ZeroDivisionError):
        dispatch(
            store,
            FakeFlier(raises=ZeroDivisionError(), raises_after_release=True),
            conditions,
            clock,
            tmp_path,
        )
    again = FakeFlier()
    assert dispatch(store, again, conditions, clock, tmp_path) is None
    assert again.missions == []
    assert next(iter(store.world().orders.values())).state is OrderState.RELEASED


def test_urgent_orders_fly_first(store, conditions, clock, tmp_path):
    order(store, conditions, clock)
    urgent = order(store, conditions, clock, priority=Priority.URGENT)
    assert dispatch(store, FakeFlier(), conditions, clock, tmp_path).id == urgent.id


def test_weather_that_turned_keeps_the_order_on_the_ground(store, conditions, clock, tmp_path):
    order(store, conditions, clock)
    with pytest.raises(DeliveryError, match="cannot take off"):
        dispatch(store, FakeFlier(), dataclasses.replace(conditions, wind=Wind(15.0)), clock, tmp_path)
    assert next(iter(store.world().orders.values())).state is OrderState.ACCEPTED


def test_a_cancelled_order_does_not_fly_and_a_flown_one_cannot_be_cancelled(
    store, conditions, clock, tmp_path
):
    first = order(store, conditions, clock)
    assert cancel_order(store, first.id, clock).state is OrderState.CANCELLED
    assert dispatch(store, FakeFlier(), conditions, clock, tmp_path) is None
    second = order(store, conditions, clock)
    dispatch(store, FakeFlier(), conditions, clock, tmp_path)
    with pytest.raises(DeliveryError, match="closed and cannot become cancelled"):
        cancel_order(store, second.id, clock)


def test_the_log_alone_rebuilds_the_present(store, conditions, clock, tmp_path):
    order(store, conditions, clock)
    dispatch(store, FakeFlier(), conditions, clock, tmp_path)
    order(store, conditions, clock, [("anvil", 1)])
    assert store.check() == []
    assert replay(store.events()) == store.world()


def test_a_tampered_present_is_found(store, clock, tmp_path):
    import sqlite3

    set_things(store, [dataclasses.replace(LAWN, occupied=True)], clock)
    with sqlite3.connect(tmp_path / "배달 저장소.db") as db:
        db.execute("UPDATE present SET data = replace(data, 'true', 'false') WHERE id = 'lawn'")
    assert store.check() == ["place lawn: stored and replayed differ"]


def test_two_writers_cannot_both_take_the_same_step(store, conditions, clock, tmp_path):
    first = order(store, conditions, clock)
    with open_store(tmp_path / "배달 저장소.db") as other:
        cancel_order(other, first.id, clock)
        with pytest.raises(DeliveryError, match="cancelled and cannot become cancelled"):
            cancel_order(store, first.id, clock)
        assert other.check() == []


def test_stores_that_are_missing_or_foreign_are_named(tmp_path):
    with pytest.raises(StoreError, match="no such store"), open_store(tmp_path / "none.db"):
        pass
    foreign = tmp_path / "notes.txt"
    foreign.write_text("hello " * 1000)
    with pytest.raises(StoreError, match=r"notes\.txt"), open_store(foreign):
        pass
    with pytest.raises(StoreError, match="already"), open_store(foreign, create=True):
        pass


@given(st.integers(0, 1438), st.integers(1, 1440))
def test_hours_survive_their_text(since, length):
    hours = Hours(since, min(since + length, 1440))
    assert Hours.parse(hours.text) == hours


def test_an_order_survives_json(store, conditions, clock):
    accepted = order(store, conditions, clock)
    assert order_from_data(to_data(accepted)) == accepted
    assert accepted.placed_s == NOON
