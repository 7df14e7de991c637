"""Plans that would hurt someone, each caught by the rule aimed at it, and their safe twins."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from core.errors import BadFileError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from core.wind import Wind
from gis.terrain import FlatTerrain
from missions.aircraft import load_aircraft
from missions.airspace import Zone, ZoneKind
from missions.cameras import load_camera
from missions.checks import check_mission, passed
from missions.day_checks import sun_elevation_deg
from missions.finding import Severity, Verdict
from missions.model import Command, Fence, FencePolygon, Home, Mission, MissionItem, RallyPoint
from missions.weather import Weather, read_weather

FRAME = LocalFrame(LonLat(127.11, 37.37))
QUAD = load_aircraft("quad-4kg")
NOON = datetime(2025, 6, 1, 3, 0, tzinfo=UTC)
FAIR = Weather(2.0, 0.0, gust_ms=4.0, visibility_m=9000, rain_mm_h=0, temperature_C=24, cloud_base_m=900)
KNOWN = {
    "zones": [], "terrain": FlatTerrain(40.0), "aircraft": QUAD, "wind": Wind(2.0, 0.0), "weather": FAIR,
    "at_time": NOON, "camera": load_camera("M3T"),
}  # fmt: skip
OUT_AND_BACK = ((200, 0), (200, 200), (200, 0))
BENT = Polygon([(-50, -50), (250, -50), (250, 250), (150, 250), (150, 50), (-50, 50)])


class Hill:
    """Level ground with a block of 80 m on the straight way between the plan's far end and home."""

    def heights_m(self, lon, lat):
        xy = FRAME.to_local(lon, lat)
        inside = (np.abs(xy[..., 0] - 100) < 30) & (np.abs(xy[..., 1] - 100) < 30)
        return np.where(inside, 120.0, 40.0)


def corners(polygon):
    return tuple(FRAME.place(*xy) for xy in polygon.exterior.coords[:-1])


def go(command, xy, up=50.0, **more):
    return MissionItem(command, position=FRAME.place(*xy), altitude=Altitude(up, Datum.HOME), **more)


def plan(*places, up=50.0, end=None, extra=(), rally=(), fence=None):
    """Take-off, `places`, and the end: a landing at home unless told."""
    items = [go(Command.NAV_TAKEOFF, (0, 0), up), *extra, *(go(Command.NAV_WAYPOINT, p, up) for p in places)]
    items.append(end or go(Command.NAV_LAND, (0, 0), 0.0))
    around = box(-4000, -4000, 4000, 4000) if fence is None else fence
    points = tuple(RallyPoint(FRAME.place(*p), Altitude(30.0, Datum.HOME)) for p in rally)
    return Mission(Home(FRAME.origin, 40.0), tuple(items), Fence((FencePolygon(corners(around)),)), points)


def zone(shape, **more):
    return Zone("school", ZoneKind.NO_FLY, shapely.transform(shape, FRAME.to_lonlat), **more)


def waiting(seconds):
    return (
        MissionItem(
            Command.NAV_LOITER_TIME, (seconds, 0, 0, 0), FRAME.place(50, 0), Altitude(50, Datum.HOME)
        ),
    )


def shots(metres):
    return (MissionItem(Command.DO_SET_CAM_TRIGG_DIST, (metres, 0, 1, 0)),)


