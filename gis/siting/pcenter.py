"""p-center: the sites with the shortest longest way, by covering problems over the distances that occur."""

import math
import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gis.siting.covering import Solution
from gis.siting.coverrows import Stopwatch

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def solve_pcenter(
    metres: FloatArray, count: int, *, seconds: float = 60.0, now: Stopwatch = time.monotonic
) -> Solution:
    """`count` sites that make the largest distance from a row of `metres` (demands, sites) to its nearest
    open site as small as can be.

    The answer is one of the distances that occur: bisection over them, each step a set cover settled by a
    greedy choice, a linear bound or HiGHS (Minieka 1970). What the time does not settle widens the gap.
    """
    if not 1 <= count <= metres.shape[1]:
        raise ValueError(f"count must be in 1..{metres.shape[1]}, got {count}")
    began = now()
    radii = np.unique(metres)
    low, high = 0, len(radii) - 1  # radii[high] is within reach; below radii[low] nothing is
    found = list(range(count))
    undecided: list[int] = []
    while low < high:
        middle = (low + high) // 2
        within, sites = _cover(metres <= radii[middle], count, began + seconds - now())
        if within is True and sites is not None:
            found, high = sites, int(np.searchsorted(radii, _longest(metres, sites)))
        elif within is False:
            low = middle + 1
        else:
            undecided.append(middle)
            break
    objective = _longest(metres, found)
    bound = float(radii[low]) if undecided else objective
    method = "set covers by HiGHS" if not undecided else "set covers, time ran out"
    return Solution(tuple(sorted(found)), objective, bound, method, now() - began)


def _longest(metres: FloatArray, sites: list[int]) -> float:
    return float(metres[:, sites].min(axis=1).max())


def _cover(reach: BoolArray, count: int, seconds: float) -> tuple[bool | None, list[int] | None]:
    """Whether `count` columns of `reach` (demands, sites) cover every row, and which; None = not settled."""
    if not reach.any(axis=1).all():
        return False, None
    quick = _greedy_cover(reach, count)
    if quick is not None:
        return True, quick
    if seconds <= 0:
        return None, None
    return _exact_cover(reach, count, seconds)


def _greedy_cover(reach: BoolArray, count: int) -> list[int] | None:
    left = np.ones(reach.shape[0], bool)
    chosen: list[int] = []
    for _ in range(count):
        chosen.append(int(np.argmax(left.astype(np.float32) @ reach)))
        left &= ~reach[:, chosen[-1]]
        if not left.any():
            return _filled(chosen, reach.shape[1], count)
    return None


def _filled(chosen: list[int], sites: int, count: int) -> list[int]:
    """Exactly `count` sites: the chosen and, where fewer were enough, the first others."""
    spare = [site for site in range(sites) if site not in set(chosen)]
    return chosen + spare[: count - len(chosen)]


def _exact_cover(reach: BoolArray, count: int, seconds: float) -> tuple[bool | None, list[int] | None]:
    from scipy.optimize import Bounds, LinearConstraint, milp

    rows, columns = _reduced(reach)
    cost = np.ones(len(columns))
    matrix = _sparse(reach[np.ix_(rows, columns)])
    covered = LinearConstraint(matrix, lb=1.0)
    relaxed = milp(cost, constraints=covered, bounds=Bounds(0, 1), options={"time_limit": seconds})
    if relaxed.status == 0 and relaxed.fun > count + 1e-6:
        return False, None
    answer = milp(
        cost,
        constraints=covered,
        integrality=np.ones(len(columns), int),
        bounds=Bounds(0, 1),
        options={"time_limit": max(1.0, seconds), "mip_rel_gap": 0.0},
    )
    bound = answer.get("mip_dual_bound")
    if answer.x is not None and round(float(answer.x.sum())) <= count:
        chosen = [int(columns[k]) for k in np.flatnonzero(answer.x > 0.5)]
        return True, _filled(chosen, reach.shape[1], count)
    if bound is not None and math.isfinite(bound) and math.ceil(float(bound) - 1e-6) > count:
        return False, None
    return None, None


def _sparse(reach: BoolArray) -> "csr_array":
    from scipy.sparse import csr_array

    return csr_array(reach.astype(float))


def _reduced(reach: BoolArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns that matter: a row that asks more than another, a column that gives more."""
    rows = np.arange(reach.shape[0])
    columns = np.arange(reach.shape[1])
    while True:
        part = reach[np.ix_(rows, columns)]
        easy = _dominated(~part)  # a row whose sites include another row's sites asks nothing new
        kept = part[~easy]
        weak = _dominated(kept.T)
        if not easy.any() and not weak.any():
            return rows, columns
        rows, columns = rows[~easy], columns[~weak]


def _dominated(sets: BoolArray) -> BoolArray:
    """Which rows of `sets` are contained in another row; of equal rows the first one stays."""
    whole = sets.astype(np.float32)
    common = whole @ whole.T
    size = whole.sum(axis=1)
    inside = common >= size[:, None]  # [a, b]: a is contained in b
    np.fill_diagonal(inside, val=False)
    equal = inside & inside.T
    later = np.tril(np.ones_like(equal), -1).astype(bool)
    out: BoolArray = (inside & (~equal | later)).any(axis=1)
    return out
