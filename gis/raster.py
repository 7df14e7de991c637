"""Rasters in files: cloud-optimised GeoTIFFs written block by block, single bands read whole."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError
from core.files import written_beside
from core.geo import FloatArray
from gis.grid import GeoGrid, Window

BLOCK_PX = 512


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """One band of a raster: float64 (rows, columns), NaN where there is no data, and its grid."""

    values: FloatArray
    grid: GeoGrid

    def sample(self, xy: FloatArray) -> FloatArray:
        """Values at CRS x and y (n, 2) by bilinear interpolation, NaN outside and beside missing data."""
        from scipy.ndimage import map_coordinates

        rows_cols = self.grid.row_col(xy).reshape(-1, 2).T
        out = map_coordinates(self.values, rows_cols, order=1, mode="constant", cval=np.nan)
        return np.asarray(out, float).reshape(np.shape(xy)[:-1])


class BlockWriter:
    """Takes float32 blocks (bands, rows, columns) of a raster in any order, from one thread at a time."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def write(self, window: Window, block: NDArray[np.float32]) -> None:
        """Put `block` at `window`."""
        from rasterio.windows import Window as RioWindow

        where = RioWindow(window.col, window.row, window.width, window.height)
        self._dataset.write(block, window=where)


@contextmanager
def cog_written(
    path: Path,
    grid: GeoGrid,
    bands: Sequence[tuple[str, str]],
    tags: Mapping[str, str] | None = None,
) -> Iterator[BlockWriter]:
    """Write a float32 COG at `path`: 512 blocks, ZSTD with predictor 3, NaN nodata, overviews.

    `bands` are (description, unit). Blocks go to a tiled file beside the target first, so memory stays small;
    the COG is made from it when the block ends, and appears whole or not at all. Overviews take the nearest
    pixel, so that they never hold a value (or a source number) that was not measured.
    """
    import rasterio

    rows, cols = grid.shape
    profile: dict[str, Any] = {
        "driver": "GTiff", "dtype": "float32", "count": len(bands), "height": rows, "width": cols,
        "crs": grid.crs, "transform": grid.transform, "nodata": float("nan"), "tiled": True,
        "blockxsize": BLOCK_PX, "blockysize": BLOCK_PX, "interleave": "pixel", "bigtiff": "if_safer",
        "sparse_ok": True,
    }  # fmt: skip
    with written_beside(path) as target, tempfile.TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        plain = Path(folder) / "blocks.tif"
        with rasterio.open(plain, "w", **profile) as dataset:
            _describe(dataset, bands, tags or {})
            yield BlockWriter(dataset)
        _to_cog(plain, target)


def _describe(dataset: Any, bands: Sequence[tuple[str, str]], tags: Mapping[str, str]) -> None:
    for index, (name, unit) in enumerate(bands, start=1):
        dataset.set_band_description(index, name)
        dataset.set_band_unit(index, unit)
    dataset.update_tags(**tags)


def _to_cog(source: Path, target: Path) -> None:
    from rasterio import shutil

    shutil.copy(
        source, target, driver="COG", compress="ZSTD", level=1, predictor="FLOATING_POINT",
        blocksize=BLOCK_PX, overview_resampling="nearest", bigtiff="IF_SAFER", num_threads="ALL_CPUS",
    )  # fmt: skip


def read_band(path: Path, index: int = 1) -> Band:
    """Read one band as float64 with NaN for no data; raises `BadFileError` naming the file."""
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as dataset:
            if dataset.crs is None:
                raise BadFileError(path, "has no coordinate system", hint="assign one, e.g. with QGIS")
            if not 1 <= index <= dataset.count:
                raise BadFileError(path, f"has {dataset.count} bands, band {index} was asked for")
            values = dataset.read(index, masked=True).astype(float).filled(np.nan)
            grid = GeoGrid(dataset.crs.to_string(), dataset.transform, dataset.shape)
    except RasterioError as error:
        raise BadFileError(path, f"is no raster that can be read ({error})") from error
    return Band(values, grid)


def read_tags(path: Path) -> dict[str, str]:
    """The tags of a raster; raises `BadFileError` naming the file."""
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as dataset:
            return dict(dataset.tags())
    except RasterioError as error:
        raise BadFileError(path, f"is no raster that can be read ({error})") from error
