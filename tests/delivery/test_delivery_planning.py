"""Promises, reservations, plans: random days by brute force, urgent orders, batteries, mending."""

import dataclasses
import itertools
import random

import numpy as np
import pytest
from fakes.delivering import NOON
from fakes.delivery_day import DAY, FRAME, ITEMS, Park, conflicts, depot, park
from hypothesis import given, settings
from hypothesis import strategies as st

from core.wind import Wind
from delivery.flights import FlightState
from delivery.model import (
    Battery,
    Closure,
    Craft,
    Hazard,
    Item,
    OrderState,
    Place,
    Priority,
    Release,
    WeatherReport,
)
from delivery.request import Request
from delivery.routing import Effort, Fleet, Problem, Stop, solve
from delivery.service import set_things
from delivery.store import open_store
from missions.aircraft import load_aircraft
from missions.energy import path_cost
from missions.model import Command

HEXA = load_aircraft("hexa-delivery")


@pytest.fixture
def empty(tmp_path):
    with open_store(tmp_path / "공원.db", create=True) as store:
        yield store


def ask(park, place="p0", item="coffee", who="손님", **more):
    return park.desk.order(Request(who, place, ((item, 1),), **more)).order


def run_day(store, seed, orders=14, hours=0.4):
    rng = random.Random(seed)
    here = Park(store).open(park(seed))
    for _ in range(orders):
        here.advance(rng.uniform(0.0, 2.0 * hours * 3600.0 / orders))
        kind = Priority.URGENT if rng.random() < 0.2 else Priority.REGULAR
        ask(here, f"p{rng.randrange(6)}", rng.choice(["coffee", "box"]), priority=kind)
    return here


@pytest.mark.parametrize("seed", [1, 2])
def test_on_a_random_day_no_two_flights_share_air_and_no_order_is_lost(empty, seed):
    here = run_day(empty, seed)
    assert conflicts(empty.world()) == []
    here.advance(7200.0)
    world = empty.world()
    assert empty.check() == []
    states = {o.state for o in world.orders.values()}
    assert states <= {OrderState.CLOSED, OrderState.REFUSED}
    released = [e.subject for e in empty.events() if e.kind == "order.released"]
    assert len(released) == len(set(released))
    for order in world.orders.values():
        if order.state is OrderState.CLOSED:
            low, high = order.promised_s
            assert low <= order.released_at_s <= high


@pytest.mark.parametrize("seed", [4])
def test_an_aircraft_is_never_in_two_flights_and_carries_no_more_than_it_may(empty, seed):
    run_day(empty, seed)
    world = empty.world()
    for name in world.aircraft:
        flights = sorted((f for f in world.flights.values() if f.aircraft == name), key=lambda f: f.takeoff_s)
        for a, b in itertools.pairwise(flights):
            assert b.takeoff_s - a.land_s >= DAY.operations.turnaround_s - 1e-6
    for flight in world.flights.values():
        load = sum(world.orders[o].mass_kg for o in flight.orders)
        assert load == pytest.approx(flight.payload_kg)
        assert load <= HEXA.payload_max_kg


def test_no_battery_is_flown_below_its_reserve(empty):
    here = run_day(empty, 6, orders=16)
    here.advance(7200.0)
    lowest = min(e.data["charge"] for e in empty.events() if e.kind == "battery.set")
    assert lowest * HEXA.usable_fraction >= HEXA.reserve_fraction - 1e-6


def two_points(*more):
    points = [
        Place("p0", "가까운 곳", FRAME.place(600.0, 300.0), elevation_m=30.0),
        Place("p1", "먼 곳", FRAME.place(-700.0, 900.0), elevation_m=30.0),
    ]
    return [*ITEMS, depot(0, 0.0, 0.0), *points, Craft("H1", "hexa-delivery", "d0"), *more]


def test_orders_for_one_point_fly_together(empty):
    here = Park(empty).open(two_points())
    first, second = ask(here), ask(here, item="box")
    assert first.flight == second.flight
    third = ask(here, item="box")
    assert third.flight != first.flight
    assert empty.world().flights[first.flight].orders == (first.id, second.id)


