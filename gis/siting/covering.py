"""Maximal covering: which P sites cover the most demand, exactly (HiGHS), with bound and gap always said."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Stopwatch = Callable[[], float]


@dataclass(frozen=True, slots=True)
class CoverRows:
    """Demand rows: row i is worth `weights[i]` when one of its sites is open.

    `reach` is CSR (rows, sites), non-zero where the site covers the row. `always` is worth that counts
    whatever is chosen (what existing places cover already).
    """

    weights: FloatArray
    reach: "csr_array"
    always: float = 0.0

    @property
    def sites(self) -> int:
        """How many sites there are to choose from."""
        return int(self.reach.shape[1])


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


def cover_rows(
    weights: FloatArray,
    site: IntArray,
    demand: IntArray,
    share: FloatArray,
    *,
    sites: int,
    existing: FloatArray | None = None,
) -> CoverRows:
    """Rows from pairs: `site[k]` covers the `share[k]` (0..1] of `demand[k]`; the best open site counts.

    Partial cover is exact: a demand with shares s1 > s2 > ... becomes rows worth weight * (s1 - s2), ... that
    are covered by every site with at least that share. `existing` (n,) is the share covered already; only
    what lies above it can still be won. Rows with the same sites are merged.
    """
    weights = np.asarray(weights, float)
    held = np.zeros(len(weights)) if existing is None else np.asarray(existing, float)
    useful = share > held[demand]
    site, demand, share = site[useful], demand[useful], share[useful]
    order = np.lexsort((-share, demand))
    site, demand, share = site[order], demand[order], share[order]
    row_of, row_weight, pair_site = _levels(weights, held, site, demand, share)
    reach = _binary(row_of, pair_site, (len(row_weight), sites))
    merged_weight, merged = merge_rows(row_weight, reach)
    return CoverRows(merged_weight, merged, float((weights * held).sum()))


def _binary(row: IntArray, column: IntArray, shape: tuple[int, int]) -> "csr_array":
    from scipy.sparse import csr_array

    out = csr_array((np.ones(len(row), np.int8), (row, column)), shape=shape)
    out.sum_duplicates()
    out.data[:] = 1
    return out


def _levels(
    weights: FloatArray, held: FloatArray, site: IntArray, demand: IntArray, share: FloatArray
) -> tuple[IntArray, FloatArray, IntArray]:
    """(row of each pair, weight of each row, site of each pair), shares falling within each demand."""
    rows: list[IntArray] = []
    worth: list[float] = []
    sites: list[IntArray] = []
    starts = (
        np.flatnonzero(np.concatenate([[True], demand[1:] != demand[:-1]]))
        if len(demand)
        else np.zeros(0, int)
    )
    ends = np.append(starts[1:], len(demand))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        who = int(demand[start])
        falls = np.flatnonzero(share[start:end][:-1] > share[start:end][1:]) + 1
        stops = np.append(falls, end - start)
        below = np.append(share[start:end][falls], held[who])
        for stop, low in zip(stops.tolist(), below.tolist(), strict=True):
            rows.append(np.full(stop, len(worth), np.int64))
            sites.append(site[start : start + stop])
            worth.append(float(weights[who] * (share[start + stop - 1] - low)))
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64)
    return np.concatenate(rows), np.asarray(worth), np.concatenate(sites)


def merge_rows(weights: FloatArray, reach: "csr_array") -> tuple[FloatArray, "csr_array"]:
    """Add up rows with identical sites; rows without worth or sites go."""
    reach.sort_indices()
    found: dict[bytes, int] = {}
    kept: list[int] = []
    total: list[float] = []
    for row, weight in enumerate(weights.tolist()):
        key = reach.indices[reach.indptr[row] : reach.indptr[row + 1]].tobytes()
        if not key or weight <= 0:
            continue
        slot = found.setdefault(key, len(kept))
        if slot == len(kept):
            kept.append(row)
            total.append(0.0)
        total[slot] += weight
    return np.asarray(total, float), reach[np.asarray(kept, np.int64)]


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
