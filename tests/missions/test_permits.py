"""Permits held against flights, by asking every metre and minute."""

import random
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from core.errors import BadFileError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from gis.terrain import FlatTerrain
from missions.aircraft import load_aircraft
from missions.airspace import Zone, ZoneKind
from missions.checks import check_mission
from missions.dailyhours import DailyHours
from missions.finding import Verdict
from missions.model import Command, Home, Mission, MissionItem
from missions.permits import Permit, read_permits

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
START = datetime(2025, 6, 2, 3, tzinfo=UTC)
DAY = timedelta(days=1)
CRAFT = load_aircraft("sitl-quad")


def lonlat(east, north, to_east, to_north):
    return shapely.transform(box(east, north, to_east, to_north), FRAME.to_lonlat)


def zone(east=-2000, to_east=2000, **more):
    return Zone("관제권", ZoneKind.CONTROL, lonlat(east, -2000, to_east, 2000), **more)


def permit(**more):
    return Permit(**{"zone": "관제권", "valid_from": START - DAY, "valid_until": START + DAY, **more})


def mission(*points):
    items = [MissionItem(Command.NAV_TAKEOFF, altitude=Altitude(points[0][2], Datum.HOME))]
    items += [
        MissionItem(Command.NAV_WAYPOINT, position=FRAME.place(e, n), altitude=Altitude(u, Datum.HOME))
        for e, n, u in points
    ]
    return Mission(Home(HOME, 40.0), (*items, MissionItem(Command.NAV_RETURN_TO_LAUNCH)))


OUT = mission((300, 0, 50), (300, 300, 90))


def judged(permits, made=OUT, about=None, at_time=START, aircraft=CRAFT):
    known = {"zones": [about or zone()], "permits": permits, "at_time": at_time, "aircraft": aircraft}
    found = check_mission(made, terrain=FlatTerrain(40.0), **known)
    return [f for f in found if f.rule in {"zones", "permit_conditions"}]


