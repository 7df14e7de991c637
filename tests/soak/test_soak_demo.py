"""Long runs: other made places, plain GPS, and many deliveries in a row."""

import dataclasses

import pytest
from fakes.delivering import DEPOT, LAWN, NOON

from core.clock import SimulatedClock
from core.wind import Wind
from delivery.feasibility import Conditions
from delivery.model import Craft, Item, OrderState
from delivery.service import dispatch, place_order, set_things
from delivery.store import open_store
from gis.terrain import FlatTerrain
from skyshade.demo.choices import StoryParams
from skyshade.demo.story import run_demo
from skyshade.flier import FlightRoom

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("rtk", [True, False])
def test_any_made_place_is_mapped_where_and_as_warm_as_it_is(tmp_path, seed, rtk):
    """With RTK tags both goals hold; with plain GPS the map lies as well as its 1.5 m positions."""
    story = run_demo(tmp_path, StoryParams(seed=seed, rtk=rtk))
    assert story.mapped.error.position_rmse_m <= (0.5 if rtk else 1.5)
    assert story.mapped.error.rmse_K <= (1.0 if rtk else 3.0)
    assert story.mapped.error.covered > 0.99
    assert story.delivered.delivered


def test_twenty_deliveries_in_a_row_lose_and_repeat_nothing(tmp_path):
    clock = SimulatedClock(epoch_s=NOON)
    day = Conditions(zones=(), wind=Wind(3.0, 270.0), terrain=FlatTerrain(30.0))
    flier = FlightRoom(speedup=60.0)
    with open_store(tmp_path / "orders.db", create=True) as store:
        set_things(store, [Item("tea", "차", 0.4), DEPOT, LAWN, Craft("H1", "hexa-delivery", "depot")], clock)
        for number in range(20):
            full = dataclasses.replace(store.world().aircraft["H1"], charge=1.0)
            set_things(store, [full], clock)
            placed = place_order(store, f"guest {number}", "lawn", [("tea", 1)], day, clock)
            assert placed.state is OrderState.ACCEPTED, placed.reasons
            assert dispatch(store, flier, day, clock, tmp_path / "flights").state is OrderState.CLOSED
        assert store.check() == []
        released = [e.subject for e in store.events() if e.kind == "order.released"]
        assert len(released) == len(set(released)) == 20
