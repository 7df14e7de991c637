"""Flights too high and their safe twins, over ground and over buildings; a zone's hours; a load dropped."""

import json
from datetime import UTC, datetime, time
from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely.geometry import box, mapping

from core.errors import BadFileError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from gis.terrain import FlatTerrain
from missions.airspace import Zone, ZoneKind
from missions.checks import check_mission
from missions.dailyhours import DailyHours
from missions.finding import Verdict
from missions.model import Command, Home, Mission, MissionItem
from missions.structures import Structures, read_structures

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
LEVEL = FlatTerrain(40.0)


def lonlat(east, north, to_east, to_north):
    return shapely.transform(box(east, north, to_east, to_north), FRAME.to_lonlat)


def plan(*points):
    items = [MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(50.0, Datum.HOME))]
    items += [
        MissionItem(Command.NAV_WAYPOINT, position=FRAME.place(e, n), altitude=Altitude(u, Datum.HOME))
        for e, n, u in points
    ]
    return Mission(Home(HOME, 40.0), (*items, MissionItem(Command.NAV_RETURN_TO_LAUNCH)))


def towers(*rows):
    shapes = np.array([*(lonlat(*corners) for corners, _ in rows), None], object)[:-1]
    return Structures(shapes, np.array([height for _, height in rows], float))


TOWER = ((580, -20, 620, 20), 100.0)
# Up over the tower only: at 200 m within 150 m of it, at 145 m before.
OVER = plan((300, 0, 145), (440, 0, 145), (440, 0, 200), (700, 0, 200), (750, 0, 145), (300, 0, 145))
TWINS = {
    "over open ground": ((plan((300, 0, 160)), None), (plan((300, 0, 149)), None)),
    "buildings are low": ((OVER, towers(((580, -20, 620, 20), 30.0))), (OVER, towers(TOWER))),
    "the tower is too far": ((OVER, towers(((580, 200, 620, 240), 100.0))), (OVER, towers(TOWER))),
    "too high even over it": ((plan((600, 0, 255)), towers(TOWER)), (OVER, towers(TOWER))),
    "it stays up beyond it": (
        (plan((440, 0, 145), (440, 0, 200), (900, 0, 200), (900, 0, 100)), towers(TOWER)),
        (OVER, towers(TOWER)),
    ),
}  # fmt: skip


def height(made, structures, terrain=LEVEL):
    found = check_mission(made, terrain=terrain, structures=structures)
    return next(f for f in found if f.rule == "height_above_ground")


@pytest.mark.parametrize("name", TWINS)
def test_a_flight_too_high_is_caught_and_its_twin_passes(name):
    unsafe, safe = (height(*case) for case in TWINS[name])
    assert unsafe.verdict is Verdict.FAIL
    assert unsafe.item is not None
    assert unsafe.value > unsafe.limit == 150.0
    assert unsafe.cure
    assert safe.verdict is Verdict.PASS, safe.message


def test_a_building_of_unknown_height_leaves_the_rule_unknown():
    assert height(OVER, towers((TOWER[0], np.nan))).verdict is Verdict.UNKNOWN
    assert height(plan((300, 0, 149)), towers((TOWER[0], np.nan))).verdict is Verdict.PASS
    assert height(OVER, towers((TOWER[0], np.nan), TOWER)).verdict is Verdict.PASS


def test_without_ground_the_rule_is_unknown():
    assert height(plan((300, 0, 100)), towers(TOWER), None).verdict is Verdict.UNKNOWN
    assert height(plan((300, 0, 5000)), None, None).verdict is Verdict.FAIL


def test_the_edge_of_the_reach_is_150_metres():
    """A column of air 149 m beside the wall counts, one 151 m beside it does not."""
    for away, verdict in ((149.0, Verdict.PASS), (151.0, Verdict.FAIL)):
        east = 620 + away
        up = plan((300, 0, 100), (east, 0, 100), (east, 0, 240), (east, 0, 100), (300, 0, 100))
        assert height(up, towers(TOWER)).verdict is verdict


def test_random_flights_agree_with_asking_every_place():
    chance = np.random.default_rng(8)
    for _ in range(25):
        rows = [
            ((x, y, x + 40, y + 40), float(h))
            for x, y, h in chance.uniform([0, 0, 20], [600, 600, 160], (5, 3))
        ]
        points = chance.uniform([0, 0, 60], [600, 600, 260], (3, 3))
        made = plan(*(tuple(map(float, p)) for p in points))
        excess = _worst_excess(
            [(0.0, 0.0, 50.0), *map(tuple, points), (0.0, 0.0, float(points[-1][2]))], rows
        )
        if abs(excess) > 3.0:
            expected = Verdict.FAIL if excess > 0 else Verdict.PASS
            assert height(made, towers(*rows)).verdict is expected


def _worst_excess(corners, rows):
    """How far the worst of many places is over its limit, metres."""
    worst = -1e9
    for a, b in pairwise(corners):
        for place in np.linspace(a, b, 300):
            near = [h for c, h in rows if box(*c).distance(shapely.Point(place[:2])) <= 150.0]
            worst = max(worst, place[2] - 150.0 - max([0.0, *near]))
    return worst


def test_a_buildings_layer_is_read_with_gaps(tmp_path):
    path = tmp_path / "건물.geojson"
    shape = mapping(lonlat(0, 0, 10, 10))
    rows = [{"높이": 30.5}, {"높이": None}, {"높이": 0}]
    features = [{"type": "Feature", "properties": row, "geometry": shape} for row in rows]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    found = read_structures(path)
    assert found.heights_m[0] == 30.5
    assert found.unknown == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"height_m": -5}, "feature 1"),
        ({"height_m": 1e9}, "within 0 and 1000"),
        ({"h": 3}, "no field with heights"),
    ],
)
def test_heights_that_cannot_be_are_refused(tmp_path, row, said):
    path = tmp_path / "b.geojson"
    feature = {"type": "Feature", "properties": row, "geometry": mapping(lonlat(0, 0, 10, 10))}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    with pytest.raises(BadFileError, match=said):
        read_structures(path)


def test_a_zone_in_its_hours_is_caught_and_asleep_it_is_not():
    day = DailyHours(time(9), time(18), "Asia/Seoul")
    shut = Zone("축제", ZoneKind.TEMPORARY, lonlat(200, -50, 250, 50), hours=day)
    for hour, verdict in ((3, Verdict.FAIL), (12, Verdict.PASS), (None, Verdict.FAIL)):
        at_time = None if hour is None else datetime(2025, 6, 2, hour, tzinfo=UTC)
        found = check_mission(plan((300, 0, 60)), zones=[shut], at_time=at_time)
        zones = next(f for f in found if f.rule == "zones")
        assert zones.verdict is verdict
        assert ("--at" in zones.message) is (hour is None)


def test_stacked_zones_are_met_at_their_own_heights():
    low = Zone("아래", ZoneKind.NO_FLY, lonlat(200, -50, 250, 50), ceiling=Altitude(40.0, Datum.GROUND))
    high = Zone("위", ZoneKind.NO_FLY, lonlat(200, -50, 250, 50), floor=Altitude(80.0, Datum.GROUND))
    for up, names in ((60.0, set()), (30.0, {"아래"}), (100.0, {"위"})):
        made = plan((300, 0, up))
        found = check_mission(made, zones=[low, high], terrain=FlatTerrain(40.0))
        failed = [f.message for f in found if f.rule == "zones" and f.verdict is Verdict.FAIL]
        entered = {name for name in ("아래", "위") for text in failed if name in text}
        assert names <= entered
        assert entered - names == set()
