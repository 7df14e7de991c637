import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from core.geo import Altitude, Datum, LocalFrame, LonLat
from gis.terrain import FlatTerrain
from missions.airspace import Zone, ZoneKind
from missions.checks import check_mission
from missions.finding import Verdict
from missions.model import Command, Fence, FencePolygon, Home, Mission, MissionItem, RallyPoint
from missions.rally import NoRallyError, RallyParams, rally_where_possible, with_rally
from missions.rallychoice import UNSURE_M, choose
from missions.sky import Obstacle

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)


def lonlat(shape):
    return shapely.transform(shape, FRAME.to_lonlat)


def mission(*places, up=50.0, fence=None):
    height = Altitude(up, Datum.HOME)
    items = [MissionItem(Command.NAV_TAKEOFF, position=HOME, altitude=height)]
    items += [MissionItem(Command.NAV_WAYPOINT, position=FRAME.place(*p), altitude=height) for p in places]
    items.append(MissionItem(Command.NAV_RETURN_TO_LAUNCH))
    corners = () if fence is None else tuple(FRAME.place(*c) for c in fence.exterior.coords[:-1])
    return Mission(Home(HOME, 30.0), tuple(items), Fence((FencePolygon(corners),)) if corners else Fence())


def no_fly(shape, name="school"):
    return Zone(name, ZoneKind.NO_FLY, lonlat(shape))


def stuck(flown, closed, inside, step=5.0):
    """Places of a flight whose straight way to the nearest landing is not clear, by plain geometry."""
    landings = [(0.0, 0.0), *(FRAME.point(r.position) for r in flown.rally)]
    places = [FRAME.point(p) for p in flown.places] + [(0.0, 0.0)]
    found = []
    for a, b in itertools.pairwise(places):
        count = max(1, math.ceil(math.dist(a, b) / step))
        for k in range(1, count + 1):
            here = tuple(p + (q - p) * k / count for p, q in zip(a, b, strict=True))
            ranked = sorted(landings[1:], key=lambda t: math.dist(here, t))[:1]
            near = [t for t in ranked if math.dist(here, t) <= 300 and math.dist(here, t) < math.hypot(*here)]
            line = shapely.LineString([here, *(near or landings[:1])])
            if line.length > 20 and (closed.intersects(line) or not inside.covers(line)):
                found.append(here)
    return found


U_SHAPE = Polygon(
    [(-20, -20), (520, -20), (520, 420), (400, 420), (400, 100), (100, 100), (100, 420), (-20, 420)]
)
U_PLACES = [(40, 400), (40, 40), (460, 40), (460, 400), (460, 40), (40, 40)]


def test_a_flight_whose_returns_are_clear_gets_no_rally_point():
    flown = mission((200, 0), (200, 200))
    assert with_rally(flown, zones=(), terrain=FlatTerrain(30)).rally == ()


def test_round_a_corner_of_the_fence_rally_points_make_every_return_clear():
    plain = mission(*U_PLACES, fence=U_SHAPE)
    found = with_rally(plain, zones=(), terrain=FlatTerrain(30))
    nothing = Polygon()
    assert stuck(plain, nothing, U_SHAPE)
    assert not stuck(found, nothing, U_SHAPE)
    assert 1 <= len(found.rally) <= 3
    assert all(r.altitude == Altitude(50.0, Datum.HOME) for r in found.rally)
    assert replace(found, rally=()) == plain


def test_round_a_zone_rally_points_make_every_return_clear():
    closed = box(100, -150, 160, 150)
    flown = mission((0, 250), (260, 250), (260, 0), (260, 250), (0, 250))
    found = with_rally(flown, zones=(no_fly(closed),), terrain=FlatTerrain(30))
    everywhere = box(-5000, -5000, 5000, 5000)
    assert stuck(flown, closed, everywhere)
    assert not stuck(found, closed, everywhere)
    assert not any(shapely.Point(FRAME.point(r.position)).distance(closed) < 4.9 for r in found.rally)


def test_a_tower_in_the_way_home_counts():
    tower = Obstacle("tower", lonlat(box(120, -40, 160, 40)), Altitude(70, Datum.GROUND))
    flown = mission((0, 200), (280, 200), (280, 0), (280, 200), (0, 200))
    terrain = FlatTerrain(30)
    assert with_rally(flown, zones=(), terrain=terrain).rally == ()
    found = with_rally(flown, obstacles=[tower], zones=(), terrain=terrain)
    assert found.rally
    assert not stuck(found, box(120, -40, 160, 40), box(-5000, -5000, 5000, 5000))