TWINS = {
    "another zone": ([permit(zone="딴 곳")], "no permit names it"),
    "ended": ([permit(valid_until=START - timedelta(hours=1))], "ended at 2025-06-02T02:00Z"),
    "not begun": ([permit(valid_from=START + timedelta(hours=1))], "begins at"),
    "ends in mid-flight": ([permit(valid_until=START + timedelta(minutes=1))], "ended at"),
    "other hours": ([permit(hours=DailyHours(time(20), time(22), "Asia/Seoul"))], "holds only 20:00-22:00"),
    "too low": ([permit(number="7", ceiling=Altitude(80.0, Datum.GROUND))], "permit 7 ends at 80 m over"),
    "too low over the sea": ([permit(ceiling=Altitude(120.0, Datum.GEOID))], "120 m over the sea"),
    "too small": ([permit(area=lonlat(-50, -50, 310, 250))], "does not reach over the whole part"),
    "a gap between two": (
        [permit(area=lonlat(-50, -50, 100, 350)), permit(area=lonlat(110, -50, 350, 350))], "does not reach",
    ),
}  # fmt: skip
SAFE = {
    "the whole zone": [permit()],
    "an area without a name": [permit(zone="", area=lonlat(-50, -50, 350, 350))],
    "high enough": [permit(ceiling=Altitude(90.0, Datum.GROUND)), permit(zone="딴 곳")],
    "two side by side": [permit(area=lonlat(-50, -50, 100, 350)), permit(area=lonlat(100, -50, 350, 350))],
    "two one after another": [
        permit(valid_until=START + timedelta(minutes=1)), permit(valid_from=START + timedelta(minutes=1)),
    ],
    "its hours": [permit(hours=DailyHours(time(9), time(18), "Asia/Seoul"))],
    "one low, one high": [
        permit(ceiling=Altitude(60.0, Datum.GROUND)), permit(area=lonlat(250, -50, 350, 350)),
        permit(area=lonlat(-50, -50, 350, 350), ceiling=Altitude(95.0, Datum.GROUND)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", TWINS)
def test_a_permit_that_lacks_something_is_refused_with_what_it_lacks(name):
    permits, said = TWINS[name]
    (finding,) = judged(permits)
    assert finding.verdict is Verdict.FAIL
    assert said in finding.message
    assert finding.cure
    assert finding.item is not None


@pytest.mark.parametrize("name", SAFE)
def test_permits_that_cover_the_whole_flight_open_the_zone(name):
    (finding,) = judged(SAFE[name])
    assert finding.verdict is Verdict.PASS, finding.message


def test_what_is_not_known_is_unknown():
    assert judged(None)[0].verdict is Verdict.UNKNOWN
    assert judged([permit()], at_time=None)[0].verdict is Verdict.UNKNOWN
    short = [permit(valid_until=START + timedelta(minutes=5))]
    assert judged(short, aircraft=None)[0].verdict is Verdict.UNKNOWN
    assert judged([permit()], aircraft=None)[0].verdict is Verdict.PASS


def test_conditions_are_listed_for_a_person():
    zones, conditions = judged([permit(number="24-17", conditions=("주간 비행", "one observer"))])
    assert zones.verdict is Verdict.PASS
    assert conditions.verdict is Verdict.UNKNOWN
    assert "주간 비행; one observer" in conditions.message


def test_a_zone_asleep_needs_no_permit():
    asleep = zone(hours=DailyHours(time(0), time(6), "Asia/Seoul"))
    (finding,) = judged([], about=asleep)
    assert finding.verdict is Verdict.PASS


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_cover_agrees_with_asking_every_metre_and_every_moment(seed):
    chance = random.Random(seed)
    points = [
        (chance.uniform(-400, 400), chance.uniform(-400, 400), chance.uniform(20, 120)) for _ in range(3)
    ]
    permits = [_any_permit(chance) for _ in range(chance.randint(1, 4))]
    about = zone(to_east=chance.choice([2000, chance.uniform(-100, 300)]))
    made = mission(*points)
    finding = judged(permits, made, about)[0]
    expected = _asked(made, permits, about)
    if expected is not None:
        assert finding.verdict is (Verdict.PASS if expected else Verdict.FAIL), finding.message


def _any_permit(chance):
    west, south = chance.uniform(-500, 0), chance.uniform(-500, 0)
    area = None if chance.random() < 0.4 else (west, south, chance.uniform(0, 500), chance.uniform(0, 500))
    top = None if chance.random() < 0.5 else Altitude(chance.uniform(30, 130), Datum.GROUND)
    until = START + timedelta(seconds=chance.choice([20, 60, 9000]))
    return permit(area=None if area is None else lonlat(*area), ceiling=top, valid_until=until)


def _asked(made, permits, about):
    """Sampled cover; None where a sample lies too near an edge to say."""
    from missions.path import flown_points, mission_cost

    end = START + timedelta(seconds=mission_cost(made, CRAFT, terrain=FlatTerrain(40.0)).duration_s)
    edges = sorted({START, end, *(p.valid_until for p in permits if p.valid_until < end)})
    moments = [a + (b - a) / 2 for a, b in pairwise(edges)]
    flown = flown_points(made)
    places = []
    for a, b in pairwise(flown):
        p, q = FRAME.point(a.place), FRAME.point(b.place)
        for i in range(201):
            s = i / 200
            xyz = (p[0] + s * (q[0] - p[0]), p[1] + s * (q[1] - p[1]), a.up_m + s * (b.up_m - a.up_m))
            if shapely.Point(FRAME.place(*xyz[:2]).xy).within(about.polygon):
                places.append(xyz)
    return _by_samples(places, moments, permits)


def _by_samples(places, moments, permits):
    points = shapely.points([FRAME.place(x, y).xy for x, y, _ in places]) if places else []
    ups = [u for _, _, u in places]
    unsure = False
    for moment in moments:
        for point, up in zip(points, ups, strict=True):
            rooms = [_room(p, point, up) for p in permits if p.holds(moment)]
            best = max(rooms, default=-9.0)
            if best < -3.0:
                return False
            unsure = unsure or best < 3.0
    return None if unsure else True


def _room(held, point, up):
    """How far inside a permit a place is, in metres (negative = outside)."""
    side = 1e3
    if held.area is not None:
        away = shapely.distance(held.area.exterior, point) * 88_000
        side = away if held.area.covers(point) else -away
    return min(side, 1e3 if held.ceiling is None else held.ceiling.value_m - up)


def test_a_permit_file_is_read_whole(tmp_path):
    path = tmp_path / "허가.toml"
    path.write_text(
        '[[permit]]\nzone = "관제권"\nfrom = 2025-06-01T00:00:00+09:00\nuntil = "2025-06-30T00:00+09:00"\n'
        'reference = "제2025-17호"\nhours = "09:00-18:00"\ntimezone = "Asia/Seoul"\ndays = "sat,sun"\n'
        'ceiling_m = 120\nceiling_datum = "ground"\nconditions = ["daylight only"]\n'
        "area = [[127.1, 37.36], [127.12, 37.36], [127.12, 37.38]]\n",
        encoding="utf-8",
    )
    (held,) = read_permits(path)
    assert (held.number, held.ceiling) == ("제2025-17호", Altitude(120.0, Datum.GROUND))
    assert held.hours == DailyHours(time(9), time(18), "Asia/Seoul", frozenset({5, 6}))
    assert held.conditions == ("daylight only",)
    assert held.area is not None


DATES = "from = 2025-06-01T00:00:00+09:00\nuntil = 2025-06-30T00:00:00+09:00\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DATES, "permit 1 lacks 'zone'"),
        ('zone = "Z"\n', "permit 1 lacks 'from'"),
        ('zone = "Z"\nfrom = 2025-06-01T00:00:00\nuntil = 2025-06-30T00:00:00+09:00\n', "needs its zone"),
        (f'zone = "Z"\ncolour = 1\n{DATES}', "unknown key 'colour'"),
        (f'zone = "Z"\nceiling_m = 100\n{DATES}', "needs ceiling_datum"),
        (f'zone = "Z"\nhours = "09:00-18:00"\n{DATES}', "time zone"),
        (f'zone = "Z"\narea = [[1, 2], [3, 4]]\n{DATES}', "three or more"),
        (f'zone = "Z"\narea = [[0, 0], [1, 1], [1, 0], [0, 1]]\n{DATES}', "crosses itself"),
        (f'zone = "Z"\narea = "none.geojson"\n{DATES}', "not found"),
    ],
)
def test_a_wrong_permit_is_named(tmp_path, text, said):
    path = tmp_path / "p.toml"
    path.write_text(f"[[permit]]\n{text}", encoding="utf-8")
    with pytest.raises(BadFileError, match=said):
        read_permits(path)
