import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.warp import transform as warp

from core.errors import BadFileError
from core.geo import LonLat
from gis.cogwriter import cog_written
from gis.crs import CrsError, default_crs, metric_crs
from gis.grid import GeoGrid, Window
from gis.raster import read_band

BOUNDS = (200_010.2, 500_000.1, 200_733.9, 500_640.0)


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_a_pixel_comes_back_from_its_place(row, col):
    grid = GeoGrid("EPSG:5186", Affine(0.5, 0, 2e5, 0, -0.5, 5e5), (10, 10))
    assert grid.row_col(grid.xy(np.array(row), np.array(col))) == pytest.approx([row, col], abs=1e-6)


def test_windows_cover_every_pixel_once():
    grid = GeoGrid.covering("EPSG:5186", BOUNDS, 0.9)
    seen = np.zeros(grid.shape, int)
    for window in grid.windows(512):
        seen[window.slices] += 1
    assert (seen == 1).all()


def test_a_covering_grid_holds_its_bounds_on_whole_multiples_of_the_pixel():
    grid = GeoGrid.covering("EPSG:5186", BOUNDS, 0.25)
    left, bottom, right, top = grid.bounds
    assert left <= BOUNDS[0] < left + 0.25
    assert top - 0.25 < BOUNDS[3] <= top
    assert right >= BOUNDS[2]
    assert bottom <= BOUNDS[1]
    assert left % 0.25 == 0.0


def test_grid_places_are_rasterios(tmp_path):
    grid = GeoGrid.covering("EPSG:5186", BOUNDS, 0.9)
    with cog_written(tmp_path / "지도 1.tif", grid, [("a", "K")]) as writer:
        for window in grid.windows():
            writer.write(window, np.full((1, window.height, window.width), float(window.row), np.float32))
    with rasterio.open(tmp_path / "지도 1.tif") as opened:
        assert opened.xy(7, 9) == pytest.approx(tuple(grid.xy(np.array(7.0), np.array(9.0))))
        assert opened.overviews(1)
        assert opened.units == ("K",)
    assert read_band(tmp_path / "지도 1.tif").values[600, 3] == pytest.approx(512.0)
    assert [p.name for p in tmp_path.iterdir()] == ["지도 1.tif"]


def test_a_band_is_sampled_between_its_pixels(tmp_path):
    grid = GeoGrid("EPSG:5186", Affine(2, 0, 0, 0, -2, 20), (10, 10))
    with cog_written(tmp_path / "ramp.tif", grid, [("a", "K")]) as writer:
        ramp = np.tile(np.arange(10, dtype=np.float32), (10, 1))
        writer.write(next(grid.windows()), ramp[None])
    band = read_band(tmp_path / "ramp.tif")
    assert band.sample(np.array([[4.0, 10.0], [5.0, 10.0]])) == pytest.approx([1.5, 2.0])
    assert np.isnan(band.sample(np.array([[-50.0, 10.0]]))).all()


def test_overviews_are_the_means_of_what_is_known_as_gdal_reads_them(tmp_path):
    grid = GeoGrid("EPSG:5186", Affine(1, 0, 0, 0, -1, 1300), (1300, 900))
    values = np.random.default_rng(0).normal(30, 5, (2, *grid.shape)).astype(np.float32)
    values[:, 300:640, 100:700] = np.nan
    with cog_written(tmp_path / "map.tif", grid, [("a", "K"), ("b", "1")], {}, ["mean", "first"]) as writer:
        for window in grid.windows():
            writer.write(window, values[:, *window.slices])
    with rasterio.open(tmp_path / "map.tif") as opened:
        assert np.array_equal(opened.read(), values, equal_nan=True)
        assert opened.overviews(1) == [2, 4]
    with rasterio.open(tmp_path / "map.tif", overview_level=0) as half:
        mean, first = half.read()
    fours = values[0].reshape(650, 2, 450, 2)
    count = np.isfinite(fours).sum(axis=(1, 3))
    expected = np.where(count > 0, np.nansum(fours, axis=(1, 3)) / np.maximum(count, 1), np.nan)
    assert mean == pytest.approx(expected, abs=1e-4, nan_ok=True)
    known = np.isfinite(first)
    assert np.isin(first[known], values[1]).all()


def test_blocks_off_the_lattice_are_refused(tmp_path):
    grid = GeoGrid("EPSG:5186", Affine(1, 0, 0, 0, -1, 900), (900, 900))
    with (
        pytest.raises(ValueError, match="multiples"),
        cog_written(tmp_path / "m.tif", grid, [("a", "K")]) as w,
    ):
        w.write(Window(5, 0, 10, 10), np.zeros((1, 10, 10), np.float32))
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_nothing(tmp_path):
    def fail():
        with cog_written(tmp_path / "map.tif", GeoGrid.covering("EPSG:5186", BOUNDS, 9.0), [("a", "K")]):
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_raster_is_named(tmp_path):
    path = tmp_path / "글.tif"
    path.write_text("no raster")
    with pytest.raises(BadFileError, match=r"글\.tif"):
        read_band(path)


@pytest.mark.parametrize(
    ("lon", "lat", "crs"),
    [
        (127.11, 37.37, "EPSG:5186"),
        (126.5, 33.4, "EPSG:5186"),
        (6.2, 46.4, "EPSG:32632"),
        (151.2, -33.9, "EPSG:32756"),
    ],
)
def test_the_default_projection_keeps_lengths_within_three_thousandths(lon, lat, crs):
    assert default_crs(LonLat(lon, lat)) == crs
    (x0, x1), (y0, y1) = warp("EPSG:4326", crs, [lon, lon], [lat, lat + 0.01])
    assert np.hypot(x1 - x0, y1 - y0) == pytest.approx(0.01 * 111_000, rel=3e-3)


@pytest.mark.parametrize("name", ["EPSG:4326", "EPSG:2263", "nonsense"])
def test_a_system_that_is_not_in_metres_is_refused_by_name(name):
    with pytest.raises(CrsError, match=name):
        metric_crs(name)
