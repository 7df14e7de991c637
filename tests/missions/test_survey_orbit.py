"""`skyshade survey orbit` from outside: rings round a point or a building, and their proof."""

import json
from dataclasses import replace

import geopandas
import pytest
import shapely
from click.testing import CliRunner
from shapely.geometry import Polygon, box

from core.geo import LocalFrame, LonLat
from gis.vector import read_area
from missions.cameras import load_camera
from missions.formats import read_plan
from missions.model import Command
from missions.route import to_degrees
from missions.survey import SurveyParams
from missions.survey.orbit import OrbitWishes, plan_orbit
from missions.survey.orbitproof import Round, prove_orbit
from skyshade.cli.survey import command

FRAME = LocalFrame(LonLat(127.11, 37.37))
HALL = box(0, 0, 40, 20)
BENT = Polygon([(0, 0), (40, 0), (40, 15), (15, 15), (15, 40), (0, 40)])
FAR = box(-500, -500, 500, 500)


def drawn(path, *shapes):
    degrees = [shapely.transform(s, FRAME.to_lonlat) for s in shapes]
    frame = geopandas.GeoDataFrame({"n": range(len(shapes))}, geometry=degrees, crs="EPSG:4326")
    frame.to_file(path, engine="pyogrio")
    return path


def place(east, north):
    lonlat = FRAME.place(east, north)
    return f"{lonlat.lon},{lonlat.lat}"


def orbit(tmp_path, *args, camera=("--camera", "M3T", "--gsd-m", 0.06)):
    out = tmp_path / "o.plan"
    result = CliRunner().invoke(command, [str(a) for a in ("orbit", *args, *camera, "-o", out)])
    told = f"{result.output} {result.exception} {getattr(result.exception, 'hint', '')}"
    return result, told, out


def orbited(tmp_path, *args, **more):
    result, told, _ = orbit(tmp_path, *args, "--json", **more)
    assert result.exit_code == 0, told
    answer = json.loads(result.stdout)
    return answer, [read_plan(sortie["path"]) for sortie in answer["sorties"]]


@pytest.mark.parametrize("shape", [HALL, BENT], ids=["hall", "bent"])
def test_every_patch_of_wall_is_photographed(tmp_path, shape):
    answer, _ = orbited(tmp_path, drawn(tmp_path / "건물 하나.geojson", shape), "--top-m", 18)
    assert answer["proved"]
    assert answer["coverage"]["missed"] == 0
    assert answer["coverage"]["min_overlap"] >= 5
    assert answer["overlap"]["along"]["least"] >= 0.79
    assert answer["gsd_m"]["coarsest"] <= 0.0605
    assert (answer["legs_outside_m"], answer["turns_outside_m"]) == (0.0, 0.0)


def test_a_high_building_gets_rings_one_above_the_other(tmp_path):
    hall = drawn(tmp_path / "tower.geojson", box(0, 0, 25, 25))
    answer, missions = orbited(
        tmp_path, hall, "--top-m", 60, "--side", 0.5, camera=("--camera", "M3T", "--gsd-m", 0.04)
    )
    assert answer["rings"] >= 3
    assert answer["overlap"]["across"]["least"] >= 0.49
    assert answer["proved"]
    heights = {
        round(i.altitude.value_m, 1) for m in missions for i in m.items if i.command == Command.NAV_WAYPOINT
    }
    assert len(heights) >= 3


def test_the_aircraft_stays_off_the_walls_all_the_way(tmp_path):
    _, missions = orbited(tmp_path, drawn(tmp_path / "h.geojson", BENT), "--top-m", 18)
    for mission in missions:
        way = shapely.LineString([FRAME.point(p) for p in (*mission.places, mission.home.position)])
        assert way.distance(BENT) >= 9.9


def test_round_a_point_every_direction_is_seen_at_the_radius_asked(tmp_path):
    answer, missions = orbited(tmp_path, place(0, 0), "--radius-m", 30)
    assert answer["coverage"]["cells"] == 360
    assert answer["coverage"]["missed"] == 0
    (aim,) = {i.position for m in missions for i in m.items if i.command == Command.DO_SET_ROI_LOCATION}
    assert FRAME.point(aim) == pytest.approx((0, 0), abs=0.05)
    shots = [i for m in missions for i in m.items if i.command == Command.NAV_WAYPOINT]
    apart = [shapely.Point(FRAME.point(i.position)).distance(shapely.Point(0, 0)) for i in shots[1:-1]]
    assert max(apart) == pytest.approx(30, abs=0.2)


