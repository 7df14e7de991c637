"""Ways: kept ones are those planned anew; buildings, ground and zones are kept clear of in both lanes."""

import dataclasses

import numpy as np
import pytest
import shapely
from fakes.delivering import DEPOT, LAWN, NOON
from hypothesis import given, settings
from hypothesis import strategies as st

from core.geo import Altitude, Datum, LocalFrame
from core.wind import Wind
from delivery.conditions import Conditions
from delivery.desk import Desk
from delivery.model import Closure, Craft, OrderState, Place, WeatherReport
from delivery.reasons import Rule
from delivery.request import Request
from delivery.service import set_things
from delivery.sky import Ledger
from delivery.store import open_store
from delivery.ways import Ways
from delivery.world import World
from gis.terrain import FlatTerrain
from missions.airspace import Zone, ZoneKind
from missions.structures import Structures

FRAME = LocalFrame(DEPOT.position)
CRAFT = Craft("H1", "hexa-delivery", "depot")
FLAT = FlatTerrain(30.0)
EAST, NORTH = FRAME.point(LAWN.position)
HALF_WAY = EAST / 2.0, NORTH / 2.0


def square(east, north, half=40.0):
    return shapely.transform(
        shapely.box(east - half, north - half, east + half, north + half), FRAME.to_lonlat
    )


def zone(name, east, north, **more):
    return Zone(name, ZoneKind.NO_FLY, square(east, north, 60.0), **more)


def buildings(*told):
    shapes = np.array([*(square(*at) for at, _ in told), None], object)[:-1]
    return Structures(shapes, np.array([height for _, height in told], float))


def way_with(structures=None, *, terrain=FLAT, zones=(), point=LAWN, level=0):
    day = Conditions(zones=zones, wind=Wind(3.0, 270.0), terrain=terrain, structures=structures)
    return Ways().way(CRAFT, DEPOT, point, day, NOON, level)


def line_of(way):
    return shapely.LineString([FRAME.point(p) for p in way.plan.route.places])


def told(way):
    costs = (way.energy_Wh(1.0), way.to_release_s, way.total_s) if way.open else None
    return way.plan, way.reasons, way.pieces, costs


ZONES = (zone("a", *HALF_WAY), zone("b", 300.0, 0.0), zone("c", EAST + 30.0, NORTH))
CLOSURE = Closure("c", "행사", tuple(square(*HALF_WAY).exterior.coords[:-1]), NOON - 600.0, NOON + 600.0)
WORLDS = [World(), World(closures={"c": CLOSURE}), World(weather={"now": WeatherReport(0.0, 5.0, 90.0)})]
asked = st.tuples(
    st.sampled_from([Wind(0.0), Wind(3.0, 270.0), Wind(6.0, 10.0), Wind(30.0)]),
    st.sampled_from([(), ZONES[:1], ZONES[1:2], ZONES]),
    st.sampled_from(WORLDS),
    st.integers(0, 1),
    st.sampled_from([NOON, NOON + 7200.0]),
)


@settings(max_examples=4)
@given(st.lists(asked, min_size=2, max_size=5))
def test_a_way_that_is_kept_is_the_one_planned_anew(questions):
    kept = Ways()
    for wind, zones, world, level, when_s in [*questions, *questions[:1]]:
        day = Conditions(zones=tuple(zones), wind=wind, terrain=FLAT).at(world, when_s)
        again = kept.way(CRAFT, DEPOT, LAWN, day, when_s, level)
        assert told(again) == told(Ways().way(CRAFT, DEPOT, LAWN, day, when_s, level))


def test_a_place_that_closes_and_opens_needs_no_new_way_and_a_moved_one_does():
    ways, day = Ways(), Conditions(zones=(), wind=Wind(3.0, 270.0), terrain=FLAT)
    first = ways.way(CRAFT, DEPOT, LAWN, day, NOON).course
    closed = dataclasses.replace(LAWN, closed=True)
    moved = dataclasses.replace(LAWN, position=FRAME.place(EAST + 5.0, NORTH))
    assert ways.way(CRAFT, DEPOT, closed, day, NOON).course is first
    assert ways.way(CRAFT, DEPOT, moved, day, NOON).course is not first


def test_a_way_goes_round_a_tall_building_and_over_a_low_one():
    tall, low = (way_with(buildings((HALF_WAY, height))) for height in (70.0, 25.0))
    block = shapely.box(HALF_WAY[0] - 40, HALF_WAY[1] - 40, HALF_WAY[0] + 40, HALF_WAY[1] + 40)
    assert line_of(tall).distance(block) >= 10.0 - 1e-3
    assert line_of(low).length == pytest.approx(float(np.hypot(EAST, NORTH)), abs=0.1)
    assert not tall.reasons
    assert not low.reasons


def test_a_building_of_unknown_height_is_gone_round():
    block = shapely.box(HALF_WAY[0] - 40, HALF_WAY[1] - 40, HALF_WAY[0] + 40, HALF_WAY[1] + 40)
    assert line_of(way_with(buildings((HALF_WAY, np.nan)))).distance(block) >= 10.0 - 1e-3


def test_nobody_comes_down_through_a_roof():
    way = way_with(buildings(((EAST, NORTH), 12.0)))
    assert [r.rule for r in way.reasons] == [Rule.HEIGHT]
    assert "building 1" in way.reasons[0].message


