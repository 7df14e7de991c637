"""A DEM in any coordinate system and over any datum gives heights over the sea, or is refused."""

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin

from core.errors import BadFileError
from gis.geoid import GeoidGrid, find_grid
from gis.terrain import read_terrain

PLACE = (127.12, 37.40)


def write(path, crs, value, step, *, nodata=None):
    """A DEM of one height round PLACE in a coordinate system, 21 pixels wide."""
    flat = crs.partition("+")[0]
    x, y = Transformer.from_crs(4326, flat, always_xy=True).transform(*PLACE)
    heights = np.full((21, 21), value, np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=21, height=21, count=1, dtype="float32", crs=crs, nodata=nodata,
        transform=from_origin(x - 10.5 * step, y + 10.5 * step, step, step),
    ) as out:  # fmt: skip
        out.write(heights, 1)
    return path


@pytest.fixture
def geoid_grid(tmp_path, monkeypatch):
    """A geoid of 25 m everywhere."""
    path = tmp_path / "egm.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=360, height=181, count=1, dtype="float32", crs="EPSG:4326",
        transform=from_origin(-180.5, 90.5, 1.0, 1.0),
    ) as out:  # fmt: skip
        out.write(np.full((181, 360), 25.0, np.float32), 1)
    monkeypatch.setenv("SKYSHADE_GEOID", str(path))


@pytest.mark.parametrize(
    ("crs", "step"),
    [
        ("EPSG:5186", 5.0),
        ("EPSG:5179", 5.0),
        ("EPSG:32652", 5.0),
        ("EPSG:4326", 5e-5),
        ("EPSG:5186+5773", 5.0),
    ],
)
def test_heights_over_the_sea_are_taken_as_they_are(tmp_path, crs, step):
    terrain = read_terrain(write(tmp_path / "지형.tif", crs, 61.5, step))
    assert terrain.heights_m(*PLACE) == pytest.approx(61.5)


def test_heights_said_to_be_over_the_ellipsoid_are_turned(tmp_path, geoid_grid):
    terrain = read_terrain(write(tmp_path / "d.tif", "EPSG:4979", 61.5, 5e-5))
    assert terrain.heights_m(*PLACE) == pytest.approx(36.5)
    assert terrain.heights_m([PLACE[0], 0.0], [PLACE[1], 0.0]) == pytest.approx([36.5, np.nan], nan_ok=True)


def test_without_its_geoid_a_dem_over_the_ellipsoid_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SKYSHADE_GEOID", str(tmp_path / "none.gtx"))
    with pytest.raises(BadFileError, match="is no geoid grid"):
        read_terrain(write(tmp_path / "d.tif", "EPSG:4979", 61.5, 5e-5))


@pytest.mark.parametrize("fill", [-9999.0, -32768.0, 1e20])
def test_a_fill_value_that_the_file_does_not_name_is_a_hole(tmp_path, fill):
    terrain = read_terrain(write(tmp_path / "d.tif", "EPSG:5186", fill, 5.0))
    assert np.isnan(terrain.heights_m(*PLACE))


def test_heights_in_feet_are_refused_with_the_way_out(tmp_path):
    with pytest.raises(BadFileError, match=r"foot.*not in metres; gdal_translate"):
        read_terrain(write(tmp_path / "d.tif", "EPSG:5186+6360", 200.0, 5.0))


def test_undulations_are_mixed_between_the_grid_points():
    metres = np.array([[10.0, 20.0, 10.0, 20.0], [30.0, 40.0, 30.0, 40.0]])
    grid = GeoidGrid(metres, 0.0, 90.0, 90.0, "made")
    found = grid.undulations_m(np.array([0.0, 45.0, 315.0]), np.array([90.0, 45.0, 90.0]))
    assert found == pytest.approx([10.0, 25.0, 15.0], abs=1e-4)


def test_a_grid_that_is_named_is_the_one_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("SKYSHADE_GEOID", str(tmp_path / "own.gtx"))
    assert find_grid() == tmp_path / "own.gtx"
