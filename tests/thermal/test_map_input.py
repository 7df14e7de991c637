"""Whatever a folder holds, `skyshade thermal map` makes what can be made, or says in a line why not."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from fakes.stored_flight import store
from rasterio.transform import from_origin

from core.camera import Camera
from core.errors import SkyshadeError
from core.geo import LocalFrame
from gis.raster import read_band
from skyshade.cli.thermal_map import map_command
from thermal.sessions import HoursApartError, SessionParams, sessions_of


@pytest.fixture(scope="module")
def flight(made):
    return made.fly(made.Scene(seed=6), lines=1, per_line=4)


def mapped(folder, out, *more):
    """The command's exit status, its JSON, and what it told people."""
    given = [str(folder), "-o", str(out), "--scale", "celsius", "--gsd-m", "0.5", "--json", *more]
    done = CliRunner().invoke(map_command, given)
    if isinstance(done.exception, SkyshadeError):
        return 1, None, str(done.exception)
    told = json.loads(done.stdout) if done.exit_code == 0 else None
    return done.exit_code, told, done.output


def test_two_frames_make_a_map(flight, tmp_path):
    folder, out = tmp_path / "두 장 뿐", tmp_path / "결과 폴더" / "지도 1.tif"
    store(list(flight.frames.values())[:2], folder)
    status, told, _ = mapped(folder, out)
    assert status == 0
    assert told["frames_used"] == 2
    assert np.isfinite(read_band(out).values).any()


def test_one_frame_makes_a_map_placed_by_its_tags(flight, tmp_path):
    store(list(flight.frames.values())[:1], tmp_path / "f")
    status, told, _ = mapped(tmp_path / "f", tmp_path / "map.tif")
    assert (status, told["frames_used"]) == (0, 1)
    assert told["drift_rms_after_K"] is None


def test_frames_without_tags_ask_for_poses(flight, tmp_path):
    store(flight.frames.values(), tmp_path / "태그 없음", tags=False)
    status, _, told = mapped(tmp_path / "태그 없음", tmp_path / "map.tif")
    assert status == 1
    assert "no frame can be placed" in told
    assert "--poses FILE" in told
    assert not (tmp_path / "map.tif").exists()


def test_frames_of_several_cameras_are_told_and_the_usual_one_is_drawn(flight, tmp_path):
    frames = list(flight.frames.values())
    other = Camera("other", 80, 64, 9.1, 96.0)
    small = replace(
        frames[3], info=replace(frames[3].info, camera=other), celsius=frames[3].celsius[::2, ::2].copy()
    )
    store([*frames[:3], small], tmp_path / "f")
    status, told, _ = mapped(tmp_path / "f", tmp_path / "map.tif")
    assert (status, told["frames_used"]) == (0, 3)
    assert "another camera" in told["frames_rejected"][0]["reason"]


def test_a_scheduler_that_does_not_answer_is_told_before_any_work(flight, tmp_path):
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    store(flight.frames.values(), tmp_path / "f")
    status, _, told = mapped(tmp_path / "f", tmp_path / "map.tif", "--scheduler", "no such address")
    assert status == 1
    assert "no such address: no scheduler answers" in told
    assert not (tmp_path / "map.tif.work").exists()


def later(frame, hours):
    return replace(frame, info=replace(frame.info, time_s=frame.info.time_s + hours * 3600.0))


