from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from shapely.geometry import box

from core.geo import Altitude, Datum, LocalFrame, LonLat
from core.wind import Wind
from gis.terrain import FlatTerrain
from missions.aircraft import load_aircraft
from missions.airspace import Zone, ZoneKind
from missions.cameras import load_camera
from missions.checks import check_mission, passed
from missions.finding import Verdict
from missions.model import Command, Fence, FenceCircle, FencePolygon, Home, Mission, MissionItem
from missions.permits import Permit
from missions.weather import Weather

FRAME = LocalFrame(LonLat(127.11, 37.37))
FLAT = FlatTerrain(40.0)
QUAD = load_aircraft("quad-4kg")
CALM = Wind(2.0, 0.0)
NOON = datetime(2025, 6, 1, 3, 0, tzinfo=UTC)
FAIR = Weather(2.0, 0.0, gust_ms=4.0, visibility_m=9000, rain_mm_h=0, temperature_C=24, cloud_base_m=900)


def lonlat(polygon):
    return shapely.transform(polygon, FRAME.to_lonlat)


def corners(polygon):
    return tuple(FRAME.place(*xy) for xy in polygon.exterior.coords[:-1])


def at(command, east, north, up=50.0, datum=Datum.HOME):
    return MissionItem(command, (0.0, 0.0, 0.0, 0.0), FRAME.place(east, north), Altitude(up, datum))


def mission(*legs, fence=None, end=Command.NAV_RETURN_TO_LAUNCH):
    items = (at(Command.NAV_TAKEOFF, 0, 0), *legs, MissionItem(end))
    around = Fence((FencePolygon(corners(box(-500, -500, 500, 500))),))
    return Mission(Home(FRAME.origin, 40.0), items, around if fence is None else fence)


GOOD = mission(at(Command.NAV_WAYPOINT, 200, 0), at(Command.NAV_WAYPOINT, 200, 200))


def verdicts(made, **inputs):
    known = {"zones": [], "terrain": FLAT, "aircraft": QUAD, "wind": CALM, "weather": FAIR, "at_time": NOON}
    given = known | inputs
    return {f.rule: f for f in check_mission(made, **given)}


def test_good_mission_passes_every_rule_when_everything_is_known():
    found = verdicts(GOOD)
    assert {f.verdict for f in found.values()} == {Verdict.PASS}
    assert {"height_above_ground", "terrain_clearance", "zones", "fence", "energy", "wind"} <= found.keys()


@pytest.mark.parametrize(
    ("missing", "rules"),
    [
        ("zones", {"zones", "return_zones"}),
        ("terrain", {"height_above_ground", "terrain_clearance", "return_clearance"}),
        (
            "aircraft",
            {"energy", "wind", "return_energy", "gusts", "rain", "cold", "warmth", "vehicle_limits"},
        ),
        ("weather", {"weather"}),
        ("at_time", {"daylight"}),
    ],
)
def test_missing_input_is_unknown_never_pass(missing, rules):
    found = verdicts(GOOD, **{missing: None})
    assert {rule for rule, f in found.items() if f.verdict is Verdict.UNKNOWN} == rules


def test_a_height_beyond_all_ground_fails_without_terrain_too():
    absurd = mission(at(Command.NAV_WAYPOINT, 200, 0, up=1e9))
    finding = verdicts(absurd, terrain=None)["height_above_ground"]
    assert finding.verdict is Verdict.FAIL
    assert finding.item == 1


def test_height_limit_counts_along_the_leg_over_a_hollow():
    class Hollow:
        def heights_m(self, lon, lat):
            east = FRAME.to_local(lon, lat)[..., 0]
            return np.where(np.abs(east - 100) < 40, -110.0, 0.0)

    finding = verdicts(GOOD, terrain=Hollow())["height_above_ground"]
    assert finding.verdict is Verdict.FAIL
    assert finding.value == pytest.approx(160.0)
    assert finding.item == 1


def test_hill_under_the_middle_of_a_leg_breaks_clearance():
    class Hill:
        def heights_m(self, lon, lat):
            east = FRAME.to_local(lon, lat)[..., 0]
            return np.where(np.abs(east - 100) < 40, 45.0, 0.0)

    finding = verdicts(GOOD, terrain=Hill())["terrain_clearance"]
    assert (finding.verdict, finding.value) == (Verdict.FAIL, pytest.approx(5.0))


def test_dem_that_stops_short_is_unknown():
    class Short:
        def heights_m(self, lon, lat):
            east = FRAME.to_local(lon, lat)[..., 0]
            return np.where(east > 150, np.nan, 0.0)

    assert verdicts(GOOD, terrain=Short())["height_above_ground"].verdict is Verdict.UNKNOWN


def zone(kind=ZoneKind.NO_FLY, shape=None, **more):
    return Zone("Z", kind, lonlat(box(90, -10, 110, 10) if shape is None else shape), **more)


def test_zone_between_two_waypoints_is_found_on_the_leg():
    finding = verdicts(GOOD, zones=[zone()])["zones"]
    assert (finding.verdict, finding.item) == (Verdict.FAIL, 1)


def test_zone_under_the_way_home_is_found():
    finding = verdicts(GOOD, zones=[zone(shape=box(95, 90, 105, 110))])["zones"]
    assert (finding.verdict, finding.item) == (Verdict.FAIL, 3)


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ({"floor": Altitude(100, Datum.GROUND)}, Verdict.PASS),
        ({"floor": Altitude(40, Datum.GROUND)}, Verdict.FAIL),
        ({"ceiling": Altitude(20, Datum.GROUND)}, Verdict.PASS),
        ({"floor": Altitude(200, Datum.GEOID)}, Verdict.PASS),
        ({"floor": Altitude(80, Datum.GEOID)}, Verdict.FAIL),
        ({"ceiling": Altitude(70, Datum.GEOID)}, Verdict.PASS),
    ],
)
def test_floor_and_ceiling_are_compared_in_their_own_datum(bounds, verdict):
    assert verdicts(GOOD, zones=[zone(**bounds)])["zones"].verdict is verdict


