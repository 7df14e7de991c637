"""Hot spots that are no accident: Getis-Ord Gi* with the false-discovery rate held."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gis.heat import FloatGrid, HeatMap

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
F = TypeVar("F", bound=Callable[..., Any])


def _compiled(function: F) -> F:
    machine_code: F = njit(cache=True, nogil=True)(function)
    return machine_code


@dataclass(frozen=True, slots=True)
class HotSpots:
    """`z` the standardised Gi* of each value, `p` two-sided, `q` after Benjamini-Hochberg; NaN = unknown.

    All float64 in the shape of the values.
    """

    z: FloatArray
    p: FloatArray
    q: FloatArray


@dataclass(frozen=True, slots=True)
class HotCellParams:
    """Cells of `cell_m`, compared with all whose middles lie within `reach_m`; hot where q < `fdr`."""

    cell_m: float = 25.0
    reach_m: float = 60.0
    fdr: float = 0.05


def neighbours(places_m: FloatArray, reach_m: float) -> "csr_array":
    """Binary weights (n, n): 1 for each pair within `reach_m`, and for a place itself, as Gi* wants it."""
    from scipy.sparse import coo_array
    from scipy.spatial import cKDTree

    pairs = cKDTree(places_m).query_pairs(reach_m, output_type="ndarray")
    own = np.arange(len(places_m))
    rows = np.concatenate([pairs[:, 0], pairs[:, 1], own])
    columns = np.concatenate([pairs[:, 1], pairs[:, 0], own])
    return coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(places_m),) * 2).tocsr()


def getis_ord(values: FloatArray, weights: "csr_array") -> FloatArray:
    """Z of Gi* for `values` (n,) and spatial `weights` (n, n) with the place itself among its neighbours.

    Ord and Getis (1995), equation for Gi*: (sum w x - mean * W) / (s * sqrt((n * S1 - W^2) / (n - 1))), with
    W the sum of weights of a place and S1 the sum of their squares. NaN where there is no variance to judge.
    """
    n = len(values)
    mean, deviation = values.mean(), values.std()
    total = np.asarray(weights.sum(axis=1), float).reshape(-1)
    squares = np.asarray(weights.power(2).sum(axis=1), float).reshape(-1)
    spread = deviation * np.sqrt(np.maximum(n * squares - total**2, 0.0) / max(n - 1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (weights @ values - mean * total) / spread
    return np.where(spread > 0, z, np.nan)


def false_discovery(p: FloatArray) -> FloatArray:
    """Benjamini-Hochberg (1995) adjusted p-values q (n,); NaN stay NaN and are not counted."""
    out = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    out[order] = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1.0)
    return out


def hot_spots(values: FloatArray, places_m: FloatArray, reach_m: float) -> HotSpots:
    """Gi*, p and q of `values` (n,) at `places_m` (n, 2); unknown values take no part."""
    known = np.isfinite(values)
    z = np.full(len(values), np.nan)
    if known.sum() > 2:
        z[known] = getis_ord(values[known], neighbours(places_m[known], reach_m))
    return _judged(z)


def hot_grid(values: FloatArray, reach_cells: float) -> HotSpots:
    """Gi*, p and q of square cells `values` (rows, columns), NaN = unknown, whose neighbours are the cells
    with their middles within `reach_cells`; the same figures as `hot_spots` at those middles.
    """
    return _judged(getis_ord_grid(values, reach_cells))


def getis_ord_grid(values: FloatArray, reach_cells: float) -> FloatArray:
    """Z of Gi* on a grid (rows, columns) with binary weights, as `getis_ord`; NaN where it is unknown."""
    known = np.isfinite(values)
    n = int(known.sum())
    deviation = float(values[known].std()) if n > 2 else 0.0
    if deviation == 0.0:
        return np.full(values.shape, np.nan)
    centred = np.where(known, (values - values[known].mean()) / deviation, 0.0)
    down = np.arange(-math.floor(reach_cells), math.floor(reach_cells) + 1)
    half = np.array([math.floor(math.sqrt(reach_cells**2 - d * d) + 1e-9) for d in down], np.int64)
    return np.asarray(_grid_z(centred, known, half, n))


@_compiled
def _grid_z(centred: Any, known: Any, half: Any, n: int) -> Any:  # pragma: no cover  # compiled
    """Sums over discs from running sums along each row; `half` is a disc's half width on each of its rows."""
    rows, columns = centred.shape
    reach = len(half) // 2
    sums, counts = np.zeros((rows, columns + 1)), np.zeros((rows, columns + 1), np.int64)
    for row in range(rows):
        for column in range(columns):
            sums[row, column + 1] = sums[row, column] + centred[row, column]
            counts[row, column + 1] = counts[row, column] + known[row, column]
    z = np.full((rows, columns), np.nan)
    for row in range(rows):
        first, last = max(0, row - reach), min(rows - 1, row + reach)
        for column in range(columns):
            if not known[row, column]:
                continue
            total, weight = 0.0, 0
            for other in range(first, last + 1):
                wide = half[other - row + reach]
                left, right = max(0, column - wide), min(columns, column + wide + 1)
                total += sums[other, right] - sums[other, left]
                weight += counts[other, right] - counts[other, left]
            spread = weight * (n - weight) / (n - 1.0)
            if spread > 0:
                z[row, column] = total / np.sqrt(spread)
    return z


