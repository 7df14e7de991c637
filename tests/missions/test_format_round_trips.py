"""A plan survives each format unchanged, or what it loses is listed: for missions made of everything."""

import math
import re
import zipfile
from collections import Counter

import pytest
from generatedmissions import missions
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import BadFileError, UnknownNameError
from core.geo import Altitude, Datum, LonLat
from missions.formats import read_plan, write_plan
from missions.model import Command, Home, Mission, MissionItem

HOME = LonLat(127.11, 37.37)
PATROL = Mission(
    Home(HOME, 40.0),
    tuple(
        MissionItem(c, position=LonLat(127.11 + e, 37.37), altitude=Altitude(40.0, Datum.HOME))
        for c, e in ((Command.NAV_TAKEOFF, 0.0), (Command.NAV_WAYPOINT, 0.001), (Command.NAV_WAYPOINT, 0.002))
    ),
)
ALL = (Datum.HOME, Datum.GROUND, Datum.GEOID)
QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def said(item, digits=6):
    """What an item says to a vehicle, written without the code under test."""
    place = None if item.position is None else (round(item.position.lon, 9), round(item.position.lat, 9))
    up = None if item.altitude is None else (item.altitude.datum, round(item.altitude.value_m, 3))
    numbers = tuple(0.0 if math.isnan(v) else round(v, digits) for v in (*item.params, *item.extra))
    return item.command, numbers, place, up, item.autocontinue


def told(lost, count):
    """The numbers of the items that a list of losses names."""
    return {n for n in range(1, count + 1) if any(line.startswith(f"item {n}:") for line in lost)}


@QUICK
@given(mission=missions(*ALL))
@pytest.mark.parametrize("suffix", [".plan", ".geojson", ".kml"])
def test_formats_that_say_everything_lose_nothing(tmp_path, suffix, mission):
    path = tmp_path / f"m{suffix}"
    lost = [line for line in write_plan(mission, path) if "viewers" not in line]
    back = read_plan(path)
    assert lost == []
    assert [said(i) for i in back.items] == [said(i) for i in mission.items]
    assert [math.isnan(i.params[3]) for i in back.items] == [math.isnan(i.params[3]) for i in mission.items]
    assert (back.home, back.fence, back.rally) == (mission.home, mission.fence, mission.rally)
    assert (back.name, back.cruise_ms, back.hover_ms) == (mission.name, mission.cruise_ms, mission.hover_ms)


@QUICK
@given(mission=missions(*ALL))
def test_a_waypoints_file_keeps_every_item_and_lists_the_rest(tmp_path, mission):
    lost = write_plan(mission, tmp_path / "m.waypoints")
    back = read_plan(tmp_path / "m.waypoints")
    assert [said(i) for i in back.items] == [said(i) for i in mission.items]
    assert told(lost, len(mission.items)) == set()
    fenced = not mission.fence.empty
    assert ("the geofence" in lost) is fenced
    assert any("rally" in line for line in lost) is bool(mission.rally)
    assert any("elevation is unknown" in line for line in lost) is (mission.home.elevation_m is None)
    assert any("left to the vehicle" in line for line in lost) is any(
        math.isnan(v) for i in mission.items for v in i.params
    )


def wayline(mission, path):
    """The mission as a DJI wayline, or nothing where it has too few places or heights that do not mix."""
    try:
        return write_plan(mission, path)
    except BadFileError:
        assume(False)


@QUICK
@given(mission=st.sampled_from([Datum.HOME, Datum.GROUND, Datum.GEOID]).flatmap(missions))
def test_a_dji_wayline_names_each_item_it_does_not_keep(tmp_path, mission):
    lost = wayline(mission, tmp_path / "m.kmz")
    back = Counter(said(i) for i in read_plan(tmp_path / "m.kmz").items)
    for number, item in enumerate(mission.items, start=1):
        if number not in told(lost, len(mission.items)):
            assert back[said(item)] > 0, (number, item, lost)
            back[said(item)] -= 1
    assert ("the geofence" in lost) is (not mission.fence.empty)


@QUICK
@given(mission=missions(Datum.HOME))
def test_what_a_dji_wayline_kept_is_kept_for_good(tmp_path, mission):
    wayline(mission, tmp_path / "m.kmz")
    once = read_plan(tmp_path / "m.kmz")
    lost = write_plan(once, tmp_path / "m.kmz")
    assert [line for line in lost if "which DJI" not in line] == []
    assert [said(i) for i in read_plan(tmp_path / "m.kmz").items] == [said(i) for i in once.items]


@pytest.mark.parametrize(("drone", "numbers"), [("M3T", (77, 1, 67)), ("M30T", (67, 1, 53))])
def test_a_wayline_names_its_aircraft_and_camera(tmp_path, drone, numbers):
    write_plan(PATROL, tmp_path / "m.kmz", drone=drone)
    tags = [f"{tag}EnumValue" for tag in ("drone", "droneSub", "payload")]
    with zipfile.ZipFile(tmp_path / "m.kmz") as archive:
        for text in (archive.read(name).decode() for name in archive.namelist()):
            found = [int(re.search(rf"<wpml:{tag}>(\d+)<", text)[1]) for tag in tags]
            assert tuple(found) == numbers


def test_an_unknown_dji_aircraft_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(UnknownNameError, match="M30T, M3T"):
        write_plan(PATROL, tmp_path / "m.kmz", drone="M210")
