import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from core.errors import BadFileError
from gis.terrain import FlatTerrain, read_terrain


def write(path, heights, *, crs="EPSG:5186", nodata=-9999.0):
    with rasterio.open(
        path, "w", driver="GTiff", width=heights.shape[1], height=heights.shape[0], count=1, dtype="float32",
        crs=crs, transform=from_origin(210000.0, 530500.0, 5.0, 5.0), nodata=nodata,
    ) as out:  # fmt: skip
        out.write(heights.astype(np.float32), 1)
    return path


def lonlat(x, y):
    return Transformer.from_crs(5186, 4326, always_xy=True).transform(x, y)


def test_sloping_plane_is_read_exactly_between_pixels(tmp_path):
    rows, columns = np.mgrid[0:100, 0:80]
    terrain = read_terrain(write(tmp_path / "지형 고도.tif", 20.0 + 0.5 * columns + 0.25 * rows))
    x, y = np.array([210100.0, 210203.3, 210390.1]), np.array([530400.0, 530111.7, 530010.2])
    expected = 20.0 + 0.5 * ((x - 210000) / 5 - 0.5) + 0.25 * ((530500 - y) / 5 - 0.5)
    np.testing.assert_allclose(terrain.heights_m(*lonlat(x, y)), expected, atol=1e-3)


def test_outside_and_missing_pixels_are_unknown(tmp_path):
    heights = np.full((20, 20), 50.0)
    heights[:10] = -9999.0
    terrain = read_terrain(write(tmp_path / "d.tif", heights))
    assert np.isnan(terrain.heights_m(*lonlat(209000.0, 530450.0)))
    assert np.isnan(terrain.heights_m(*lonlat(210050.0, 530480.0)))
    assert terrain.heights_m(*lonlat(210050.0, 530420.0)) == pytest.approx(50.0)


def test_edge_pixel_holds_to_its_border(tmp_path):
    terrain = read_terrain(write(tmp_path / "d.tif", np.full((20, 20), 7.0)))
    assert terrain.heights_m(*lonlat(210000.5, 530499.5)) == pytest.approx(7.0)


def test_missing_crs_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(BadFileError, match=r"no coordinate reference system; .*a_srs"):
        read_terrain(write(tmp_path / "d.tif", np.ones((4, 4)), crs=None))


def test_no_raster_is_refused(tmp_path):
    (tmp_path / "d.tif").write_text("x")
    with pytest.raises(BadFileError, match="cannot be read"):
        read_terrain(tmp_path / "d.tif")
    with pytest.raises(BadFileError, match="not found"):
        read_terrain(tmp_path / "none.tif")


def test_flat_ground_has_the_shape_asked_for():
    assert FlatTerrain(3.0).heights_m(np.zeros((2, 3)), np.zeros((2, 3))).shape == (2, 3)
