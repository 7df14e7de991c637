"""How far a finished heat map is from the truth, in temperature and position, measured apart from its making.

The temperature figure (`rmse_K`) counts ground and roofs alike and leaves out one thing only: pixels within
about a metre of a height step of more than a metre. There a pixel holds a mixture of roof, wall and ground
that hangs on centimetres, so its difference says where the edge was put, not how warm anything is; where
edges are put is what `position_rmse_m` measures. `rmse_all_K` counts those pixels too.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFileError

FloatGrid = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CompareParams:
    """What counts; metres unless said.

    `margin_m` is left out along the border of the area; a height step is more than `step_m` from a cell to
    its neighbour, and `step_reach_m` around it is left out of the headline. Position: patches of `patch_m`,
    every `stride_m`, may have moved up to `search_m`; `least_score` is the correlation (0..1) a match needs;
    matching works on pixels of about `match_cell_m`.
    """

    margin_m: float = 2.0
    step_m: float = 1.0
    step_reach_m: float = 1.0
    patch_m: float = 20.0
    stride_m: float = 14.0
    search_m: float = 3.0
    least_score: float = 0.4
    match_cell_m: float = 0.25


@dataclass(frozen=True, slots=True)
class Shift:
    """How far the map lies from the truth round one place (map coordinates), and the match's score."""

    x_m: float
    y_m: float
    east_m: float
    north_m: float
    score: float


@dataclass(frozen=True, slots=True)
class MapError:
    """What is wrong with a map.

    `rmse_K`, `bias_K` (map minus truth) over `n` pixels away from height steps; `rmse_all_K` over all pixels
    of the area that hold a value; `rmse_ground_K` where nothing stands (None without a ground model);
    `covered` the share of the area that holds a value. `position_rmse_m` is the RMSE of the `shifts`, common
    shift included; `shift_east_m`, `shift_north_m` their median; `matched` the share of patches that found a
    match.
    """

    rmse_K: float
    bias_K: float
    position_rmse_m: float
    n: int
    rmse_all_K: float
    rmse_ground_K: float | None
    covered: float
    shift_east_m: float
    shift_north_m: float
    matched: float
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A raster's values with the grid they lie on."""

    values: FloatGrid
    transform: Any
    crs: Any

    @property
    def cell_m(self) -> float:
        return float(abs(self.transform.a))


def compare_map(
    map_tif: Path,
    truth_tif: Path,
    dsm_tif: Path,
    area: Path | None = None,
    *,
    ground_tif: Path | None = None,
    params: CompareParams | None = None,
) -> MapError:
    """Compare band 1 of `map_tif` (degrees Celsius, NaN unknown) with the truth on the map's own grid.

    `area` is a polygon layer; None takes the whole map. Raises `BadFileError` when a file cannot be read or
    the map holds no value in the area.
    """
    params = params or CompareParams()
    sheet = _read(map_tif)
    truth = _onto(sheet, _read(truth_tif), "average")
    inside, wanted = _inside(sheet, area, params.margin_m)
    known = inside & np.isfinite(sheet.values) & np.isfinite(truth)
    if not known.any():
        raise BadFileError(map_tif, "holds no value inside the area", hint="check that the map covers it")
    heights = _read(dsm_tif)
    away = known & (_onto(sheet, _near_steps(heights, params), "max") < 0.5)
    difference = sheet.values - truth
    shifts, tried = _shifts(sheet, truth, known, params)
    return MapError(
        rmse_K=_rms(difference[away]),
        bias_K=float(difference[away].mean()) if away.any() else math.nan,
        position_rmse_m=_rms(np.array([math.hypot(s.east_m, s.north_m) for s in shifts])),
        n=int(away.sum()),
        rmse_all_K=_rms(difference[known]),
        rmse_ground_K=_ground_rmse_K(sheet, heights, ground_tif, difference, away),
        covered=min(1.0, float(known.sum()) / wanted),
        shift_east_m=float(np.median([s.east_m for s in shifts])) if shifts else math.nan,
        shift_north_m=float(np.median([s.north_m for s in shifts])) if shifts else math.nan,
        matched=len(shifts) / tried if tried else 0.0,
        shifts=tuple(shifts),
    )


def difference_map(map_tif: Path, truth_tif: Path) -> FloatGrid:
    """Map minus truth on the map's grid, kelvin, NaN where either is unknown."""
    sheet = _read(map_tif)
    return sheet.values - _onto(sheet, _read(truth_tif), "average")


def _rms(values: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=float)))) if values.size else math.nan


def _read(path: Path) -> _Sheet:
    import rasterio
    from rasterio.errors import RasterioIOError

    try:
        with rasterio.open(path) as source:
            values = source.read(1, masked=True).filled(np.nan).astype(np.float32)
            return _Sheet(values, source.transform, source.crs)
    except RasterioIOError as error:
        raise BadFileError(path, f"cannot be read as a raster ({error})") from error


def _onto(target: _Sheet, source: _Sheet, method: str) -> FloatGrid:
    """`source` resampled onto the grid of `target`; NaN outside."""
    from rasterio.enums import Resampling
    from rasterio.warp import reproject

    out = np.full(target.values.shape, np.nan, np.float32)
    finer = target.cell_m < 0.99 * source.cell_m
    reproject(
        source.values,
        out,
        src_transform=source.transform,
        src_crs=source.crs,
        src_nodata=np.nan,
        dst_transform=target.transform,
        dst_crs=target.crs,
        dst_nodata=np.nan,
        resampling=Resampling.bilinear if finer and method == "average" else Resampling[method],
        num_threads=2,
    )
    return out


