"""A heat map in a file, read piece by piece on any grid: its place, its hour, its level."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from core.errors import BadFileError
from gis.grid import GeoGrid, Window
from gis.heat import KELVIN_SUSPECT_C

FloatGrid = NDArray[np.float32]
Box = tuple[float, float, float, float]
"""(left, bottom, right, top)."""


@dataclass(frozen=True, slots=True)
class MapSource:
    """A heat map's header: its own grid, its bands by name (1 = first), tags, and UTC seconds since 1970.

    `start_s` and `end_s` are None where the map does not say when it was flown; `absolute` only where its
    tags say that ground references set its level.
    """

    path: Path
    grid: GeoGrid
    bands: Mapping[str, int]
    tags: Mapping[str, str] = field(default_factory=dict)
    start_s: float | None = None
    end_s: float | None = None
    absolute: bool = False

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def middle_s(self) -> float | None:
        """The middle of the flight."""
        if self.start_s is None:
            return None
        return (self.start_s + (self.start_s if self.end_s is None else self.end_s)) / 2.0

    def bounds_in(self, crs: str) -> Box:
        """The map's box in another coordinate system."""
        from rasterio.warp import transform_bounds

        if crs == self.grid.crs:
            return self.grid.bounds
        left, bottom, right, top = transform_bounds(self.grid.crs, crs, *self.grid.bounds, densify_pts=21)
        return float(left), float(bottom), float(right), float(top)


def read_source(path: Path) -> MapSource:
    """The header of a heat map; raises `BadFileError` for files that are none."""
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as dataset:
            _refuse(path, dataset)
            names = [(text or "").strip().lower() for text in dataset.descriptions]
            tags = dict(dataset.tags())
            return MapSource(
                path=path,
                grid=GeoGrid(dataset.crs.to_string(), dataset.transform, dataset.shape),
                bands={"temperature": 1, **{n: k for k, n in enumerate(names, 1) if n and k > 1}},
                tags=tags,
                start_s=seconds(tags.get("TIME_START")),
                end_s=seconds(tags.get("TIME_END")),
                absolute=tags.get("LEVEL_IS_ABSOLUTE", "").lower() == "yes",
            )
    except RasterioError as error:
        raise BadFileError(path, f"is no raster that can be read ({error})") from error


def _refuse(path: Path, dataset: Any) -> None:
    if dataset.crs is None:
        raise BadFileError(
            path, "has no coordinate system", hint="write one, e.g. gdal_edit -a_srs EPSG:5186"
        )
    if dataset.dtypes[0] == "uint8":
        raise BadFileError(
            path, "holds 8-bit colours or grades, not temperatures", hint="give the float Celsius map"
        )
    rows, cols = (min(n, 200) for n in dataset.shape)
    few = dataset.read(1, out_shape=(rows, cols), masked=True).astype(float).filled(np.nan)
    few = few[np.isfinite(few)]
    if few.size and float(np.median(few)) > KELVIN_SUSPECT_C:
        raise BadFileError(
            path, f"median value is {np.median(few):.0f}", hint="temperatures must be in Celsius"
        )


def seconds(text: str | None) -> float | None:
    """UTC seconds of an ISO moment (no zone: UTC), None for anything else."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def iso(seconds_utc: float | None) -> str:
    """2026-08-08T05:10:00Z, or `unknown`."""
    if seconds_utc is None:
        return "unknown"
    return datetime.fromtimestamp(seconds_utc, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Reading:
    """An open heat map seen on another grid."""

    def __init__(self, dataset: Any, source: MapSource) -> None:
        self._dataset, self._source = dataset, source

    def window(self, band: str, window: Window, *, margin: int = 0) -> FloatGrid | None:
        """A band on `window` with `margin` more pixels around, float32 with NaN; None: the map lacks it."""
        from rasterio.windows import Window as RioWindow

        number = self._source.bands.get(band)
        if number is None:
            return None
        rows, cols = window.height + 2 * margin, window.width + 2 * margin
        where = RioWindow(window.col - margin, window.row - margin, cols, rows)
        out: FloatGrid = np.full((rows, cols), np.nan, np.float32)
        whole = RioWindow(0, 0, self._dataset.width, self._dataset.height)
        if not _meet(where, whole):
            return out
        part = where.intersection(whole)
        top, left = int(part.row_off - where.row_off), int(part.col_off - where.col_off)
        values = self._dataset.read(number, window=part, masked=True).astype(np.float32).filled(np.nan)
        out[top : top + values.shape[0], left : left + values.shape[1]] = values
        return out


def _meet(one: Any, other: Any) -> bool:
    return bool(
        one.col_off < other.col_off + other.width
        and other.col_off < one.col_off + one.width
        and one.row_off < other.row_off + other.height
        and other.row_off < one.row_off + one.height
    )


@contextmanager
def seen_on(source: MapSource, grid: GeoGrid, *, how: str = "bilinear") -> Iterator[Reading]:
    """The map on `grid`, warped as it is read: `how` is bilinear, nearest or average."""
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.errors import RasterioError
    from rasterio.vrt import WarpedVRT

    try:
        with rasterio.open(source.path) as dataset:
            if _same(source.grid, grid):
                yield Reading(dataset, source)
                return
            rows, cols = grid.shape
            with WarpedVRT(
                dataset, crs=grid.crs, transform=grid.transform, width=cols, height=rows,
                resampling=Resampling[how], nodata=math.nan, warp_mem_limit=64,
            ) as warped:  # fmt: skip
                yield Reading(warped, source)
    except RasterioError as error:
        raise BadFileError(source.path, f"cannot be read to its end ({error})") from error


def _same(one: GeoGrid, other: GeoGrid) -> bool:
    return one.crs == other.crs and one.shape == other.shape and one.transform.almost_equals(other.transform)


def grid_over(crs: str, box: Box, pixel_m: float, *, most_cells: int | None = None) -> GeoGrid:
    """A north-up grid over `box`, its pixels widened until it has no more than `most_cells`."""
    left, bottom, right, top = box
    if most_cells is not None:
        pixel_m = max(pixel_m, math.sqrt((right - left) * (top - bottom) / most_cells))
    return GeoGrid.covering(crs, box, pixel_m)


def metres_a_pixel(source: MapSource, crs: str) -> float:
    """The map's pixel in metres of `crs`."""
    if source.grid.crs == crs:
        return source.grid.pixel_m
    left, bottom, right, top = source.bounds_in(crs)
    rows, cols = source.grid.shape
    return math.sqrt((right - left) * (top - bottom) / (rows * cols))


def overlap(one: Box, other: Box) -> Box | None:
    """What two boxes share."""
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    right, top = min(one[2], other[2]), min(one[3], other[3])
    return (left, bottom, right, top) if left < right and bottom < top else None


def is_metric(crs: str) -> bool:
    """Whether the coordinate system is projected in metres."""
    from pyproj import CRS

    found = CRS.from_user_input(crs)
    return bool(found.is_projected and math.isclose(found.axis_info[0].unit_conversion_factor, 1.0))


def working_crs(source: MapSource) -> str:
    """The map's own coordinate system if it is in metres, else one in metres for the place."""
    from gis.heat import metric_crs

    return source.grid.crs if is_metric(source.grid.crs) else metric_crs(source.grid.crs, source.grid.bounds)


def north_up(grid: GeoGrid) -> bool:
    """Whether rows run west to east and columns north to south, in squares."""
    t: Affine = grid.transform
    return bool(t.b == 0 and t.d == 0 and t.a > 0 and math.isclose(t.a, -t.e, rel_tol=1e-9))
