import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from core.geo import Altitude, Datum, LocalFrame, LonLat
from core.heights import UnknownHeightError
from core.wind import Wind
from gis.terrain import FlatTerrain
from missions.aircraft import load_aircraft
from missions.airspace import Zone, ZoneKind
from missions.lanes import RouteParams, Router, plan_route
from missions.model import Home
from missions.route import NoRouteError
from missions.sky import Obstacle, Preference, Sky

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
CRAFT = load_aircraft("quad-4kg")
FLAT = FlatTerrain(30.0)


def lonlat(shape):
    return shapely.transform(shape, FRAME.to_lonlat)


def above_ground(value):
    return Altitude(value, Datum.GROUND)


def above_home(value):
    return Altitude(value, Datum.HOME)


def zone(shape, name="school", *, floor=None, ceiling=None, kind=ZoneKind.NO_FLY):
    return Zone(name, kind, lonlat(shape), floor, ceiling)


def sky(*zones, obstacles=(), terrain=FLAT, **more):
    return Sky(Home(HOME, 30.0), zones, tuple(obstacles), terrain, **more)


def xyz(route):
    return np.array([(*FRAME.point(p.place), p.up_m) for p in route.points])


class Hill:
    """Ground of 30 m with one smooth hill."""

    def __init__(self, east, north, height, width):
        self.middle, self.height, self.width = (east, north), height, width

    def heights_m(self, lon, lat):
        east, north = (np.asarray(lon) - HOME.lon) * 88_560, (np.asarray(lat) - HOME.lat) * 110_980
        far = np.hypot(east - self.middle[0], north - self.middle[1])
        return 30.0 + self.height * np.exp(-((far / self.width) ** 2))


def samples(route, step=1.0):
    """Points along a route, all heights, by plain arithmetic."""
    points = xyz(route)
    rows = []
    for a, b in itertools.pairwise(points):
        count = max(1, math.ceil(float(np.linalg.norm(b - a)) / step))
        rows.append(a + np.linspace(0, 1, count + 1)[:, None] * (b - a))
    return np.vstack(rows)


def test_a_zone_counts_only_in_lanes_it_reaches():
    school = zone(box(300, -200, 500, 100), floor=above_ground(0), ceiling=above_ground(80))
    there = FRAME.place(1000, 0)
    low = plan_route(HOME, there, above_home(60), sky(school), CRAFT)
    high = plan_route(HOME, there, above_home(110), sky(school), CRAFT)
    assert low.length_m > high.length_m == pytest.approx(1000, abs=0.01)
    line = shapely.LineString(xyz(low)[:, :2])
    assert line.distance(box(300, -200, 500, 100)) >= 19.9


def test_a_building_counts_in_lanes_less_than_its_height_and_a_margin():
    tower = Obstacle("tower", lonlat(box(480, -50, 520, 30)), above_ground(60))
    there = FRAME.place(1000, 0)
    lengths = [
        plan_route(HOME, there, above_home(up), sky(obstacles=[tower]), CRAFT).length_m for up in (50, 69, 71)
    ]
    assert lengths[0] == lengths[1] > lengths[2]


def test_lanes_over_sea_home_and_ground_say_the_same_on_level_ground():
    school = zone(box(300, -200, 500, 100), floor=Altitude(30, Datum.GEOID), ceiling=above_ground(80))
    lanes = above_home(60), above_ground(60), Altitude(90, Datum.GEOID)
    routes = [plan_route(HOME, FRAME.place(900, 40), lane, sky(school), CRAFT) for lane in lanes]
    for route in routes[1:]:
        assert np.allclose(xyz(route), xyz(routes[0]), atol=0.01)


def test_a_lane_over_home_goes_round_a_hill_and_one_over_ground_goes_across():
    hill = Hill(500, 30, 70, 150)
    there = FRAME.place(1000, 0)
    level = plan_route(HOME, there, above_home(50), sky(terrain=hill), CRAFT)
    over = plan_route(HOME, there, above_ground(50), sky(terrain=hill), CRAFT)
    assert level.length_m > 1010
    assert level.clearance_m >= 9.5
    assert over.length_m == pytest.approx(1000, abs=0.01)
    inner = samples(over)[20:-20]
    clear = inner[:, 2] + 30 - hill.heights_m(*FRAME.to_lonlat(inner[:, :2]).T)
    assert clear.min() > 9.9
    assert clear.max() < 52.5


def test_the_climb_keeps_clear_of_a_roof_beside_the_start():
    """A zone lower than the lane, near the start: upright first, then slanted over it."""
    near = zone(box(60, -300, 200, 300), floor=above_ground(0), ceiling=above_ground(40))
    free = plan_route(HOME, FRAME.place(1000, 0), above_home(80), sky(), CRAFT)
    kept = plan_route(HOME, FRAME.place(1000, 0), above_home(80), sky(near), CRAFT)
    assert free.points[1].up_m < kept.points[1].up_m
    inside = [p for p in samples(kept) if 60 <= p[0] <= 200]
    assert min(p[2] for p in inside) >= 44.9


