"""How sure a mean over an area is when neighbours are alike: the bootstrap over blocks of cells."""

import math
from collections.abc import Sequence

import numpy as np

from core.geo import FloatArray
from gis.heatmaps.variogram import AreaValues, Variogram

_ORIGINS = 4  # grids of blocks, each moved, that share the resamples
_LEAST_BLOCKS = 6


def block_px(areas: Sequence[AreaValues], variograms: Sequence[Variogram], *, times: float = 2.5) -> int:
    """A block's side in cells: `times` the side of what is alike, but so that each area has some blocks."""
    alike = max(v.alike_px for v in variograms)
    room = min(math.sqrt(len(a.row) / _LEAST_BLOCKS) for a in areas)
    return max(1, int(min(times * alike, max(room, 1.0))))


def blocks_of(area: AreaValues, side: int, moved: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Sums (blocks, k) and cell counts (blocks,) of the blocks of a grid `moved` by rows and columns."""
    down, right = (area.row + moved[0]) // side, (area.col + moved[1]) // side
    _, label = np.unique(down * (int(right.max()) + 1) + right, return_inverse=True)
    sums = np.column_stack([np.bincount(label, column) for column in area.values.T])
    return np.asarray(sums, float), np.bincount(label).astype(float)


def effective(counts: FloatArray) -> float:
    """How many full blocks blocks of these sizes are worth."""
    return float(counts.sum() ** 2 / (counts**2).sum())


def resampled(
    area: AreaValues, side: int, draws: int, rng: np.random.Generator, least_variance: FloatArray
) -> tuple[FloatArray, float]:
    """Means (draws, k) of an area with its blocks drawn anew, and how many full blocks it is worth.

    Blocks that touch are not independent, so blocks alone say too little: the draws are spread about the mean
    until their variance is at least `least_variance` (k,), that of the fitted variogram.
    """
    parts, worth = [], []
    for origin in range(_ORIGINS):
        moved = (side * (origin % 2) // 2, side * (origin // 2) // 2)
        sums, counts = blocks_of(area, side, moved)
        n = len(counts)
        chosen = rng.multinomial(n, np.full(n, 1.0 / n), size=draws // _ORIGINS)
        parts.append((chosen @ sums) / np.maximum(chosen @ counts, 1e-9)[:, None])
        worth.append(effective(counts))
    number = float(np.mean(worth))
    middle, drawn = area.values.mean(axis=0), np.concatenate(parts)
    drawn = drawn - drawn.mean(axis=0)
    have = np.maximum(drawn.var(axis=0), 1e-300)
    need = np.maximum(have * number / max(number - 1.0, 0.5), least_variance)
    return middle + drawn * np.sqrt(need / have), number
