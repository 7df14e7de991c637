import itertools
import math
import time
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from core.errors import SkyshadeError
from core.geo import Datum, LocalFrame, LonLat, path_length_m
from core.wind import Wind
from missions.aircraft import load_aircraft
from missions.airspace import Zone, ZoneKind
from missions.cameras import load_camera
from missions.model import Command
from missions.survey import SurveyParams, plan_survey
from missions.survey.plan import true_footprint_m

FRAME = LocalFrame(LonLat(127.11, 37.37))
M3T = load_camera("M3T")


def lonlat(polygon):
    return shapely.transform(polygon, FRAME.to_lonlat)


def metres(places):
    return shapely.LineString([FRAME.point(p) for p in places])


U_SHAPE = Polygon([(0, 0), (300, 0), (300, 200), (220, 200), (220, 80), (80, 80), (80, 200), (0, 200)])
HOLED = box(0, 0, 300, 200).difference(box(100, 60, 180, 130))
PARTS = MultiPolygon([box(0, 0, 120, 100), box(200, 50, 330, 180)])
SLIVER = Polygon([(0, 0), (400, 10), (0, 20)])
STAR = Polygon(
    [(r * math.sin(a), r * math.cos(a)) for r, a in zip([160, 60] * 5, np.arange(10) * 0.6283, strict=True)]
)


@pytest.mark.parametrize(
    "shape", [U_SHAPE, HOLED, PARTS, SLIVER, STAR], ids=["u", "hole", "parts", "sliver", "star"]
)
def test_every_shape_is_seen_whole_and_never_left(shape):
    inside = shapely.get_parts(shape)[0].representative_point()
    plan = plan_survey(lonlat(shape), M3T, FRAME.place(inside.x, inside.y), SurveyParams(gsd_m=0.12))
    assert plan.coverage.fraction == 1.0
    assert plan.legs_outside_m == 0.0


@pytest.mark.parametrize("shape", [U_SHAPE, HOLED, STAR], ids=["u", "hole", "star"])
def test_legs_stay_inside_by_an_oracle_of_its_own(shape):
    inside = shape.representative_point()
    plan = plan_survey(lonlat(shape), M3T, FRAME.place(inside.x, inside.y), SurveyParams(gsd_m=0.1))
    for sortie in plan.sorties:
        assert shape.buffer(0.05).covers(metres(sortie.mission.places))


def test_pixel_rays_agree_with_the_proof():
    """A few ground points, looked for in every image by their corner rays' polygons."""
    plan = plan_survey(lonlat(U_SHAPE), M3T, FRAME.place(5, 5), SurveyParams(gsd_m=0.12))
    corners = np.array([(-0.5, -0.5), (639.5, -0.5), (639.5, 511.5), (-0.5, 511.5)])
    footprints = []
    for shot in plan.sorties[0].shots:
        rays = M3T.rays(corners) @ shot.attitude.camera_to_enu().T
        ground = np.array(FRAME.point(shot.lonlat)) - rays[:, :2] / rays[:, 2:] * shot.altitude.value_m
        footprints.append(Polygon(ground))
    rng = np.random.default_rng(1)
    points = [p for p in rng.uniform((0, 0), (300, 200), (300, 2)) if U_SHAPE.contains(shapely.Point(p))]
    counts = [sum(f.contains(shapely.Point(p)) for f in footprints) for p in points]
    assert min(counts) >= plan.coverage.min_overlap >= 1
    assert np.median(counts) == pytest.approx(plan.coverage.median_overlap, abs=1.0)


@st.composite
def polygons(draw):
    """Star-shaped polygons of 3-9 corners, 60-400 m across, often concave, sometimes sharp."""
    count = draw(st.integers(3, 9))
    radii = draw(st.lists(st.floats(30, 200), min_size=count, max_size=count))
    steps = draw(st.lists(st.integers(0, 313), min_size=count, max_size=count, unique=True))
    turns = [step * 0.02 for step in sorted(steps)]  # spikes of no width at all are no area to survey
    shape = Polygon([(r * math.cos(t), r * math.sin(t)) for r, t in zip(radii, turns, strict=True)])
    return shape if shape.is_valid and shape.area > 500 else box(-50, -50, 50, 50)


