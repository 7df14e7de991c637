import gzip
import io
import sqlite3

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rasterio import shutil
from rasterio.transform import from_bounds
from rasterio.windows import Window
from shapely import Point

from core.errors import BadFileError
from gis.tiles import TileArea, is_tiles, open_tiles, pick_tiles, vector_layers
from gis.tiles.pmtiles import parse_directory, tile_number

AREA = TileArea(127.10, 37.34, 127.13, 37.37)


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """One layer of houses as PMTiles and as MBTiles, and a picture as MBTiles, all written by GDAL."""
    folder = tmp_path_factory.mktemp("타일 묶음")
    rng = np.random.default_rng(1)
    spots = [Point(*xy).buffer(0.0005) for xy in rng.uniform([127.10, 37.34], [127.13, 37.37], (200, 2))]
    houses = gpd.GeoDataFrame({"n": range(200)}, geometry=spots, crs=4326).to_crs(3857)
    for name, driver in (("집.pmtiles", "PMTiles"), ("집.mbtiles", "MBTiles")):
        pyogrio.write_dataframe(
            houses, folder / name, driver=driver, layer="houses",
            dataset_options={"MINZOOM": "10", "MAXZOOM": "15"},
        )  # fmt: skip
    picture(folder, rng)
    return folder


def picture(folder, rng):
    """Noise over the area at 2.4 m a pixel (zoom 16) with overviews."""
    left, bottom, right, top = (
        gpd.GeoSeries([Point(127.10, 37.34), Point(127.13, 37.37)], crs=4326).to_crs(3857).total_bounds
    )
    columns, rows = round((right - left) / 2.388657), round((top - bottom) / 2.388657)
    colours = rng.integers(0, 255, (3, rows // 8, columns // 8), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    shape = {"height": colours.shape[1], "width": colours.shape[2], "count": 3, "dtype": "uint8"}
    place = from_bounds(left, bottom, right, top, shape["width"], shape["height"])
    with rasterio.open(
        folder / "p.tif", "w", driver="GTiff", crs="EPSG:3857", transform=place, **shape
    ) as out:
        out.write(colours)
    shutil.copy(folder / "p.tif", folder / "그림.mbtiles", driver="MBTiles", tile_format="PNG")
    with rasterio.open(folder / "그림.mbtiles", "r+") as made:
        made.build_overviews([2, 4, 8])


def test_both_formats_give_the_same_tiles_byte_for_byte(archives):
    with open_tiles(archives / "집.pmtiles") as one, open_tiles(archives / "집.mbtiles") as other:
        assert one.zooms == other.zooms == (10, 15)
        assert one.kind == other.kind == "application/x-protobuf"
        held = 0
        for zoom in range(10, 16):
            for column in AREA.columns(zoom):
                for row in AREA.rows(zoom):
                    theirs = other.tile(zoom, column, row)
                    mine = one.tile(zoom, column, row)
                    assert mine == (None if theirs is None else gzip.decompress(theirs))
                    held += mine is not None
        assert held > 20
        assert one.tile(12, 0, 0) is None


def test_a_picture_tile_lies_where_gdal_says(archives):
    with open_tiles(archives / "그림.mbtiles") as archive, rasterio.open(archives / "그림.mbtiles") as gdal:
        zoom = archive.zooms[1]
        column, row = AREA.columns(zoom)[2], AREA.rows(zoom)[2]
        mine = np.asarray(Image.open(io.BytesIO(archive.tile(zoom, column, row))).convert("RGB"))
        side = 2 * np.pi * 6378137.0 / 2**zoom
        x, y = column * side - np.pi * 6378137.0, np.pi * 6378137.0 - row * side
        window = gdal.window(x, y - side, x + side, y)
        exact = Window(round(window.col_off), round(window.row_off), 256, 256)
        theirs = np.moveaxis(gdal.read([1, 2, 3], window=exact), 0, 2)
    assert mine.shape == theirs.shape == (256, 256, 3)
    assert (mine == theirs).all()


def test_tiles_are_taken_zoom_by_zoom_as_far_as_the_room_lasts(archives):
    with open_tiles(archives / "그림.mbtiles") as archive:
        low, high = archive.zooms
        everything = pick_tiles(archive, AREA, 50_000_000)
        some = pick_tiles(archive, AREA, everything.bytes_in_page // 2)
        nothing = pick_tiles(archive, AREA, 10)
    assert everything.left_out is None
    assert {zoom for zoom, _, _ in everything.tiles} <= set(range(low, high + 1))
    assert max(zoom for zoom, _, _ in everything.tiles) == high
    assert some.bytes_in_page <= everything.bytes_in_page // 2
    assert some.left_out == (high, high)
    assert not nothing.tiles


def test_vector_tiles_come_as_shapes_of_the_area(archives):
    for name in ("집.pmtiles", "집.mbtiles"):
        found = vector_layers(archives / name, TileArea(127.11, 37.35, 127.12, 37.36))
        assert list(found) == ["houses"]
        west, south, east, north = found["houses"].to_crs(4326).total_bounds
        assert 127.09 < west < 127.12
        assert 127.11 < east < 127.14
        assert 37.34 < south < 37.36
        assert north < 37.38


@given(zoom=st.integers(0, 12), data=st.data())
def test_numbers_of_a_zoom_follow_those_below_and_neighbours_along_the_curve_touch(zoom, data):
    side = 2**zoom
    column, row = (data.draw(st.integers(0, side - 1)) for _ in range(2))
    number = tile_number(zoom, column, row)
    first = (4**zoom - 1) // 3
    assert first <= number < first + 4**zoom
    around = [(column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)]
    near = {tile_number(zoom, c, r) for c, r in around if 0 <= c < side and 0 <= r < side}
    wanted = {n for n in (number - 1, number + 1) if first <= n < first + 4**zoom}
    assert wanted <= near


def test_each_tile_of_a_zoom_has_a_number_of_its_own():
    numbers = {tile_number(4, column, row) for column in range(16) for row in range(16)}
    assert numbers == set(range(85, 85 + 256))


def test_a_directory_that_is_cut_is_refused():
    with pytest.raises(ValueError, match="cut short"):
        parse_directory(bytes([3, 1, 1]))


def test_an_area_takes_the_tiles_it_touches():
    assert AREA.count(0) == 1
    assert list(TileArea(-180, -85, 180, 85).columns(2)) == [0, 1, 2, 3]
    assert list(TileArea(-180, -89, 180, 89).rows(2)) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="width and a height"):
        TileArea(127.2, 37.0, 127.1, 37.1)


def test_names_tell_tiles():
    assert is_tiles("배경.MBTiles")
    assert not is_tiles("배경.gpkg")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.pmtiles", b"PMTiles\x03", "is no PMTiles file"),
        ("a.pmtiles", b"\0" * 200, "another signature"),
        ("a.mbtiles", b"no sqlite at all" * 100, "is no MBTiles file"),
    ],
)
def test_a_broken_file_is_named(tmp_path, name, content, problem):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadFileError, match=problem) as caught, open_tiles(tmp_path / name):
        pass
    assert name in str(caught.value)


