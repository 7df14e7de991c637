"""p-median: the sites with the least total (weighted) distance, with a proof."""

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.siting.coverrows import Stopwatch
from gis.siting.linear import LinearModel
from gis.siting.solution import Solution, snapped

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STARTS = 4  # random starts of the swap search beside the greedy one
STEPS = 600  # of the subgradient method


@dataclass(frozen=True, slots=True)
class _Bound:
    """A Lagrange bound: `value` <= optimum; `reduced` (sites,) the reduced costs it was found with."""

    value: float
    reduced: FloatArray


def solve_pmedian(
    cost: FloatArray, count: int, *, seconds: float = 60.0, seed: int = 1, now: Stopwatch = time.monotonic
) -> Solution:
    """`count` sites with the least sum over rows of the cheapest open column of `cost` (demands, sites).

    Greedy and swaps give a choice, Lagrange relaxation of the assignment a bound (Cornuejols, Fisher and
    Nemhauser 1977) that also settles most sites, and branch and bound the
    rest in Elloumi's (2010) form.
    """
    if not 1 <= count <= cost.shape[1]:
        raise ValueError(f"count must be in 1..{cost.shape[1]}, got {count}")
    began = now()
    until = began + seconds
    found = _search(cost, count, np.random.default_rng(seed), began + seconds / 3, now)
    value = _total(cost, found)
    step = _step(cost)
    bound = _lagrange(cost, count, value, began + seconds / 2, step, now)
    proved = _round_up(bound.value, step)
    method = "swaps, proved by Lagrange bound"
    if proved < value and now() < until:
        exact, proved_too, how = _tree(cost, count, value, bound, step, until, now)
        proved, method = max(proved, proved_too), f"swaps, Lagrange bound, {how}"
        if exact is not None and _total(cost, exact) < value:
            found, value = _filled(exact, count, cost.shape[1]), _total(cost, exact)
    elif proved < value:
        method = "swaps, Lagrange bound"
    proved = snapped(value, min(proved, value))
    return Solution(tuple(sorted(int(j) for j in found)), value, proved, method, now() - began)


def _filled(sites: IntArray, count: int, many: int) -> IntArray:
    """Exactly `count` sites: where fewer are enough, the first others join them."""
    spare = np.setdiff1d(np.arange(many), sites)
    return np.concatenate([sites, spare[: count - len(sites)]])


def _total(cost: FloatArray, sites: IntArray) -> float:
    return float(cost[:, sites].min(axis=1).sum())


def _step(cost: FloatArray) -> float:
    """What totals are multiples of: 1 for whole numbers, else 0 (nothing)."""
    return 1.0 if np.array_equal(cost, np.round(cost)) else 0.0


def _round_up(bound: float, step: float) -> float:
    return bound if step == 0 else math.ceil(bound / step - 1e-6) * step


def _search(cost: FloatArray, count: int, rng: np.random.Generator, until: float, now: Stopwatch) -> IntArray:
    best = _swaps(cost, _greedy(cost, count), until, now)
    for _ in range(STARTS):
        if now() >= until:
            break
        other = _swaps(cost, rng.permutation(cost.shape[1])[:count].astype(np.int64), until, now)
        if _total(cost, other) < _total(cost, best):
            best = other
    return best


def _greedy(cost: FloatArray, count: int) -> IntArray:
    nearest = np.full(cost.shape[0], np.inf)
    chosen: list[int] = []
    for _ in range(count):
        totals = np.minimum(cost, nearest[:, None]).sum(axis=0)
        totals[chosen] = np.inf
        chosen.append(int(np.argmin(totals)))
        nearest = np.minimum(nearest, cost[:, chosen[-1]])
    return np.array(chosen, np.int64)


def _swaps(cost: FloatArray, sites: IntArray, until: float, now: Stopwatch) -> IntArray:
    """Best exchange of one open for one closed site (Teitz and Bart 1968) until none helps or time is up."""
    current = sites.copy()
    while now() < until:
        leaving, entering, change = _best_swap(cost, current)
        if change >= -1e-9:
            break
        current[leaving] = entering
    return current


def _best_swap(cost: FloatArray, sites: IntArray) -> tuple[int, int, float]:
    """(place in `sites` that leaves, site that enters, change of the total)."""
    mine = cost[:, sites]
    nearest = np.argmin(mine, axis=1)
    first = mine[np.arange(len(mine)), nearest]
    second = np.partition(mine, 1, axis=1)[:, 1] if len(sites) > 1 else np.full(len(mine), np.inf)
    with_new = np.minimum(cost, first[:, None])
    lost = np.minimum(cost, second[:, None]) - with_new
    order = np.argsort(nearest, kind="stable")
    served, starts = np.unique(nearest[order], return_index=True)
    change = np.zeros((len(sites), cost.shape[1]))
    change[served] = np.add.reduceat(lost[order], starts, axis=0)
    change += with_new.sum(axis=0) - first.sum()
    change[:, sites] = np.inf
    leaving, entering = np.unravel_index(int(np.argmin(change)), change.shape)
    return int(leaving), int(entering), float(change[leaving, entering])


