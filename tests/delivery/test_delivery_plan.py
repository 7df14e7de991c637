import json
from dataclasses import replace

import pytest
from fakes.delivering import DEPOT, LAWN
from shapely import LineString, Polygon

from core.errors import BadFileError
from core.geo import Datum, LocalFrame, distance_m
from delivery.flightplan import LaneParams, plan_delivery
from delivery.model import Release
from delivery.places import read_places
from flight.traps import with_place_delays
from missions.aircraft import load_aircraft
from missions.airspace import Zone, ZoneKind
from missions.model import Command

HEXA = load_aircraft("hexa-delivery")


def test_the_goods_are_released_low_over_the_point_and_nowhere_else():
    plan = plan_delivery(DEPOT, LAWN, HEXA, payload_kg=1.0)
    items = plan.mission.items
    before, after = items[plan.release_item - 1], items[plan.release_item + 1]
    assert items[plan.release_item].command == Command.DO_GRIPPER
    for item in (before, after):
        assert distance_m(item.position, LAWN.position) < 0.01
        assert item.altitude.value_m == pytest.approx(31.5 - 30.0 + 3.0)
        assert item.params[0] > 0  # a hold, so that it has stopped
    assert sum(i.command == Command.DO_GRIPPER and i.params[1] == 0.0 for i in items) == 1
    assert items[0].command == Command.NAV_TAKEOFF
    assert items[-1].command == Command.NAV_LAND


@pytest.mark.parametrize("release", list(Release))
def test_a_delivery_asks_for_no_terrain_data_and_waits_before_it_places(release):
    """Heights above unknown ground and a placing after a waypoint without a stop have cost aircraft."""
    plan = plan_delivery(DEPOT, replace(LAWN, release=release), HEXA, payload_kg=1.0)
    items = plan.mission.items
    assert {i.altitude.datum for i in items if i.altitude} == {Datum.HOME}
    assert with_place_delays(plan.mission) == (plan.mission, ())
    assert plan.low[0] <= plan.release_item <= plan.low[1]


def test_a_winch_opens_only_when_it_is_sent_there_and_else_takes_its_line_in_again():
    point = replace(LAWN, release=Release.WINCH, release_height_m=10.0)
    items = plan_delivery(DEPOT, point, HEXA, payload_kg=1.0).mission.items
    (jump,) = [n for n, i in enumerate(items) if i.command == Command.DO_JUMP]
    past = items[int(items[jump].params[0]) - 1]
    assert (past.command, past.params[2]) == (Command.DO_WINCH, -9.5)
    assert (items[jump + 1].command, items[jump + 1].params[1]) == (Command.DO_GRIPPER, 0.0)
    assert [i.params[2] for i in items if i.command == Command.DO_WINCH] == [9.5, -9.5]
    released = [n for n, i in enumerate(items) if i.command == Command.DO_GRIPPER and i.params[1] == 0.0]
    assert released == [jump + 1]


def test_opposite_traffic_never_shares_a_height():
    params = LaneParams()
    for bearing in range(0, 360, 15):
        assert params.lane_for(bearing) != params.lane_for(bearing + 180)


def test_the_route_keeps_its_margin_to_a_closed_zone():
    frame = LocalFrame(DEPOT.position)
    end = frame.point(LAWN.position)
    middle = end[0] / 2, end[1] / 2
    box = [(middle[0] + x, middle[1] + y) for x, y in ((-150, -80), (150, -80), (150, 80), (-150, 80))]
    zone = Zone("군부대", ZoneKind.PROHIBITED, Polygon([frame.place(*p).xy for p in box]))
    plan = plan_delivery(DEPOT, LAWN, HEXA, payload_kg=1.0, zones=(zone,))
    way = LineString([frame.point(p) for p in plan.route.places])
    assert way.distance(Polygon(box)) >= LaneParams().margin_m - 0.1
    assert plan.route.length_m > distance_m(DEPOT.position, LAWN.position) + 10
    corridor = Polygon([frame.point(c) for c in plan.mission.fence.polygons[0].corners])
    assert corridor.contains(way)


def test_a_load_costs_energy_on_the_way_out_only():
    light = plan_delivery(DEPOT, LAWN, HEXA, payload_kg=0.1)
    heavy = plan_delivery(DEPOT, LAWN, HEXA, payload_kg=3.0)
    out = heavy.to_release.energy_Wh - light.to_release.energy_Wh
    assert out > 0
    assert heavy.total.energy_Wh - light.total.energy_Wh == pytest.approx(out)


def write(path, *features):
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8-sig"
    )
    return path


def feature(kind="Point", **properties):
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": [127.1, 37.4]},
    }


def test_places_come_from_geojson(tmp_path):
    path = write(
        tmp_path / "배달 지점.geojson",
        feature(id="p1", name="분수 광장", hours="11:00-17:00", elevation_m=30),
    )
    (place,) = read_places(path)
    assert (place.name, place.hours.text, place.elevation_m) == ("분수 광장", "11:00-17:00", 30)


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (feature(name="no id"), "feature 1: has no 'id'"),
        (feature("LineString", id="x"), "not a Point"),
        (feature(id="x", hours="noon"), "hours must look like"),
        (feature(id="x", release_height_m=500), r"must be in \[1, 50\], got 500"),
    ],
)
def test_a_bad_place_is_named_by_its_number(tmp_path, bad, word):
    with pytest.raises(BadFileError, match=word):
        read_places(write(tmp_path / "places.geojson", bad))


def test_a_file_that_is_no_geojson_is_named(tmp_path):
    (tmp_path / "a.geojson").write_text("{")
    with pytest.raises(BadFileError, match=r"a\.geojson: is no GeoJSON"):
        read_places(tmp_path / "a.geojson")
    with pytest.raises(BadFileError, match="no such file"):
        read_places(tmp_path / "b.geojson")