GOOD = plan(*OUT_AND_BACK)
AWAY = (3000, 0)
LAND_AWAY = go(Command.NAV_LAND, AWAY, 0.0)
WEAK = replace(QUAD, battery_Wh=95.0)
TWINS = {
    "zones": (
        (GOOD, {"zones": [zone(box(90, -10, 110, 10))]}),
        (GOOD, {"zones": [zone(box(90, -60, 110, -40))]}),
    ),
    "return_zones": (
        (GOOD, {"zones": [zone(box(90, 90, 110, 110))]}),
        (GOOD, {"zones": [zone(box(90, 90, 110, 110), ceiling=Altitude(20.0, Datum.GROUND))]}),
    ),
    "return_fence": (
        (plan(*OUT_AND_BACK, fence=BENT), {}),
        (plan(*OUT_AND_BACK, fence=BENT.convex_hull), {}),
    ),
    "return_clearance": ((GOOD, {"terrain": Hill()}), (GOOD, {"terrain": Hill(), "rtl_alt_m": 100.0})),
    "return_energy": (
        (plan(AWAY, end=LAND_AWAY), {"aircraft": WEAK}),
        (plan(AWAY, end=LAND_AWAY, rally=[AWAY]), {"aircraft": WEAK}),
    ),
    "rally": ((plan(*OUT_AND_BACK, rally=[(9000, 0)]), {}), (plan(*OUT_AND_BACK, rally=[(100, 0)]), {})),
    "fence": ((plan(*OUT_AND_BACK, fence=box(-50, -50, 150, 150)), {}), (GOOD, {})),
    "height_above_ground": ((plan(*OUT_AND_BACK, up=160.0), {}), (plan(*OUT_AND_BACK, up=145.0), {})),
    "terrain_clearance": (
        (plan((100, 100)), {"terrain": Hill()}),
        (plan((100, 100), up=95.0), {"terrain": Hill()}),
    ),
    "energy": ((plan(*OUT_AND_BACK, extra=waiting(7200)), {}), (plan(*OUT_AND_BACK, extra=waiting(60)), {})),
    "wind": ((GOOD, {"wind": Wind(12.0, 0.0)}), (GOOD, {"wind": Wind(7.0, 0.0)})),
    "gusts": ((GOOD, {"weather": replace(FAIR, gust_ms=14.0)}), (GOOD, {})),
    "rain": ((GOOD, {"weather": replace(FAIR, rain_mm_h=2.0)}), (GOOD, {})),
    "visibility": ((GOOD, {"weather": replace(FAIR, visibility_m=800)}), (GOOD, {})),
    "cloud_base": ((GOOD, {"weather": replace(FAIR, cloud_base_m=30)}), (GOOD, {})),
    "cold": ((GOOD, {"weather": replace(FAIR, temperature_C=-12)}), (GOOD, {})),
    "warmth": ((GOOD, {"weather": replace(FAIR, temperature_C=45)}), (GOOD, {})),
    "daylight": ((GOOD, {"at_time": NOON + timedelta(hours=12)}), (GOOD, {})),
    "weather": (
        (GOOD, {"weather": replace(FAIR, valid_until=NOON - timedelta(hours=1))}),
        (GOOD, {"weather": replace(FAIR, valid_until=NOON + timedelta(hours=1))}),
    ),
    "camera_interval": (
        (plan(*OUT_AND_BACK, extra=shots(1.0)), {}),
        (plan(*OUT_AND_BACK, extra=shots(20.0)), {}),
    ),
    "leg_length": ((plan((20_000, 0)), {}), (GOOD, {})),
    "end_down": ((plan(*OUT_AND_BACK, end=go(Command.NAV_WAYPOINT, (0, 0))), {}), (GOOD, {})),
}  # fmt: skip


@pytest.mark.parametrize("rule", TWINS)
def test_an_unsafe_plan_is_caught_by_its_rule_and_its_twin_passes(rule):
    unsafe, safe = (check_mission(made, **(KNOWN | given)) for made, given in TWINS[rule])
    caught = [f for f in unsafe if f.rule == rule and f.verdict is Verdict.FAIL]
    assert caught, [(f.rule, f.verdict.value) for f in unsafe]
    assert all(f.cure for f in caught)
    assert not passed(unsafe)
    assert all(f.severity is Severity.ERROR for f in caught)
    assert passed(safe), [(f.rule, f.message) for f in safe if f.verdict is Verdict.FAIL]


def test_a_return_that_a_zone_bars_names_the_item_and_the_cure():
    findings = check_mission(GOOD, **(KNOWN | {"zones": [zone(box(90, 90, 110, 110))]}))
    finding = next(f for f in findings if f.rule == "return_zones")
    assert finding.item == 2
    assert "straight return" in finding.message
    assert "permission" in finding.cure


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-06-21T03:32:00+00:00", 76.07),
        ("2025-12-22T03:30:00+00:00", 29.20),
        ("2025-03-20T09:40:00+00:00", 0.0),
    ],
)
def test_the_suns_height_is_the_almanacs(moment, expected):
    """Noon at solstices is 90 - latitude +- 23.44; sunset at the equinox is the horizon."""
    found = sun_elevation_deg(FRAME.origin, datetime.fromisoformat(moment))
    assert found == pytest.approx(expected, abs=0.5)


def test_a_weather_file_is_read_with_its_times(tmp_path):
    path = tmp_path / "날씨 6월.toml"
    path.write_text(
        'wind_ms = 3\nwind_from_deg = 250.0\ngust_ms = 5.5\nsource = "기상청"\n'
        'from = 2025-06-01T11:00:00+09:00\nuntil = "2025-06-01T14:00+09:00"\n',
        encoding="utf-8",
    )
    weather = read_weather(path)
    assert weather.wind == Wind(3.0, 250.0)
    assert weather.source == "기상청"
    assert weather.holds(NOON) is True
    assert weather.holds(NOON + timedelta(hours=3)) is False
    assert weather.holds(None) is None
    assert weather.rain_mm_h is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wind_ms = -1", "wind_ms must be in"),
        ("wind_ms = true", "must be a number"),
        ("gust_ms = nan", "gust_ms must be in"),
        ("wind_ms = 9\ngust_ms = 4", "is below wind_ms"),
        ("storm = 1", "unknown key 'storm'"),
        ('from = "noon"', "must be an ISO time"),
        ("from = 2025-06-01T11:00:00", "needs its zone"),
        ("wind_ms =", "not valid TOML"),
    ],
)
def test_a_wrong_weather_file_is_named_with_its_key(tmp_path, text, said):
    path = tmp_path / "w.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFileError, match=said):
        read_weather(path)