def test_upright_climbs_are_flown_where_asked():
    route = plan_route(
        HOME, FRAME.place(500, 0), above_home(60), sky(), CRAFT, params=RouteParams(slanted=False)
    )
    assert [round(float(u)) for u in xyz(route)[:, 2]] == [0, 60, 60, 0]


def test_ends_may_lie_in_the_air():
    route = plan_route(HOME, FRAME.place(500, 0), above_home(60), sky(), CRAFT, end_up_m=8.0)
    assert route.points[-1].up_m == 8.0


def test_control_zones_are_named_not_avoided():
    tower = zone(box(300, -5000, 600, 5000), "tower", kind=ZoneKind.CONTROL)
    route = plan_route(HOME, FRAME.place(1000, 0), above_home(60), sky(tower), CRAFT)
    assert route.controlled == ("tower",)
    assert route.length_m == pytest.approx(1000, abs=0.01)


def test_a_permitted_zone_is_open():
    school = zone(box(300, -200, 500, 100))
    route = plan_route(
        HOME, FRAME.place(900, 0), above_home(60), sky(school, permitted=frozenset({"school"})), CRAFT
    )
    assert route.length_m == pytest.approx(900, abs=0.01)


def test_a_closed_way_names_what_closes_it_and_a_lane_that_is_open():
    ring = zone(
        box(800, -200, 1200, 200).difference(box(900, -100, 1100, 100)), "ring", ceiling=above_ground(70)
    )
    other = zone(box(300, -200, 500, 100), "other")
    with pytest.raises(NoRouteError, match=r"closed off by no_fly zone 'ring'; a lane of 80 m is open"):
        plan_route(HOME, FRAME.place(1000, 0), above_home(60), sky(ring, other), CRAFT)


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ((400, 0), (0, 0), "the start lies in or too near no_fly zone 'school'"),
        ((0, 0), (510, 0), "the end lies in or too near no_fly zone 'school'"),
        ((0, 0), (0, 0), "start and end are one place; choose two"),
        ((0, 0), (200_000, 0), "200.0 km apart, quad-4kg flies"),
    ],
)
def test_ends_that_cannot_be_are_named(start, end, told):
    school = zone(box(300, -200, 500, 100))
    with pytest.raises(NoRouteError, match=told):
        plan_route(FRAME.place(*start), FRAME.place(*end), above_home(60), sky(school), CRAFT)


def test_lanes_below_the_ground_are_refused():
    hill = Hill(600, 0, 90, 200)
    with pytest.raises(NoRouteError, match="the lane is 40 m below the end"):
        plan_route(HOME, FRAME.place(600, 0), above_home(50), sky(terrain=hill), CRAFT)
    with pytest.raises(NoRouteError, match="the end lies in or too near high ground"):
        plan_route(HOME, FRAME.place(600, 0), above_home(95), sky(terrain=hill), CRAFT)
    with pytest.raises(NoRouteError, match="below the clearance of 10 m"):
        plan_route(HOME, FRAME.place(600, 0), above_ground(5), sky(), CRAFT)


def test_unknown_ground_is_said_not_guessed():
    with pytest.raises(UnknownHeightError, match="height at the end is not known"):
        plan_route(HOME, FRAME.place(600, 0), above_home(50), sky(terrain=None), CRAFT)
    with pytest.raises(UnknownHeightError, match="lane's height over the start is not known"):
        plan_route(HOME, FRAME.place(600, 0), above_ground(50), sky(terrain=None), CRAFT, end_up_m=0.0)


def test_what_cannot_be_compared_counts_as_closed():
    """A ceiling above ground, a lane above home, and no ground known."""
    roof = zone(box(300, -100, 500, 100), ceiling=above_ground(10))
    route = plan_route(
        HOME, FRAME.place(900, 0), above_home(90), sky(roof, terrain=None), CRAFT, end_up_m=0.0
    )
    assert route.length_m > 901
    assert route.clearance_m is None


def test_values_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="longitude"):
        LonLat(math.nan, 37.0)
    with pytest.raises(ValueError, match="weight"):
        Preference("river", lonlat(box(0, 0, 1, 1)), math.nan)


def test_zones_that_touch_at_a_point_leave_no_way_between_them():
    a, b = box(300, 0, 500, 400), box(500, -400, 700, 0)
    route = plan_route(HOME, FRAME.place(1000, 0), above_home(60), sky(zone(a, "a"), zone(b, "b")), CRAFT)
    line = shapely.LineString(xyz(route)[:, :2])
    assert line.distance(a) >= 19.9
    assert line.distance(b) >= 19.9


boxes = st.lists(
    st.tuples(st.integers(80, 700), st.integers(-300, 250), st.integers(20, 150), st.integers(20, 150)),
    max_size=5,
)