@pytest.fixture(scope="module")
def two_flights(flight, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hours") / "아침과 낮"
    frames = list(flight.frames.values())
    store([*frames[:2], *(later(f, 5.0) for f in frames[1:])], folder)
    return folder


def test_flights_hours_apart_are_not_blended_in_silence(two_flights, tmp_path):
    status, _, told = mapped(two_flights, tmp_path / "map.tif")
    assert status == 1
    assert "2 flights of different hours (1: 2 frames" in told
    assert "--flight N" in told
    assert "--mix-hours" in told


def test_one_of_several_flights_is_mapped_when_named(two_flights, tmp_path):
    status, told, _ = mapped(two_flights, tmp_path / "map.tif", "--flight", "2")
    assert (status, told["frames_used"]) == (0, 3)
    assert [r["reason"] for r in told["frames_rejected"]] == ["not of flight 2"] * 2
    status, _, message = mapped(two_flights, tmp_path / "map.tif", "--flight", "3")
    assert status == 1
    assert "holds 2 flights, number 3 was asked for" in message


def test_flights_hours_apart_are_blended_when_asked_for_and_it_is_said(two_flights, tmp_path):
    status, told, _ = mapped(two_flights, tmp_path / "map.tif", "--mix-hours")
    assert (status, told["frames_used"]) == (0, 5)
    assert any("different hours are blended" in note for note in told["notes"])


def test_sessions_are_parted_at_pauses_whatever_the_order_of_frames():
    times = [7300.0, 0.0, None, 10.0, 7200.0, 3500.0]
    found = sessions_of(times, 1.0)
    assert [s.frames for s in found] == [(1, 3, 5), (4, 0)]
    assert sessions_of([None, None], 1.0) == []
    with pytest.raises(ValueError, match="number must be >= 1"):
        SessionParams(number=0)
    assert issubclass(HoursApartError, SkyshadeError)


def dem(path, made, east_m, value, size_m=400.0):
    """A flat height model whose middle lies `east_m` from the flight's home."""
    at = LocalFrame(made.HOME).place(east_m, 0.0)
    degrees = size_m / 111_000.0
    with rasterio.open(
        path, "w", driver="GTiff", height=40, width=40, count=1, dtype="float32", crs="EPSG:4326",
        transform=from_origin(at.lon - degrees / 2, at.lat + degrees / 2, degrees / 40, degrees / 40),
    ) as file:  # fmt: skip
        file.write(np.full((40, 40), value, np.float32), 1)
    return path


def test_a_height_model_of_another_place_is_refused(flight, made, tmp_path):
    store(flight.frames.values(), tmp_path / "f")
    other = dem(tmp_path / "다른 곳.tif", made, 5000.0, 30.0)
    status, _, told = mapped(tmp_path / "f", tmp_path / "map.tif", "--dem", str(other))
    assert status == 1
    assert "다른 곳.tif: the height model does not cover the flight" in told


def test_a_height_model_over_another_datum_is_moved_to_the_tie_points(flight, made, tmp_path):
    """The scene lies at 0 m over home; the model says 123 m, over something else."""
    store(flight.frames.values(), tmp_path / "f")
    plain, _, _ = mapped(tmp_path / "f", tmp_path / "plane.tif")
    told = mapped(
        tmp_path / "f", tmp_path / "map.tif", "--dem", str(dem(tmp_path / "d.tif", made, 0.0, 123.0))
    )
    assert (plain, told[0]) == (0, 0)
    a, b = (read_band(tmp_path / name) for name in ("plane.tif", "map.tif"))
    assert abs(a.grid.bounds[0] - b.grid.bounds[0]) < 3.0
    assert np.nanmedian(np.abs(np.nanmedian(a.values) - np.nanmedian(b.values))) < 1.0


def test_where_a_height_model_ends_the_map_has_a_hole_and_says_so(flight, made, tmp_path):
    store(flight.frames.values(), tmp_path / "f")
    part = dem(tmp_path / "part.tif", made, -150.0, 0.0)  # its eastern edge lies some metres east of home
    status, told, _ = mapped(tmp_path / "f", tmp_path / "map.tif", "--dem", str(part))
    assert status == 0
    assert any("height model ends inside the map" in note for note in told["notes"])
    seen = np.isfinite(read_band(tmp_path / "map.tif").values)
    cols = seen.shape[1]
    assert seen[:, : cols // 3].mean() > 0.5
    assert not seen[:, -cols // 4 :].any()


def test_a_folder_that_cannot_be_written_is_named_before_any_work(flight, tmp_path):
    store(flight.frames.values(), tmp_path / "f")
    (tmp_path / "막힘").write_text("a file where a folder should be")
    status, _, told = mapped(tmp_path / "f", tmp_path / "막힘" / "map.tif")
    assert status == 1
    assert "막힘" in told
    assert "cannot be written" in told or "cannot be made" in told


def moved(frame, east_m):
    pose = frame.info.pose
    place = LocalFrame(pose.lonlat).place(east_m, 0.0)
    return replace(frame, info=replace(frame.info, pose=replace(pose, lonlat=place)))


def covered(out):
    return int(np.isfinite(read_band(out).values).sum())


def test_frames_that_do_not_overlap_are_all_drawn_where_their_tags_put_them(flight, tmp_path):
    frames = list(flight.frames.values())
    store(frames[:1], tmp_path / "one")
    store([moved(f, 100.0 * k) for k, f in enumerate(frames)], tmp_path / "f")
    assert mapped(tmp_path / "one", tmp_path / "one.tif")[0] == 0
    status, told, message = mapped(tmp_path / "f", tmp_path / "map.tif")
    assert status == 0, message
    assert (told["frames_used"], told["frames_rejected"]) == (4, [])
    assert any("lie in 4 parts that do not overlap" in note for note in told["notes"])
    assert sum("overlaps no other frame; placed by its tags alone" in note for note in told["notes"]) == 4
    assert covered(tmp_path / "map.tif") == pytest.approx(4 * covered(tmp_path / "one.tif"), rel=0.1)


def test_two_frames_kilometres_apart_make_a_map_of_one_and_name_the_other(flight, tmp_path):
    first, second = list(flight.frames.values())[:2]
    store([first, moved(second, 9000.0)], tmp_path / "f")
    status, told, message = mapped(tmp_path / "f", tmp_path / "map.tif")
    assert status == 0, message
    assert told["frames_used"] == 1
    assert "overlaps no frame" in told["frames_rejected"][0]["reason"]


def test_two_separate_areas_are_drawn_together_and_it_is_said(flight, tmp_path):
    frames = list(flight.frames.values())
    store([*frames, *(moved(f, 420.0) for f in frames)], tmp_path / "두 구역")
    status, told, message = mapped(tmp_path / "두 구역", tmp_path / "map.tif")
    assert status == 0, message
    assert told["frames_used"] == 8
    assert any("lie in 2 parts that do not overlap" in note for note in told["notes"])


def test_a_wrong_control_point_is_named_and_not_used(flight, made, tmp_path):
    """Five points marked truly in the frames; the survey of one is 25 m off."""
    frames = store(flight.frames.values(), tmp_path / "f")
    lines = ["name,lon,lat,z,image,px,py"]
    local, camera = LocalFrame(made.HOME), made.CAMERA
    looks = [(flight.centers[p], made.looking(*flight.attitudes[p])) for p in flight.frames]
    for name, at in {"A": (0, 5), "B": (3, 15), "C": (-4, 10), "D": (6, 20), "E": (-6, 22)}.items():
        place = local.place(at[0] + (25.0 if name == "C" else 0.0), float(at[1]))
        for path, (center, axes) in zip(frames, looks, strict=True):
            away = axes @ (np.array([*at, 0.0]) - center)
            px, py = camera.focal_px * away[:2] / away[2] + (camera.width_px / 2, camera.height_px / 2)
            if 2 < px < camera.width_px - 2 and 2 < py < camera.height_px - 2:
                lines.append(f"{name},{place.lon:.9f},{place.lat:.9f},0,{path.name},{px:.2f},{py:.2f}")
    (tmp_path / "기준점.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    status, told, message = mapped(
        tmp_path / "f", tmp_path / "map.tif", "--gcp", str(tmp_path / "기준점.csv")
    )
    assert status == 0, message
    assert any("control point C: not used" in note for note in told["notes"])
    assert not any(f"control point {name}: not used" in note for name in "ABDE" for note in told["notes"])
