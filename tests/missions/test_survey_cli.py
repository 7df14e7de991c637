"""`skyshade survey` from outside: what it prints and writes, and what it says to input that cannot be."""

import json
import shutil
import sqlite3
import subprocess

import geopandas
import pytest
import shapely
from click.testing import CliRunner
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from core.geo import LocalFrame, LonLat
from missions.formats import read_plan
from skyshade.cli.survey import command

FRAME = LocalFrame(LonLat(127.11, 37.37))
SQUARE = box(0, 0, 150, 110)
CAMERA = ("--camera", "M3T", "--gsd-m", "0.15")


def layer(path, *shapes, crs="EPSG:4326", name=None):
    degrees = [shapely.transform(s, FRAME.to_lonlat) for s in shapes]
    frame = geopandas.GeoDataFrame({"n": range(len(shapes))}, geometry=degrees, crs="EPSG:4326").to_crs(crs)
    frame.to_file(path, engine="pyogrio", **({"layer": name} if name else {}))
    return str(path)


def run(*args):
    result = CliRunner().invoke(command, [str(a) for a in args], catch_exceptions=True)
    told = (
        "" if result.exception is None or isinstance(result.exception, SystemExit) else str(result.exception)
    )
    hint = getattr(result.exception, "hint", None)
    return result, f"{result.output} {told} {hint or ''}"


def place(east, north):
    lonlat = FRAME.place(east, north)
    return f"{lonlat.lon},{lonlat.lat}"


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """A survey of a square in a folder with a Korean name, and what the command printed."""
    folder = tmp_path_factory.mktemp("탄천 조사")
    area = layer(folder / "공원 구역.geojson", SQUARE)
    result, told = run(
        "plan", area, *CAMERA, "-o", folder / "계획.plan", "--proof", folder / "증명.html", "--json"
    )
    assert result.exit_code == 0, told
    return folder, json.loads(result.stdout)


def test_plan_prints_its_proof(planned):
    _, answer = planned
    assert answer["proved"] is True
    assert answer["coverage"]["fraction"] == 1.0
    assert answer["coverage"]["missed"] == 0
    assert answer["coverage"]["min_overlap"] >= 1
    assert answer["overlap"]["along"]["least"] >= 0.8
    assert answer["overlap"]["across"]["least"] >= 0.695
    assert answer["gsd_m"]["coarsest"] == pytest.approx(0.15, abs=1e-3)
    assert (answer["legs_outside_m"], answer["turns_outside_m"], answer["faults"]) == (0.0, 0.0, [])


def test_plan_writes_a_page_that_fetches_nothing(planned):
    folder, answer = planned
    page = (folder / "증명.html").read_text(encoding="utf-8")
    assert answer["proof_map"].endswith("증명.html")
    assert "촬영 횟수" in page
    assert "default-src 'none'" in page


def test_the_page_draws_in_a_browser(planned, chromium, tmp_path):
    folder, _ = planned
    page = tmp_path / "proof.html"
    shutil.copy(folder / "증명.html", page)
    told = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", str(page)],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    assert "leaflet-image-layer" in told
    assert "증명 결과" in told


def test_proof_as_a_picture(planned, tmp_path):
    folder, _ = planned
    result, told = run(
        "plan",
        folder / "공원 구역.geojson",
        *CAMERA,
        "-o",
        tmp_path / "a.plan",
        "--proof",
        tmp_path / "a.png",
    )
    assert result.exit_code == 0, told
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def csv_of(shots):
    lines = ["index,time_s,lon,lat,alt_home_m,alt_geoid_m"]
    lines += [
        f"{i},{1000 + i},{s.lonlat.lon:.7f},{s.lonlat.lat:.7f},{s.altitude.value_m:.2f},0"
        for i, s in enumerate(shots)
    ]
    return "\n".join(lines) + "\n"


