"""The greedy order of sites, compiled: run thousands of times to see how sure a ranking is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

F = TypeVar("F", bound=Callable[..., Any])


def _compiled(function: F) -> F:
    machine_code: F = njit(cache=True, nogil=True)(function)
    return machine_code


@dataclass(frozen=True, slots=True)
class Cover:
    """Pairs (site, demand) with the share of the demand that the site covers; `held` is covered already.

    `site`, `demand` int64 (k,), `share` float64 (k,) in (0, 1], `held` float64 (demands,).
    """

    site: IntArray
    demand: IntArray
    share: FloatArray
    held: FloatArray

    def only(self, sites: IntArray) -> "Cover":
        """The pairs of some sites, renumbered 0, 1, ... in their order; demands keep their numbers."""
        place = np.full(int(max(self.site.max(initial=0), sites.max(initial=0))) + 1, -1, np.int64)
        place[sites] = np.arange(len(sites))
        kept = place[self.site] >= 0
        return Cover(place[self.site[kept]], self.demand[kept], self.share[kept], self.held)


class GreedyChoice:
    """The greedy choice among a cover's sites, prepared once and run for many weights."""

    def __init__(self, cover: Cover, sites: int) -> None:
        self._sites, self._held = sites, np.asarray(cover.held, float)
        by_site, by_demand = (np.argsort(key, kind="stable") for key in (cover.site, cover.demand))
        share = np.asarray(cover.share, float)
        self._of_site = (_starts(cover.site, sites), np.asarray(cover.demand)[by_site], share[by_site])
        demands = _starts(cover.demand, len(self._held))
        self._of_demand = (demands, np.asarray(cover.site)[by_demand], share[by_demand])

    def run(self, weights: FloatArray, count: int) -> list[tuple[int, float]]:
        """Sites in greedy order with what each adds; ties go to the lower number, and nothing may be added.

        After each site only the gains of those that share a demand with it are worked out again.
        """
        order, gains = self.order(weights, count)
        return list(zip(order.tolist(), gains.tolist(), strict=True))

    def order(self, weights: FloatArray, count: int) -> tuple[IntArray, FloatArray]:
        """The same as two arrays."""
        most = min(count, self._sites)
        out: tuple[IntArray, FloatArray] = _greedy(
            self._of_site, self._of_demand, self._held.copy(), np.asarray(weights, float), most
        )
        return out


def _starts(keys: IntArray, many: int) -> IntArray:
    counted = np.bincount(keys, minlength=many)
    return np.concatenate([[0], np.cumsum(counted)]).astype(np.int64)


@_compiled
def _first_gains(of_site: Any, held: FloatArray, weights: FloatArray) -> FloatArray:
    start, demand, share = of_site
    gain = np.zeros(len(start) - 1)
    for site in range(len(gain)):
        for at in range(start[site], start[site + 1]):
            more = share[at] - held[demand[at]]
            if more > 0:
                gain[site] += more * weights[demand[at]]
    return gain


@_compiled
def _lower(of_demand: Any, gain: FloatArray, one: int, old: float, new: float, weight: float) -> None:
    """Take what a demand no longer adds, now that `new` of it is covered, from the sites that reach it."""
    start, site, share = of_demand
    for at in range(start[one], start[one + 1]):
        if share[at] > old:
            gain[site[at]] -= (min(share[at], new) - old) * weight


@_compiled
def _greedy(
    of_site: Any, of_demand: Any, held: FloatArray, weights: FloatArray, count: int
) -> tuple[IntArray, FloatArray]:
    start, demand, share = of_site
    gain = _first_gains(of_site, held, weights)
    order, added = np.empty(count, np.int64), np.empty(count)
    for place in range(count):
        best = int(np.argmax(gain))
        order[place], added[place] = best, max(0.0, gain[best])
        for at in range(start[best], start[best + 1]):
            one = demand[at]
            if share[at] > held[one]:
                _lower(of_demand, gain, one, held[one], share[at], weights[one])
                held[one] = share[at]
        gain[best] = -np.inf
    return order, added