@settings(max_examples=12, deadline=None)
@given(polygons(), st.sampled_from([0.0, 12.0]))
def test_any_polygon_is_seen_whole_and_never_left(shape, margin_m):
    start = shape.representative_point()
    params = SurveyParams(gsd_m=0.15, front=0.7, side=0.6, margin_m=margin_m)
    plan = plan_survey(lonlat(shape), M3T, FRAME.place(start.x, start.y), params)
    assert plan.coverage.fraction == 1.0
    assert plan.legs_outside_m == 0.0
    line = metres(plan.sorties[0].mission.places)
    assert line.difference(shape.buffer(margin_m + 0.05, join_style="mitre")).length == 0.0


def test_no_fly_island_is_flown_round():
    island = box(120, 60, 170, 110)
    zone = Zone("학교", ZoneKind.NO_FLY, lonlat(island))
    plan = plan_survey(lonlat(box(0, 0, 300, 200)), M3T, FRAME.place(5, 5), SurveyParams(0.12, zones=(zone,)))
    line = metres(plan.sorties[0].mission.places)
    assert line.distance(island) >= 9.9
    assert plan.proved
    assert sum(not p.inclusion for p in plan.sorties[0].mission.fence.polygons) == 1


def test_battery_splits_and_each_sortie_keeps_its_reserve():
    craft = load_aircraft("quad-4kg")
    plan = plan_survey(
        lonlat(box(0, 0, 600, 500)), M3T, FRAME.place(5, 5), SurveyParams(0.08, wind=Wind(5, 270))
    )
    assert len(plan.sorties) > 1
    assert all(s.energy_Wh <= craft.flyable_Wh for s in plan.sorties)
    assert plan.proved


def test_distance_is_the_missions_own_length():
    plan = plan_survey(lonlat(U_SHAPE), M3T, FRAME.place(5, 5), SurveyParams(0.12))
    for sortie in plan.sorties:
        assert sortie.distance_m == pytest.approx(path_length_m(sortie.mission.places), rel=1e-4)


def test_camera_is_never_asked_faster_than_it_can():
    plan = plan_survey(lonlat(U_SHAPE), M3T, FRAME.place(5, 5), SurveyParams(0.08, speed_ms=12.0))
    assert plan.trigger_m / plan.speed_ms >= M3T.min_interval_s * 0.999


def test_trigger_allows_for_the_vehicles_real_spacing():
    """A 10 m trigger fires every 10.09-10.12 m: even then the wanted front overlap holds."""
    plan = plan_survey(lonlat(U_SHAPE), M3T, FRAME.place(5, 5), SurveyParams(0.12, front=0.8))
    wanted = M3T.footprint_m(plan.height_m)[1] * 0.2
    assert plan.trigger_m * 1.012 <= wanted + 1e-6 < plan.trigger_m * 1.02


