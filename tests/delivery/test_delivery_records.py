"""Goods that come back, proof, the authority's file, bad requests."""

import dataclasses
import json

import pytest
from fakes.delivering import NOON, FakeFlier
from fakes.delivery_day import DAY, ITEMS, Park, park

from core.geo import LonLat
from delivery.crew import Crew
from delivery.errors import DeliveryError
from delivery.flier import Confirmation, Outcome
from delivery.flights import FlightState
from delivery.model import Battery, Closure, Craft, Item, OrderState, Place, Priority
from delivery.proof import flight_file, proof, write_flight_file
from delivery.request import Request
from delivery.store import open_store
from delivery.things import thing_from_data, to_data


class Returning:
    """Comes home before the release; its knob says whether the goods are known to be aboard."""

    def __init__(self, aboard):
        self.aboard, self.flown = aboard, 0

    def fly(self, mission, folder, on_release):
        self.flown += 1
        return Outcome(False, 120.0, None, problem="stopped on the way", aboard=self.aboard)


@pytest.fixture
def here(tmp_path):
    with open_store(tmp_path / "공원.db", create=True) as store:
        yield Park(store).open(park(3))


def ask(here, **more):
    return here.desk.order(Request(more.pop("customer", "손님"), "p0", (("coffee", 1),), **more)).order


def test_goods_that_surely_came_back_fly_once_more_and_no_oftener(here, tmp_path):
    order, crew = ask(here), Crew(here.desk, tmp_path / "비행")
    flier = Returning(aboard=True)
    crew.fly(order.flight, flier)
    again = here.desk.status(order.id)
    assert (again.order.state, again.order.tries) == (OrderState.ACCEPTED, 1)
    assert again.flight.state is FlightState.PLANNED
    crew.fly(again.flight.id, flier)
    assert here.desk.status(order.id).order.state is OrderState.FAILED
    assert flier.flown == 2
    assert here.store.check() == []


def test_goods_of_which_nobody_knows_are_never_flown_again(here, tmp_path):
    order = ask(here)
    Crew(here.desk, tmp_path / "비행").fly(order.flight, Returning(aboard=None))
    assert here.desk.status(order.id).order.state is OrderState.FAILED
    assert list(here.store.world().active_flights()) == []


class Watcher:
    """Finds a flight again; says whether it let go."""

    def __init__(self, word):
        self.word, self.missions = word, []

    def watch(self, mission, folder, on_release):
        self.missions.append(mission)
        for _ in range(2):
            on_release(self.word)
        return Outcome(True, 300.0, self.word, str(folder / "flight.tlog"))


def test_a_flight_found_again_after_a_crash_closes_its_order_once(here, tmp_path):
    order, crew = ask(here), Crew(here.desk, tmp_path / "비행")
    with pytest.raises(ZeroDivisionError):
        crew.fly(order.flight, FakeFlier(raises=ZeroDivisionError()))
    (lost,) = crew.lost()
    watcher = Watcher(Confirmation(NOON + 200.0, LonLat(127.11, 37.37), "Gripper load released", 3.1))
    crew.watch(lost.id, watcher)
    assert here.desk.status(order.id).order.state is OrderState.CLOSED
    assert [e.kind for e in here.store.events()].count("order.released") == 1
    assert crew.lost() == ()
    assert watcher.missions[0].items


def test_the_proof_says_when_where_and_how_high_the_vehicle_let_go(here, tmp_path):
    order, crew = ask(here), Crew(here.desk, tmp_path / "비행")
    with pytest.raises(DeliveryError, match="nothing was released"):
        proof(here.store.world().orders[order.id], here.store.world())
    point = here.store.world().places["p0"].position
    word = Confirmation(NOON + 200.0, point, "Gripper load released", 3.2)

    class Flier:
        def fly(self, mission, folder, on_release):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "track.geojson").write_text('{"features": []}')
            return Outcome(True, 300.0, word, str(folder / "flight.tlog"))

    crew.fly(order.flight, Flier())
    world = here.store.world()
    found = proof(world.orders[order.id], world)
    assert found["released_at"] == "2025-07-26T03:03:20.000+00:00"
    assert (found["off_the_point_m"], found["height_above_home_m"]) == (0.0, 3.2)
    assert found["track"] == {"features": []}


