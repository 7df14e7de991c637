"""Maximal covering: which P sites cover the most demand, exactly (HiGHS), with bound and gap always said."""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    pass

from gis.siting.coverrows import CoverRows, Stopwatch, merge_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Solution:
    """Chosen site numbers, what they achieve, and how good that is.

    `bound` is proved: no choice does better (above `objective` for a maximum, below it for a minimum);
    `gap` = |bound - objective| / |objective|; `method` says how it was found.
    """

    sites: tuple[int, ...]
    objective: float
    bound: float
    method: str
    wall_s: float

    @property
    def gap(self) -> float:
        """Relative distance between the bound and the objective; 0 = proved optimal."""
        if self.objective == self.bound:
            return 0.0
        return abs(self.bound - self.objective) / abs(self.objective) if self.objective else math.inf


def objective_of(rows: CoverRows, sites: IntArray) -> float:
    """What a choice of sites covers, `always` included."""
    open_sites = np.zeros(rows.sites)
    open_sites[np.asarray(sites, np.int64)] = 1.0
    return float(rows.weights[(rows.reach @ open_sites) > 0].sum()) + rows.always


def greedy(rows: CoverRows, count: int) -> list[int]:
    """Sites in the order of what each adds to those before it; ties go to the lower number.

    Stops early when nothing is left to win.
    """
    columns = rows.reach.tocsc()
    left = rows.weights.copy()
    chosen: list[int] = []
    for _ in range(min(count, rows.sites)):
        gain = np.asarray(left @ rows.reach).reshape(-1)
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        chosen.append(best)
        left[columns.indices[columns.indptr[best] : columns.indptr[best + 1]]] = 0.0
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
    rows: CoverRows, count: int, *, seconds: float = 60.0, now: Stopwatch = time.monotonic
) -> Solution:
    """The `count` sites that cover the most worth, with a proved bound.

    Church and ReVelle (1974): maximise sum w_i y_i, y_i <= sum of x_j that cover i, sum x_j = count. Greedy
    and swaps find a choice, a Lagrange bound settles most sites, HiGHS the rest within `seconds`. Fewer sites
    come back only when fewer exist or the rest would add nothing.
    """
    from gis.siting.lagrange import cover_bound

    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    began = now()
    found = improve(rows, greedy(rows, count), seconds=min(10.0, seconds / 4), now=now)
    value = objective_of(rows, np.asarray(found, np.int64))
    total = float(rows.weights.sum()) + rows.always
    if value >= total * (1 - 1e-12) or count == 1:
        method = "the best single site" if count == 1 else "greedy and swaps; all covered"
        return Solution(tuple(found), value, value, method, now() - began)
    relaxed = cover_bound(rows, count, value, seconds=min(20.0, seconds / 4), now=now)
    bound, method = min(relaxed.value, total), "greedy and swaps, Lagrange bound"
    if bound >= _next_better(rows, value) and now() - began < seconds:
        kept, fixed = relaxed.settled(min(count, rows.sites), _next_better(rows, value))
        exact, proved = _milp(rows, count, kept, fixed, max(1.0, seconds - (now() - began)))
        bound, method = min(bound, max(value, proved)), "greedy and swaps, bound by HiGHS"
        if exact is not None and objective_of(rows, np.asarray(exact, np.int64)) > value:
            found, method = exact, "HiGHS"
            value = objective_of(rows, np.asarray(found, np.int64))
    if bound < _next_better(rows, value):
        bound = value
    return Solution(tuple(found), value, bound, method, now() - began)


def _next_better(rows: CoverRows, value: float) -> float:
    """What a strictly better choice is worth at least, less a rounding error: 1 more for whole weights."""
    whole = bool(np.array_equal(rows.weights, np.round(rows.weights)))
    return value + 1.0 - 1e-6 if whole else value + 1e-9 * abs(value)


def _milp(
    rows: CoverRows, count: int, kept: IntArray, fixed: IntArray, seconds: float
) -> tuple[list[int] | None, float]:
    """(sites or None, proved upper bound) from HiGHS over the `kept` sites, `fixed` ones open."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, csr_array, hstack, vstack

    weights, reach = merge_rows(rows.weights, csr_array(rows.reach[:, kept]))
    many, sites = reach.shape
    covered = hstack([-reach.astype(float), coo_array((np.ones(many), (range(many), range(many))))])
    chosen = coo_array((np.ones(sites), (np.zeros(sites, int), np.arange(sites))), shape=(1, sites + many))
    lower = np.concatenate([np.isin(kept, fixed).astype(float), np.zeros(many)])
    upper = np.append(np.zeros(many), float(min(count, sites)))
    answer = milp(
        c=np.concatenate([np.zeros(sites), -weights]),
        constraints=LinearConstraint(csr_array(vstack([covered, chosen])), ub=upper),
        integrality=np.concatenate([np.ones(sites), np.zeros(many)]),
        bounds=Bounds(lower, 1),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if answer.status == 2:  # nothing better is possible with these sites
        return None, -math.inf
    dual = answer.get("mip_dual_bound")
    bound = math.inf if dual is None or not math.isfinite(dual) else -float(dual) + rows.always
    if answer.x is None:
        return None, bound
    return [int(kept[j]) for j in np.flatnonzero(answer.x[:sites] > 0.5)], bound