def test_two_heights_round_a_point_are_two_closed_rings(tmp_path):
    args = (place(0, 0), "--radius-m", 25, "--ring-height-m", 12, "--ring-height-m", 20, "--every-deg", 6)
    answer, _ = orbited(tmp_path, *args, "--side", 0.3)
    assert answer["rings"] == 2
    assert answer["coverage"]["cells"] == 720
    assert answer["sorties"][0]["shots"] >= 2 * 60
    assert answer["proved"]


def test_a_trigger_by_time_is_proved_too(tmp_path):
    assert orbited(tmp_path, place(0, 0), "--radius-m", 30, "--trigger", "time")[0]["proved"]


WISHES = {
    "a pixel too coarse": (("--radius-m", 90), 1, ("m a pixel of M3T covers", "--gsd-m")),
    "steps too wide": (("--radius-m", 30, "--every-deg", 30), 1, ("80% is asked", "--every-deg")),
    "a radius of nothing": (("--radius-m", 0), 2, ("radius_m must be",)),
    "a ring above the ceiling": (("--radius-m", 30, "--max-height-m", 20), 1, ("more than 20 m", "--ring")),
    "a point with a height": (("--top-m", 9), 2, ("--top-m is for a building",)),
    "a view under itself": (("--down-deg", 80), 1, ("looks under itself",)),
    "a launch out of reach": (("--radius-m", 30, "--home", place(20000, 0)), 1, ("Wh", "take off nearer")),
}


@pytest.mark.parametrize("name", WISHES)
def test_a_wish_that_cannot_be_says_the_number_and_what_would_work(tmp_path, name):
    more, status, words = WISHES[name]
    result, told, out = orbit(tmp_path, place(0, 0), *more)
    assert result.exit_code == status, told
    assert all(word in told for word in words), told
    assert not out.exists()


def test_a_building_needs_its_height_and_room(tmp_path):
    hall = drawn(tmp_path / "h.geojson", HALL)
    result, told, _ = orbit(tmp_path, hall)
    assert (result.exit_code, "--top-m says how high" in told) == (2, True)
    result, told, _ = orbit(tmp_path, hall, "--top-m", 18, "--radius-m", 6)
    assert (result.exit_code, "6.0 m from the walls, 10 m" in told) == (1, True)


def test_a_ring_through_a_no_fly_zone_is_refused_with_the_metres(tmp_path):
    zone = drawn(tmp_path / "zone.geojson", box(20, -10, 60, 10))
    result, told, _ = orbit(tmp_path, place(0, 0), "--radius-m", 30, "--no-fly", zone)
    assert result.exit_code == 1, told
    assert "m of the ring" in told


@pytest.mark.parametrize("broken", ["no aim", "cut", "sparse"])
def test_the_proof_finds_what_is_wrong_with_a_broken_plan(tmp_path, broken):
    area = read_area(drawn(tmp_path / "h.geojson", HALL))
    camera, params = load_camera("M3T"), SurveyParams(gsd_m=0.05)
    made = plan_orbit(area, camera, None, params, OrbitWishes(top_m=18.0))
    mission = made.sorties[0].mission
    items = mission.items
    if broken == "no aim":
        items = tuple(i for i in items if i.command != Command.DO_SET_ROI_LOCATION)
    elif broken == "cut":
        items = (*items[: len(items) // 2], items[-1])
    else:
        items = tuple(
            replace(i, params=(3 * i.params[0], *i.params[1:]))
            if i.command == Command.DO_SET_CAM_TRIGG_DIST
            else i
            for i in items
        )
    frame = LocalFrame(mission.home.position)
    hall = shapely.transform(area, lambda p: frame.to_local(p[:, 0], p[:, 1]))
    asked = Round(hall, 0.0, 18.0, made.facts["radius_m"], (made.height_m,))
    allowed = to_degrees(FAR, FRAME)
    whole = prove_orbit([mission], asked, area, allowed, camera, params)
    found = prove_orbit([replace(mission, items=items, patterns=())], asked, area, allowed, camera, params)
    assert whole.holds
    assert not found.holds