def test_rally_points_lie_on_level_ground_beside_buildings():
    class Steep:
        """Level to the east of 430 m only."""

        def heights_m(self, lon, lat):
            east = FRAME.to_local(lon, lat)[..., 0]
            return np.where(east < 430, 30.0 + 0.05 * np.abs(east) ** 1.4, 30.0 + 0.05 * 430**1.4)

    found = rally_where_possible(mission(*U_PLACES, up=350.0, fence=U_SHAPE), zones=(), terrain=Steep())
    steep = [0.05 * 1.4 * FRAME.point(r.position)[0] ** 0.4 for r in found.rally]
    assert all(
        slope <= 0.21 or FRAME.point(r.position)[0] >= 425
        for slope, r in zip(steep, found.rally, strict=True)
    )


def test_where_nothing_can_be_reached_the_item_is_named():
    closed = box(150, -400, 700, 400).difference(box(399, -1, 401, 1))
    flown = mission((400, 0))
    with pytest.raises(NoRallyError, match=r"\(item \d+\) no straight way of 300 m or less leads"):
        with_rally(flown, zones=(no_fly(closed),), terrain=FlatTerrain(30))
    assert rally_where_possible(flown, zones=(no_fly(closed),), terrain=FlatTerrain(30)) == flown


def test_more_points_than_may_be_set_are_refused():
    with pytest.raises(NoRallyError, match="rally points would be needed, more than 0"):
        with_rally(
            mission(*U_PLACES, fence=U_SHAPE), zones=(), terrain=FlatTerrain(30), params=RallyParams(most=0)
        )


def test_checks_take_the_landing_that_the_vehicle_takes():
    """A rally point outside the fence or farther than RALLY_LIMIT_KM is not flown to."""
    flown = mission((0, 250), (250, 250), (0, 250), fence=box(-50, -50, 300, 300))
    zones = (no_fly(box(60, 60, 160, 180)),)

    def verdict(*places):
        rally = tuple(RallyPoint(FRAME.place(*p), Altitude(50, Datum.HOME)) for p in places)
        found = check_mission(replace(flown, rally=rally), zones=zones, terrain=FlatTerrain(30))
        return next(f.verdict for f in found if f.rule == "return_zones")

    assert verdict() is Verdict.FAIL
    assert verdict((130, 260)) is Verdict.PASS
    assert verdict((130, 320)) is Verdict.FAIL  # outside the fence
    assert verdict((130, 260), (240, 60)) is Verdict.PASS  # the nearest counts, not the last


def nearest_is_good(chosen, apart, good, limit):
    """The vehicle's own choice, whichever of the landings it takes for the nearest."""
    for far, clear in zip(apart, good, strict=True):
        for wobble in (-1, 1):
            open_ = [k for k in chosen if far[1 + k] <= limit + wobble * UNSURE_M / 2]
            best = min([0, *(1 + k for k in open_)], key=lambda k: far[k])
            if not clear[best]:
                return False
    return True


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 7), st.integers(1, 8))
def test_the_fewest_are_chosen_and_no_fewer_would_do(seed, candidates, places):
    rng = np.random.default_rng(seed)
    apart = np.round(rng.uniform(0, 40, (places, 1 + candidates))) * 10.0
    good = rng.random(apart.shape) < 0.6
    chosen = choose(apart, good, 300.0, np.zeros(candidates))

    def keeps(subset):
        """Every landing that may be the nearest is good, or a good one is surely nearer."""
        for far, clear in zip(apart, good, strict=True):
            firm = [far[0]] * bool(clear[0])
            firm += [far[1 + k] for k in subset if clear[1 + k] and far[1 + k] <= min(290, far[0] - 10)]
            if not firm:
                return False
            for k in subset:
                loose = far[1 + k] <= min(310, far[0] + 10)
                if not clear[1 + k] and loose and not min(f for f in firm) <= far[1 + k] - 10:
                    return False
        return True

    subsets = [s for n in range(candidates + 1) for s in itertools.combinations(range(candidates), n)]
    best = next((s for s in subsets if keeps(s)), None)
    assert (chosen is None) == (best is None)
    if chosen is not None:
        assert len(chosen) == len(best)
        assert nearest_is_good(chosen, apart, good, 300.0)


def test_straight_down_to_a_release_is_no_leg_near_the_ground_but_a_low_leg_is():
    def at(east, up):
        return MissionItem(
            Command.NAV_WAYPOINT, position=FRAME.place(east, 0), altitude=Altitude(up, Datum.HOME)
        )

    def clearance(*low):
        items = mission((100, 0), (0, 0)).items
        flown = replace(mission((100, 0)), items=(*items[:2], *low, *items[2:]))
        found = check_mission(flown, terrain=FlatTerrain(30))
        return next(f.verdict for f in found if f.rule == "terrain_clearance")

    assert clearance(at(100, 3), at(100, 3), at(100, 50)) is Verdict.PASS
    assert clearance(at(100, 3), at(110, 3), at(110, 50)) is Verdict.FAIL
