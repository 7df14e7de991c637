"""An allowed area of its own: the aircraft stays in it, and what cannot be seen from it is refused."""

import json

import geopandas
import pytest
import shapely
from click.testing import CliRunner
from shapely.geometry import box

from core.geo import LocalFrame, LonLat
from missions.formats import read_plan
from missions.survey.record import read_record
from skyshade.cli.survey import command

FRAME = LocalFrame(LonLat(127.11, 37.37))
AREA = box(0, 0, 150, 110)


def drawn(path, shape):
    degrees = shapely.transform(shape, FRAME.to_lonlat)
    geopandas.GeoDataFrame({"n": [0]}, geometry=[degrees], crs="EPSG:4326").to_file(path, engine="pyogrio")
    return path


def surveyed(tmp_path, allowed, *more):
    area, air = drawn(tmp_path / "구역.geojson", AREA), drawn(tmp_path / "허용.geojson", allowed)
    args = [
        "plan",
        area,
        "--camera",
        "M3T",
        "--gsd-m",
        0.15,
        "--allowed",
        air,
        "-o",
        tmp_path / "a.plan",
        *more,
    ]
    result = CliRunner().invoke(command, [str(a) for a in args])
    return result, f"{result.output} {result.exception} {getattr(result.exception, 'hint', '')}"


@pytest.mark.parametrize(
    "allowed", [box(-30, -20, 180, 130), box(20, 15, 130, 95)], ids=["larger", "smaller than the area"]
)
def test_all_is_seen_from_inside_the_allowed_area(tmp_path, allowed):
    result, told = surveyed(tmp_path, allowed, "--json")
    assert result.exit_code == 0, told
    answer = json.loads(result.stdout)
    assert answer["proved"]
    mission = read_plan(answer["sorties"][0]["path"])
    way = shapely.LineString([FRAME.point(p) for p in mission.places])
    assert way.within(allowed.buffer(0.05))


def test_the_record_keeps_the_allowed_area(tmp_path):
    allowed = box(-30, -20, 180, 130)
    surveyed(tmp_path, allowed)
    kept = read_record(tmp_path / "a.survey.json").params.allowed
    metres = shapely.transform(kept, lambda p: FRAME.to_local(p[:, 0], p[:, 1]))
    assert metres.symmetric_difference(allowed).area < 1.0


def test_ground_out_of_sight_is_refused_with_its_size(tmp_path):
    result, told = surveyed(tmp_path, box(0, 0, 20, 110))
    assert result.exit_code == 1
    assert "m2 of the survey area" in told
    assert "cannot be seen from the allowed area" in told
    assert not (tmp_path / "a.plan").exists()


def test_a_home_outside_the_allowed_area_is_refused_with_its_distance(tmp_path):
    home = FRAME.place(-60, 0)
    result, told = surveyed(tmp_path, box(-10, -10, 160, 120), "--home", f"{home.lon},{home.lat}")
    assert result.exit_code == 1
    assert "home lies 50 m outside the allowed area" in told
