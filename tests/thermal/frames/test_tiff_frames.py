"""TIFF frames: the scale comes from the user or the tags, and is never guessed."""

import io

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from core.errors import BadFileError
from thermal.frames import ReadOptions, TiffScale, read_frame, read_info
from thermal.radiometry import RadiometryOverrides

SCENE = np.linspace(-5.0, 60.0, 48).reshape(6, 8)


def _tiff(path, values, **tags):
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        info[int(tag[1:], 16)] = value
    sheet = io.BytesIO()
    Image.fromarray(values).save(sheet, "TIFF", tiffinfo=info)
    path.write_bytes(sheet.getvalue())
    return path


@pytest.mark.parametrize(
    ("scale", "values"),
    [
        (TiffScale.CENTIKELVIN, np.round((SCENE + 273.15) * 100).astype(np.uint16)),
        (TiffScale.DECIKELVIN, np.round((SCENE + 273.15) * 10).astype(np.uint16)),
        (TiffScale.KELVIN, (SCENE + 273.15).astype(np.float32)),
        (TiffScale.CELSIUS, SCENE.astype(np.float32)),
    ],
)
def test_a_plain_tiff_is_read_by_the_scale_the_user_names(tmp_path, scale, values):
    path = _tiff(tmp_path / "온도.tif", values)

    frame = read_frame(path, options=ReadOptions(scale=scale))

    assert np.abs(frame.celsius - SCENE).max() < 0.06
    assert frame.info.reader == "tiff"


@pytest.mark.parametrize("values", [SCENE.astype(np.float32), (SCENE * 100).astype(np.uint16)])
def test_a_tiff_that_does_not_say_is_asked_about(tmp_path, values):
    path = _tiff(tmp_path / "plain.tif", values)
    with pytest.raises(BadFileError, match=r"plain\.tif: does not say.*--scale \(celsius"):
        read_info(path)


def test_a_micasense_altum_thermal_band_is_centikelvin(tmp_path):
    values = np.full((120, 160), 30000, np.uint16)
    path = _tiff(tmp_path / "IMG_0001_6.tif", values, x10F="MicaSense", x110="Altum")

    frame = read_frame(path)

    assert frame.celsius == pytest.approx(26.85)
    assert frame.info.camera.focal_mm == pytest.approx(1.77)


def test_a_linear_flir_scale_in_the_tags_is_used(tmp_path):
    xmp = b'<rdf:Description FLIR:TlinearGain="0.04"/>'
    path = _tiff(tmp_path / "vue.tif", np.full((6, 8), 7500, np.uint16), x2BC=xmp)
    assert read_frame(path).celsius == pytest.approx(7500 * 0.04 - 273.15)


def test_a_wrong_scale_is_an_error_not_a_map(tmp_path):
    path = _tiff(tmp_path / "a.tif", np.full((6, 8), 30000, np.uint16))
    frame = ReadOptions(scale=TiffScale.CELSIUS)
    with pytest.raises(BadFileError, match="centre on 30000 C"):
        read_frame(path, options=frame)


def test_a_colour_picture_is_no_frame(tmp_path):
    path = tmp_path / "colour.tif"
    Image.new("RGB", (8, 6)).save(path)
    with pytest.raises(BadFileError, match=r"3 band\(s\) of uint8"):
        read_info(path)


def test_a_cut_tiff_is_named(tmp_path):
    path = _tiff(tmp_path / "cut.tif", np.full((60, 80), 30000, np.uint16))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(BadFileError, match=r"cut\.tif"):
        read_frame(path)


def test_emissivity_on_finished_temperatures_is_said_to_have_no_effect(tmp_path):
    path = _tiff(tmp_path / "a.tif", SCENE.astype(np.float32))
    options = ReadOptions(RadiometryOverrides(emissivity=0.9), TiffScale.CELSIUS)
    assert any("not applied" in w for w in read_info(path, options=options).warnings)


def test_an_unstated_lens_is_assumed_and_said(tmp_path):
    path = _tiff(tmp_path / "a.tif", SCENE.astype(np.float32))
    info = read_info(path, options=ReadOptions(scale=TiffScale.CELSIUS))
    assert info.tags["lens"] == "assumed"
    assert any("lens is not stated" in w for w in info.warnings)