def test_an_empty_archive_and_a_missing_one_are_named(tmp_path):
    with sqlite3.connect(tmp_path / "e.mbtiles") as store:
        store.execute("CREATE TABLE metadata (name, value)")
        store.execute("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)")
    store.close()
    with pytest.raises(BadFileError, match="holds no tile"), open_tiles(tmp_path / "e.mbtiles"):
        pass
    for name in ("x.mbtiles", "x.pmtiles"):
        with pytest.raises(BadFileError, match=name), open_tiles(tmp_path / name):
            pass


def test_a_pmtiles_file_cut_in_its_tiles_is_named(archives, tmp_path):
    whole = (archives / "집.pmtiles").read_bytes()
    (tmp_path / "c.pmtiles").write_bytes(whole[:60])
    with pytest.raises(BadFileError, match="cut short"), open_tiles(tmp_path / "c.pmtiles"):
        pass
    (tmp_path / "d.pmtiles").write_bytes(whole[:-50])
    with open_tiles(tmp_path / "d.pmtiles") as archive:
        at = [(zoom, c, r) for zoom in range(10, 16) for c in AREA.columns(zoom) for r in AREA.rows(zoom)]
        with pytest.raises(BadFileError, match="holds a tile that cannot be read"):
            assert [archive.tile(*place) for place in at]
