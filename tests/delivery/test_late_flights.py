"""An aircraft that is behind its plan keeps its air until it is through: nobody takes off into it."""

import pytest
from fakes.delivery_day import FRAME, ITEMS, Park, depot

from delivery.aftermath import started
from delivery.crew import Crew
from delivery.errors import DeliveryError
from delivery.flights import FlightState
from delivery.model import Battery, Craft, Place
from delivery.request import Request
from delivery.sky import LATE_S
from delivery.store import open_store


@pytest.fixture
def here(tmp_path):
    fleet = [Craft("H1", "hexa-delivery", "d0"), Craft("H2", "hexa-delivery", "d0", pad=1)]
    point = Place("p0", "지점", FRAME.place(600, 500), elevation_m=30.0)
    shelf = [Battery(f"B{n}", "hexa-delivery", "d0", charging=True) for n in range(4)]
    with open_store(tmp_path / "공원.db", create=True) as store:
        yield Park(store).open([*ITEMS, depot(0, 0, 0), point, *fleet, *shelf])


def two_flights(here):
    """The first in the air, the second planned behind it on the same way."""
    orders = [here.desk.order(Request("손님", "p0", (("box", 1),))).order for _ in range(2)]
    first, second = sorted((here.store.world().flights[o.flight] for o in orders), key=lambda f: f.takeoff_s)
    assert {first.aircraft, second.aircraft} == {"H1", "H2"}
    here.clock.sleep(first.takeoff_s - here.clock.utc_s())
    here.desk.decide(lambda w: started(w, first, None, first.takeoff_s))
    return first, second


def wait_until(here, time_s):
    here.clock.sleep(time_s - here.clock.utc_s())


def test_nobody_takes_off_into_the_air_of_a_flight_that_is_behind(here, tmp_path):
    first, second = two_flights(here)
    wait_until(here, max(second.takeoff_s, first.release_s + LATE_S + 1.0))
    with pytest.raises(DeliveryError, match=f"flight {first.id} is behind its plan"):
        Crew(here.desk, tmp_path / "비행").fly(second.id, None)
    assert here.store.world().flights[second.id].state is FlightState.PLANNED


def test_a_flight_behind_holds_its_air_and_one_on_time_does_not(here):
    first, second = two_flights(here)
    ledger = here.desk.board.ledger
    here.desk.follow(here.store.world(), first.release_s + LATE_S - 1.0)
    assert not ledger.sky.overlaps(second.id)
    here.desk.follow(here.store.world(), first.release_s + LATE_S + 1.0)
    assert {m.holder for m in ledger.sky.overlaps(second.id)} == {first.id}
    here.land(first)
    here.desk.follow(here.store.world(), first.land_s + 300.0)
    assert not ledger.sky.overlaps(second.id)


def test_what_waits_for_a_late_flight_is_planned_again_behind_it(here):
    first, second = two_flights(here)
    wait_until(here, first.release_s + LATE_S + 1.0)
    assert here.desk.mend() > 0
    world = here.store.world()
    moved = next(f for f in world.active_flights() if f.id != first.id)
    assert moved.takeoff_s > second.takeoff_s
    here.desk.follow(world, here.clock.utc_s())
    assert not here.desk.board.ledger.sky.overlaps(moved.id)
