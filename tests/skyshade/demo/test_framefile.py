import dataclasses
import io
import json
import shutil
import struct
import subprocess

import cv2
import numpy as np
import pytest
from PIL import Image

from core.geo import LonLat
from core.shot import CameraAttitude
from skyshade.demo.framefile import FrameTags, fff_container, radiometric_jpeg, write_radiometric_jpeg
from skyshade.demo.radiance import raw_counts
from thermal.frames import read_frame

TAGS = FrameTags(
    LonLat(127.10725126, -37.37125815),
    relative_altitude_m=94.87,
    absolute_altitude_m=151.25,
    gimbal=CameraAttitude(271.3, -89.6, 0.0),
    flight=CameraAttitude(272.0, -8.0, 0.5),
    time_s=1_690_866_000.125,
)


@pytest.fixture
def celsius():
    rng = np.random.default_rng(3)
    return (40 + 12 * rng.standard_normal((512, 640))).astype(np.float32)


def written(folder, celsius, **changes):
    tags = dataclasses.replace(TAGS, **changes)
    raw = raw_counts(celsius, tags.calibration, tags.surroundings)
    path = folder / "열화상 0001.jpg"
    write_radiometric_jpeg(path, raw, np.zeros(raw.shape, np.uint8), tags)
    return path, raw


@pytest.mark.parametrize("raw_format", ["plain", "png"])
def test_our_own_reader_gets_the_temperatures_back_to_half_a_count(tmp_path, celsius, raw_format):
    path, _ = written(tmp_path, celsius, raw_format=raw_format)
    frame = read_frame(path)
    assert np.abs(frame.celsius - celsius).max() < 0.02
    assert frame.info.warnings == ()


def test_our_own_reader_finds_pose_time_camera_and_parameters(tmp_path, celsius):
    info = read_frame(written(tmp_path, celsius)[0]).info
    assert info.pose.lonlat.xy == pytest.approx(TAGS.lonlat.xy, abs=2e-9)
    assert info.pose.altitude_home_m == pytest.approx(94.87)
    assert info.pose.attitude.yaw_deg % 360 == pytest.approx(271.3)
    assert info.pose.attitude.pitch_deg == pytest.approx(-89.6)
    assert info.time_s == pytest.approx(TAGS.time_s, abs=1e-3)
    assert info.camera.focal_px == pytest.approx(13000 / 17)
    assert info.radiometry.emissivity == pytest.approx(0.95)
    assert info.radiometry.distance_m == pytest.approx(60.0)


def test_an_rtk_fix_is_claimed_where_there_is_one(tmp_path, celsius):
    plain = read_frame(written(tmp_path / "a", celsius)[0]).info.pose
    fixed = read_frame(written(tmp_path / "b", celsius, rtk_std_m=(0.015, 0.03))[0]).info.pose
    assert plain.sigma_horizontal_m > 1.0
    assert fixed.sigma_horizontal_m < 0.1
    assert fixed.altitude_ellipsoid_m == pytest.approx(151.25)


def test_any_picture_viewer_shows_the_preview(tmp_path, celsius):
    path, raw = written(tmp_path, celsius)
    with Image.open(path) as picture:
        picture.load()
        assert picture.size == (640, 512)
        assert picture.getexif()[0x0110] == "FLIR"
    assert raw.dtype == np.uint16


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is missing: libimage-exiftool-perl")
@pytest.mark.parametrize("raw_format", ["plain", "png"])
def test_exiftool_finds_every_tag_and_the_raw_image(tmp_path, celsius, raw_format):
    path, raw = written(tmp_path, celsius, raw_format=raw_format)
    told = json.loads(subprocess.run(["exiftool", "-j", "-n", path], capture_output=True, check=True).stdout)[
        0
    ]
    assert "Warning" not in told
    expected = {
        "Make": "DJI",
        "RelativeAltitude": 94.87,
        "GimbalPitchDegree": -89.6,
        "PlanckR1": 17096.453,
        "PlanckO": -342,
        "PlanckB": 1428,
        "Emissivity": 0.95,
        "ObjectDistance": 60.0,
        "RelativeHumidity": 0.55,
        "RawThermalImageWidth": 640,
        "RawThermalImageType": "PNG" if raw_format == "png" else "TIFF",
        "OffsetTimeOriginal": "+09:00",
        "GPSLatitude": -37.37125815,
        "FocalLength": 13,
    }
    for name, value in expected.items():
        assert told[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-6)), name
    image = subprocess.run(
        ["exiftool", "-b", "-RawThermalImage", path], capture_output=True, check=True
    ).stdout
    values = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(values.byteswap() if raw_format == "png" else values, raw)


def test_the_container_is_laid_out_like_a_real_cameras(shared_data):
    real = (shared_data / "thermal" / "flir_xt_field" / "DJI_0032.jpg").read_bytes()
    parts = _flir_parts(real)
    ours = fff_container(np.zeros((512, 640), np.uint16), TAGS)
    assert _directory(ours) == _directory(b"".join(parts))
    assert [len(p) for p in parts[:-1]] == [len(p) for p in _flir_parts(_whole())[:-1]]


def _whole():
    return radiometric_jpeg(np.zeros((512, 640), np.uint16), np.zeros((512, 640), np.uint8), TAGS)


def _flir_parts(jpeg):
    parts, at = [], 2
    while jpeg[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", jpeg, at + 2)
        if jpeg[at + 4 : at + 9] == b"FLIR\0":
            parts.append(jpeg[at + 12 : at + 2 + length])
        at += 2 + length
    return parts


def _directory(fff):
    """(type, subtype, version, index, offset, length) of both records, and the header's version."""
    entries = [struct.unpack_from("<HHIIII", fff, 64 + 32 * n) for n in range(2)]
    return struct.unpack_from("<I", fff, 20), entries


def test_sizes_that_differ_are_refused():
    with pytest.raises(ValueError, match="one 2-D shape"):
        radiometric_jpeg(np.zeros((4, 4), np.uint16), np.zeros((4, 5), np.uint8), TAGS)


def test_an_odd_size_survives_too(tmp_path):
    raw = np.arange(37 * 21, dtype=np.uint16).reshape(21, 37) + 4000
    data = radiometric_jpeg(raw, np.zeros(raw.shape, np.uint8), TAGS)
    assert Image.open(io.BytesIO(data)).size == (37, 21)
