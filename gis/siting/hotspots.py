"""Hot spots that are no accident: Getis-Ord Gi* with the false-discovery rate held."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gis.heat import FloatGrid, HeatMap

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HotSpots:
    """`z` the standardised Gi* of each value, `p` two-sided, `q` after Benjamini-Hochberg; NaN = unknown."""

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
    from scipy.stats import norm

    known = np.isfinite(values)
    z = np.full(len(values), np.nan)
    if known.sum() > 2:
        z[known] = getis_ord(values[known], neighbours(places_m[known], reach_m))
    p = 2.0 * np.asarray(norm.sf(np.abs(z)), float)
    return HotSpots(z, p, false_discovery(p))


def cell_means(heat: HeatMap, surface: FloatGrid, cell_m: float) -> tuple[FloatArray, FloatArray]:
    """(means, middles (n, 2) in metres) of square cells that are at least a quarter known."""
    step = max(1, round(cell_m / heat.pixel_m))
    rows, columns = -(-surface.shape[0] // step), -(-surface.shape[1] // step)
    padded = np.full((rows * step, columns * step), np.nan, np.float32)
    padded[: surface.shape[0], : surface.shape[1]] = surface
    blocks = padded.reshape(rows, step, columns, step)
    known = np.isfinite(blocks).sum(axis=(1, 3))
    with np.errstate(invalid="ignore"):
        means = np.nansum(blocks, axis=(1, 3), dtype=np.float64) / known
    row, column = np.nonzero(known * 4 >= step * step)
    size = step * heat.pixel_m
    middles = np.column_stack([heat.left_m + (column + 0.5) * size, heat.top_m - (row + 0.5) * size])
    return means[row, column], middles


def hot_cells(heat: HeatMap, surface: FloatGrid, params: HotCellParams | None = None) -> Any:
    """Significantly hot cells of the standing surface as a GeoDataFrame (mean_C, z, q); may have no row."""
    import geopandas as gpd
    import shapely

    params = params or HotCellParams()
    means, middles = cell_means(heat, surface, params.cell_m)
    found = hot_spots(means, middles, params.reach_m)
    hot = (found.q < params.fdr) & (found.z > 0)
    half = max(1, round(params.cell_m / heat.pixel_m)) * heat.pixel_m / 2.0
    x, y = middles[hot, 0], middles[hot, 1]
    return gpd.GeoDataFrame(
        {"mean_C": means[hot], "z": found.z[hot], "q": found.q[hot]},
        geometry=shapely.box(x - half, y - half, x + half, y + half),
        crs=heat.crs,
    )