def _judged(z: FloatArray) -> HotSpots:
    from scipy.special import erfc

    p = np.asarray(erfc(np.abs(z) / math.sqrt(2.0)), float)  # two-sided tail of the normal distribution
    return HotSpots(z, p, false_discovery(p.ravel()).reshape(p.shape))


@dataclass(frozen=True, slots=True)
class CellMeans:
    """Means float64 (rows, columns) of square cells of `size_m`, NaN where under a quarter is known; the
    grid's corner is that of the map.
    """

    means: FloatArray
    left_m: float
    top_m: float
    size_m: float

    def middles(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> FloatArray:
        """Middles (n, 2), metres, of some cells."""
        x = self.left_m + (column + 0.5) * self.size_m
        return np.column_stack([x, self.top_m - (row + 0.5) * self.size_m])


def cell_means(heat: HeatMap, surface: FloatGrid, cell_m: float) -> CellMeans:
    """Means of square cells of about `cell_m` (whole pixels); a band of cells at a time."""
    step = max(1, round(cell_m / heat.pixel_m))
    rows, columns = -(-surface.shape[0] // step), -(-surface.shape[1] // step)
    out = np.full((rows, columns), np.nan)
    for row in range(rows):
        out[row] = _band_means(surface[row * step : (row + 1) * step], step, columns)
    return CellMeans(out, heat.left_m, heat.top_m, step * heat.pixel_m)


def _band_means(band: FloatGrid, step: int, columns: int) -> FloatArray:
    padded = np.full((band.shape[0], columns * step), np.nan, np.float32)
    padded[:, : band.shape[1]] = band
    blocks = padded.reshape(band.shape[0], columns, step)
    known = np.isfinite(blocks).sum(axis=(0, 2))
    total = np.nansum(blocks, axis=(0, 2), dtype=np.float64)
    return np.where(known * 4 >= step * step, total / np.maximum(known, 1), np.nan)


def hot_cells(heat: HeatMap, surface: FloatGrid, params: HotCellParams | None = None) -> Any:
    """Significantly hot cells of the standing surface as a GeoDataFrame (mean_C, z, q); may have no row."""
    import geopandas as gpd
    import shapely

    params = params or HotCellParams()
    cells = cell_means(heat, surface, params.cell_m)
    found = hot_grid(cells.means, params.reach_m / cells.size_m)
    hot = np.nonzero((found.q < params.fdr) & (found.z > 0))
    middles, half = cells.middles(*hot), cells.size_m / 2.0
    x, y = middles[:, 0], middles[:, 1]
    return gpd.GeoDataFrame(
        {"mean_C": cells.means[hot], "z": found.z[hot], "q": found.q[hot]},
        geometry=shapely.box(x - half, y - half, x + half, y + half),
        crs=heat.crs,
    )
