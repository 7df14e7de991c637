import pytest
from fakes.delivering import DEPOT, LAWN, NOON

from core.clock import SimulatedClock
from core.wind import Wind
from delivery.feasibility import Conditions
from delivery.model import Craft, Item
from delivery.service import set_things
from delivery.store import open_store
from gis.terrain import FlatTerrain


@pytest.fixture
def clock():
    return SimulatedClock(epoch_s=NOON)


@pytest.fixture
def conditions():
    return Conditions(zones=(), wind=Wind(3.0, 270.0), terrain=FlatTerrain(30.0))


@pytest.fixture
def store(tmp_path, clock):
    with open_store(tmp_path / "배달 저장소.db", create=True) as store:
        set_things(
            store,
            [
                Item("coffee", "아이스 커피", 0.4),
                Item("anvil", "모루", 30.0),
                DEPOT,
                LAWN,
                Craft("H1", "hexa-delivery", "depot"),
            ],
            clock,
        )
        yield store
