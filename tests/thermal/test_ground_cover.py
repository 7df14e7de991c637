"""Each pixel's own emissivity, from a raster of emissivities or of land-cover codes."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from core.errors import BadFileError
from core.geo import LocalFrame
from gis.grid import GeoGrid
from thermal.emissivity import with_emissivity
from thermal.frame import FrameInfo, Radiometry
from thermal.groundcover import UnstatedEmissivityError, correction, read_cover
from thermal.tiles import MapPlace

EAST, NORTH = 209_700.0, 530_000.0


@pytest.fixture
def raster(tmp_path):
    def write(values, name="피복.tif", dtype="float32"):
        path = tmp_path / name
        shape = {"height": len(values), "width": len(values[0]), "count": 1, "dtype": dtype}
        place = {"crs": "EPSG:5186", "transform": from_origin(EAST, NORTH, 10.0, 10.0)}
        with rasterio.open(
            path, "w", driver="GTiff", nodata=0 if dtype != "float32" else None, **shape, **place
        ) as f:
            f.write(np.asarray(values, dtype), 1)
        return path

    return write


def info(made, emissivity=0.95, reflected_C=-20.0):
    from pathlib import Path

    return FrameInfo(
        Path("a.jpg"), "flir", "any", made.CAMERA, Radiometry(emissivity, 50.0, 0.5, reflected_C, 25.0)
    )


def test_codes_are_looked_up_and_a_finer_code_takes_its_hundreds(raster):
    cover = read_cover(raster([[100, 310], [700, 0]], dtype="int16"))
    assert cover.emissivity[0].tolist() == [0.945, 0.98]
    assert cover.emissivity[1, 0] == 0.985
    assert np.isnan(cover.emissivity[1, 1])


def test_a_table_of_the_users_own_replaces_ours(raster, tmp_path):
    table = tmp_path / "표.toml"
    table.write_text("[emissivity]\n5 = 0.9\n6 = 0.3\n", encoding="utf-8")
    cover = read_cover(raster([[5, 6]], dtype="uint8"), table)
    assert cover.emissivity.tolist() == [[0.9, 0.3]]


@pytest.mark.parametrize(
    ("values", "table", "words"),
    [
        ([[990, 100]], None, "without an emissivity: 990"),
        ([[1.5, 0.9]], None, "emissivity of 1.5"),
        ([[5, 6]], "[emissivity]\n5 = 1.2\n", "code 5 an emissivity of 1.2"),
        ([[5, 6]], "nothing", "no table of emissivities"),
    ],
)
def test_each_fault_is_named(raster, tmp_path, values, table, words):
    path = None
    if table is not None:
        path = tmp_path / "t.toml"
        path.write_text(table, encoding="utf-8")
    with pytest.raises(BadFileError, match=words):
        read_cover(raster(values), path)


def test_frames_that_disagree_are_asked_for_one_emissivity(raster, made):
    cover = read_cover(raster([[0.9]]))
    with pytest.raises(UnstatedEmissivityError, match="--emissivity"):
        correction(cover, [info(made), info(made, emissivity=0.9)])
    with pytest.raises(UnstatedEmissivityError, match="--reflected-C"):
        correction(cover, [info(made, reflected_C=None)])


def test_a_tile_is_corrected_cell_by_cell_and_kept_where_nothing_is_known(raster, made):
    cover = read_cover(raster([[0.95, 0.85], [0.98, float("nan")]]))
    chosen = correction(cover, [info(made)])
    grid = GeoGrid.covering("EPSG:5186", (EAST, NORTH - 20.0, EAST + 30.0, NORTH), 0.5)
    from pyproj import Transformer

    lon, lat = Transformer.from_crs("EPSG:5186", "EPSG:4326", always_xy=True).transform(EAST, NORTH)
    place = MapPlace(grid, LocalFrame(type(made.HOME)(lon, lat)))
    window = next(iter(grid.windows(512)))
    celsius = np.full((window.height, window.width), 40.0, np.float32)
    got = chosen.corrected(celsius, place, window)
    one = np.full((1, 1), 40.0, np.float32)
    for (row, col), e in {(10, 10): 0.95, (10, 30): 0.85, (30, 10): 0.98}.items():
        truth = with_emissivity(one, was=0.95, now=e, reflected_C=-20.0)[0, 0]
        assert got[row, col] == pytest.approx(truth, abs=0.01)
    assert got[30, 30] == 40.0
    assert got[10, 55] == 40.0
