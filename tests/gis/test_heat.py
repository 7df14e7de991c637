import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine, from_origin

from core.errors import BadFileError
from gis.heat import HeatMap, metric_crs, read_heat

LEFT, TOP = 209_800.0, 530_400.0


def test_a_written_map_reads_back_with_its_sigma(tmp_path, heat_file):
    celsius = np.arange(12, dtype=np.float32).reshape(3, 4)
    celsius[1, 1] = np.nan
    heat = read_heat(heat_file(tmp_path / "열지도.tif", celsius, sigma=np.full((3, 4), 0.4, np.float32)))
    assert np.array_equal(heat.celsius, celsius, equal_nan=True)
    assert heat.sigma_K[0, 0] == np.float32(0.4)
    assert (heat.bounds, heat.crs, heat.notes) == ((LEFT, TOP - 3, LEFT + 4, TOP), "EPSG:5186", ())


def test_a_map_in_degrees_is_taken_to_metres_and_said(tmp_path, heat_file):
    grid = from_origin(127.10, 37.38, 1e-5, 1e-5)
    heat = read_heat(heat_file(tmp_path / "a.tif", np.full((90, 90), 33.0), crs="EPSG:4326", transform=grid))
    assert heat.crs == "EPSG:5186"
    assert 0.8 < heat.pixel_m < 1.3
    assert np.nanmedian(heat.celsius) == 33.0
    assert any(note.startswith("resampled to") for note in heat.notes)


def test_a_rotated_map_is_straightened(tmp_path, heat_file):
    turned = Affine.translation(LEFT, TOP) @ Affine.rotation(30) @ Affine.scale(1, -1)
    heat = read_heat(heat_file(tmp_path / "a.tif", np.full((50, 50), 40.0), transform=turned))
    assert np.isfinite(heat.celsius).sum() == pytest.approx(2500, rel=0.05)
    assert np.isnan(heat.celsius[0, 0])


@pytest.mark.parametrize(
    ("value", "dtype", "crs", "problem"),
    [
        (300.0, "float32", "EPSG:5186", "must be in Celsius"),
        (3, "uint8", "EPSG:5186", "8-bit colours or grades"),
        (30.0, "float32", None, "no coordinate system"),
        (np.nan, "float32", "EPSG:5186", "every pixel is empty"),
    ],
)
def test_rasters_that_are_no_heat_map_are_refused(tmp_path, value, dtype, crs, problem):
    profile = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": dtype, "crs": crs}
    path = tmp_path / "odd.tif"
    with rasterio.open(path, "w", transform=from_origin(LEFT, TOP, 1, 1), **profile) as out:
        out.write(np.full((4, 4), value, dtype), 1)
    with pytest.raises(BadFileError, match=problem):
        read_heat(path)


def test_a_file_that_is_no_raster_is_refused(tmp_path):
    (tmp_path / "a.tif").write_text("no")
    with pytest.raises(BadFileError, match="is no raster that can be read"):
        read_heat(tmp_path / "a.tif")


def test_the_metric_system_follows_the_place():
    assert metric_crs("EPSG:4326", (127, 37, 128, 38)) == "EPSG:5186"
    assert metric_crs("EPSG:4326", (-71, -34, -70, -33)) == "EPSG:32719"


def test_a_sigma_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="sigma is"):
        HeatMap(np.zeros((2, 2), np.float32), "EPSG:5186", 0, 0, 1, np.zeros((3, 3), np.float32))
