"""Rasters in files: single bands read whole."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadFileError
from core.geo import FloatArray
from gis.grid import GeoGrid


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
