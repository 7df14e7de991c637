"""The delivery service, run whole inside the test."""

import contextlib
from types import SimpleNamespace

from fakes.delivering import DEPOT, LAWN
from starlette.testclient import TestClient

from core.wind import Wind
from delivery.desk import Desk
from delivery.feasibility import Conditions
from delivery.model import Craft, Item
from delivery.service import set_things
from delivery.store import open_store
from gis.terrain import FlatTerrain
from skyshade.web.app import make_app
from skyshade.web.keys import Role, new_ring, write_keys
from skyshade.web.state import new_service

GOODS = (Item("coffee", "아이스 커피", 0.4), Item("anvil", "모루", 30.0))


@contextlib.contextmanager
def running(folder, clock, settings=None, *, inside=True, prepare_s=120.0):
    """A service on a store of its own, with a key of each role; `client` asks it, where `inside`."""
    ring, keys = new_ring(), {}
    for role in Role:
        ring, keys[role.value] = ring.with_new(f"{role.value} 열쇠", role)
    ring, keys["other"] = ring.with_new("another customer", Role.CUSTOMER)
    write_keys(folder / "열쇠.json", ring)
    wind, ground = Wind(3.0, 270.0), FlatTerrain(30.0)
    conditions = Conditions(zones=(), wind=wind, terrain=ground, prepare_s=prepare_s)
    with open_store(folder / "배달.db", create=True) as store:
        set_things(store, [*GOODS, DEPOT, LAWN, Craft("H1", "hexa-delivery", "depot")], clock)
        desk = Desk(store, lambda: conditions, clock)
        service = new_service(desk, folder / "열쇠.json", clock, settings)
        app = TestClient(make_app(service), raise_server_exceptions=False)
        with app if inside else contextlib.nullcontext() as client:
            yield SimpleNamespace(
                client=client, keys=keys, desk=desk, clock=clock, service=service, conditions=conditions
            )
