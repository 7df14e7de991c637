"""The tower keeps the plan of the day good while flights go up."""

import dataclasses

import pytest
from fakes.delivering import NOON
from fakes.delivery_day import FRAME, ITEMS, Park, depot

from delivery.crew import Crew
from delivery.model import Battery, Closure, Craft, Place
from delivery.request import Request
from delivery.service import set_things
from delivery.store import open_store
from skyshade.tower import IMPROVE_S, Tower


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "공원.db", create=True) as made:
        yield made


def energy_Wh(store, orders):
    world = store.world()
    return sum(world.flights[world.orders[name].flight].energy_Wh for name in orders)


def test_a_better_plan_is_looked_for_every_five_minutes_and_not_before(store, tmp_path):
    ring = tuple(FRAME.place(*xy).xy for xy in ((200, 500), (-900, 500), (-900, 700), (900, 700), (900, 500)))
    closure = Closure("C-1", "행사", ring, NOON - 60.0, NOON + 7200.0)
    batteries = [Battery(f"B{n}", "hexa-delivery", "d0", charging=True) for n in range(4)]
    point = Place("p0", "지점", FRAME.place(0, 1200), elevation_m=30.0)
    craft = Craft("H1", "hexa-delivery", "d0")
    here = Park(store).open([*ITEMS, depot(0, 0, 0), point, craft, *batteries, closure])
    late = [here.desk.order(Request("손님", "p0", (("box", 1),))).order.id for _ in range(4)][2:]
    set_things(store, [dataclasses.replace(closure, until_s=NOON + 1.0)], here.clock)
    sent = []
    tower = Tower(here.desk, Crew(here.desk, tmp_path), lambda _: None, sent.append)
    here.clock.sleep(10.0)
    before = energy_Wh(store, late)
    tower.look()
    assert energy_Wh(store, late) == before
    here.clock.sleep(IMPROVE_S + 1.0)
    tower.look()
    assert energy_Wh(store, late) < 0.9 * before
    assert len(sent) <= 1
