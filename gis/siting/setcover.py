"""Set covering: the fewest sites that reach everybody who can be reached, or a share of them."""

import math
import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import SkyshadeError
from gis.siting.coverrows import CoverRows, Stopwatch, objective_of
from gis.siting.dominance import undominated
from gis.siting.exact import settle
from gis.siting.linear import LinearModel
from gis.siting.solution import Solution

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def solve_set_cover(
    rows: CoverRows, *, share: float = 1.0, seconds: float = 60.0, now: Stopwatch = time.monotonic
) -> Solution:
    """The fewest sites that cover at least `share` of the worth that can be covered at all.

    Toregas, Swain, ReVelle and Bergman (1971); `objective` and `bound` are numbers of sites. Worth that is
    there whatever is chosen (`rows.always`) counts as covered. Raises `SkyshadeError` when no choice was
    found in time.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be in (0, 1], got {share}")
    began = now()
    kept = undominated(rows)
    slim = CoverRows(rows.weights, rows.reach[:, kept], rows.always)
    needed = share * (float(rows.weights.sum()) + rows.always) * (1 - 1e-12)
    if rows.always >= needed:
        return Solution((), 0.0, 0.0, "covered already", now() - began)

    def judge(sites: IntArray) -> float:
        return float(len(sites)) if objective_of(slim, sites) >= needed else math.inf

    model = cover_all(slim.reach) if share == 1 else _cover_share(slim, needed - rows.always)
    first = _until_enough(slim, needed)
    found = settle(model, judge, step=1.0, seconds=seconds, now=now)
    sites = first if found.sites is None or found.cost > len(first) else found.sites
    bound = min(found.bound, float(len(sites)))
    chosen = tuple(int(j) for j in kept[sites])
    return Solution(
        chosen, float(len(chosen)), bound, f"branch and bound, {found.nodes} nodes", now() - began
    )


def cover_all(reach: "csr_array") -> LinearModel:
    """Minimise the number of sites over: each row of `reach` has an open one."""
    from scipy.sparse import csr_array

    many, sites = reach.shape
    return LinearModel(np.ones(sites), csr_array(-reach.astype(float)), -np.ones(many), sites)


def _cover_share(rows: CoverRows, needed: float) -> LinearModel:
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    many, sites = rows.reach.shape
    scale = 1.0 / needed  # one row of sums beside rows of ones
    covered = hstack([-rows.reach.astype(float), eye_array(many)])
    enough = csr_array(np.concatenate([np.zeros(sites), -rows.weights * scale])[None, :])
    matrix: csr_array = csr_array(vstack([covered, enough]))
    limit = np.append(np.zeros(many), -1.0)
    return LinearModel(np.concatenate([np.ones(sites), np.zeros(many)]), matrix, limit, sites)


def _until_enough(rows: CoverRows, needed: float) -> IntArray:
    """Greedy sites until `needed` is covered."""
    from gis.siting.covering import greedy

    order = np.array(greedy(rows, rows.sites), np.int64)
    for count in range(1, len(order) + 1):
        if objective_of(rows, order[:count]) >= needed:
            return order[:count]
    raise SkyshadeError("no choice covers that share", hint="a smaller share or a larger radius would do")
