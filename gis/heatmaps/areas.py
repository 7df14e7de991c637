"""The treated and the control area on one grid, and what maps say there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError, SkyshadeError
from core.geo import FloatArray
from gis.grid import GeoGrid, Window
from gis.heatmaps.source import FloatGrid, MapSource, grid_over, metres_a_pixel, overlap, seen_on, working_crs
from gis.vector import Area, read_area

BoolGrid = NDArray[np.bool_]
_MOST_CELLS = 4_000_000
_LEAST_CELLS = 20


class CompareError(SkyshadeError):
    """Maps or areas that cannot be compared."""


@dataclass(frozen=True, slots=True)
class Areas:
    """Which cells of `grid` are treated and which are control, each (rows, columns); outlines in its CRS."""

    grid: GeoGrid
    treated: BoolGrid
    control: BoolGrid
    treated_outline: Area
    control_outline: Area


def read_areas(
    treated: Path, control: Path, sources: Sequence[MapSource], *, cell_m: float, gap_m: float
) -> Areas:
    """Both areas on a grid of `cell_m`; refuses areas that lie nearer to each other than `gap_m`."""
    crs = working_crs(sources[0])
    shapes = [_in_crs(read_area(path), crs) for path in (treated, control)]
    if shapes[0].distance(shapes[1]) <= gap_m:
        raise CompareError(
            f"{control}: touches the treated area or lies within {gap_m:g} m of it",
            hint="a control area must not feel the treatment: draw it further off",
        )
    for path, shape in zip((treated, control), shapes, strict=True):
        _refuse_uncovered(path, shape, sources, crs)
    boxes = np.array([s.bounds for s in shapes])
    box = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
    finest = max(cell_m, *(metres_a_pixel(s, crs) for s in sources))
    grid = grid_over(crs, box, finest, most_cells=_MOST_CELLS)
    return Areas(grid, _cells(shapes[0], grid), _cells(shapes[1], grid), shapes[0], shapes[1])


def _in_crs(area: Area, crs: str) -> Area:
    import geopandas

    shape: Area = geopandas.GeoSeries([area], crs="EPSG:4326").to_crs(crs).iloc[0]
    return shape


def _refuse_uncovered(path: Path, shape: Area, sources: Sequence[MapSource], crs: str) -> None:
    for source in sources:
        if overlap(shape.bounds, source.bounds_in(crs)) is None:
            raise CompareError(f"{path}: {source.path.name} shows nothing of this area")


def _cells(shape: Area, grid: GeoGrid) -> BoolGrid:
    from rasterio.features import geometry_mask

    inside: BoolGrid = geometry_mask([shape], grid.shape, grid.transform, invert=True)
    return inside


def on_cells(source: MapSource, areas: Areas) -> FloatGrid:
    """The map's mean temperature in each cell."""
    with seen_on(source, areas.grid, how="average") as reading:
        values = reading.window("temperature", Window(0, 0, *areas.grid.shape))
    assert values is not None  # noqa: S101  # every heat map has band 1
    return values


def changes(before: FloatGrid, after: FloatGrid, areas: Areas, files: tuple[Path, Path]) -> FloatArray:
    """After less before in K (rows, columns), NaN outside both areas; refuses what is hardly seen."""
    change = (after - before).astype(float)
    change[~(areas.treated | areas.control)] = np.nan
    for path, cells in zip(files, (areas.treated, areas.control), strict=True):
        seen = int(np.isfinite(change[cells]).sum())
        if seen < _LEAST_CELLS:
            raise BadFileError(
                path,
                f"only {seen} of its cells of {areas.grid.pixel_m:g} m are seen both times",
                hint="draw it larger, or use a smaller --cell-m",
            )
    return change
