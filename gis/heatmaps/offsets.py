"""How far maps of one survey lie apart in level: offsets solved on all their overlaps at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from gis.grid import Window
from gis.heatmaps.source import FloatGrid, MapSource, grid_over, metres_a_pixel, overlap, seen_on

_CELLS = 250_000  # an overlap is looked at with no more cells than this
_LEAST_CELLS = 30
_FLOOR_K = 0.05  # no pair is surer than this, whatever its size
_LOOSE_K = 50.0
_ABSOLUTE_K = 0.05


@dataclass(frozen=True, slots=True)
class PairGap:
    """Map `second` less map `first` where both are known: median, robust spread of cells, number of cells."""

    first: int
    second: int
    gap_K: float
    spread_K: float
    cells: int


def pair_gaps(sources: Sequence[MapSource], crs: str) -> list[PairGap]:
    """The gaps of all pairs of maps that overlap."""
    found = (_pair_gap(sources, i, j, crs) for i, j in combinations(range(len(sources)), 2))
    return [gap for gap in found if gap is not None]


def _pair_gap(sources: Sequence[MapSource], i: int, j: int, crs: str) -> PairGap | None:
    box = overlap(sources[i].bounds_in(crs), sources[j].bounds_in(crs))
    if box is None:
        return None
    finest = max(metres_a_pixel(sources[k], crs) for k in (i, j))
    grid = grid_over(crs, box, finest, most_cells=_CELLS)
    whole = Window(0, 0, *grid.shape)
    seen: list[FloatGrid] = []
    for k in (i, j):
        with seen_on(sources[k], grid, how="average") as reading:
            values = reading.window("temperature", whole)
            assert values is not None  # noqa: S101  # every heat map has band 1
            seen.append(values)
    gap = (seen[1] - seen[0]).astype(float)
    gap = gap[np.isfinite(gap)]
    if gap.size < _LEAST_CELLS:
        return None
    middle = float(np.median(gap))
    return PairGap(i, j, middle, 1.4826 * float(np.median(np.abs(gap - middle))), int(gap.size))


@dataclass(frozen=True, slots=True)
class Levels:
    """`offsets_K` (n,) to take off the maps; RMS of the pairs' gaps before and after, None without pairs."""

    offsets_K: FloatArray
    rms_before_K: float | None
    rms_after_K: float | None


def solve_offsets(
    gaps: Sequence[PairGap], absolute: Sequence[bool], *, rounds: int = 20, scale_K: float = 0.5
) -> Levels:
    """Offsets by least squares over all pairs, robust against pairs that lie far off (Cauchy weights).

    Maps whose level is absolute hold theirs; a group of maps that meets none has offsets of mean zero.
    """
    n = len(absolute)
    first, second = (np.array([getattr(g, k) for g in gaps], int) for k in ("first", "second"))
    gap = np.array([g.gap_K for g in gaps])
    trust = np.array([1.0 / (_FLOOR_K**2 + g.spread_K**2 / max(g.cells, 1)) for g in gaps])
    x, robust = np.zeros(n), np.ones(len(gaps))
    for _ in range(rounds if gaps else 0):
        x = _least_squares(first, second, gap, trust * robust, absolute)
        rest = gap - (x[second] - x[first])
        robust = 1.0 / (1.0 + (rest / scale_K) ** 2)
    x = _centred(x, gaps, absolute)
    if not gaps:
        return Levels(x, None, None)
    after = gap - (x[second] - x[first])
    return Levels(x, float(np.sqrt(np.mean(gap**2))), float(np.sqrt(np.mean(after**2))))


def _least_squares(
    first: NDArray[np.int_],
    second: NDArray[np.int_],
    gap: FloatArray,
    weight: FloatArray,
    absolute: Sequence[bool],
) -> FloatArray:
    n, index = len(absolute), np.arange(len(gap))
    rows = np.zeros((len(gap), n))
    rows[index, second], rows[index, first] = 1.0, -1.0
    hold = np.where(np.asarray(absolute), _ABSOLUTE_K, _LOOSE_K) ** -2.0
    return np.asarray(
        np.linalg.solve(rows.T @ (rows * weight[:, None]) + np.diag(hold), rows.T @ (weight * gap))
    )


def groups(n: int, gaps: Sequence[PairGap]) -> NDArray[np.int_]:
    """A number for each map: maps that hang together by overlaps have the same."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = ([g.first for g in gaps], [g.second for g in gaps])
    graph = coo_array((np.ones(len(gaps)), pairs), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], int)


def _centred(x: FloatArray, gaps: Sequence[PairGap], absolute: Sequence[bool]) -> FloatArray:
    label, out = groups(len(x), gaps), x.copy()
    for group in np.unique(label):
        members = label == group
        if not np.asarray(absolute)[members].any():
            out[members] -= out[members].mean()
    return out
