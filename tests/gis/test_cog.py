"""Maps put together from compressed blocks are read back by GDAL as they were."""

import io

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.cog import BLOCK_PX, BlockKey, CogPlan, decode_block, encode_blocks, write_cog
from gis.grid import GeoGrid
from gis.pyramid import halved
from gis.tiffblocks import read_levels

BANDS = (("temperature", "degC"), ("count", "1"), ("sigma", "K"), ("source frame", "1"))
WAYS = ("mean", "first", "rms", "first")


def plan_of(rows, cols, tags=None):
    return CogPlan(GeoGrid("EPSG:5186", Affine(0.1, 0, 2e5, 0, -0.1, 6e5), (rows, cols)), BANDS, tags or {})


def pixels(rows, cols, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(20, 5, (4, rows, cols)).astype(np.float32)
    values[:, rows // 2 :, : cols // 3] = np.nan
    return values


def whole_blocks(values):
    rows, cols = (-(-n // BLOCK_PX) * BLOCK_PX for n in values.shape[1:])
    out = np.full((len(values), rows, cols), np.nan, np.float32)
    out[:, : values.shape[1], : values.shape[2]] = values
    return out


def pyramid(values, levels):
    blocks, level = {}, whole_blocks(values)
    for k in range(levels):
        for r, row in enumerate(encode_blocks(level)):
            blocks.update({BlockKey(k, r, c): data for c, data in enumerate(row) if data})
        level = whole_blocks(halved(level, WAYS))
    return blocks


def written(path, values, tags=None):
    plan = plan_of(*values.shape[1:], tags)
    blocks = pyramid(values, plan.levels)
    write_cog(path, plan, {k: len(b) for k, b in blocks.items()}, blocks.__getitem__)
    return plan, blocks


@pytest.mark.parametrize("shape", [(1, 1), (512, 512), (513, 700), (1100, 1500)])
def test_gdal_reads_the_pixels_that_were_put_in(tmp_path, shape):
    values = pixels(*shape)
    written(tmp_path / "지도.tif", values)
    with rasterio.open(tmp_path / "지도.tif") as file:
        assert np.array_equal(file.read(), values, equal_nan=True)


def test_gdal_takes_the_file_for_a_cog_with_its_bands_tags_and_place(tmp_path):
    written(tmp_path / "map.tif", pixels(1100, 1500), {"LEVEL": "기준"})
    with rasterio.open(tmp_path / "map.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
        assert file.profile["compress"] == "zstd"
        assert file.block_shapes == [(512, 512)] * 4
        assert file.overviews(1) == [2, 4]
        assert file.descriptions == tuple(name for name, _ in BANDS)
        assert file.units == tuple(unit for _, unit in BANDS)
        assert file.tags()["LEVEL"] == "기준"
        assert file.crs.to_epsg() == 5186
        assert file.transform == Affine(0.1, 0, 2e5, 0, -0.1, 6e5)
        assert np.isnan(file.nodata)


def test_overviews_hold_the_mean_of_temperatures_and_never_a_mean_of_numbers(tmp_path):
    values = pixels(1024, 1024)
    values[3] = np.where(np.isfinite(values[0]), np.arange(1024)[None, :] // 3, np.nan)
    written(tmp_path / "map.tif", values)
    with rasterio.open(tmp_path / "map.tif", overview_level=0) as file:
        small = file.read()
    fours = values.reshape(4, 512, 2, 512, 2)
    seen = np.isfinite(fours).all(axis=(2, 4))
    assert np.allclose(small[0][seen[0]], fours[0].mean(axis=(1, 3))[seen[0]], atol=1e-4)
    assert np.allclose(small[2][seen[2]], np.sqrt((fours[2] ** 2).mean(axis=(1, 3)))[seen[2]], atol=1e-4)
    assert set(np.unique(small[3][seen[3]])) <= set(np.unique(values[3][np.isfinite(values[3])]))


def test_blocks_taken_out_of_a_finished_map_are_the_ones_put_in(tmp_path):
    plan, blocks = written(tmp_path / "map.tif", pixels(1100, 1500))
    with (tmp_path / "map.tif").open("rb") as file:
        levels = read_levels(file)
        for k, level in enumerate(levels):
            for key in plan.blocks(k):
                assert level.block(file, key.row, key.col) == blocks.get(key, b"")
        assert levels[0].block(file, 99, 0) == b""


def test_a_block_is_decoded_alone(tmp_path):
    values = pixels(512, 1024)
    (row,) = encode_blocks(values)
    assert np.array_equal(decode_block(row[1], 4), values[:, :, 512:], equal_nan=True)
    assert np.isnan(decode_block(b"", 4)).all()


def test_a_file_beyond_four_gigabytes_is_laid_out_as_bigtiff(tmp_path):
    """Laid out only: the blocks are told to be large, and the first one asked for stops the writing."""
    plan = plan_of(512 * 3, 512 * 3)
    asked = []

    def block(key):
        asked.append(key)
        raise RuntimeError("far enough")

    sizes = {k: 600_000_000 for level in range(plan.levels) for k in plan.blocks(level)}
    with pytest.raises(RuntimeError, match="far enough"):
        write_cog(tmp_path / "map.tif", plan, sizes, block)
    assert asked == [BlockKey(2, 0, 0)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "data", [b"", b"II*\0", b"MM\0*\0\0\0\x08", b"II*\0\x08\0\0\0\x40\0", b"II*\0\x08\0\0\0\0\0\0\0\0\0"]
)
def test_what_is_no_tiff_in_blocks_is_refused(data):
    with pytest.raises(ValueError, match="is "):
        read_levels(io.BytesIO(data))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_halving_keeps_what_is_known(seed):
    rng = np.random.default_rng(seed)
    values = np.where(rng.random((3, 8, 8)) < 0.6, rng.normal(size=(3, 8, 8)) * 30, np.nan).astype(np.float32)
    out = halved(values, ("mean", "rms", "first"))
    fours = values.reshape(3, 4, 2, 4, 2).transpose(0, 1, 3, 2, 4).reshape(3, 4, 4, 4)
    known = np.isfinite(fours).any(axis=-1)
    assert (np.isfinite(out) == known).all()
    low, high = (
        f(np.where(np.isfinite(fours), fours, s), axis=-1) for f, s in ((np.min, np.inf), (np.max, -np.inf))
    )
    inside = known[0]
    assert (out[0][inside] >= low[0][inside] - 1e-3).all()
    assert (out[0][inside] <= high[0][inside] + 1e-3).all()
    assert all(out[2][i, j] in fours[2, i, j] for i, j in np.argwhere(known[2]))