def test_mission_starts_up_triggers_in_pairs_and_comes_home():
    plan = plan_survey(lonlat(U_SHAPE), M3T, FRAME.place(5, 5), SurveyParams(0.12))
    items = plan.sorties[0].mission.items
    assert items[0].command == Command.NAV_TAKEOFF
    assert items[-1].command == Command.NAV_RETURN_TO_LAUNCH
    triggers = [i.params for i in items if i.command == Command.DO_SET_CAM_TRIGG_DIST]
    assert triggers[::2] == [(plan.trigger_m, 0.0, 1.0, 0.0)] * (len(triggers) // 2)
    assert triggers[1::2] == [(0.0, 0.0, 0.0, 0.0)] * (len(triggers) // 2)
    assert all(i.altitude.datum is Datum.HOME for i in items if i.altitude)


def test_long_narrow_area_is_flown_along_its_length():
    strip = affinity.rotate(box(0, 0, 600, 60), 30, origin=(0, 0))
    plan = plan_survey(lonlat(strip), M3T, FRAME.place(20, 15), SurveyParams(0.12))
    assert plan.angle_deg == pytest.approx(60.0, abs=5.0)


def test_home_outside_is_joined_by_a_corridor_inside_the_fence():
    plan = plan_survey(lonlat(box(100, 0, 250, 150)), M3T, FRAME.place(0, 0), SurveyParams(0.12))
    mission = plan.sorties[0].mission
    fence = Polygon([FRAME.point(c) for c in mission.fence.polygons[0].corners])
    assert fence.contains(metres(mission.places))
    assert plan.proved


def test_fence_fits_the_autopilots_store():
    ragged = shapely.Point(0, 0).buffer(150, quad_segs=40)
    plan = plan_survey(lonlat(ragged), M3T, FRAME.place(0, 0), SurveyParams(0.15))
    assert sum(len(p.corners) for p in plan.sorties[0].mission.fence.polygons) <= 70


def test_too_coarse_a_pixel_says_the_height_it_needs():
    with pytest.raises(SkyshadeError, match=r"needs 379 m above ground.*0\.197 m or finer"):
        plan_survey(lonlat(U_SHAPE), M3T, FRAME.place(5, 5), SurveyParams(0.5))


def test_pixel_finer_than_the_lowest_flight_is_refused():
    with pytest.raises(SkyshadeError, match=r"less than 5 m.*0\.0066 m or coarser"):
        plan_survey(lonlat(U_SHAPE), M3T, FRAME.place(5, 5), SurveyParams(0.001))


def test_survey_nobody_will_fly_is_refused_at_once():
    with pytest.raises(SkyshadeError, match="shots, more than 100000"):
        plan_survey(lonlat(box(0, 0, 9000, 9000)), M3T, FRAME.place(5, 5), SurveyParams(0.02))


def test_zone_over_everything_leaves_nothing():
    zone = Zone("P-73", ZoneKind.PROHIBITED, lonlat(box(-500, -500, 900, 900)))
    with pytest.raises(SkyshadeError, match="nothing to survey"):
        plan_survey(lonlat(U_SHAPE), M3T, FRAME.place(5, 5), SurveyParams(0.12, zones=(zone,)))


def test_battery_that_cannot_reach_says_so():
    with pytest.raises(SkyshadeError, match="take off nearer"):
        plan_survey(lonlat(box(15000, 0, 15100, 100)), M3T, FRAME.place(0, 0), SurveyParams(0.12))


@pytest.mark.parametrize(
    "bad",
    [
        {"gsd_m": 0},
        {"gsd_m": 0.1, "front": 1.2},
        {"gsd_m": 0.1, "speed_ms": -1},
        {"gsd_m": 0.1, "angle_deg": math.nan},
    ],
)
def test_bad_wish_prints_the_value(bad):
    with pytest.raises(ValueError, match=r"got"):
        SurveyParams(**bad)


def test_twenty_hectares_plan_in_under_three_seconds():
    begun = time.process_time()
    plan_survey(lonlat(box(0, 0, 500, 400)), M3T, FRAME.place(5, 5), SurveyParams(0.1))
    assert time.process_time() - begun < 3.0


class Hill:
    """A slope of one in ten with a mound of 20 m."""

    def heights_m(self, lon, lat):
        xy = FRAME.to_local(lon, lat)
        east, north = xy[..., 0], xy[..., 1]
        return 30.0 + 0.1 * east + 20.0 * np.exp(-((east - 150) ** 2 + (north - 100) ** 2) / 80**2)


def test_flight_over_a_hill_keeps_its_height_and_sees_everything():
    params = SurveyParams(0.12, terrain=Hill(), at_time=None)
    plan = plan_survey(lonlat(box(0, 0, 300, 200)), M3T, FRAME.place(5, 5), params)
    assert plan.proved
    home = float(Hill().heights_m(*FRAME.place(5, 5).xy))
    for sortie in plan.sorties:
        assert sortie.mission.home.elevation_m == pytest.approx(home)
        points = np.array(
            [(*FRAME.point(i.position), i.altitude.value_m) for i in sortie.mission.items if i.position]
        )
        for a, b in itertools.pairwise(points):
            along = a + np.linspace(0, 1, 20)[:, None] * (b - a)
            lonlats = FRAME.to_lonlat(along[:, :2])
            above = along[:, 2] + home - Hill().heights_m(lonlats[:, 0], lonlats[:, 1])
            assert np.abs(above - plan.height_m).max() < 4.0


def test_dem_that_stops_short_is_refused():
    class Short:
        def heights_m(self, lon, lat):
            return np.where(FRAME.to_local(lon, lat)[..., 0] > 200, np.nan, 10.0)

    with pytest.raises(SkyshadeError, match="DEM does not cover"):
        plan_survey(lonlat(U_SHAPE), M3T, FRAME.place(5, 5), SurveyParams(0.12, terrain=Short()))


@pytest.mark.parametrize(
    "bend", [{"k1": -0.3, "k2": 0.1}, {"k1": 0.2}, {"cx_offset_px": 40.0, "cy_offset_px": -25.0}]
)
def test_bent_lens_is_allowed_for(bend):
    plan = plan_survey(
        lonlat(U_SHAPE), replace(M3T, **bend), FRAME.place(5, 5), SurveyParams(0.12, front=0.3, side=0.1)
    )
    assert plan.proved


def test_straight_lens_has_the_nominal_footprint():
    assert true_footprint_m(M3T, 90.0) == pytest.approx(M3T.footprint_m(90.0))
