"""What `skyshade survey resume` tells its operator: what is lost, on which row, and what is flown again."""

import json
import re

import geopandas
import pytest
from click.testing import CliRunner
from shapely.geometry import box

from core.geo import LocalFrame, LonLat
from missions.formats import read_plan
from missions.route import to_degrees
from missions.survey.rehearsal import rehearse, shots_of
from skyshade.cli.survey import command

FRAME = LocalFrame(LonLat(127.11, 37.37))


def run(*args):
    return CliRunner().invoke(command, [str(a) for a in args])


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    folder = tmp_path_factory.mktemp("공원 조사")
    area = to_degrees(box(0, 0, 150, 100), FRAME)
    geopandas.GeoDataFrame({"n": [1]}, geometry=[area], crs="EPSG:4326").to_file(
        folder / "park.geojson", engine="pyogrio"
    )
    camera = ("--camera", "M3T", "--gsd-m", 0.12, "--aircraft", "sitl-quad")
    assert run("plan", folder / "park.geojson", *camera, "-o", folder / "p.plan").exit_code == 0
    mission = read_plan(folder / "p.plan")
    views = rehearse(mission, excess_m=0.13)
    return folder, list(shots_of(views, LocalFrame(mission.home.position))), views.strips + 1


def recorded(path, shots, gone=(), *, counted=True):
    rows = ["time_s,lon,lat,alt_home_m,number"]
    for number, shot in enumerate(shots, start=1):
        if number not in gone:
            place = f"{shot.lonlat.lon:.7f},{shot.lonlat.lat:.7f},{shot.altitude.value_m:.2f}"
            rows.append(f"{1000 + 2 * number},{place},{number if counted else ''}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_lost_photographs_are_told_with_their_rows_and_what_is_flown_again(park, tmp_path):
    folder, shots, rows = park
    log = recorded(tmp_path / "a.csv", shots, (5, 6, 20))
    result = run("resume", folder / "p.plan", "--shots", log, "-o", tmp_path / "rest.plan")
    assert result.exit_code == 0, result.output
    total = len(shots)
    assert f"{total - 3} of the {total} planned ones are taken, 3 lost" in result.stdout
    assert f"lost of p.plan: photograph 5-6 (row {rows[4]}), 20 (row {rows[19]})" in result.stdout
    assert "flown again for 3 lost photographs" in result.stdout
    assert re.search(r"seen so far: 100.00%; neighbours share at least [34]\d\.\d% along", result.stdout)
    assert re.search(r"^neighbours share at least (79|8\d)\.\d% along", result.stdout, re.MULTILINE)
    assert "the camera counted 3 more than the recordings hold" in result.stderr


def test_the_same_for_machines(park, tmp_path):
    folder, shots, rows = park
    log = recorded(tmp_path / "a.csv", shots, (7,), counted=False)
    result = run("resume", folder / "p.plan", "--shots", log, "-o", tmp_path / "rest.plan", "--json")
    answer = json.loads(result.stdout)
    (lost,) = answer["lost"]
    assert (lost["plan"], lost["number"], lost["row"]) == ("p.plan", 7, rows[6])
    assert lost["flown_again"] is True
    assert (answer["found"], answer["unheard"]) == (len(shots) - 1, 0)
    assert answer["before"] == {"fraction": 1.0, "unseen_m2": 0.0}


def test_of_a_flight_cut_short_the_ground_that_nobody_saw_is_told(park, tmp_path):
    folder, shots, _ = park
    log = recorded(tmp_path / "a.csv", shots[: len(shots) // 3])
    result = run("resume", folder / "p.plan", "--shots", log, "-o", tmp_path / "rest.plan")
    hectares = float(re.search(r", (\d\.\d\d) ha are in no photograph", result.stdout)[1])
    assert 0.3 < hectares < 1.2  # of 1.5
    assert f"photograph {len(shots) // 3 + 1}-{len(shots)} (row" in result.stdout


def test_a_whole_flight_needs_no_other(park, tmp_path):
    folder, shots, _ = park
    result = run("resume", folder / "p.plan", "--shots", recorded(tmp_path / "a.csv", shots))
    assert "nothing is missing: no flight is needed" in result.stdout
    assert "lost of" not in result.stdout
    assert not result.stderr


def test_a_recording_of_another_place_is_doubted(park, tmp_path):
    folder, shots, _ = park
    rows = recorded(tmp_path / "a.csv", shots).read_text(encoding="utf-8").replace(",37.3", ",37.4")
    (tmp_path / "b.csv").write_text(rows, encoding="utf-8")
    result = run("resume", folder / "p.plan", "--shots", tmp_path / "b.csv", "-o", tmp_path / "rest.plan")
    assert f"none of the {len(shots)} photographs lies on the plan" in result.stderr
    assert f"0 of the {len(shots)} planned ones are taken" in result.stdout


def test_a_flight_over_gaps_that_left_gaps_goes_on_with_the_same_survey(park, tmp_path):
    folder, shots, _ = park
    third, most = len(shots) // 3, len(shots) - 6
    first = recorded(tmp_path / "a.csv", shots[:third])
    rest, last = folder / "둘째" / "rest.plan", tmp_path / "last.plan"
    rest.parent.mkdir()
    assert run("resume", folder / "p.plan", "--shots", first, "-o", rest).exit_code == 0
    second = recorded(tmp_path / "b.csv", shots[third:most], counted=False)
    answer = json.loads(run("resume", rest, "--shots", second, "-o", last, "--json").stdout)
    assert (answer["taken"], answer["planned"]) == (most, len(shots))
    assert {one["plan"] for one in answer["lost"]} == {"p.plan"}
    assert [one["number"] for one in answer["lost"]] == list(range(most + 1, len(shots) + 1))
    third = recorded(tmp_path / "c.csv", shots[most:], counted=False)
    told = run("resume", last, "--shots", third, "--shots", first).stdout
    assert "nothing is missing: no flight is needed" in told
