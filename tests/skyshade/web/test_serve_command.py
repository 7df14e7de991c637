import errno

import pytest
from click.testing import CliRunner
from fakes.delivering import DEPOT, LAWN

from core.clock import RealClock
from core.errors import SkyshadeError
from delivery.model import Craft, Hazard
from delivery.service import set_things
from delivery.store import open_store
from skyshade.cli.delivery import command
from skyshade.cli.delivery_setup import HAZARDS
from skyshade.web.keys import Role, new_ring, write_keys
from skyshade.web.serving import listening


@pytest.fixture
def site(tmp_path):
    """The words of a command on a store with one aircraft."""
    with open_store(tmp_path / "배달.db", create=True) as store:
        set_things(store, [DEPOT, LAWN, Craft("H1", "hexa-delivery", "depot")], RealClock())
    ring, _ = new_ring().with_new("desk", Role.OPERATOR)
    write_keys(tmp_path / "keys.json", ring)
    return ["--store", str(tmp_path / "배달.db"), "--keys", str(tmp_path / "keys.json"), "--port", "0"]


@pytest.mark.parametrize(
    ("vehicle", "said"),
    [("H9=tcp:127.0.0.1:9", "unknown aircraft 'H9'"), ("H1=embedded", None)],
)
def test_a_vehicle_for_no_aircraft_of_the_fleet_is_told_before_anything_is_served(
    site, tmp_path, vehicle, said
):
    with open_store(tmp_path / "배달.db") as store:
        set_things(store, [Craft("H2", "hexa-delivery", "depot")], RealClock())
    words = ["serve", *site, "--fly", str(tmp_path / "비행"), "--vehicle", vehicle]
    ended = CliRunner().invoke(command, words).exception
    assert isinstance(ended, SkyshadeError)
    assert (said or "aircraft H2 has no vehicle") in str(ended)


def test_a_port_that_is_taken_and_an_address_that_is_none_are_told_apart():
    with listening("127.0.0.1", 0) as taken, pytest.raises(SkyshadeError) as told:
        listening("127.0.0.1", taken.getsockname()[1])
    assert "another --port" in (told.value.hint or "")
    with pytest.raises(SkyshadeError) as told:
        listening("192.0.2.1", 0)  # kept for documents: nobody's
    assert "another --host" in (told.value.hint or "")
    assert isinstance(told.value.__cause__, OSError)
    assert told.value.__cause__.errno == errno.EADDRNOTAVAIL


def test_goods_are_given_every_hazard_there_is(site):
    assert tuple(h.value for h in Hazard) == HAZARDS
    words = [
        "catalogue",
        "add",
        "cake",
        "케이크 (우유)",
        "--mass-kg",
        "0.3",
        "--hazard",
        "fragile",
        "--hazard",
        "hot",
    ]
    assert CliRunner().invoke(command, [*words, *site[:2]]).exit_code == 0
    with open_store(site[1]) as store:
        assert store.world().items["cake"].hazards == (Hazard.FRAGILE, Hazard.HOT)