def test_an_urgent_order_pushes_others_aside_and_none_of_them_is_lost(empty):
    shelf = [Battery(f"B{n}", "hexa-delivery", "d0", charging=True, at_s=NOON) for n in range(3)]
    here = Park(empty).open(two_points(*shelf))
    waiting = [ask(here, "p1", "box") for _ in range(4)]
    urgent = ask(here, "p0", "box", priority=Priority.URGENT)
    world = empty.world()
    assert urgent.state is OrderState.ACCEPTED
    assert world.flights[urgent.flight].release_s < world.flights[waiting[-1].flight].release_s
    for order in waiting:
        now = world.orders[order.id]
        assert now.state is OrderState.ACCEPTED
        low, high = now.promised_s
        assert low <= world.flights[now.flight].release_s <= high
    assert conflicts(world) == []


def test_a_reserved_order_is_released_in_the_time_it_asked_for(empty):
    here = Park(empty).open(two_points())
    window = NOON + 3600.0, NOON + 4200.0
    order = ask(here, wanted_from_s=window[0], wanted_until_s=window[1])
    assert order.priority is Priority.RESERVED
    assert window[0] <= empty.world().flights[order.flight].release_s <= window[1]
    soon = ask(here, "p1", "box")
    assert empty.world().flights[soon.flight].release_s < window[0]


def test_an_empty_battery_refuses_and_says_so_until_it_is_charged(empty):
    low = Battery("B1", "hexa-delivery", "d0", charge=0.2, at_s=NOON)
    here = Park(empty).open(two_points(low))
    refused = ask(here)
    assert refused.rules == ("battery",)
    set_things(empty, [dataclasses.replace(low, charging=True, per_hour=2.0)], here.clock)
    assert ask(here).state is OrderState.ACCEPTED


def refusal(store, things, place="p0", item="coffee", conditions=DAY):
    last = {(type(thing), thing.id): thing for thing in things}
    here = Park(store, conditions).open([*last.values()])
    return set(ask(here, place, item).rules)


FAR = Place("p0", "멀리", FRAME.place(9500.0, 0.0), elevation_m=30.0)
SHUT = Closure("c1", "임시 폐쇄", tuple(FRAME.place(x, y).xy for x, y in
    ((300, 0), (900, 0), (900, 600), (300, 600))), NOON, NOON + 7200.0)  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "rules"),
    [
        ([FAR], {"range"}),
        ([SHUT], {"airspace"}),
        ([WeatherReport(NOON - 60.0, wind_ms=13.0, wind_from_deg=90.0)], {"weather"}),
        ([Item("coffee", "휘발유", 0.4, hazards=(Hazard.FLAMMABLE,))], {"hazard"}),
        ([Item("coffee", "유리", 0.4, hazards=(Hazard.FRAGILE,))], {"hazard"}),
        ([Item("coffee", "돌", 8.0)], {"mass"}),
        ([Craft("H1", "hexa-delivery", "d0", grounded="점검")], {"aircraft"}),
        ([dataclasses.replace(FAR, closed=True, occupied=True)], {"closed", "occupied", "range"}),
    ],
)
def test_each_thing_in_the_way_is_a_reason_of_its_own(empty, extra, rules):
    assert refusal(empty, [*two_points(), *extra]) == rules


@given(
    distance=st.floats(200.0, 9000.0), mass=st.floats(0.1, 6.0), wind=st.floats(0.0, 14.0),
    charge=st.floats(0.1, 1.0),
)  # fmt: skip
@settings(max_examples=12, deadline=None)
def test_yes_and_no_agree_with_a_rule_written_down_apart(tmp_path_factory, distance, mass, wind, charge):
    point = Place("p0", "곳", FRAME.place(distance, 0.0), elevation_m=30.0)
    things = [
        Item("coffee", "짐", mass), depot(0, 0.0, 0.0, pads=0), point,
        Craft("H1", "hexa-delivery", "d0", charge=charge),
    ]  # fmt: skip
    day = dataclasses.replace(DAY, wind=Wind(wind, 0.0))
    with open_store(tmp_path_factory.mktemp("예") / "a.db", create=True) as store:
        here = Park(store, day).open(things)
        order = ask(here)
        if mass > HEXA.payload_max_kg or wind > HEXA.max_wind_ms:
            assert order.state is OrderState.REFUSED
            assert ("mass" in order.rules) == (mass > HEXA.payload_max_kg)
            assert ("weather" in order.rules) == (wind > HEXA.max_wind_ms)
            return
        craft = here.desk.world().aircraft["H1"]
        way = here.desk.planner.ways.way(craft, things[1], point, day, NOON)
        need = sum(
            path_cost(path, HEXA, day.wind, payload_kg=load).energy_Wh
            for path, load in ((way.plan.there, mass), (way.plan.back, 0.0))
        )
        usable = HEXA.battery_Wh * (charge * HEXA.usable_fraction - HEXA.reserve_fraction)
        if abs(need - usable) > 1.0:
            assert (order.state is OrderState.ACCEPTED) == (need <= usable)


