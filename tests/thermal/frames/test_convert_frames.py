"""Converted frames: Celsius as other programs read it, and everything else intact when read back."""

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning

from core.errors import BadFileError, OutputError
from thermal.convert import convert_frame, convert_frames, target_names
from thermal.frames import ReadOptions, read_frame
from thermal.lens import read_lens

SCENE = np.linspace(-15.0, 75.0, 48).reshape(6, 8)
XMP = {
    "RelativeAltitude": "+60.2",
    "GimbalYawDegree": "-91.3",
    "GimbalPitchDegree": "-89.9",
    "GimbalRollDegree": "180.0",
    "RtkFlag": "50",
    "RtkStdLon": "0.012",
    "RtkStdLat": "0.013",
    "RtkStdHgt": "0.021",
    "AbsoluteAltitude": "+141.277",
    "Remark": "a &amp; b",
}
LENS = """<?xml version="1.0"?><calibration><projection>frame</projection><width>8</width><height>6</height>
<f>9.5</f><cx>0.25</cx><cy>-0.5</cy><k1>-0.02</k1><k2>0.23</k2><k3>0.18</k3><p1>0.0087</p1><p2>0.0039</p2>
</calibration>"""


@pytest.fixture
def frame_file(writer, tmp_path):
    raw = np.round(writer.flir_raw(SCENE)).astype(np.uint16)
    path = tmp_path / "원본 1.jpg"
    path.write_bytes(
        writer.flir_jpeg(raw, exif=writer.place_exif(altitude_m=141.277), xmp=writer.drone_xmp(**XMP))
    )
    return path


def test_a_converted_frame_reads_back_the_same(frame_file, tmp_path):
    target = tmp_path / "섭씨" / "1.tif"
    before = read_frame(frame_file)

    convert_frame(frame_file, target)

    after = read_frame(target)
    np.testing.assert_array_equal(after.celsius, before.celsius)
    assert after.info.reader == "tiff"
    assert after.info.pose == before.info.pose
    assert after.info.time_s == before.info.time_s
    assert after.info.model == before.info.model
    assert after.info.camera.matrix == pytest.approx(before.info.camera.matrix)
    assert after.info.camera.name == before.info.camera.name
    assert after.info.radiometry.emissivity == before.info.radiometry.emissivity
    assert after.info.warnings == before.info.warnings


def test_other_programs_read_the_converted_frame(frame_file, tmp_path):
    target = tmp_path / "1.tif"
    convert_frame(frame_file, target)
    expected = read_frame(frame_file).celsius

    with pytest.warns(NotGeoreferencedWarning):
        image = rasterio.open(target)
    with image:
        assert image.dtypes == ("float32",)
        assert np.isnan(image.nodata)
        np.testing.assert_array_equal(image.read(1), expected)
    picture = Image.open(target)
    np.testing.assert_array_equal(np.asarray(picture), expected)
    gps = picture.getexif().get_ifd(0x8825)
    assert [float(v) for v in gps[2]] == pytest.approx((37.0, 22.0, 12.0), abs=1e-6)
    assert float(gps[6]) == pytest.approx(141.277)
    assert picture.getexif().get_ifd(0x8769)[0x9003] == "2024:08:06 14:00:01"


def test_a_calibrated_lens_travels_along(frame_file, tmp_path):
    lens_file = tmp_path / "lens.xml"
    lens_file.write_text(LENS, encoding="utf-8")
    options = ReadOptions(camera=read_lens(lens_file))

    convert_frame(frame_file, tmp_path / "1.tif", options=options)

    camera = read_frame(tmp_path / "1.tif").info.camera
    assert camera.focal_px == pytest.approx(9.5)
    assert (camera.cx_offset_px, camera.cy_offset_px) == pytest.approx((0.25, -0.5))
    assert (camera.k1, camera.k2, camera.k3) == (-0.02, 0.23, 0.18)
    assert (camera.p1, camera.p2) == (0.0039, 0.0087)  # Metashape counts them the other way round
    assert camera.source == "lens.xml"


def test_a_lens_file_without_a_lens_is_named(tmp_path):
    path = tmp_path / "lens.xml"
    path.write_text("<calibration/>", encoding="utf-8")
    with pytest.raises(BadFileError, match=r"lens\.xml: is no lens calibration"):
        read_lens(path)


def test_one_bad_file_does_not_stop_the_others(frame_file, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8")

    result = convert_frames([bad, frame_file], tmp_path / "out")

    assert [f.path.name for f in result.files] == ["원본 1.tif"]
    assert [path for path, _ in result.failed] == [bad]
    assert "bad.jpg" in result.failed[0][1]


def test_frames_of_one_name_from_two_folders_stay_apart(tmp_path):
    names = target_names([tmp_path / "a" / "D.jpg", tmp_path / "b" / "d.JPG"], tmp_path)
    assert [n.name for n in names] == ["D.tif", "d-2.tif"]


def test_a_frame_is_never_written_over_itself(frame_file, tmp_path):
    convert_frame(frame_file, tmp_path / "1.tif")
    with pytest.raises(BadFileError, match="over itself"):
        convert_frame(tmp_path / "1.tif", tmp_path / "1.tif")


def test_a_folder_that_cannot_be_made_is_an_output_error(frame_file, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError):
        convert_frames([frame_file], tmp_path / "file" / "out")


def test_a_place_known_from_xmp_alone_is_written_as_exif_too(writer, tmp_path):
    raw = np.round(writer.flir_raw(SCENE)).astype(np.uint16)
    path = tmp_path / "a.jpg"
    path.write_bytes(
        writer.flir_jpeg(raw, xmp=writer.drone_xmp(GpsLatitude="-37.5123456", GpsLongitude="-127.25"))
    )

    convert_frame(path, tmp_path / "a.tif")

    gps = Image.open(tmp_path / "a.tif").getexif().get_ifd(0x8825)
    degrees = [float(a) + float(b) / 60 + float(c) / 3600 for a, b, c in (gps[2], gps[4])]
    assert (gps[1], gps[3]) == ("S", "W")
    assert degrees == pytest.approx([37.5123456, 127.25], abs=1e-9)


def test_sigma_is_written_beside_where_a_law_tells_it(writer, tmp_path):
    scene = np.linspace(0.0, 50.0, 48 * 64).reshape(48, 64)
    path = tmp_path / "가.jpg"
    path.write_bytes(writer.flir_jpeg(np.round(writer.flir_raw(scene)).astype(np.uint16)))
    result = convert_frames([path], tmp_path / "out", sigma=True)
    assert not result.failed
    with rasterio.open(tmp_path / "out" / "가.sigma.tif") as written:
        sigma = written.read(1)
    assert sigma.shape == scene.shape
    assert ((sigma > 0.04) & (sigma < 5.0)).all()
