import json
import subprocess
import sys

import numpy as np
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from shapely.geometry import box, mapping

from core.geo import LocalFrame, LonLat
from missions.formats import read_plan
from skyshade.cli.main import cli

FRAME = LocalFrame(LonLat(127.11, 37.37))


def layer(path, polygon, **properties):
    geometry = mapping(shapely.transform(polygon, FRAME.to_lonlat))
    path.write_text(json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}), "utf-8")
    return str(path)


@pytest.fixture
def area(tmp_path):
    return layer(tmp_path / "탄천 공원.geojson", box(0, 0, 200, 150))


def run(*args):
    return CliRunner().invoke(cli, [str(a) for a in args])


def plan(area, out, *more):
    return run("survey", "plan", area, "--camera", "M3T", "--gsd-m", "0.12", "-o", out, "--json", *more)


def test_survey_plan_writes_a_proved_plan_and_says_its_figures(tmp_path, area):
    out = tmp_path / "계획 1.plan"
    answer = json.loads(plan(area, out).stdout)
    (sortie,) = answer["sorties"]
    assert sortie["path"] == str(out)
    assert sortie["items"] == len(read_plan(out).items)
    assert all(sortie[key] > 0 for key in ("distance_m", "duration_s", "energy_Wh", "shots"))
    assert answer["coverage"]["fraction"] == 1.0
    assert answer["coverage"]["min_overlap"] >= 1
    assert answer["legs_outside_m"] == 0.0


def test_several_batteries_make_several_numbered_files(tmp_path):
    wide = layer(tmp_path / "a.geojson", box(0, 0, 600, 500))
    answer = json.loads(plan(wide, tmp_path / "b.plan", "--wind-ms", "5").stdout)
    names = [s["path"] for s in answer["sorties"]]
    assert names == [str(tmp_path / f"b-{i}.plan") for i in range(1, len(names) + 1)]
    assert len(names) > 1


def test_planned_survey_passes_its_checks_and_a_new_zone_fails_it(tmp_path, area):
    out = tmp_path / "p.plan"
    plan(area, out)
    options = ("--aircraft", "quad-4kg", "--wind-ms", "3", "--camera", "M3T")
    good = run("mission", "check", out, *options, "--json")
    assert good.exit_code == 0
    assert json.loads(good.stdout)["ok"] is True
    zone = layer(tmp_path / "z.geojson", box(90, 60, 110, 80), name="학교", kind="no_fly")
    bad = run("mission", "check", out, *options, "--zones", zone, "--json")
    answer = json.loads(bad.stdout)
    assert (bad.exit_code, answer["ok"]) == (1, False)
    failed = next(f for f in answer["findings"] if f["verdict"] == "fail")
    assert failed["rule"] == "zones"
    assert set(failed) == {"rule", "verdict", "severity", "item", "value", "limit", "message", "cure"}


def test_convert_says_items_and_what_is_lost(tmp_path, area):
    plan(area, tmp_path / "p.plan")
    answer = json.loads(
        run("mission", "convert", tmp_path / "p.plan", tmp_path / "p.waypoints", "--json").stdout
    )
    assert answer["items"] == len(read_plan(tmp_path / "p.waypoints").items)
    assert "the geofence" in answer["lost"]


def ridge_dem(path):
    """A soft ridge of 15 m between the passes of a survey that is asked for no side overlap."""
    north, east = np.mgrid[400:-400:-5.0, -400:600:5.0]
    heights = (15.0 * np.exp(-(((north - 50) / 30.0) ** 2))).astype(np.float32)
    origin = rasterio.Affine(5.0, 0.0, -400.0, 0.0, -5.0, 400.0)
    with rasterio.open(
        path, "w", driver="GTiff", width=east.shape[1], height=east.shape[0], count=1, dtype="float32",
        crs=FRAME.proj4, transform=origin,
    ) as out:  # fmt: skip
        out.write(heights, 1)
    return path


def test_plan_that_fails_its_proof_is_written_only_by_force(tmp_path):
    dem, out = ridge_dem(tmp_path / "dem.tif"), tmp_path / "o.plan"
    area = layer(tmp_path / "a.geojson", box(0, 0, 200, 150))
    more = ("--dem", dem, "--side", "0", "--angle-deg", "90")
    refused = plan(area, out, *more)
    assert "fails its own proof" in str(refused.exception)
    assert not out.exists()
    forced = json.loads(plan(area, out, *more, "--force").stdout)
    assert forced["proved"] is False
    assert forced["faults"]
    assert out.exists()


def test_permits_open_a_control_zone_only_on_their_days(tmp_path, area):
    out = tmp_path / "p.plan"
    plan(area, out)
    zone = layer(tmp_path / "z.geojson", box(90, 60, 110, 80), name="관제권", kind="control")
    permits = tmp_path / "허가.toml"
    permits.write_text(
        '[[permit]]\nzone = "관제권"\nfrom = 2025-06-01T00:00:00+09:00\nuntil = 2025-06-30T00:00:00+09:00\n',
        "utf-8",
    )
    verdicts = []
    for day in ("2025-06-15T09:00+09:00", "2025-07-15T09:00+09:00", None):
        at = ("--at", day) if day else ()
        answer = run("mission", "check", out, "--zones", zone, "--permits", permits, *at, "--json")
        (finding,) = [f for f in json.loads(answer.stdout)["findings"] if f["rule"] == "zones"]
        verdicts.append(finding["verdict"])
    assert verdicts == ["pass", "fail", "unknown"]


@pytest.mark.parametrize(
    ("args", "status", "problem"),
    [
        (
            ("survey", "plan", "none.geojson", "--camera", "M3T", "--gsd-m", "0.1", "-o", "o.plan"),
            1,
            "none.geojson",
        ),
        (("survey", "plan", "none.geojson", "--camera", "M3T", "--gsd-m", "x", "-o", "o.plan"), 2, "gsd-m"),
        (("mission", "check", "none.plan"), 1, "none.plan: not found"),
        (("mission", "convert", "a.plan", "a.doc"), 1, "not found"),
    ],
)
def test_mistake_is_one_clear_line(args, status, problem):
    done = subprocess.run(
        [sys.executable, "-m", "skyshade", *args],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == status
    assert problem in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout
