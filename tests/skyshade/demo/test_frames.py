import csv
import dataclasses

import numpy as np
import pytest

from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LonLat, distance_m
from core.shot import CameraAttitude, Shot
from skyshade.demo.frames import RenderParams, render_frames
from skyshade.demo.render import RenderCamera, render_frame
from skyshade.demo.sensor import SensorParams, drift_K, fixed_error_K
from skyshade.demo.track import RTK, TrackParams, headings_deg, remembered, tagged_poses, true_poses
from thermal.frames import read_frame

SMALL = RenderCamera(width_px=160, height_px=128, focal_px=191.0, cx_px=79.5, cy_px=63.5)
QUIET = SensorParams(0.0, 0.0, 0.0, 0.0, 180.0, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def shots(place_at):
    """Two lines of six shots, north and back south."""
    ys = [110.0 + 14 * n for n in range(6)]
    places = [(190.0, y) for y in ys] + [(215.0, y) for y in reversed(ys)]
    return [
        Shot(n, place_at(x, y), Altitude(80.0, Datum.HOME), 1_690_866_000.0 + 3 * n)
        for n, (x, y) in enumerate(places)
    ]


def test_the_files_hold_what_the_camera_saw_at_the_true_pose(scene, stage, shots, tmp_path):
    params = RenderParams(camera=SMALL, sensor=QUIET)
    made = render_frames(scene, shots[:3], tmp_path / "열 프레임", params, seed=5, workers=2)
    for path, pose in zip(made.paths, made.poses, strict=True):
        assert np.abs(read_frame(path).celsius - render_frame(stage, pose, SMALL)).max() < 0.02


def test_workers_do_not_change_a_byte_and_seeds_do(scene, shots, tmp_path):
    params = RenderParams(camera=SMALL)
    runs = [
        render_frames(scene, shots[:4], tmp_path / name, params, seed=seed, workers=workers)
        for name, seed, workers in (("a", 5, 1), ("b", 5, 2), ("c", 6, 2))
    ]
    first, second, other = ([p.read_bytes() for p in run.paths] for run in runs)
    assert first == second
    assert first != other


def test_the_table_beside_the_frames_tells_truth_and_tags(scene, shots, tmp_path):
    made = render_frames(scene, shots, tmp_path, RenderParams(camera=SMALL), seed=5, workers=1)
    with made.true_poses_csv.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["file"] for r in rows] == [p.name for p in made.paths]
    info = read_frame(made.paths[3]).info
    assert info.pose.lonlat.xy == pytest.approx(
        (float(rows[3]["tag_lon"]), float(rows[3]["tag_lat"])), abs=1e-8
    )
    assert float(rows[3]["lon"]) == pytest.approx(shots[3].lonlat.lon, abs=1e-9)
    assert float(rows[3]["drift_K"]) == pytest.approx(made.drift_K[3], abs=1e-4)
    assert info.time_s == pytest.approx(float(rows[3]["tag_time_s"]), abs=0.002)


def test_a_second_run_leaves_no_frame_of_the_first_and_nothing_else_is_touched(scene, shots, tmp_path):
    (tmp_path / "DJI_9000.jpg").write_bytes(b"somebody else's")
    params = RenderParams(camera=SMALL)
    render_frames(scene, shots[:4], tmp_path, params)
    render_frames(scene, shots[:2], tmp_path, params)
    assert sorted(p.name for p in tmp_path.glob("*.jpg")) == ["DJI_0001.jpg", "DJI_0002.jpg", "DJI_9000.jpg"]


def test_progress_counts_every_frame(scene, shots, tmp_path):
    seen = []
    render_frames(
        scene,
        shots[:3],
        tmp_path,
        RenderParams(camera=SMALL),
        workers=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_no_shots_is_an_error_with_a_way_out(scene, tmp_path):
    with pytest.raises(SkyshadeError, match="no shot"):
        render_frames(scene, [], tmp_path)


def test_the_images_top_follows_the_line_even_at_its_ends(shots):
    headings = headings_deg(shots)
    assert np.abs((headings[:6] + 180) % 360 - 180).max() < 0.2
    assert np.abs(headings[6:] - 180).max() < 0.2


def test_a_shot_that_knows_its_yaw_is_believed(shots):
    turned = dataclasses.replace(shots[2], attitude=CameraAttitude(77.0, -90.0))
    assert headings_deg([*shots[:2], turned, *shots[3:]])[2] == 77.0


def test_tags_are_wrong_by_what_is_stated(scene, place_at):
    shots = [Shot(n, place_at(200.0, 10 + 0.3 * n), Altitude(80.0, Datum.HOME), 3.0 * n) for n in range(1000)]
    params, rng = TrackParams(), np.random.default_rng(1)
    poses = true_poses(scene, shots, params, rng)
    tags = tagged_poses(poses, shots, params, rng)
    off = np.array([distance_m(p.lonlat, t.lonlat) for p, t in zip(poses, tags, strict=True)])
    height = np.array([t.height_m - p.height_m for p, t in zip(poses, tags, strict=True)])
    assert np.sqrt(np.mean(off**2)) == pytest.approx(1.5, rel=0.12)
    assert height.std() == pytest.approx(2.0, rel=0.2)
    assert np.std([t.gimbal.pitch_deg for t in tags]) == pytest.approx(0.4, rel=0.15)


def test_rtk_tags_are_wrong_by_centimetres(scene, shots):
    poses = true_poses(scene, shots, RTK, np.random.default_rng(1))
    tags = tagged_poses(poses, shots, RTK, np.random.default_rng(1))
    assert max(distance_m(p.lonlat, t.lonlat) for p, t in zip(poses, tags, strict=True)) < 0.08


def test_heights_above_sea_level_are_taken_from_home(scene, shots):
    high = dataclasses.replace(shots[0], altitude=Altitude(122.0, Datum.GEOID))
    pose = true_poses(scene, [high, *shots[1:]], TrackParams(), np.random.default_rng(1))[0]
    assert pose.height_m == pytest.approx(122.0 - scene.home_elevation_m)


def test_heights_above_the_ellipsoid_are_refused(scene, shots):
    odd = dataclasses.replace(shots[0], altitude=Altitude(122.0, Datum.ELLIPSOID))
    with pytest.raises(ValueError, match="above home or mean sea level"):
        true_poses(scene, [odd], TrackParams(), np.random.default_rng(1))


def test_drift_settles_wanders_and_jumps_once():
    times = np.arange(0.0, 360.0, 3.0)
    steps = np.diff(drift_K(SensorParams(), times, np.random.default_rng(2)))
    jumps = np.flatnonzero(steps < -2.0)
    assert len(jumps) == 1
    assert 29 <= jumps[0] <= 90
    assert np.abs(np.delete(steps, jumps)).max() < 0.8


def test_one_frame_alone_has_a_drift_too():
    assert len(drift_K(SensorParams(), np.array([5.0]), np.random.default_rng(2))) == 1


def test_corners_read_a_kelvin_colder_than_the_middle():
    error = fixed_error_K(SensorParams(pattern_K=0.0), SMALL, 1)
    assert error[0, 0] == pytest.approx(-1.0, abs=0.02)
    assert abs(error[64, 80]) < 0.001


def test_a_remembered_error_keeps_its_strength_and_fades_with_time():
    values = remembered(np.arange(0.0, 200_000.0, 10.0), 20.0, 2.0, np.random.default_rng(4))
    assert values.std() == pytest.approx(2.0, rel=0.05)
    assert np.corrcoef(values[:-2], values[2:])[0, 1] == pytest.approx(np.exp(-1.0), abs=0.05)


def test_places_without_times_get_some(scene, place_at):
    shots = [Shot(n, LonLat(*place_at(200, 100 + n).xy), Altitude(80, Datum.HOME)) for n in range(3)]
    tags = tagged_poses(
        true_poses(scene, shots, TrackParams(), np.random.default_rng(1)),
        shots,
        TrackParams(clock_jitter_s=0.0),
        np.random.default_rng(1),
    )
    assert np.diff([t.time_s for t in tags]) == pytest.approx([2.0, 2.0])