def planned_shots(folder):
    from missions.survey.record import read_record
    from missions.survey.writing import planned_shots as shots_of

    record = read_record(folder / "계획.survey.json")
    return shots_of(read_plan(folder / "계획.plan"), record.params)


def test_resume_plans_the_rest_and_names_the_lost(planned, tmp_path):
    folder, _ = planned
    shots = planned_shots(folder)
    (tmp_path / "shots.csv").write_text(csv_of(shots[: len(shots) // 3]), encoding="utf-8")
    result, told = run(
        "resume",
        folder / "계획.plan",
        "--shots",
        tmp_path / "shots.csv",
        "-o",
        tmp_path / "rest.plan",
        "--json",
    )
    assert result.exit_code == 0, told
    answer = json.loads(result.stdout)
    assert answer["taken"] == len(shots) // 3
    assert answer["planned"] == len(shots)
    assert len(answer["lost"]) == len(shots) - len(shots) // 3
    assert answer["coverage"]["fraction"] == 1.0
    assert read_plan(tmp_path / "rest.plan").items


def test_resume_of_a_whole_flight_has_nothing_to_do(planned, tmp_path):
    folder, _ = planned
    (tmp_path / "shots.csv").write_text(csv_of(planned_shots(folder)), encoding="utf-8")
    result, told = run("resume", folder / "계획.plan", "--shots", tmp_path)
    assert result.exit_code == 0, told
    assert "nothing is missing" in result.output


def test_resume_without_photographs_says_why(planned, tmp_path):
    folder, _ = planned
    (tmp_path / "empty.csv").write_text("index,time_s,lon,lat,alt_home_m\n", encoding="utf-8")
    result, told = run("resume", folder / "계획.plan", "--shots", tmp_path / "empty.csv")
    assert result.exit_code == 1
    assert "holds no photograph" in told
    assert "CAM1_TYPE" in told


def test_corridor_follows_its_line(tmp_path):
    stream = LineString([(0, 0), (200, 40), (400, -20)])
    result, told = run(
        "corridor", layer(tmp_path / "탄천.geojson", stream), "--width-m", 50, *CAMERA, "--margin-m", 10,
        "-o", tmp_path / "c.plan", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, told
    answer = json.loads(result.stdout)
    assert answer["coverage"]["fraction"] == 1.0
    assert answer["proved"]


def test_cross_hatch_doubles_the_photographs(planned, tmp_path):
    folder, answer = planned
    result, told = run(
        "plan", folder / "공원 구역.geojson", *CAMERA, "--cross-hatch", "-o", tmp_path / "x.plan", "--json"
    )
    assert result.exit_code == 0, told
    crossed = json.loads(result.stdout)
    assert crossed["proved"]
    assert crossed["coverage"]["min_overlap"] >= 2 * answer["coverage"]["min_overlap"]
    assert len(crossed["sorties"]) == 2


def test_a_tilted_camera_needs_room_and_then_sees_all(planned, tmp_path):
    folder, _ = planned
    args = ("plan", folder / "공원 구역.geojson", *CAMERA, "--pitch-deg", -70, "-o", tmp_path / "o.plan")
    result, told = run(*args)
    assert result.exit_code == 1
    assert "looks" in told
    margin = told.split("--margin-m ")[1].split()[0]
    result, told = run(*args, "--margin-m", float(margin) + 15, "--json")
    assert result.exit_code == 0, told
    assert json.loads(result.stdout)["coverage"]["fraction"] == 1.0


def test_several_launches_are_used(tmp_path):
    parts = box(0, 0, 500, 300).union(box(1500, 0, 2000, 300))
    area = layer(tmp_path / "long.geojson", parts)
    result, told = run(
        "plan",
        area,
        *CAMERA,
        "--home",
        place(5, 60),
        "--launch",
        place(1995, 60),
        "-o",
        tmp_path / "l.plan",
        "--json",
    )
    assert result.exit_code == 0, told
    launches = {tuple(round(v, 4) for v in s["launch"]) for s in json.loads(result.stdout)["sorties"]}
    assert len(launches) == 2


def test_time_trigger_is_written_and_proved(planned, tmp_path):
    folder, _ = planned
    result, told = run(
        "plan",
        folder / "공원 구역.geojson",
        *CAMERA,
        "--trigger",
        "time",
        "-o",
        tmp_path / "t.plan",
        "--json",
    )
    assert result.exit_code == 0, told
    assert {i.command for i in read_plan(tmp_path / "t.plan").items} >= {2000, 2001}


BOW = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
FLAT = Polygon([(0, 0), (100, 0), (50, 0)])
BAD_AREAS = {
    "zero width": ((FLAT,), ("no width",)),
    "self-crossing": ((BOW,), ("crosses itself",)),
    "a line": ((LineString([(0, 0), (50, 50)]),), ("holds no polygon",)),
    "too large": ((box(0, 0, 30000, 30000),), ("shots, more than",)),
}


@pytest.mark.parametrize("name", BAD_AREAS)
def test_an_area_that_cannot_be_flown_is_named(tmp_path, name):
    shapes, words = BAD_AREAS[name]
    result, told = run("plan", layer(tmp_path / "a.geojson", *shapes), *CAMERA, "-o", tmp_path / "a.plan")
    assert result.exit_code == 1
    assert any(word in told for word in words), told
    assert not (tmp_path / "a.plan").exists()


def test_an_area_in_degrees_without_crs_is_refused(tmp_path):
    layer(tmp_path / "a.shp", SQUARE)
    (tmp_path / "a.prj").unlink()
    result, told = run("plan", tmp_path / "a.shp", *CAMERA, "-o", tmp_path / "a.plan")
    assert result.exit_code == 1
    assert "no coordinate reference system" in told


def test_an_empty_layer_is_refused(tmp_path):
    empty = geopandas.GeoDataFrame({"n": []}, geometry=[], crs="EPSG:4326")
    empty.to_file(tmp_path / "e.gpkg", layer="none", engine="pyogrio")
    result, told = run("plan", tmp_path / "e.gpkg", *CAMERA, "-o", tmp_path / "a.plan")
    assert result.exit_code == 1
    assert "holds no polygon" in told


def test_one_layer_of_several_can_be_named(tmp_path):
    path = tmp_path / "여러 층.gpkg"
    layer(path, Point(0, 0), name="점")
    layer(path, SQUARE, name="구역")
    with sqlite3.connect(path) as store:
        assert store.execute("select count(*) from gpkg_contents").fetchone()[0] == 2
    result, told = run("plan", path, "--layer", "구역", *CAMERA, "-o", tmp_path / "a.plan")
    assert result.exit_code == 0, told
    result, told = run("plan", path, "--layer", "없음", *CAMERA, "-o", tmp_path / "b.plan")
    assert result.exit_code == 1
    assert "없음" in told


def test_a_layer_in_korean_metres_is_the_same_place(tmp_path):
    path = layer(tmp_path / "a.gpkg", SQUARE, crs="EPSG:5186")
    result, told = run("plan", path, *CAMERA, "-o", tmp_path / "a.plan")
    assert result.exit_code == 0, told
    assert FRAME.point(read_plan(tmp_path / "a.plan").home.position) == pytest.approx((5, 5), abs=2)


def test_an_area_wholly_inside_a_no_fly_zone_is_refused(planned, tmp_path):
    folder, _ = planned
    zone = layer(tmp_path / "zone.geojson", box(-50, -50, 300, 300))
    result, told = run(
        "plan", folder / "공원 구역.geojson", *CAMERA, "--no-fly", zone, "-o", tmp_path / "a.plan"
    )
    assert result.exit_code == 1
    assert "no-fly zones cover the whole area" in told


WISHES = {
    "a launch out of reach": (("--home", place(20000, 0)), 1, ("Wh to reach", "take off nearer")),
    "a pixel above the ceiling": (("--gsd-m", 0.5), 1, ("m above ground, more than 150 m", "m or finer")),
    "a pixel too fine": (("--gsd-m", 0.001), 1, ("less than 5 m", "m or coarser")),
    "overlap of one": (("--front", 1.0), 2, ("front overlap must be in [0, 0.95], got 1.0",)),
    "a trigger faster than the camera": (("--speed-ms", 9.5), 1, ("M3T needs 2 s", "--speed-ms")),
    "a shutter too slow": (("--speed-ms", 5, "--shutter-s", 0.2), 1, ("pixels in the 0.2 s", "--speed-ms")),
    "a camera that looks out of the area": (("--pitch-deg", -30), 1, ("m ahead", "--margin-m")),
    "a pitch of nonsense": (("--pitch-deg", 10), 2, ("pitch_deg must be",)),
    "a sea-level frame without height model": (("--frame", "amsl"), 1, ("--dem",)),
    "a proof of no known kind": (("--proof", "a.docx"), 1, ("use .html or .png",)),
    "a plan of no known kind": (("-o", "a.docx"), 1, ("is not a mission format",)),
    "an unknown camera": (("--camera", "M9X"), 1, ("M9X",)),
}


@pytest.mark.parametrize("name", WISHES)
def test_a_wish_that_cannot_be_says_the_number_and_what_would_work(planned, tmp_path, name):
    folder, _ = planned
    more, status, words = WISHES[name]
    result, told = run("plan", folder / "공원 구역.geojson", *CAMERA, "-o", tmp_path / "a.plan", *more)
    assert result.exit_code == status, told
    assert all(word in told for word in words), told
    assert not (tmp_path / "a.plan").exists()


def test_a_speed_that_is_offered_is_taken(planned, tmp_path):
    folder, _ = planned
    args = ("plan", folder / "공원 구역.geojson", *CAMERA, "-o", tmp_path / "a.plan")
    _, told = run(*args, "--speed-ms", 9.5)
    offered = told.split("--speed-ms ")[1].split()[0]
    assert run(*args, "--speed-ms", offered)[0].exit_code == 0


def test_a_dem_of_another_place_is_refused(planned, tmp_path):
    import numpy as np
    import rasterio

    folder, _ = planned
    grid = rasterio.Affine(0.001, 0, 10.0, 0, -0.001, 50.0)
    with rasterio.open(
        tmp_path / "d.tif", "w", driver="GTiff", width=9, height=9, count=1, dtype="float32", crs="EPSG:4326",
        transform=grid,
    ) as file:  # fmt: skip
        file.write(np.zeros((1, 9, 9), np.float32))
    result, told = run(
        "plan", folder / "공원 구역.geojson", *CAMERA, "--dem", tmp_path / "d.tif", "-o", tmp_path / "a.plan"
    )
    assert result.exit_code == 1
    assert "DEM does not cover" in told


def test_parts_far_apart_are_all_seen(tmp_path):
    parts = MultiPolygon([box(0, 0, 80, 60), box(300, 0, 380, 60)])
    result, told = run(
        "plan", layer(tmp_path / "p.geojson", parts), *CAMERA, "-o", tmp_path / "a.plan", "--json"
    )
    assert result.exit_code == 0, told
    assert json.loads(result.stdout)["proved"]


def test_corridor_says_what_is_wrong_with_its_line(tmp_path):
    apart = layer(tmp_path / "two.geojson", LineString([(0, 0), (50, 0)]), LineString([(90, 90), (150, 90)]))
    area = layer(tmp_path / "area.geojson", SQUARE)
    for path, words in ((apart, "2 lines that do not join"), (area, "holds no line")):
        result, told = run("corridor", path, "--width-m", 40, *CAMERA, "-o", tmp_path / "c.plan")
        assert result.exit_code == 1
        assert words in told