def _inside(sheet: _Sheet, area: Path | None, margin_m: float) -> tuple[Mask, float]:
    """Pixels of the area without its border, and how many the whole area has, even where the map ends."""
    from rasterio.features import geometry_mask

    if area is None:
        return np.ones(sheet.values.shape, np.bool_), float(sheet.values.size)
    import geopandas as gpd

    shapes = gpd.read_file(area).to_crs(sheet.crs).geometry.buffer(-margin_m)
    inside: Mask = geometry_mask(shapes, sheet.values.shape, sheet.transform, invert=True)
    return inside, float(shapes.area.sum()) / sheet.cell_m**2


def _near_steps(heights: _Sheet, params: CompareParams) -> _Sheet:
    """1 near a height step, 0 elsewhere, on the height model's grid."""
    import cv2

    z = np.nan_to_num(heights.values)
    around = np.ones((3, 3), np.uint8)
    step = (cv2.dilate(z, around) - cv2.erode(z, around) > params.step_m).astype(np.uint8)
    reach = max(1, round(params.step_reach_m / heights.cell_m))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return _Sheet(cv2.dilate(step, disc).astype(np.float32), heights.transform, heights.crs)


def _ground_rmse_K(
    sheet: _Sheet, heights: _Sheet, ground_tif: Path | None, difference: FloatGrid, away: Mask
) -> float | None:
    if ground_tif is None:
        return None
    standing = _Sheet(heights.values - _read(ground_tif).values, heights.transform, heights.crs)
    low = away & (_onto(sheet, standing, "max") < 1.0)
    return _rms(difference[low]) if low.any() else None


def _shifts(sheet: _Sheet, truth: FloatGrid, known: Mask, params: CompareParams) -> tuple[list[Shift], int]:
    """Where patches of the map are found in the truth by correlating gradients, and how many were tried."""
    sheet, truth, known = _coarser(sheet, truth, known, params)
    moved, still = _edges(sheet.values, known), _edges(truth, np.isfinite(truth))
    found, tried = [], 0
    search = max(2, math.ceil(params.search_m / sheet.cell_m))
    for row, column, size in _patches(sheet, known, params, search):
        tried += 1
        patch = moved[row : row + size, column : column + size]
        field = still[row - search : row + size + search, column - search : column + size + search]
        match = _best_match(patch, field)
        if match is not None and match[2] >= params.least_score:
            a, half = sheet.transform, size / 2
            x, y = a.a * (column + half) + a.c, a.e * (row + half) + a.f
            # the patch was found `match` pixels into the field: the map's content lies the other way off
            east, north = (search - match[0]) * sheet.cell_m, (match[1] - search) * sheet.cell_m
            found.append(Shift(float(x), float(y), east, north, match[2]))
    return found, tried


def _coarser(
    sheet: _Sheet, truth: FloatGrid, known: Mask, params: CompareParams
) -> tuple[_Sheet, FloatGrid, Mask]:
    """All three on pixels a whole number of times larger, near the size for matching."""
    import cv2

    times = max(1, round(params.match_cell_m / sheet.cell_m))
    rows, columns = (n // times for n in known.shape)
    values, still, share = (
        cv2.resize(g[: rows * times, : columns * times], (columns, rows), interpolation=cv2.INTER_AREA)
        for g in (sheet.values, truth, known.astype(np.float32))
    )
    whole = share > 0.999
    a = sheet.transform
    wider = type(a)(a.a * times, a.b * times, a.c, a.d * times, a.e * times, a.f)
    return _Sheet(values, wider, sheet.crs), still, whole


def _edges(values: FloatGrid, known: Mask) -> FloatGrid:
    """Gradients (rows, columns, 2), strong ones cut so that single edges do not decide alone."""
    import cv2

    filled = np.where(known & np.isfinite(values), values, np.float32(np.nanmedian(values)))
    smooth = cv2.GaussianBlur(filled, (0, 0), 1.2)
    both = [cv2.Scharr(smooth, cv2.CV_32F, dx, dy, scale=1 / 32) for dx, dy in ((1, 0), (0, 1))]
    edges = np.stack(both, axis=-1)
    edges[cv2.erode(known.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0] = 0.0
    limit = float(np.percentile(np.abs(edges[known]), 97)) or 1.0
    cut: FloatGrid = np.clip(edges, -limit, limit)
    return cut


def _patches(
    sheet: _Sheet, known: Mask, params: CompareParams, search: int
) -> Iterator[tuple[int, int, int]]:
    """(row, column, size) of patches that lie wholly on known pixels, with room to search."""
    size, stride = (max(8, round(m / sheet.cell_m)) for m in (params.patch_m, params.stride_m))
    rows, columns = known.shape
    for row in range(search, rows - size - search, stride):
        for column in range(search, columns - size - search, stride):
            if known[row : row + size, column : column + size].mean() > 0.98:
                yield row, column, size


def _best_match(patch: FloatGrid, field: FloatGrid) -> tuple[float, float, float] | None:
    """(column, row, score) of `patch` in `field`, to a fraction of a pixel; None at the rim of the search."""
    import cv2

    score = cv2.matchTemplate(field, patch, cv2.TM_CCOEFF_NORMED)
    row, column = (int(v) for v in np.unravel_index(int(np.argmax(score)), score.shape))
    if not (0 < row < score.shape[0] - 1 and 0 < column < score.shape[1] - 1):
        return None
    across, down = score[row, column - 1 : column + 2], score[row - 1 : row + 2, column]
    return column + _vertex(across), row + _vertex(down), float(score[row, column])


def _vertex(three: NDArray[np.floating]) -> float:
    """Where the parabola through three equally spaced values has its top, -0.5..0.5 from the middle."""
    left, middle, right = (float(v) for v in three)
    bend = left - 2.0 * middle + right
    return 0.0 if bend >= 0.0 else float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))