def test_mending_moves_the_flights_of_a_grounded_aircraft(empty):
    here = Park(empty).open(two_points(Craft("H2", "hexa-delivery", "d0", pad=1)))
    orders = [ask(here, f"p{n}", "box") for n in (0, 1, 0, 1)]
    set_things(empty, [Craft("H1", "hexa-delivery", "d0", grounded="프로펠러")], here.clock)
    here.desk.mend()
    world = empty.world()
    assert {f.aircraft for f in world.active_flights()} == {"H2"}
    assert all(world.orders[o.id].state is OrderState.ACCEPTED for o in orders)
    assert {world.orders[o.id].aircraft for o in orders} == {"H2"}
    assert conflicts(world) == []


def test_what_can_never_fly_again_fails_with_its_reason_and_keeps_no_air(empty):
    here = Park(empty).open(two_points())
    order = ask(here)
    set_things(empty, [WeatherReport(NOON, wind_ms=20.0, wind_from_deg=0.0)], here.clock)
    here.desk.mend()
    world = empty.world()
    assert world.orders[order.id].state is OrderState.FAILED
    assert "weather" in world.orders[order.id].rules
    assert list(world.active_flights()) == []


def test_a_flight_that_missed_its_time_is_planned_again(empty):
    here = Park(empty).open(two_points())
    order = ask(here)
    here.clock.sleep(900.0)
    here.desk.mend()
    flight = empty.world().flights[order.flight]
    assert flight.state is FlightState.PLANNED
    assert flight.takeoff_s >= here.clock.utc_s()


def test_planning_anew_uses_an_aircraft_that_came_back_and_breaks_no_promise(empty):
    spare = Craft("H2", "hexa-delivery", "d0", pad=1, grounded="점검")
    here = Park(empty).open(two_points(spare))
    orders = [ask(here, f"p{n % 2}", "box") for n in range(4)]
    before = {f.id: f.release_s for f in empty.world().active_flights()}
    set_things(empty, [dataclasses.replace(spare, grounded=None)], here.clock)
    here.desk.improve(Effort(iterations=200))
    world = empty.world()
    after = {f.id: f.release_s for f in world.active_flights()}
    assert after.keys() == before.keys()
    for order in orders:
        now = world.orders[order.id]
        low, high = order.promised_s
        assert low - 1e-6 <= world.flights[now.flight].release_s <= high + 1e-6
    assert sum(after.values()) <= sum(before.values())
    assert conflicts(world) == []


def test_routes_are_the_shortest_of_all_orders_of_visits():
    rng = np.random.default_rng(7)
    xy = rng.uniform(0.0, 100.0, (7, 2))
    metres = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    problem = Problem(tuple(Stop(n, (1,)) for n in range(1, 7)), (Fleet(0, 1, (6,)),), (metres,), (metres,))
    tours = ((0, *order, 0) for order in itertools.permutations(range(1, 7)))
    best = min(sum(metres[a, b] for a, b in itertools.pairwise(tour)) for tour in tours)
    assert solve(problem, Effort(iterations=200)).cost == pytest.approx(best, abs=0.5)


def test_a_trip_with_one_drop_makes_one_visit():
    ones = np.ones((4, 4)) - np.eye(4)
    stops = tuple(Stop(n, (1, 500)) for n in (1, 2, 3))
    problem = Problem(stops, (Fleet(0, 1, (1, 3000), again=9, turnaround_s=2.0),), (ones,), (ones,))
    (route,) = solve(problem, Effort(iterations=50)).routes
    assert sorted(route.trips) == [(0,), (1,), (2,)]


@pytest.mark.parametrize(
    ("method", "command"),
    [(Release.WINCH, Command.DO_WINCH), (Release.LANDING, Command.NAV_PAYLOAD_PLACE)],
)
def test_winch_and_landing_have_items_of_their_own(empty, method, command):
    point = Place(
        "p2", "윈치", FRAME.place(500.0, 0.0), elevation_m=30.0, release_height_m=10.0, release=method
    )
    here = Park(empty).open([*two_points(), point])
    order = ask(here, "p2")
    assert order.state is OrderState.ACCEPTED
    flight = empty.world().flights[order.flight]
    mission = here.desk.mission_of(flight, DAY)
    assert command in {item.command for item in mission.items}
    assert mission.items[-1].command == Command.NAV_LAND
