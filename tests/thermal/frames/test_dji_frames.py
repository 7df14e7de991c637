"""DJI frames: the law in both directions, and the maker's own answers."""

import csv
import dataclasses
from collections import defaultdict

import numpy as np
import pytest

from core.errors import BadFileError
from thermal.djilaw import dji_celsius
from thermal.frame import Radiometry
from thermal.frames import ReadOptions, dji, open_frame, read_frame, read_info
from thermal.radiometry import RadiometryOverrides

SCENE = np.linspace(-30.0, 90.0, 512 * 640).reshape(512, 640)


def _file(tmp_path, data, name="DJI_0001_T.JPG"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_a_scene_comes_back_within_half_a_raw_step(writer, tmp_path):
    path = _file(tmp_path, writer.dji_jpeg(writer.dji_words(SCENE)))

    frame = read_frame(path)

    assert frame.info.reader == "dji-iirp"
    assert frame.info.model == "DJI Mavic 3T"
    assert np.abs(frame.celsius - SCENE).max() < 0.07
    assert frame.info.camera.focal_px == pytest.approx(9100 / 12)


def test_overrides_replace_what_the_file_stores(writer, tmp_path):
    truth = {"emissivity": 0.9, "reflected_C": -10.0, "ambient_C": 5.0}
    path = _file(tmp_path, writer.dji_jpeg(writer.dji_words(SCENE, **truth)))

    frame = read_frame(path, overrides=RadiometryOverrides(**truth))

    assert np.abs(frame.celsius - SCENE).max() < 0.1


def test_without_a_table_usual_values_are_used_and_said(writer, tmp_path):
    path = _file(tmp_path, writer.dji_jpeg(writer.dji_words(SCENE, tau=0.943), table=False))

    frame = read_frame(path)

    assert any("no transmission table" in w for w in frame.info.warnings)
    assert np.abs(frame.celsius - SCENE).max() < 0.07


def test_beyond_the_measured_distance_is_said(writer, tmp_path):
    path = _file(tmp_path, writer.dji_jpeg(writer.dji_words(SCENE)))
    frame = read_frame(path, overrides=RadiometryOverrides(distance_m=80.0))
    assert any("beyond 25 m" in w for w in frame.info.warnings)


@pytest.mark.parametrize("kind", [b"girp", b"hirp"])
def test_an_unsolved_kind_names_the_camera_and_the_way_out(writer, tmp_path, kind):
    path = _file(tmp_path, writer.dji_jpeg(writer.dji_words(SCENE), kind=kind, model="ZH20T"))
    with pytest.raises(BadFileError, match="H20T") as caught:
        read_info(path)
    assert kind.decode() in str(caught.value)
    assert "Thermal SDK" in str(caught.value)


def test_a_frame_of_twice_the_detectors_size_has_half_its_pitch(writer, tmp_path):
    big = np.full((1024, 1280), 21.0)
    path = _file(tmp_path, writer.dji_jpeg(writer.dji_words(big)))

    info = read_info(path)

    assert (info.camera.width_px, info.camera.pitch_um) == (1280, 6.0)
    assert info.camera.field_of_view_deg == pytest.approx((45.757, 37.308), abs=0.001)
    assert any("1280x1024" in w for w in info.warnings)


def test_a_cut_raw_image_is_named(writer, tmp_path):
    words = writer.dji_words(SCENE)[:300]
    path = _file(tmp_path, writer.dji_jpeg(words), "short.JPG")
    data = path.read_bytes()
    assert read_frame(path).celsius.shape == (300, 640)  # its picture says the same size
    cut = _file(tmp_path, data[:200_000], "cut.JPG")
    with pytest.raises(BadFileError, match="cut"):
        read_frame(cut)


@pytest.mark.shared_data
def test_the_makers_own_decoder_is_met_on_every_file_with_a_table(shared_data):
    checked = 0
    for truth in sorted((shared_data / "thermal" / "dji_truth").glob("*.npz")):
        name = truth.name.removesuffix(".npz").rsplit("_image_")[-1].rsplit("_images_")[-1]
        found = [p for p in (shared_data / "thermal").glob(f"*/{name}") if p.is_file()]
        try:
            frame = read_frame(found[0])
        except BadFileError:
            continue  # kinds without a public law
        rmse = float(np.sqrt(np.mean((frame.celsius - np.load(truth)["t"]).astype(float) ** 2)))
        has_table = not any("no transmission table" in w for w in frame.info.warnings)
        assert rmse < (0.003 if has_table else 0.4), (name, rmse)
        checked += 1
    assert checked >= 22


SWEPT = (
    "DJI_20240806173500_0016_T.JPG",
    "H20N_DJI_0002_R.JPG",
    "H30T_DJI_0002_R.JPG",
    "M2EA_DJI_0001_R.JPG",
    "M30T_DJI_0001_R.JPG",
    "M3TD_DJI_0006_R.JPG",
    "M3T_DJI_0002_R.JPG",
    "M4T_DJI_0002_R.JPG",
)


@pytest.mark.shared_data
def test_the_makers_decoder_is_met_under_swept_parameters(shared_data):
    swept = defaultdict(list)
    with (shared_data / "thermal" / "dji_truth" / "sweep.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            swept[row["file"]].append(row)
    for name in SWEPT:
        opened = open_frame(next((shared_data / "thermal").glob(f"*/{name}")))
        air = dji._air(opened.source, opened.info.camera)
        errors = [_error(air, row) for row in swept[name]]
        assert np.sqrt(np.mean(np.square(errors))) < 0.05, name
        assert np.abs(errors).max() < 0.4, name


def _error(air, row):
    p = Radiometry(
        emissivity=float(row["emissivity"]),
        distance_m=float(row["distance_m"]),
        humidity=float(row["humidity_pct"]) / 100,
        reflected_C=float(row["reflected_C"]),
        ambient_C=float(row["ambient_C"]),
    )
    return dji_celsius(air, p, np.array([float(row["raw"])]))[0] - float(row["celsius"])


@pytest.mark.shared_data
def test_an_rtk_frame_carries_its_centimetres(shared_data):
    info = read_info(shared_data / "thermal" / "m3t_rtk_seq" / "DJI_20240806173500_0016_T.JPG")
    pose = info.pose
    assert pose is not None
    assert pose.sigma_horizontal_m < 0.05
    assert pose.altitude_ellipsoid_m == pytest.approx(141.277)
    assert pose.altitude_home_m == pytest.approx(74.993)
    assert info.time_s == pytest.approx(1722958516.4159)
    # written as roll 180 and yaw -91.3: the image's top points to +88.7 degrees all the same
    up = pose.attitude.camera_to_enu() @ (0.0, -1.0, 0.0)
    assert np.degrees(np.arctan2(up[0], up[1])) == pytest.approx(88.7, abs=0.01)


def test_air_is_a_value_that_compares_by_content():
    a, b = dji.Air(b"\x00\x40" * 64, 64), dji.Air(b"\x00\x40" * 64, 64)
    assert a == b
    assert hash(a) == hash(b)
    assert dataclasses.replace(a, gain=0.3) != b


def test_the_air_beyond_the_makers_range_is_read_on_or_held_as_the_user_says(writer, tmp_path):
    path = _file(tmp_path, writer.dji_jpeg(writer.dji_words(SCENE)))
    near, far = (RadiometryOverrides(distance_m=d) for d in (25.0, 80.0))
    held = read_frame(path, overrides=far, options=ReadOptions(hold_far_air=True))
    at_25 = read_frame(path, overrides=near).celsius
    assert np.array_equal(held.celsius, at_25)
    assert any("as at 25 m" in w for w in held.info.warnings)
    on = read_frame(path, overrides=far).celsius
    hot = SCENE > 60.0
    assert (on[hot] >= at_25[hot]).all()


def test_air_that_the_laser_knows_to_be_thicker_is_said(writer, tmp_path):
    path = tmp_path / "DJI_0001_T.JPG"
    xmp = writer.drone_xmp(LRFStatus="Normal", LRFTargetDistance="61.5")
    path.write_bytes(writer.dji_jpeg(writer.dji_words(np.full((512, 640), 20.0)), xmp=xmp))
    assert any("the laser measured 61.5 m" in w for w in read_info(path).warnings)
