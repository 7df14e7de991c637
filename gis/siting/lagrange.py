"""An upper bound for maximal covering that is cheap at any size, and the sites it settles."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.siting.coverrows import CoverRows, Stopwatch

FloatArray = NDArray[np.float64]

STEPS = 600  # of the subgradient method
MOMENTUM = 0.9  # how much of the last direction is kept: plain steps zigzag


@dataclass(frozen=True, slots=True)
class CoverBound:
    """No `count` sites cover more than `value`; `worth` (sites,) are the sites' worths at its multipliers."""

    value: float
    worth: FloatArray

    def settled(self, count: int, beaten: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(sites that a choice worth more than `beaten` may hold, sites that it must hold)."""
        order = np.argsort(-self.worth, kind="stable")
        inside = np.zeros(len(order), bool)
        inside[order[:count]] = True
        last_in = self.worth[order[count - 1]]
        first_out = self.worth[order[count]] if count < len(order) else -math.inf
        closed = ~inside & (self.value - last_in + self.worth <= beaten)
        fixed = inside & (self.value - self.worth + first_out <= beaten)
        return np.flatnonzero(~closed), np.flatnonzero(fixed)


def cover_bound(rows: CoverRows, count: int, value: float, *, seconds: float, now: Stopwatch) -> CoverBound:
    """The best bound the subgradient method finds on the way to `value`, a cover already in hand.

    Relaxing "a row is covered only by an open site" with prices u in [0, w] leaves sum (w - u) plus the
    `count` largest sums of prices a site reaches (Galvao and ReVelle 1996).
    """
    until = now() + seconds
    weights, columns = rows.weights, rows.reach.T.tocsr().astype(float)
    prices = weights / np.maximum(np.asarray(rows.reach.sum(axis=1)).reshape(-1), 1.0)
    best = CoverBound(math.inf, np.zeros(rows.sites))
    count = min(count, rows.sites)
    best_prices, heading = prices, np.zeros(len(weights))
    pace, stalled = 1.0, 0
    for _ in range(STEPS):
        worth = columns @ prices
        chosen = np.argpartition(-worth, count - 1)[:count]
        bound = float((weights - prices).sum() + worth[chosen].sum()) + rows.always
        stalled += 1
        if bound < best.value:
            best, best_prices, stalled = CoverBound(bound, worth), prices, 0
        if best.value <= value or now() >= until or pace < 1e-4:
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
    return best
