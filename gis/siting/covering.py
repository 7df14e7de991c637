"""Maximal covering: which P sites cover the most demand; exact where time allows, always with a bound."""

import time

import numpy as np
from numpy.typing import NDArray

from gis.siting.branching import Search
from gis.siting.coverhunt import Hunt, cover_model, merged
from gis.siting.coverrows import CoverRows, Stopwatch, objective_of
from gis.siting.dominance import undominated
from gis.siting.lagrange import cover_prices
from gis.siting.linear import LARGE, safe_bound
from gis.siting.solution import Solution, snapped

__all__ = ["Solution", "gains_in_order", "greedy", "improve", "objective_of", "solve_mclp"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ROUNDS = 4  # of annealing before the first proof is tried
NODES = 40  # of the tree between two looks at what the search found
PATIENCE = 3  # such turns until the search goes on in the background


def greedy(rows: CoverRows, count: int) -> list[int]:
    """Sites in the order of what each adds to those before it; ties go to the lower number.

    Stops early when nothing is left to win.
    """
    columns = rows.reach.tocsc()
    left = rows.weights.copy()
    gain = np.asarray(left @ rows.reach, float).reshape(-1)
    chosen: list[int] = []
    for _ in range(min(count, rows.sites)):
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        chosen.append(best)
        mine = columns.indices[columns.indptr[best] : columns.indptr[best + 1]]
        gain = gain - np.asarray(left[mine] @ rows.reach[mine]).reshape(-1)
        gain[best], left[mine] = 0.0, 0.0
    return chosen


def gains_in_order(rows: CoverRows, sites: list[int]) -> list[tuple[int, float]]:
    """The given sites in greedy order with what each adds; sites that add nothing come last with 0."""
    columns = rows.reach[:, sites].tocsc()
    left = rows.weights.copy()
    out: list[tuple[int, float]] = []
    waiting = list(range(len(sites)))
    while waiting:
        gain = np.asarray(left @ columns).reshape(-1)
        best = max(waiting, key=lambda k: (gain[k], -sites[k]))
        out.append((sites[best], float(gain[best])))
        left[columns.indices[columns.indptr[best] : columns.indptr[best + 1]]] = 0.0
        waiting.remove(best)
    return out


def improve(
    rows: CoverRows, sites: list[int], *, seconds: float, now: Stopwatch = time.monotonic
) -> list[int]:
    """Exchange one open site for one closed one while that covers more, until nothing helps or time is up."""
    until = now() + seconds
    current = list(sites)
    columns = rows.reach.tocsc()
    times = np.asarray(rows.reach[:, current].sum(axis=1)).reshape(-1).astype(np.int64)
    improved = True
    while improved and now() < until:
        improved = False
        for place, leaving in enumerate(list(current)):
            mine = columns.indices[columns.indptr[leaving] : columns.indptr[leaving + 1]]
            times[mine] -= 1
            gain = np.asarray((rows.weights * (times == 0)) @ rows.reach).reshape(-1)
            best = int(np.argmax(gain))
            if gain[best] <= gain[leaving] * (1 + 1e-12):
                best = leaving
            improved |= best != leaving
            current[place] = best
            times[columns.indices[columns.indptr[best] : columns.indptr[best + 1]]] += 1
            if now() >= until:
                break
    return current


def solve_mclp(
    rows: CoverRows, count: int, *, seconds: float = 60.0, seed: int = 1, now: Stopwatch = time.monotonic
) -> Solution:
    """The `count` sites that cover the most worth, with a proved bound.

    Church and ReVelle (1974). Annealing finds choices and HiGHS merges the best of them; the bound comes from
    the prices of the linear relaxation, checked in safe arithmetic, and from branch and bound over it. Fewer
    sites come back only when fewer exist or the rest would add nothing. Within `seconds` all is settled for
    small instances; on a large one search and bound share them, in two threads.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    began = now()
    kept = undominated(rows)
    slim = CoverRows(rows.weights, rows.reach[:, kept], 0.0)
    first = np.array(greedy(slim, count), np.int64)
    everything = float(slim.weights.sum())
    if count == 1 or objective_of(slim, first) >= everything * (1 - 1e-12):
        value = objective_of(rows, kept[first])
        method = "the best single site" if count == 1 else "greedy; all covered"
        return Solution(tuple(int(j) for j in kept[first]), value, value, method, now() - began)
    work = _Work(slim, count, first, seed, began + seconds, now)
    bound, method = work.run()
    value, sites = work.hunt.best
    bound = snapped(value, min(bound, everything)) + rows.always
    found = tuple(int(j) for j in kept[sites])
    return Solution(found, value + rows.always, bound, method, now() - began)


class _Work:
    """Search and proof on one instance, until proved or `until`."""

    def __init__(
        self, rows: CoverRows, count: int, first: IntArray, seed: int, until: float, now: Stopwatch
    ) -> None:
        self._rows, self._count, self._until, self._now = rows, count, until, now
        self.hunt = Hunt(rows, first, seed)
        whole = bool(np.array_equal(rows.weights, np.round(rows.weights)))
        self._model = cover_model(rows, count)
        self._tree = Search(
            self._model, -self.hunt.best[0], step=1.0 if whole else 0.0, tried=self._rounded_off
        )

    def run(self) -> tuple[float, str]:
        """(proved upper bound, how)."""
        large = self._model.matrix.nnz >= LARGE
        try:
            bound = self._large_start() if large else self._small_start()
            turns, settled = 0, False
            while not settled and self._left > 0:
                settled = self._turn(1 if turns == 0 else NODES)
                turns += 1
                if turns >= PATIENCE:
                    self.hunt.start()
        finally:
            self.hunt.stop()
        how = "proved by branch and bound" if settled else "bound by linear relaxations"
        return min(bound, -self._tree.bound), f"annealing and merging, {how}, {self._tree.nodes} nodes"

    @property
    def _left(self) -> float:
        return self._until - self._now()

    def _small_start(self) -> float:
        for _ in range(ROUNDS):
            if self._left > 0:
                self.hunt.round()
        return _no_prices(self._rows, self._count)

    def _large_start(self) -> float:
        """The search begins in its thread while a quick first bound is worked out."""
        self.hunt.start()
        return self._quick_bound()

    def _quick_bound(self) -> float:
        value = self.hunt.best[0]
        prices = cover_prices(self._rows, self._count, value, seconds=self._left / 12, now=self._now)
        zero, one = np.zeros(self._model.columns), np.ones(self._model.columns)
        return -safe_bound(self._model, zero, one, prices).bound

    def _turn(self, nodes: int) -> bool:
        """Merge what the search found, then go on with the tree; True = all is settled."""
        self._tree.know(-self.hunt.best[0])
        proof = self._tree.run(seconds=self._left, nodes=nodes, now=self._now)
        if proof.sites is not None:
            self.hunt.add(proof.sites)
        if not proof.settled and self._left > 0:
            self._merge()
        return proof.settled

    def _merge(self) -> None:
        elites = self.hunt.elites
        if len(elites) > 1:
            found = merged(self._rows, elites, self._count, min(5.0, self._left))
            if found is not None:
                self.hunt.add(found)

    def _rounded_off(self, share: FloatArray) -> tuple[IntArray, float]:
        """The sites with the largest shares of a relaxation."""
        sites = np.sort(np.argsort(-share, kind="stable")[: self._count]).astype(np.int64)
        return sites, -objective_of(self._rows, sites)


def _no_prices(rows: CoverRows, count: int) -> float:
    """What the `count` best sites would cover if none overlapped."""
    alone = np.sort(np.asarray(rows.weights @ rows.reach, float).reshape(-1))[::-1]
    return float(alone[:count].sum()) * (1 + 1e-12)
