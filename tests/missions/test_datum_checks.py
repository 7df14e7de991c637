"""A height model that disagrees with the plan's home, and whether it says what its heights count from."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from core.geo import Altitude, Datum, LocalFrame, LonLat
from gis.terrain import read_terrain
from missions.checks import check_mission, passed
from missions.finding import Severity, Verdict
from missions.model import Command, Home, Mission, MissionItem

HOME = LonLat(127.11, 37.37)
FRAME = LocalFrame(HOME)
GROUND_M = 40.0
CLEARANCES = ("height_above_ground", "terrain_clearance", "return_clearance")


def dem(path, crs):
    heights = np.full((40, 40), GROUND_M, np.float32)
    corner = from_origin(127.10, 37.38, 0.0005, 0.0005)
    with rasterio.open(
        path, "w", driver="GTiff", width=40, height=40, count=1, dtype="float32", crs=crs, transform=corner
    ) as out:
        out.write(heights, 1)
    return path


def plan(elevation_m):
    up = Altitude(50.0, Datum.HOME)
    items = (
        MissionItem(Command.NAV_TAKEOFF, altitude=up),
        MissionItem(Command.NAV_WAYPOINT, position=FRAME.place(200.0, 0.0), altitude=up),
        MissionItem(Command.NAV_RETURN_TO_LAUNCH),
    )
    return Mission(Home(HOME, elevation_m), items)


def verdicts(path, elevation_m):
    return {f.rule: f for f in check_mission(plan(elevation_m), terrain=read_terrain(path))}


@pytest.mark.parametrize(
    ("crs", "elevation_m", "datum", "clearance"),
    [
        ("EPSG:4326", 45.0, Verdict.PASS, Verdict.PASS),
        ("EPSG:4326", 63.0, Verdict.FAIL, Verdict.UNKNOWN),
        ("EPSG:4326", None, None, Verdict.PASS),
        ("EPSG:4326+5773", 45.0, Verdict.PASS, Verdict.PASS),
        ("EPSG:4326+5773", 63.0, Verdict.FAIL, Verdict.PASS),
    ],
)
def test_clearance_is_unknown_only_over_a_dem_without_datum_that_disagrees_with_home(
    tmp_path, crs, elevation_m, datum, clearance
):
    found = verdicts(dem(tmp_path / "지형.tif", crs), elevation_m)
    assert (found["dem_datum"].verdict if "dem_datum" in found else None) is datum
    assert {found[rule].verdict for rule in CLEARANCES} == {clearance}


def test_the_doubt_is_a_warning_with_its_figure_and_the_way_out(tmp_path):
    found = verdicts(dem(tmp_path / "d.tif", "EPSG:4326"), 63.0)
    doubt = found["dem_datum"]
    assert (doubt.severity, doubt.value, doubt.limit) == (Severity.WARNING, pytest.approx(23.0), 10.0)
    assert "5773" in doubt.cure
    assert all("datum" in found[rule].cure for rule in CLEARANCES)
    assert passed(tuple(found.values()))


def test_a_clearance_that_fails_stays_failed_whatever_the_datum(tmp_path):
    low = plan(63.0)
    item = replace(low.items[1], altitude=Altitude(3.0, Datum.HOME))
    made = replace(low, items=(low.items[0], item, low.items[2]))
    found = check_mission(made, terrain=read_terrain(dem(tmp_path / "d.tif", "EPSG:4326")))
    assert next(f for f in found if f.rule == "terrain_clearance").verdict is Verdict.FAIL