def test_sea_level_bound_without_any_elevation_is_unknown():
    unknown = replace(GOOD, home=Home(FRAME.origin))
    low = zone(floor=Altitude(200, Datum.GEOID))
    assert verdicts(unknown, zones=[low], terrain=None)["zones"].verdict is Verdict.UNKNOWN


def test_ceiling_zone_asks_to_stay_below():
    low, high = (zone(ZoneKind.CEILING, ceiling=Altitude(m, Datum.GROUND)) for m in (40, 60))
    assert verdicts(GOOD, zones=[low])["zones"].verdict is Verdict.FAIL
    assert verdicts(GOOD, zones=[high])["zones"].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("at_time", "verdict"),
    [
        (None, Verdict.UNKNOWN),
        (datetime(2025, 5, 1, tzinfo=UTC), Verdict.FAIL),
        (datetime(2025, 7, 1, tzinfo=UTC), Verdict.PASS),
    ],
)
def test_dated_zone_needs_the_time(at_time, verdict):
    dated = zone(ZoneKind.TEMPORARY, valid_until=datetime(2025, 6, 1, tzinfo=UTC))
    assert verdicts(GOOD, zones=[dated], at_time=at_time)["zones"].verdict is verdict


@pytest.mark.parametrize(
    ("zones", "verdict"), [(None, Verdict.UNKNOWN), ([], Verdict.FAIL), (["Z"], Verdict.PASS)]
)
def test_control_zone_needs_a_permit(zones, verdict):
    june = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 6, 30, tzinfo=UTC)
    permits = None if zones is None else [Permit(name, *june) for name in zones]
    known = {"zones": [zone(ZoneKind.CONTROL)], "permits": permits, "at_time": june[0]}
    assert verdicts(GOOD, **known)["zones"].verdict is verdict


def test_leg_that_cuts_the_fence_corner_fails_though_its_ends_are_inside():
    bay = box(-50, -50, 400, 400).difference(box(90, 50, 110, 400))
    fence = Fence((FencePolygon(corners(bay)),))
    made = mission(at(Command.NAV_WAYPOINT, 0, 100), at(Command.NAV_WAYPOINT, 200, 100), fence=fence)
    finding = verdicts(made)["fence"]
    assert (finding.verdict, finding.item) == (Verdict.FAIL, 2)


def test_keep_out_circle_is_part_of_the_fence():
    fence = Fence(circles=(FenceCircle(FRAME.place(100, 0), 20.0),))
    assert verdicts(replace(GOOD, fence=fence))["fence"].verdict is Verdict.FAIL


def test_no_fence_is_unknown_and_only_a_warning():
    finding = verdicts(replace(GOOD, fence=Fence()))["fence"]
    assert (finding.verdict, finding.severity.value) == (Verdict.UNKNOWN, "warning")


def test_far_mission_runs_out_of_energy_and_wind_makes_it_worse():
    far = mission(at(Command.NAV_WAYPOINT, 9500, 0))
    calm, windy = (verdicts(far, wind=Wind(w, 90))["energy"] for w in (0, 7))
    assert calm.verdict is Verdict.FAIL
    assert windy.value > calm.value > calm.limit


def test_wind_above_the_aircrafts_limit_fails():
    assert verdicts(GOOD, wind=Wind(9.0, 0.0))["wind"].verdict is Verdict.FAIL


def test_endless_loiter_cannot_be_bounded():
    made = mission(at(Command.NAV_LOITER_UNLIM, 10, 10))
    assert verdicts(made)["energy"].verdict is Verdict.UNKNOWN


def test_take_off_and_way_down_are_asked_for():
    bare = replace(GOOD, items=(at(Command.NAV_WAYPOINT, 100, 0),))
    found = verdicts(bare)
    assert found["take_off_first"].verdict is Verdict.FAIL
    assert found["end_down"].verdict is Verdict.FAIL


def test_slip_in_a_coordinate_is_a_leg_too_long():
    made = mission(MissionItem(16, position=LonLat(12.711, 37.37), altitude=Altitude(50, Datum.HOME)))
    assert verdicts(made)["leg_length"].verdict is Verdict.FAIL


def test_too_many_items_fail():
    made = mission(*[at(Command.NAV_WAYPOINT, i, 0) for i in range(650)])
    finding = verdicts(made)["mission_size"]
    assert (finding.verdict, finding.value, finding.limit) == (Verdict.FAIL, 653, 650)


@pytest.mark.parametrize(("metres", "verdict"), [(30.0, Verdict.PASS), (10.0, Verdict.FAIL)])
def test_camera_interval_is_distance_over_speed(metres, verdict):
    speed = MissionItem(Command.DO_CHANGE_SPEED, (1.0, 10.0, -1.0, 0.0))
    trigger = MissionItem(Command.DO_SET_CAM_TRIGG_DIST, (metres, 0.0, 1.0, 0.0))
    made = mission(speed, at(Command.NAV_WAYPOINT, 0, 50), trigger, at(Command.NAV_WAYPOINT, 0, 300))
    assert verdicts(made, camera=load_camera("M3T"))["camera_interval"].verdict is verdict
    assert verdicts(made)["camera_interval"].verdict is Verdict.UNKNOWN


def test_only_failed_errors_spoil_the_whole():
    assert passed(check_mission(GOOD))
    assert not passed(check_mission(GOOD, zones=[zone()]))