@settings(max_examples=20, deadline=None)
@given(boxes, st.sampled_from([40.0, 60.0, 90.0]), st.lists(st.integers(10, 120), min_size=5, max_size=5))
def test_no_point_of_a_route_is_in_closed_air_or_near_the_ground(shapes, up, tops):
    """Every metre of every route held to zones, buildings and ground by plain arithmetic."""
    areas = [box(x, y, x + w, y + h) for x, y, w, h in shapes]
    hill = Hill(450, 100, 45, 180)
    things = list(zip(areas, tops, strict=False))
    zones = [zone(a, f"z{i}", ceiling=above_ground(t)) for i, (a, t) in enumerate(things) if i % 2]
    towers = [Obstacle(f"t{i}", lonlat(a), above_ground(t)) for i, (a, t) in enumerate(things) if not i % 2]
    try:
        route = plan_route(
            HOME, FRAME.place(980, 0), above_home(up), sky(*zones, obstacles=towers, terrain=hill), CRAFT
        )
    except NoRouteError:
        return
    flown = samples(route)
    ground = hill.heights_m(*FRAME.to_lonlat(flown[:, :2]).T) - 30
    level = np.hypot(*(flown[:, :2] - flown[0, :2]).T) * np.hypot(*(flown[:, :2] - flown[-1, :2]).T) > 1e-6
    assert (flown[level, 2] - ground[level]).min() >= 9.98
    for i, (area, top) in enumerate(things):
        inside = shapely.contains_xy(area, flown[:, 0], flown[:, 1])
        if inside.any() and i % 2:
            assert (flown[inside, 2] - ground[inside]).min() >= top + 4.5
        elif inside.any():
            feet = hill.heights_m(*FRAME.to_lonlat(shapely.get_coordinates(area)).T) - 30
            assert flown[inside, 2].min() >= feet.max() + top + 9.9


def test_alternates_pass_on_the_other_side_and_over_the_top():
    school = zone(box(400, -200, 600, 100), floor=above_ground(0), ceiling=above_ground(80))
    router = Router(sky(school), CRAFT)
    lanes = [above_home(60), above_home(100)]
    routes = router.alternates(HOME, FRAME.place(1000, 0), lanes, count=3)
    assert [r.lane.value_m for r in routes] == [100, 60, 60]
    assert [r.length_m for r in routes] == sorted(r.length_m for r in routes)
    norths = [max((FRAME.point(p)[1] for p in r.way), key=abs) for r in routes[1:]]
    assert norths == pytest.approx([120, -220], abs=0.2)


def test_lanes_without_a_way_are_left_out_and_none_at_all_is_refused():
    wall = zone(box(400, -200, 1200, 200), ceiling=above_ground(80))
    router = Router(sky(wall), CRAFT)
    there = FRAME.place(1000, 0)
    with pytest.raises(NoRouteError, match="the end lies in"):
        router.alternates(HOME, there, [above_home(60)])
    router = Router(sky(zone(box(400, -200, 1200, 200), floor=above_ground(70))), CRAFT)
    routes = router.alternates(HOME, there, [above_home(60), above_home(100)])
    assert {r.lane.value_m for r in routes} == {60}


def test_a_river_is_followed_where_it_costs_less_and_never_into_closed_air():
    river = Preference("river", lonlat(box(-200, 250, 1200, 330)), 0.4)
    bridge = zone(box(450, 200, 550, 400), "bridge", ceiling=above_ground(100))
    there = FRAME.place(1000, 100)
    direct = plan_route(HOME, there, above_home(60), sky(bridge), CRAFT)
    route = plan_route(HOME, there, above_home(60), sky(bridge, preferences=(river,)), CRAFT)
    assert direct.preferred_share == 0.0
    assert direct.weighted_m == direct.length_m < route.length_m
    assert route.weighted_m < 0.98 * direct.length_m
    assert 0.25 < route.preferred_share < 0.9
    line = shapely.LineString(xyz(route)[:, :2])
    assert line.distance(box(450, 200, 550, 400)) >= 19.9
    inside = line.intersection(box(-200, 250, 1200, 330)).length
    assert route.preferred_m == pytest.approx(inside, abs=1.0)


def test_a_shunned_area_ranks_alternates_by_weighted_metres():
    school = zone(box(400, -200, 600, 100), ceiling=above_ground(200))
    yard = Preference("yard", lonlat(box(300, 101, 700, 300)), 3.0)
    router = Router(sky(school, preferences=(yard,)), CRAFT)
    routes = router.alternates(HOME, FRAME.place(1000, 0), [above_home(60)], count=2)
    assert [r.weighted_m for r in routes] == sorted(r.weighted_m for r in routes)
    assert min(FRAME.point(p)[1] for p in routes[0].way) < -200


def test_a_wind_too_strong_for_the_way_is_said():
    with pytest.raises(ValueError, match="makes no way against 25 m/s of wind"):
        plan_route(HOME, FRAME.place(-500, 0), above_home(60), sky(), CRAFT, wind=Wind(25.0, 270.0))
