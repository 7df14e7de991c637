"""Ground heights from a DEM file, bilinear, NaN where the DEM says nothing."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from core.errors import BadFileError
from core.geo import FloatArray
from gis.crs import change_between

if TYPE_CHECKING:
    from gis.geoid import GeoidGrid

LOWEST_M, HIGHEST_M = -600.0, 9000.0
"""No ground is lower or higher, over the sea or over the ellipsoid."""


class Terrain(Protocol):
    """Anything that knows ground heights."""

    def heights_m(self, lon: ArrayLike, lat: ArrayLike) -> FloatArray:
        """Height above mean sea level in metres at degrees of shape (...,); NaN where unknown."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FlatTerrain:
    """Ground of one height everywhere."""

    height_m: float = 0.0

    def heights_m(self, lon: ArrayLike, lat: ArrayLike) -> FloatArray:
        """The one height, in the shape asked for."""
        return np.full(np.broadcast(np.asarray(lon), np.asarray(lat)).shape, self.height_m)


@dataclass(frozen=True, slots=True, eq=False)
class GridTerrain:
    """A DEM in memory: float64 (rows, columns) metres, NaN = no data; `crs` and the inverse geotransform.

    `to_pixel` holds a, b, c, d, e, f of column = a x + b y + c, row = d x + e y + f, (0, 0) the corner of the
    first pixel. Values stand for pixel centres. `datum_told` is False for a file that does not say over what
    its heights count.
    """

    heights: FloatArray
    to_pixel: tuple[float, float, float, float, float, float]
    crs: str
    datum_told: bool = True

    def heights_m(self, lon: ArrayLike, lat: ArrayLike) -> FloatArray:
        """Bilinear heights at degrees of shape (...,); NaN outside or next to missing pixels."""
        x, y = change_between("EPSG:4326", self.crs).transform(np.asarray(lon, float), np.asarray(lat, float))
        a, b, c, d, e, f = self.to_pixel
        x, y = np.asarray(x, float), np.asarray(y, float)
        return _bilinear(self.heights, a * x + b * y + c - 0.5, d * x + e * y + f - 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class EllipsoidTerrain:
    """A DEM whose file says that its heights are over the WGS84 ellipsoid, with the geoid that turns them."""

    over_ellipsoid: GridTerrain
    geoid: "GeoidGrid"

    def heights_m(self, lon: ArrayLike, lat: ArrayLike) -> FloatArray:
        """Heights over the sea at degrees of shape (...,); NaN where the DEM says nothing."""
        lons, lats = np.broadcast_arrays(np.asarray(lon, float), np.asarray(lat, float))
        return self.over_ellipsoid.heights_m(lons, lats) - self.geoid.undulations_m(lons, lats)


def read_terrain(path: Path | str) -> GridTerrain | EllipsoidTerrain:
    """Read band 1 of a DEM (GeoTIFF or anything GDAL reads), heights in metres above mean sea level.

    A file that says its heights are over an ellipsoid is turned by the geoid grid; one that says nothing
    counts as over the sea. Heights no ground has (fill values that the file does not name) are holes. Raises
    `BadFileError` when it is missing, cannot be read, has no CRS, or is in no metres; `NoGeoidGridError`
    where a geoid is needed and none is here.
    """
    import rasterio

    path = Path(path)
    if not path.exists():
        raise BadFileError(path, "not found")
    try:
        with rasterio.open(path) as source:
            grid = _grid(path, source)
    except rasterio.errors.RasterioIOError as error:
        raise BadFileError(path, f"cannot be read as a raster ({error})", hint="use a GeoTIFF") from error
    if not _over_ellipsoid(path, grid.crs):
        return replace(grid, datum_told=_has_height_axis(grid.crs))
    from gis.geoid import find_grid, read_grid

    return EllipsoidTerrain(grid, read_grid(find_grid()))


def _over_ellipsoid(path: Path, wkt: str) -> bool:
    """Whether a CRS says that heights are over an ellipsoid; raises `BadFileError` for units but metres."""
    from pyproj import CRS

    crs = CRS.from_wkt(wkt)
    up = [axis for axis in crs.axis_info if axis.direction.lower() == "up"]
    if up and up[0].unit_name not in {"metre", "meter"}:
        hint = "gdal_translate -scale turns them into metres"
        raise BadFileError(path, f"has heights in {up[0].unit_name}, not in metres", hint=hint)
    return len(up) == 1 and not any("vertical" in part.type_name.lower() for part in crs.sub_crs_list)


def _has_height_axis(wkt: str) -> bool:
    """Whether a CRS says over what heights count."""
    from pyproj import CRS

    return any(axis.direction.lower() == "up" for axis in CRS.from_wkt(wkt).axis_info)


def _grid(path: Path, source: Any) -> GridTerrain:
    if source.crs is None:
        raise BadFileError(
            path, "has no coordinate reference system", hint="gdal_edit.py -a_srs EPSG:n writes it in"
        )
    band = source.read(1, masked=True)
    heights = np.ma.filled(band.astype(np.float64), np.nan) * source.scales[0] + source.offsets[0]
    with np.errstate(invalid="ignore"):
        heights[~((heights >= LOWEST_M) & (heights <= HIGHEST_M))] = np.nan
    inverse = ~source.transform
    return GridTerrain(heights, tuple(inverse)[:6], source.crs.to_wkt())


def _bilinear(grid: FloatArray, column: FloatArray, row: FloatArray) -> FloatArray:
    """Values at fractional (column, row) of pixel centres; within half a pixel of the edge the edge holds."""
    height, width = grid.shape
    inside = (column >= -0.5) & (column <= width - 0.5) & (row >= -0.5) & (row <= height - 0.5)
    column = np.clip(np.where(inside, column, 0.0), 0.0, width - 1.0)
    row = np.clip(np.where(inside, row, 0.0), 0.0, height - 1.0)
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    u, v = column - left, row - top
    upper = _mix(grid[top, left], grid[top, right], u)
    lower = _mix(grid[bottom, left], grid[bottom, right], u)
    return np.where(inside, _mix(upper, lower, v), np.nan)


def _mix(a: FloatArray, b: FloatArray, share: FloatArray) -> FloatArray:
    mixed: FloatArray = np.where(share == 0.0, a, a * (1.0 - share) + b * share)
    return mixed