def test_the_authoritys_file_holds_the_flight_and_nobodys_name(here, tmp_path):
    order = ask(here, customer="홍길동", key="열쇠", contact="010-1234-5678")
    Crew(here.desk, tmp_path / "비행").fly(order.flight, FakeFlier())
    world = here.store.world()
    content = flight_file(world.flights[order.flight], world, here.store.events())
    for path in write_flight_file(content, tmp_path / "기록" / "비행.json"):
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in ("홍길동", "010-1234", "열쇠", order.customer))
    saved = json.loads((tmp_path / "기록" / "비행.json").read_text(encoding="utf-8"))
    assert len(saved["volumes"]) == len(world.flights[order.flight].pieces)
    assert saved["flight"]["aircraft"] == order.aircraft


def test_names_with_tags_are_harmless_on_the_authoritys_page(here, tmp_path):
    point = here.store.world().places["p0"]
    bad = dataclasses.replace(point, name="<script>alert(1)</script>")
    here.open([bad])
    order = ask(here)
    Crew(here.desk, tmp_path / "비행").fly(order.flight, FakeFlier())
    world = here.store.world()
    content = flight_file(world.flights[order.flight], world, here.store.events())
    _, page = write_flight_file(content, tmp_path / "f.json")
    assert "<script>" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"wanted_from_s": NOON - 7200.0, "wanted_until_s": NOON - 3600.0}, "lies in the past"),
        ({"wanted_from_s": NOON + 100.0, "wanted_until_s": NOON + 50.0}, "ends before it begins"),
        ({"wanted_from_s": float("nan")}, "must be finite"),
        ({"wanted_from_s": NOON + 900.0, "priority": Priority.URGENT}, "goes at once"),
        ({"key": "x" * 1000}, "1 to 200 characters"),
        ({"customer": ""}, "1 to 200 characters"),
    ],
)
def test_a_bad_request_is_refused_and_leaves_nothing_behind(here, change, word):
    before = here.store.events()
    with pytest.raises(DeliveryError, match=word):
        ask(here, **change)
    assert here.store.events() == before


@pytest.mark.parametrize("name", ["", "  ", "../etc", "a/b", "x" * 100, "<b>", "a'; DROP TABLE events;--"])
def test_an_id_that_would_be_trouble_in_a_path_or_a_page_is_refused(name):
    for make in (lambda: Item(name, "x", 1.0), lambda: Craft(name, "hexa-delivery", "d0")):
        with pytest.raises(ValueError, match=r"id"):
            make()


@pytest.mark.parametrize("thing", [
    ITEMS[0], Battery("B1", "hexa-delivery", "d0", charge=0.5, at_s=NOON, cycles=3, charging=True),
    Closure("c1", "폐쇄", ((127.1, 37.3), (127.2, 37.3), (127.2, 37.4)), NOON, NOON + 60.0),
    Place("p", "곳", LonLat(127.1, 37.3), kind="depot", pads=(LonLat(127.1, 37.3),)),
    Item("q", "상자", 1.0, (0.3, 0.2, 0.1)),
])  # fmt: skip
def test_things_survive_json(thing):
    kinds = {Item: "item", Battery: "battery", Closure: "closure", Place: "place"}
    assert thing_from_data(kinds[type(thing)], json.loads(json.dumps(to_data(thing)))) == thing


def test_a_flight_survives_json(here):
    order = ask(here)
    flight = here.store.world().flights[order.flight]
    assert thing_from_data("flight", json.loads(json.dumps(to_data(flight)))) == flight
    assert DAY.wind is not None
