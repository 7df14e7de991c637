"""The demo, once, as its user runs it; every figure it prints is computed again from its files."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.geo import LocalFrame, LonLat

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(1800)  # it compiles the kernels, perhaps beside much else


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """(folder, the JSON it printed)."""
    out = tmp_path_factory.mktemp("데모 결과") / "demo"
    done = subprocess.run(
        [sys.executable, "-m", "skyshade", "demo", "--out", str(out), "--json"],
        cwd=out.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_it_prints_the_figures_that_stay(demo):
    _, told = demo
    assert set(told["survey"]) >= {"flown_s", "shots"}
    assert set(told["heatmap"]) >= {"rmse_K", "position_rmse_m", "path"}
    assert set(told["sites"]) >= {"chosen", "map"}
    assert set(told["delivery"]) >= {"delivered", "flown_s"}
    assert told["wall_s"] > 0


def test_the_map_is_where_and_as_warm_as_the_truth(demo):
    from skyshade.demo.truth import compare_map

    out, told = demo
    scene = out / "scene"
    again = compare_map(
        out / "heatmap.tif", scene / "truth.tif", scene / "dsm.tif", scene / "survey_area.geojson"
    )
    assert again.rmse_K == pytest.approx(told["heatmap"]["rmse_K"])
    assert again.position_rmse_m == pytest.approx(told["heatmap"]["position_rmse_m"])
    assert again.rmse_K <= 1.0
    assert again.position_rmse_m <= 0.5
    assert again.covered > 0.99


def test_frames_lie_where_the_vehicle_said_it_took_them(demo):
    out, told = demo
    shots = list(csv.DictReader((out / "flights" / "survey" / "shots.csv").open(encoding="utf-8")))
    poses = list(csv.DictReader((out / "frames" / "true_poses.csv").open(encoding="utf-8")))
    assert len(shots) == len(poses) == told["survey"]["shots"] == len(list((out / "frames").glob("*.jpg")))
    frame = LocalFrame(LonLat(127.109, 37.370))
    flown, rendered = (
        frame.to_local([float(r["lon"]) for r in rows], [float(r["lat"]) for r in rows])
        for rows in (shots, poses)
    )
    assert np.abs(flown - rendered).max() < 0.05
    tagged = frame.to_local([float(r["tag_lon"]) for r in poses], [float(r["tag_lat"]) for r in poses])
    assert 0.005 < np.hypot(*(tagged - rendered).T).mean() < 0.06  # the tags are wrong, as RTK is
    assert all(float(r["tag_time_s"]) != float(r["time_s"]) for r in poses)


def test_the_recording_holds_the_shots_both_ways(demo):
    from flight.tlog import messages

    out, told = demo
    names = [m.name for m in messages(out / "flights" / "survey" / "flight.tlog")]
    assert names.count("CAMERA_FEEDBACK") >= told["survey"]["shots"]
    assert "MISSION_ITEM_INT" in names  # ours
    assert "COMMAND_ACK" in names  # the vehicle's


def test_the_release_was_confirmed_over_the_point(demo):
    from core.geo import distance_m

    out, told = demo
    assert told["delivery"]["delivered"] is True
    record = json.loads(next((out / "delivery").glob("O-*.json")).read_text(encoding="utf-8"))
    released, wanted = (LonLat(*p) for p in (record["order"]["released_lonlat"], record["place"]["position"]))
    assert distance_m(released, wanted) < 2.0
    assert record["order"]["release_text"] == "Gripper load released"
    assert told["delivery"]["refused"]


def test_the_delivery_kept_out_of_the_closed_zone(demo):
    import shapely

    from missions.airspace import ZoneKind, read_zones

    out, _ = demo
    closed = [z.polygon for z in read_zones(out / "scene" / "airspace.geojson") if z.kind is ZoneKind.NO_FLY]
    track = json.loads((out / "flights" / "F-00001" / "track.geojson").read_text(encoding="utf-8"))
    line = shapely.LineString([p[:2] for p in track["features"][0]["geometry"]["coordinates"]])
    assert closed
    assert not any(line.intersects(zone) for zone in closed)
    ends = shapely.LineString([line.coords[0], line.coords[len(line.coords) // 2]])
    assert any(ends.intersects(zone) for zone in closed)  # the straight way would have


@pytest.mark.parametrize(("plan", "aircraft"), [("survey", "quad-4kg"), ("delivery", "hexa-delivery")])
def test_its_plans_keep_every_rule_under_the_permit_alone(demo, plan, aircraft):
    out, _ = demo
    asked = [
        sys.executable, "-m", "skyshade", "mission", "check", str(out / "plans" / f"{plan}.plan"),
        "--zones", str(out / "scene" / "airspace.geojson"), "--dem", str(out / "scene" / "ground.tif"),
        "--aircraft", aircraft, "--wind-ms", "2", "--wind-from-deg", "225",
        "--at", "2026-08-08T14:00+09:00", "--json",
    ]  # fmt: skip
    answers = []
    for permits in ([], ["--permits", str(out / "scene" / "permits.toml")]):
        done = subprocess.run(
            [*asked, *permits], cwd=out.parent, env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        answers.append(json.loads(done.stdout))
    without, held = ({(f["rule"], f["verdict"]) for f in answer["findings"]} for answer in answers)
    assert answers[1]["ok"] is True
    assert {rule for rule, verdict in held if verdict == "unknown"} <= {"weather", "camera_interval"}
    assert ("zones", "pass") in held
    assert ("zones", "pass") not in without


def test_every_chosen_site_has_its_reason(demo):
    out, told = demo
    rows = {r["site_id"]: r for r in csv.DictReader((out / "sites" / "sites.csv").open(encoding="utf-8-sig"))}
    assert told["sites"]["chosen"]
    assert all(rows[name]["why"] for name in told["sites"]["chosen"])
    assert any(r["rejected"] for r in rows.values())


def test_the_pages_ask_the_internet_for_nothing(demo):
    out, _ = demo
    loads = re.compile(
        r"""(?:src|href)\s*=\s*["']\s*(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import""", re.IGNORECASE
    )
    for page in ("index.html", "sites/map.html", "heatmap.quality.html"):
        text = (out / page).read_text(encoding="utf-8")
        found = [
            text[m.start() : m.start() + 120]
            for m in loads.finditer(text)
            if "<a " not in text[max(0, m.start() - 40) : m.start()]
        ]
        assert found == [], page


def test_every_link_of_the_page_leads_somewhere(demo):
    out, _ = demo
    text = (out / "index.html").read_text(encoding="utf-8")
    links = set(re.findall(r'(?:src|href)="([^"]+)"', text))
    assert len(links) > 10
    assert [link for link in links if not (out / link).exists()] == []


@pytest.mark.browser
def test_chromium_shows_the_page(demo, chromium, tmp_path):
    out, _ = demo
    picture = tmp_path / "page.png"
    subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1200,2600",
            "--virtual-time-budget=5000",
            f"--screenshot={picture}", (out / "index.html").as_uri(),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    from PIL import Image

    pixels = np.asarray(Image.open(picture).convert("RGB"), float)
    assert pixels.shape[1] == 1200
    assert pixels[:300].std() > 10  # the head with its figures
    assert pixels[700:1900].std() > 40  # the pictures
