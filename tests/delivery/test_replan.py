"""A better plan is found where one can be seen to exist, and keeps every promise."""

import dataclasses
import random

import pytest
from fakes.delivering import NOON
from fakes.delivery_day import FRAME, ITEMS, Park, conflicts, depot, park

from delivery.model import Battery, Closure, Craft, OrderState, Place, Priority
from delivery.replan import SPARE_S
from delivery.request import Request
from delivery.service import set_things
from delivery.store import open_store


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "공원.db", create=True) as made:
        yield made


def ask(here, place, item, **more):
    return here.desk.order(Request("손님", place, ((item, 1),), **more)).order


def point(name, east, north):
    return Place(name, f"지점 {name}", FRAME.place(east, north), elevation_m=30.0)


def shelf(depot_id, count):
    return [Battery(f"B{depot_id}{n}", "hexa-delivery", depot_id, charging=True) for n in range(count)]


def energy_Wh(world):
    return sum(f.energy_Wh for f in world.active_flights())


def waiting_s(world):
    return sum(f.release_s * len(f.orders) for f in world.active_flights())


def check_promises(here):
    world = here.store.world()
    for order in world.orders.values():
        if order.state is OrderState.ACCEPTED:
            low, high = order.promised_s
            flight = world.flights[order.flight]
            assert order.id in flight.orders
            assert low - 1e-6 <= flight.release_s <= high + 1e-6
    assert conflicts(world) == []
    for flight in world.active_flights():
        assert here.desk.board.batteries_for(flight)


def improved(here):
    """The world before and after; promises are those given before."""
    before = here.store.world()
    here.desk.improve()
    check_promises(here)
    after = here.store.world()
    assert {n: o.promised_s for n, o in after.orders.items()} == {
        n: o.promised_s for n, o in before.orders.items()
    }
    for name, order in after.orders.items():
        if order.state is OrderState.ACCEPTED:
            was_s, is_s = (w.flights[w.orders[name].flight].release_s for w in (before, after))
            assert is_s <= max(was_s, order.promised_s[1] - SPARE_S) + 1e-6  # time to spare, or as it was
    return before, after


def test_an_aircraft_that_came_back_takes_over_the_flights_near_it(store):
    near = Craft("H1", "hexa-delivery", "d0", grounded="점검")
    far = Craft("H2", "hexa-delivery", "d1")
    things = [*ITEMS, depot(0, 0, 0), depot(1, 1800, 1400), point("p0", 400, 100), point("p1", -300, 300)]
    here = Park(store).open([*things, near, far, *shelf("d0", 4), *shelf("d1", 6)])
    for n in range(6):
        ask(here, f"p{n % 2}", "box")
    set_things(store, [dataclasses.replace(near, grounded=None)], here.clock)
    before, after = improved(here)
    assert "H1" in {f.aircraft for f in after.active_flights()}
    assert energy_Wh(after) < 0.9 * energy_Wh(before)


def test_two_flights_to_one_place_become_one_when_a_cancelled_order_leaves_room(store):
    fleet = [Craft("H1", "hexa-delivery", "d0"), Craft("H2", "hexa-delivery", "d0", pad=1)]
    here = Park(store).open([*ITEMS, depot(0, 0, 0), point("p0", 600, 500), *fleet, *shelf("d0", 4)])
    first, second, third = (ask(here, "p0", item) for item in ("box", "box", "coffee"))
    assert third.flight in {first.flight, second.flight}
    (alone,) = {first.flight, second.flight} - {third.flight}
    gone = first if first.flight == third.flight else second
    here.desk.cancel(gone.id)
    before, after = improved(here)
    assert len(list(before.active_flights())) == 2
    (flight,) = after.active_flights()
    assert set(flight.orders) == {first.id, second.id, third.id} - {gone.id}
    assert after.flights[third.flight].state.value == "withdrawn" or alone != flight.id
    assert energy_Wh(after) < 0.7 * energy_Wh(before)
    assert store.check() == []


def test_what_one_aircraft_cannot_carry_is_not_put_together(store):
    fleet = [Craft("H1", "hexa-delivery", "d0"), Craft("H2", "hexa-delivery", "d0", pad=1)]
    here = Park(store).open([*ITEMS, depot(0, 0, 0), point("p0", 600, 500), *fleet, *shelf("d0", 4)])
    ask(here, "p0", "box"), ask(here, "p0", "box")
    _, after = improved(here)
    assert len(list(after.active_flights())) == 2


def test_ways_are_straight_again_when_a_closure_ended_early(store):
    ring = tuple(FRAME.place(*xy).xy for xy in ((200, 500), (-900, 500), (-900, 700), (900, 700), (900, 500)))
    closure = Closure("C-1", "행사", ring, NOON - 60.0, NOON + 7200.0)
    things = [*ITEMS, depot(0, 0, 0), point("p0", 0, 1200), Craft("H1", "hexa-delivery", "d0")]
    here = Park(store).open([*things, *shelf("d0", 4), closure])
    for _ in range(4):
        assert ask(here, "p0", "box").state is OrderState.ACCEPTED
    set_things(store, [dataclasses.replace(closure, until_s=NOON + 1.0)], here.clock)
    here.clock.sleep(10.0)
    before, after = improved(here)
    assert energy_Wh(after) < 0.9 * energy_Wh(before)


@pytest.mark.parametrize("seed", [0, 3])
def test_whatever_happened_a_new_plan_keeps_every_promise_and_flies_longer_only_to_be_sooner(store, seed):
    rng = random.Random(seed)
    here = Park(store).open(park(seed))
    for _ in range(12):
        kind = Priority.URGENT if rng.random() < 0.3 else Priority.REGULAR
        ask(here, f"p{rng.randrange(6)}", rng.choice(["coffee", "box"]), priority=kind)
    lost = here.desk.world().aircraft[f"H{rng.randrange(4)}"]
    set_things(store, [dataclasses.replace(lost, grounded="점검")], here.clock)
    here.desk.mend()
    set_things(store, [lost], here.clock)
    before, after = improved(here)
    assert energy_Wh(after) <= energy_Wh(before) or waiting_s(after) < waiting_s(before)
    assert len(list(after.active_flights())) <= len(list(before.active_flights()))
