"""What a newcomer does wrong gives one clear line, the right exit status, and nothing half-written."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SQUARE = [[127.108, 37.369], [127.110, 37.369], [127.110, 37.371], [127.108, 37.371], [127.108, 37.369]]
BOW_TIE = [[127.108, 37.369], [127.110, 37.371], [127.110, 37.369], [127.108, 37.371], [127.108, 37.369]]


def skyshade(*args, cwd):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "skyshade", *map(str, args)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def refused(done, *words, status=1):
    assert done.returncode == status, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("skyshade: ")
    for word in words:
        assert word in last, last


def area(folder, rings, name="구역.geojson"):
    path = folder / name
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": rings}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature] if rings else []}))
    return path


def planned(path, cwd, *more):
    return skyshade(
        "survey", "plan", path, "--camera", "M3T", "--gsd-m", "0.1", "-o", "out.plan", *more, cwd=cwd
    )


def test_an_empty_area_is_named(tmp_path):
    refused(planned(area(tmp_path, []), tmp_path), "구역.geojson")
    assert not (tmp_path / "out.plan").exists()


def test_an_area_that_crosses_itself_is_named_with_the_place(tmp_path):
    refused(planned(area(tmp_path, [BOW_TIE]), tmp_path), "구역.geojson", "cross")


def test_an_unknown_camera_lists_the_known(tmp_path):
    done = skyshade(
        "survey", "plan", area(tmp_path, [SQUARE]), "--camera", "Kodak", "--gsd-m", "0.1", "-o", "o.plan",
        cwd=tmp_path,
    )  # fmt: skip
    refused(done, "Kodak", "M3T")


def test_a_layer_without_coordinate_system_says_the_way_out(tmp_path):
    import geopandas as gpd
    from shapely import Polygon

    path = tmp_path / "구역 좌표계 없음.shp"
    gpd.GeoDataFrame(geometry=[Polygon([(0, 0), (200, 0), (200, 200), (0, 200)])]).to_file(path)
    refused(planned(path, tmp_path), "구역 좌표계 없음.shp", "coordinate")


@pytest.fixture(scope="module", autouse=True)
def waiting(tmp_path_factory):
    """A flight on a vehicle that never answers, begun before the other tests as it waits long."""
    folder = tmp_path_factory.mktemp("silent")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"tcp:127.0.0.1:{silent.getsockname()[1]}"
        words = ("fly", simple_plan(folder), "--vehicle", address, "--confirm-real", "--out", "f")
        process = subprocess.Popen(
            [sys.executable, "-m", "skyshade", *map(str, words)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        with process:
            yield process, address
            process.kill()


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    """One radiometric JPEG as the demo writes them."""
    from core.geo import Altitude, Datum
    from core.shot import Shot
    from skyshade.demo.frames import render_frames
    from skyshade.demo.scene import HOME, make_scene

    folder = tmp_path_factory.mktemp("frame")
    scene = make_scene(cell_m=0.5)
    shots = [
        Shot(0, HOME, Altitude(90.0, Datum.HOME), 1.8e9),
        Shot(1, HOME, Altitude(90.0, Datum.HOME), 1.8e9 + 2),
    ]
    return render_frames(scene, shots, folder, workers=1).paths[0]


def test_a_picture_without_temperatures_is_named(tmp_path):
    from PIL import Image

    Image.new("RGB", (64, 48)).save(tmp_path / "사진.jpg")
    refused(skyshade("thermal", "info", "사진.jpg", cwd=tmp_path), "사진.jpg")


def test_a_cut_frame_is_named_and_does_not_stop_the_others(tmp_path, frame):
    (tmp_path / "good.jpg").write_bytes(frame.read_bytes())
    (tmp_path / "cut.jpg").write_bytes(frame.read_bytes()[: len(frame.read_bytes()) // 3])
    done = skyshade("thermal", "info", "cut.jpg", "good.jpg", "--json", cwd=tmp_path)
    refused(done, "cut.jpg")
    assert "good.jpg" in done.stdout


def test_a_folder_without_frames_is_named(tmp_path):
    (tmp_path / "빈 폴더").mkdir()
    refused(skyshade("thermal", "map", "빈 폴더", "-o", "map.tif", cwd=tmp_path), "빈 폴더")
    assert list(tmp_path.glob("*.tif")) == []


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        plan = simple_plan(tmp_path)
        done = skyshade(
            "fly", plan, "--vehicle", f"udpin:127.0.0.1:{port}", "--confirm-real", "--out", "f", cwd=tmp_path
        )
    refused(done, str(port))


def simple_plan(folder):
    from core.geo import Altitude, Datum, LonLat
    from missions.formats import write_plan
    from missions.model import Command, Home, Mission, MissionItem

    home, up = LonLat(127.109, 37.370), Altitude(20.0, Datum.HOME)
    items = (
        MissionItem(Command.NAV_TAKEOFF, position=home, altitude=up),
        MissionItem(Command.NAV_WAYPOINT, position=LonLat(127.1095, 37.3705), altitude=up),
        MissionItem(Command.NAV_RETURN_TO_LAUNCH),
    )
    path = folder / "작은 임무.plan"
    write_plan(Mission(Home(home, 42.0), items), path)
    return path


def test_nothing_listens_where_the_vehicle_should_be(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    plan = simple_plan(tmp_path)
    done = skyshade(
        "fly", plan, "--vehicle", f"tcp:127.0.0.1:{port}", "--confirm-real", "--out", "f", cwd=tmp_path
    )
    refused(done, str(port))


def test_a_vehicle_we_did_not_start_is_not_armed_unasked(tmp_path):
    plan = simple_plan(tmp_path)
    refused(
        skyshade("fly", plan, "--vehicle", "tcp:127.0.0.1:1", "--out", "f", cwd=tmp_path), "--confirm-real"
    )
    sped = skyshade(
        "fly",
        plan,
        "--vehicle",
        "tcp:127.0.0.1:1",
        "--confirm-real",
        "--speedup",
        "5",
        "--out",
        "f",
        cwd=tmp_path,
    )
    refused(sped, "--speedup", status=2)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file")
    refused(skyshade("demo", "--out", "taken/demo", cwd=tmp_path), "taken", "cannot be written")


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_leaves_nothing_half_written(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "skyshade", "demo", "--out", "demo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(6.0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "Traceback" not in errors
    assert "interrupted" in errors.strip().splitlines()[-1]
    assert [p for p in (tmp_path / "demo").rglob(".*") if p.is_file()] == []
    assert not (tmp_path / "demo" / "demo.json").exists()


def test_a_vehicle_that_never_answers_is_given_up(waiting):
    process, address = waiting
    out, errors = process.communicate(timeout=120)
    refused(subprocess.CompletedProcess(process.args, process.returncode, out, errors), address)
