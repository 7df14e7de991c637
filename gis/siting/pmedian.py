"""p-median: the sites with the least total (weighted) distance, with a proof."""

import time

import numpy as np
from numpy.typing import NDArray

from gis.siting.branching import Search
from gis.siting.coverrows import Stopwatch
from gis.siting.medianbound import MedianModel
from gis.siting.medianlevels import proved_by_levels
from gis.siting.solution import Solution, snapped

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STARTS = 4  # random starts of the swap search beside the greedy one
NODES = 120  # with Lagrange bounds, which are quick; then linear programs, which are sharper


def solve_pmedian(
    cost: FloatArray, count: int, *, seconds: float = 60.0, seed: int = 1, now: Stopwatch = time.monotonic
) -> Solution:
    """`count` sites with the least sum over rows of the cheapest open column of `cost` (demands, sites).

    Greedy and swaps (Teitz and Bart 1968) give a choice; Lagrange relaxation of the assignment gives a bound
    and settles most sites, and branch and bound over it the rest.
    """
    if not 1 <= count <= cost.shape[1]:
        raise ValueError(f"count must be in 1..{cost.shape[1]}, got {count}")
    if np.isnan(cost).any():
        raise ValueError("cost must be numbers, got nan")
    began = now()
    until = began + seconds
    found = _search(cost, count, np.random.default_rng(seed), began + seconds / 3, now)
    value, step = _total(cost, found), _step(cost)

    def tried(share: FloatArray) -> tuple[IntArray, float]:
        sites = np.argsort(-share, kind="stable")[:count]
        return sites, _total(cost, sites)

    model = MedianModel(cost, count, value)
    tree = Search(model, value, step=step, tried=tried)
    proof = tree.run(seconds=max(0.0, until - now()), nodes=NODES, now=now)
    nodes, bound = proof.nodes, proof.bound
    best = proof.sites
    if not proof.settled and now() < until:
        root = model.relaxed(np.zeros(model.sites), np.ones(model.sites), None, seconds=0.0)
        if root is not None:
            proof = proved_by_levels(cost, count, proof.cost, root, step=step, seconds=until - now(), now=now)
            best = best if proof.sites is None else proof.sites
            nodes, bound = nodes + proof.nodes, max(bound, proof.bound)
    if best is not None:
        found, value = _filled(best, count, cost.shape[1]), _total(cost, best)
    how = "proved" if proof.settled else "bound"
    method = f"swaps, {how} by Lagrange relaxation and branch and bound, {nodes} nodes"
    bound = snapped(value, max(bound, _no_less(cost)))
    return Solution(tuple(sorted(int(j) for j in found)), value, bound, method, now() - began)


def _no_less(cost: FloatArray) -> float:
    """What all sites together would cost."""
    return float(cost.min(axis=1).sum()) * (1 - 1e-12)


def _filled(sites: IntArray, count: int, many: int) -> IntArray:
    """Exactly `count` sites: where fewer are enough, the first others join them."""
    spare = np.setdiff1d(np.arange(many), sites)
    return np.concatenate([sites, spare[: count - len(sites)]])


def _total(cost: FloatArray, sites: IntArray) -> float:
    return float(cost[:, sites].min(axis=1).sum())


def _step(cost: FloatArray) -> float:
    """What totals are multiples of: 1 for whole numbers, else 0 (nothing)."""
    return 1.0 if np.array_equal(cost, np.round(cost)) else 0.0


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
