"""Prices of rows that bound maximal covering: cheap at any size, where a linear program would take long."""

import math

import numpy as np
from numpy.typing import NDArray

from gis.siting.coverrows import CoverRows, Stopwatch

FloatArray = NDArray[np.float64]

STEPS = 600  # of the subgradient method
MOMENTUM = 0.9  # how much of the last direction is kept: plain steps zigzag


def cover_prices(rows: CoverRows, count: int, value: float, *, seconds: float, now: Stopwatch) -> FloatArray:
    """The best prices the subgradient method finds on the way to `value`, a cover already in hand.

    Relaxing "a row is covered only by an open site" with prices u in [0, w] leaves sum (w - u) plus the
    `count` largest sums of prices a site reaches (Galvao and ReVelle 1996). Returns (rows + 1,): the rows'
    prices, then that of one more site, as the linear model has them.
    """
    until = now() + seconds
    weights, columns = rows.weights, rows.reach.T.tocsr().astype(float)
    prices = weights / np.maximum(np.asarray(rows.reach.sum(axis=1)).reshape(-1), 1.0)
    count = min(count, rows.sites)
    best, best_prices, heading = math.inf, prices, np.zeros(len(weights))
    pace, stalled = 1.0, 0
    for _ in range(STEPS):
        worth = columns @ prices
        chosen = np.argpartition(-worth, count - 1)[:count]
        bound = float((weights - prices).sum() + worth[chosen].sum())
        stalled += 1
        if bound < best:
            best, best_prices, stalled = bound, prices, 0
        if best <= value or now() >= until or pace < 1e-4:
            break
        if stalled >= 20:
            pace, stalled, prices, heading = pace / 2, 0, best_prices, np.zeros(len(weights))
            continue
        slope = columns[chosen].sum(axis=0) - 1.0
        slope[((prices <= 0) & (slope > 0)) | ((prices >= weights) & (slope < 0))] = 0.0
        heading = slope + MOMENTUM * heading
        norm = float(heading @ heading)
        if norm == 0:
            break
        prices = np.clip(prices - pace * (bound - value) / norm * heading, 0.0, weights)
    least = np.sort(columns @ best_prices)[::-1][count - 1]
    return np.append(best_prices, max(0.0, float(least)))