def _lagrange(
    cost: FloatArray, count: int, value: float, until: float, step: float, now: Stopwatch
) -> _Bound:
    """The best bound that the subgradient method finds; stops once it proves `value`."""
    nearest_two = np.partition(cost, 1, axis=1)[:, :2] if cost.shape[1] > 1 else np.repeat(cost, 2, axis=1)
    prices = nearest_two[:, 1].astype(float)
    best = _Bound(-math.inf, np.zeros(cost.shape[1]))
    pace, stalled = 2.0, 0
    for _ in range(STEPS):
        gap = cost - prices[:, None]
        reduced = np.minimum(gap, 0.0).sum(axis=0)
        open_sites = np.argpartition(reduced, count - 1)[:count]
        bound = float(prices.sum() + reduced[open_sites].sum())
        stalled += 1
        if bound > best.value:
            best, stalled = _Bound(bound, reduced), 0
        if _round_up(best.value, step) >= value or now() >= until or pace < 1e-3:
            break
        if stalled >= 15:
            pace, stalled = pace / 2, 0
        slope = 1.0 - (gap[:, open_sites] < 0).sum(axis=1)
        norm = float(slope @ slope)
        if norm == 0:
            break
        prices += pace * (value * 1.001 - bound) / norm * slope
    return best


def _settled(bound: _Bound, count: int, value: float, step: float) -> tuple[IntArray, IntArray]:
    """(sites still open to question, sites open in every better choice), by reduced costs."""
    better_than = value - (step - 1e-6 if step else 1e-9 * abs(value))
    order = np.argsort(bound.reduced, kind="stable")
    last_in = bound.reduced[order[count - 1]]
    first_out = bound.reduced[order[count]] if count < len(order) else math.inf
    inside = np.zeros(len(order), bool)
    inside[order[:count]] = True
    closed = ~inside & (bound.value - last_in + bound.reduced > better_than)
    fixed = inside & (bound.value - bound.reduced + first_out > better_than)
    return np.flatnonzero(~closed), np.flatnonzero(fixed)


def _tree(
    cost: FloatArray, count: int, value: float, bound: _Bound, step: float, until: float, now: Stopwatch
) -> tuple[IntArray | None, float, str]:
    """(a better choice or None, proved lower bound, how) over the sites the Lagrange bound left unsettled."""
    from gis.siting.branching import Search

    kept, fixed = _settled(bound, count, value, step)
    held = np.isin(kept, fixed)
    rows = _levels(cost[:, kept], held)

    def tried(share: FloatArray) -> tuple[IntArray, float]:
        sites = kept[np.argsort(-share, kind="stable")[:count]]
        return sites, _total(cost, sites) - rows.base

    tree = Search(rows.model(held, count), value - rows.base, step=step, tried=tried, opened=held)
    proof = tree.run(seconds=until - now(), now=now)
    # a choice outside the reduced problem cannot beat `value`, so the smaller of both is a bound for all
    how = f"branch and bound, {proof.nodes} nodes"
    return proof.sites, min(proof.bound + rows.base, value), how


@dataclass(frozen=True, slots=True)
class _Levels:
    """Elloumi's rows: level variable z of a demand says that no open site lies within that distance.

    `worth` what each z costs, `least` right-hand sides, (`row`, `column`, `sign`) the matrix entries, where
    columns >= 0 are sites and -1 - k is level k; `base` what is paid anyhow.
    """

    worth: FloatArray
    least: FloatArray
    row: IntArray
    column: IntArray
    sign: FloatArray
    base: float

    def model(self, opened: NDArray[np.bool_], count: int) -> LinearModel:
        """The choice of `count` of the sites, those in `opened` among them."""
        from scipy.sparse import csr_array, vstack

        sites = len(opened)
        column = np.where(self.column >= 0, self.column, sites - 1 - self.column)
        shape = (len(self.least), sites + len(self.worth))
        levels = csr_array((-self.sign, (self.row, column)), shape=shape)
        counted = csr_array(np.concatenate([np.ones(sites), np.zeros(len(self.worth))])[None, :])
        matrix: csr_array = csr_array(vstack([levels, counted]))
        worth = np.concatenate([np.zeros(sites), self.worth])
        return LinearModel(worth, matrix, np.append(-self.least, float(count)), sites)


def _levels(cost: FloatArray, fixed: NDArray[np.bool_]) -> _Levels:
    worth: list[float] = []
    least: list[float] = []
    entries: list[tuple[int, int, float]] = []
    base = 0.0
    for demand in cost:
        order = np.argsort(demand, kind="stable")
        distances, first = np.unique(demand[order], return_index=True)
        groups = np.split(order, first[1:])
        base += float(distances[0])
        for level, group in enumerate(groups):
            row, settled = len(least), bool(fixed[group].any())
            least.append(1.0 if level == 0 else 0.0)
            entries += [(row, int(site), 1.0) for site in group]
            if level:
                entries.append((row, -len(worth), -1.0))
            if settled or level == len(groups) - 1:
                break
            entries.append((row, -1 - len(worth), 1.0))
            worth.append(float(distances[level + 1] - distances[level]))
    rows, columns, signs = zip(*entries, strict=True)
    return _Levels(np.array(worth), np.array(least), np.array(rows), np.array(columns), np.array(signs), base)
