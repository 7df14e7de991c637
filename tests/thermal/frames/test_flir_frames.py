"""FLIR frames give the temperatures that were put in, and FLIR Tools' own."""

import numpy as np
import pytest

from core.errors import BadFileError
from thermal.frames import ReadOptions, find_frames, read_frame, read_info
from thermal.radiometry import RadiometryOverrides

SCENE = np.linspace(-15.0, 75.0, 48).reshape(6, 8)
STORED = {
    "emissivity": 0.93,
    "distance_m": 60.0,
    "humidity": 0.7,
    "reflected_C": -20.0,
    "ambient_C": 31.0,
}


def _raw(writer, **parameters):
    return np.round(writer.flir_raw(SCENE, **parameters)).astype(np.uint16)


@pytest.mark.parametrize("layout", [{}, {"png": True}, {"order": ">"}, {"big_header": False}])
def test_a_flir_jpeg_gives_back_its_scene_in_every_layout(writer, tmp_path, layout):
    path = tmp_path / "열화상 1.jpg"
    path.write_bytes(writer.flir_jpeg(_raw(writer, **STORED), **STORED, **layout))

    frame = read_frame(path)

    assert frame.info.reader == "flir"
    assert frame.celsius.dtype == np.float32
    assert np.abs(frame.celsius - SCENE).max() < 0.05  # half a count


def test_a_bare_fff_file_is_a_frame_too(writer, tmp_path):
    path = tmp_path / "a.fff"
    path.write_bytes(writer.fff(_raw(writer), utc=1_700_000_000.25))

    frame = read_frame(path)

    assert np.abs(frame.celsius - SCENE).max() < 0.05
    assert frame.info.time_s == pytest.approx(1_700_000_000.25)
    assert frame.info.model == "TestCam 9"
    assert frame.info.camera.field_of_view_deg[0] == pytest.approx(45.0)


def test_a_container_over_many_segments_is_joined_in_order(writer, tmp_path):
    container = writer.fff(_raw(writer))
    parts = writer.flir_segments(container, part=100)
    path = tmp_path / "many.jpg"
    path.write_bytes(writer.jpeg(parts))

    assert np.abs(read_frame(path).celsius - SCENE).max() < 0.05


def test_overrides_replace_what_the_file_stores(writer, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(writer.flir_jpeg(_raw(writer, **STORED)))  # the file knows none of STORED

    frame = read_frame(path, overrides=RadiometryOverrides(**STORED))

    assert np.abs(frame.celsius - SCENE).max() < 0.05
    assert frame.info.radiometry.emissivity == pytest.approx(0.93)


def test_a_frame_taken_far_above_its_stored_distance_says_so(writer, tmp_path):
    path = tmp_path / "a.jpg"
    xmp = writer.drone_xmp(RelativeAltitude="+60.0")
    path.write_bytes(writer.flir_jpeg(_raw(writer), exif=writer.place_exif(), xmp=xmp, distance_m=5.0))
    assert any("5 m of air, taken 60 m up" in w for w in read_info(path).warnings)
    known = ReadOptions(RadiometryOverrides(distance_m=60.0))
    assert not any("m of air" in w for w in read_info(path, options=known).warnings)


def test_an_impossible_override_is_refused():
    with pytest.raises(ValueError, match=r"emissivity must be in \[0.01, 1\], got 1.2"):
        RadiometryOverrides(emissivity=1.2)


def test_a_missing_part_is_named(writer, tmp_path):
    parts = writer.flir_segments(writer.fff(_raw(writer)), part=500)
    length = 2 + 2 + 8 + 500
    path = tmp_path / "gap.jpg"
    path.write_bytes(writer.jpeg(parts[:length] + parts[2 * length :]))

    with pytest.raises(BadFileError, match=r"gap\.jpg: holds 2 of 3 parts"):
        read_frame(path)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.jpg", b"", "is empty"),
        ("noise.jpg", b"hello", "is no thermal frame"),
        ("half.jpg", b"\xff\xd8\xff\xe1\x20\x00Exif", "is cut"),
        ("bare.fff", b"FFF\x00", "no FFF header"),
    ],
)
def test_a_bad_file_is_named_with_its_problem(tmp_path, name, content, problem):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadFileError, match=problem) as caught:
        read_frame(path)
    assert name in str(caught.value)


def test_a_visible_picture_is_no_frame(writer, tmp_path):
    path = tmp_path / "visible.jpg"
    path.write_bytes(writer.jpeg(b"", exif=writer.place_exif()))
    with pytest.raises(BadFileError, match="without temperatures"):
        read_info(path)


def test_a_cut_file_says_so(writer, tmp_path):
    whole = writer.flir_jpeg(_raw(writer))
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole[:900])
    with pytest.raises(BadFileError, match="cut"):
        read_frame(path)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(BadFileError, match="does not exist"):
        read_frame(tmp_path / "none.jpg")


def test_a_folder_gives_its_frames_without_the_visible_pictures(writer, tmp_path):
    deep = tmp_path / "비행 1"
    deep.mkdir()
    (deep / "b.JPG").write_bytes(writer.flir_jpeg(_raw(writer)))
    (deep / "a.fff").write_bytes(writer.fff(_raw(writer)))
    (tmp_path / "visible.jpg").write_bytes(writer.jpeg(b""))
    (tmp_path / ".hidden.jpg").write_bytes(writer.flir_jpeg(_raw(writer)))
    (tmp_path / "notes.txt").write_text("x")

    assert [p.name for p in find_frames(tmp_path)] == ["a.fff", "b.JPG"]


def test_a_folder_without_frames_is_named(tmp_path):
    with pytest.raises(BadFileError, match="holds no thermal frames"):
        find_frames(tmp_path)
    with pytest.raises(BadFileError, match="is not a folder"):
        find_frames(tmp_path / "none")


@pytest.mark.shared_data
def test_flir_tools_export_is_met_within_a_hundredth(shared_data):
    folder = shared_data / "thermal" / "flir_handheld"
    theirs = np.genfromtxt(folder / "e40bx_test_FLIRTools.csv", delimiter=",", encoding="utf-8-sig")

    ours = read_frame(folder / "e40bx_test.jpg").celsius

    assert np.abs(ours - theirs[:, : ours.shape[1]]).max() <= 0.01


@pytest.mark.shared_data
def test_every_flir_sample_gives_finite_temperatures(shared_data):
    folder = shared_data / "thermal"
    paths = [
        *sorted((folder / "flir_handheld").glob("*.jpg")),
        *sorted((folder / "flir_handheld").glob("*.fff")),
        *sorted((folder / "dji_models").glob("DJI_XT*.jpg")),
        folder / "flir_xt_field" / "DJI_0032.jpg",
    ]
    for path in paths:
        celsius = read_frame(path).celsius
        assert np.isfinite(celsius).all(), path
        assert -80 < celsius.min() <= celsius.max() < 150, path


@pytest.mark.shared_data
def test_an_xt_frame_keeps_its_good_height_and_not_its_bad_one(shared_data):
    info = read_info(shared_data / "thermal" / "flir_xt_field" / "DJI_0032.jpg")
    assert info.pose is not None
    assert info.pose.altitude_home_m == pytest.approx(40.0)
    assert info.pose.altitude_geoid_m is None
    assert info.tags["absolute_altitude_m"] == "398.397"
    assert info.camera.focal_px == pytest.approx(13_000 / 17)