def test_a_pad_on_a_roof_stands_on_its_building():
    roof = buildings(((0.0, 0.0), 12.0))

    class Town:
        """Level ground, and depots know the height of their pads."""

        def heights_m(self, lon, lat):
            return np.full(np.broadcast(np.asarray(lon), np.asarray(lat)).shape, 30.0)

    above = dataclasses.replace(DEPOT, elevation_m=42.0)
    day = Conditions(zones=(), wind=Wind(3.0, 270.0), terrain=Town(), structures=roof)
    assert not any(r.rule is Rule.HEIGHT for r in Ways().way(CRAFT, above, LAWN, day, NOON).reasons)


def test_walls_all_round_a_point_leave_no_way_and_are_named():
    ring = shapely.transform(
        shapely.Point(EAST, NORTH).buffer(120.0).difference(shapely.Point(EAST, NORTH).buffer(60.0)),
        FRAME.to_lonlat,
    )
    walls = Structures(np.array([ring, None], object)[:-1], np.array([90.0]))
    way = way_with(walls)
    assert not way.open
    assert [r.rule for r in way.reasons] == [Rule.HEIGHT]
    assert "building 1" in way.reasons[0].message


class Hole:
    """A height model with nothing round the point."""

    def heights_m(self, lon, lat):
        lon, lat = np.broadcast_arrays(np.asarray(lon, float), np.asarray(lat, float))
        near = np.hypot(lon - LAWN.position.lon, lat - LAWN.position.lat) < 0.004
        return np.where(near, np.nan, 30.0)


def test_ground_that_is_not_known_is_unknown_and_never_a_yes():
    way = way_with(terrain=Hole())
    assert not way.open
    assert [r.rule for r in way.reasons] == [Rule.UNKNOWN]


class Ridge:
    """A hill half way, with a pass beside it."""

    def heights_m(self, lon, lat):
        lon, lat = np.broadcast_arrays(np.asarray(lon, float), np.asarray(lat, float))
        on = (np.abs(lat - 37.375) < 0.001) & (np.abs(lon - 127.1065) < 0.002)
        return np.where(on, 78.0, 30.0)


@pytest.mark.parametrize("level", [0, 1])
def test_a_way_goes_round_a_hill_that_is_too_high_for_its_lanes(level):
    way = way_with(terrain=Ridge(), level=level)
    line = line_of(way)
    places = FRAME.to_lonlat(shapely.get_coordinates(line.segmentize(2.0)))
    over = 30.0 + way.plan.lane_out_m - Ridge().heights_m(places[:, 0], places[:, 1])
    assert over.min() >= 10.0
    assert not way.reasons
    assert (line.length > np.hypot(EAST, NORTH) + 5.0) == (level == 0)


def test_a_zone_that_only_the_upper_lane_meets_is_gone_round():
    high = zone("높은", *HALF_WAY, floor=Altitude(64.0, Datum.GROUND))
    assert line_of(way_with(zones=(high,))).length > np.hypot(EAST, NORTH) + 5.0


def test_what_is_not_known_of_buildings_is_said_beside_a_yes(store, conditions, clock):
    desk = Desk(store, lambda: conditions, clock)
    order = desk.order(Request("손님", "lawn", (("coffee", 1),))).order
    assert order.state is OrderState.ACCEPTED
    assert any("--buildings" in what for what in order.unknown)
    known = dataclasses.replace(conditions, structures=buildings((HALF_WAY, 20.0)))
    told = Desk(store, lambda: known, clock).order(Request("손님", "lawn", (("coffee", 1),))).order
    assert (told.state, told.unknown) == (OrderState.ACCEPTED, ())
    assert store.check() == []


def test_who_orders_while_another_plans_gets_air_of_his_own(store, conditions, clock, tmp_path):
    """A second process writes between planning and writing: the plan is made again."""
    set_things(store, [Craft("H2", "hexa-delivery", "depot"), Craft("H3", "hexa-delivery", "depot")], clock)
    with open_store(tmp_path / "배달 저장소.db") as theirs:
        other = Desk(theirs, lambda: conditions, clock)
        left = [3]

        def day():
            if left[0] > 0 and theirs.seq:
                left[0] -= 1
                other.order(Request(f"남 {left[0]}", "lawn", (("coffee", 2),)))
            return conditions

        mine = Desk(store, day, clock).order(Request("나", "lawn", (("coffee", 2),))).order
    world = store.world()
    assert len(world.orders) == 4
    assert len({o.id for o in world.orders.values()}) == 4
    assert world.orders[mine.id].customer == mine.customer
    assert store.check() == []
    ledger = Ledger()
    ledger.follow(world, 0.0, 0.0)
    assert not any(ledger.sky.overlaps(f.id) for f in world.active_flights())


def test_the_first_free_slot_is_the_one_that_asking_each_time_finds():
    way, other = (
        way_with(),
        way_with(point=Place("p", "맞은편", FRAME.place(EAST + 200.0, NORTH), elevation_m=30.0)),
    )
    ledger = Ledger()
    world = _world_with(other, [NOON, NOON + 100.0, NOON + 500.0])
    ledger.follow(world, 0.0, 0.0)
    for begin in np.arange(NOON - 600.0, NOON + 1200.0, 97.0):
        found = ledger.first_slot("?", way.pieces, way.outlines, (begin, begin + 2000.0))
        assert found is not None
        assert ledger.ask("?", way.pieces, way.outlines, found, 0).accepted
        if found > begin:
            assert not ledger.ask("?", way.pieces, way.outlines, begin, 0).accepted


def _world_with(way, takeoffs):
    from delivery.flights import Flight

    flights = [
        Flight(f"F{n}", (), f"X{n}", takeoff_s=at, land_s=at + way.total_s, pieces=way.pieces)
        for n, at in enumerate(takeoffs)
    ]
    return World(flights={f.id: f for f in flights})
