"""Bounds for the p-median by Lagrange relaxation, compiled: at the root of the tree and at its nodes."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gis.siting.linear import EPS, Relaxation

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

F = TypeVar("F", bound=Callable[..., Any])

ROOT_STEPS, NODE_STEPS = 1500, 200  # of the subgradient method
AVERAGED = 0.05  # how fast the shares of open sites forget


def _compiled(function: F) -> F:
    machine_code: F = njit(cache=True, nogil=True)(function)
    return machine_code


@dataclass(frozen=True, slots=True)
class MedianModel:
    """Choose `count` of the columns of `cost` (demands, sites); `aim` a cost in hand, for the step size."""

    cost: FloatArray
    count: int
    aim: float

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return int(self.cost.shape[1])

    @property
    def columns(self) -> int:
        """As many variables as sites: who goes where follows."""
        return self.sites

    def relaxed(
        self, lower: FloatArray, upper: FloatArray, prices: FloatArray | None, *, seconds: float
    ) -> Relaxation | None:
        """The bound between `lower` and `upper`, beginning with the `prices` of the node above.

        Demands may be served by many sites or none, at a price for each (Cornuejols, Fisher and Nemhauser
        1977). None when nothing fits; `seconds` are not needed.
        """
        del seconds
        held, free = np.flatnonzero(lower > 0.5), np.flatnonzero((lower < 0.5) & (upper > 0.5))
        if len(held) > self.count or len(held) + len(free) == 0:
            return None
        if len(held) == self.count or free.size == 0:
            return self._only(held)
        steps = ROOT_STEPS if prices is None else NODE_STEPS
        start = self._first_prices(np.concatenate([held, free])) if prices is None else prices
        return self._found(held, free, *self._subgradient(held, free, start, steps))

    def _subgradient(
        self, held: IntArray, free: IntArray, start: FloatArray, steps: int
    ) -> tuple[FloatArray, FloatArray]:
        """(best prices, shares of the held, then of the free sites)."""
        by_site = np.ascontiguousarray(self.cost[:, np.concatenate([held, free])].T)
        found: tuple[FloatArray, FloatArray] = _prices(
            by_site, len(held), self.count, start.copy(), self.aim, steps
        )
        return found

    def _only(self, sites: IntArray) -> Relaxation | None:
        """All is decided: what these sites cost, exactly."""
        if sites.size == 0:
            return None
        total = math.fsum(self.cost[:, sites].min(axis=1).tolist())
        share = np.isin(np.arange(self.sites), sites).astype(float)
        return Relaxation(total - 4 * EPS * abs(total), share, np.zeros(self.sites))

    def _first_prices(self, sites: IntArray) -> FloatArray:
        """The way to the second nearest site."""
        two = min(2, len(sites))
        return np.partition(self.cost[:, sites], two - 1, axis=1)[:, two - 1].astype(float)

    def _found(self, held: IntArray, free: IntArray, prices: FloatArray, share: FloatArray) -> Relaxation:
        """The bound of `prices` worked out anew, rounded down, with what each site adds to it."""
        worth = np.minimum(self.cost - prices[:, None], 0.0).sum(axis=0)
        order = free[np.argsort(worth[free], kind="stable")]
        more = self.count - len(held)
        inside = order[:more]
        terms = np.concatenate([prices, worth[held], worth[inside]])
        doubt = 2.0 * EPS * (len(prices) + 4.0) * float(np.abs(terms).sum())
        shares = np.zeros(self.sites)
        shares[np.concatenate([held, free])] = share
        reduced = np.zeros(self.sites)
        if len(order) > more:
            reduced[order[more:]] = worth[order[more:]] - worth[inside[-1]]
            reduced[inside] = worth[inside] - worth[order[more]]
        return Relaxation(math.fsum(terms.tolist()) - doubt, shares, reduced, prices)


@_compiled
def _worth(by_site: FloatArray, prices: FloatArray) -> FloatArray:
    """What opening each site (sites,) saves at these prices: 0 or less."""
    out = np.zeros(by_site.shape[0])
    for site in range(by_site.shape[0]):
        total = 0.0
        for demand in range(by_site.shape[1]):
            total += min(by_site[site, demand] - prices[demand], 0.0)
        out[site] = total
    return out


@_compiled
def _slope(by_site: FloatArray, prices: FloatArray, opened: NDArray[np.bool_]) -> FloatArray:
    """One less how often each demand is served."""
    out = np.ones(by_site.shape[1])
    for site in range(by_site.shape[0]):
        if opened[site]:
            for demand in range(by_site.shape[1]):
                out[demand] -= by_site[site, demand] < prices[demand]
    return out


@_compiled
def _prices(
    by_site: FloatArray, held: int, count: int, prices: FloatArray, aim: float, steps: int
) -> tuple[FloatArray, FloatArray]:
    """The best prices of a subgradient ascent, and how often each site was open of late."""
    best, best_prices, pace, stalled = -1e300, prices.copy(), 1.5, 0
    share = np.zeros(by_site.shape[0])
    for _ in range(steps):
        worth = _worth(by_site, prices)
        opened = np.zeros(len(worth), np.bool_)
        opened[:held] = True
        opened[held + np.argsort(worth[held:])[: count - held]] = True
        bound = prices.sum() + worth[opened].sum()
        share += AVERAGED * (opened - share)
        stalled += 1
        if bound > best + 1e-9 * abs(best):
            best, stalled = bound, 0
            best_prices[:] = prices
        if stalled >= 15:
            pace, stalled = pace / 1.6, 0
            prices = best_prices.copy()
        slope = _slope(by_site, prices, opened)
        norm = (slope * slope).sum()
        if norm == 0 or pace < 1e-3 or best >= aim:
            break
        prices = prices + pace * max(aim * 1.0005 - bound, 1e-9) / norm * slope
    return best_prices, share
