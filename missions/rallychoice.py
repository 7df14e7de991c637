"""Which few of many places to make rally points, so that the nearest is always one that can be reached.

A vehicle returns to the nearest landing place and asks nobody: a further rally point may spoil what another
served. The choice is a small integer program, solved to its optimum by HiGHS.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

UNSURE_M = 10.0  # places whose distances differ by less may each be taken for the nearest
NODES_MOST = 20_000
TIE = 1e-4
Bools = NDArray[np.bool_]


def choose(apart: FloatArray, good: Bools, limit_m: float, favour: FloatArray) -> list[int] | None:
    """The fewest candidates so that every flown place has a good landing nearest to it; None = none do.

    `apart` (places, 1 + candidates): distances in metres, home first. `good`: whether that straight return is
    clear. Candidates farther than `limit_m` are not flown to. Among equal numbers the candidates with the
    least `favour` (0-1 each) are taken.
    """
    rows, least = _rules(apart, good, limit_m)
    if not any(need > 0 for need in least):
        return []
    if any(not row and need > 0 for row, need in zip(rows, least, strict=True)):
        return None
    factors, wanted = _matrix(rows, apart.shape[1] - 1), np.array(least, float)
    few = _one_or_two(factors.toarray(), wanted, favour)
    return few or _by_program(factors, wanted, favour)


def _matrix(rows: list[dict[int, float]], count: int) -> "csr_array":
    from scipy.sparse import csr_array

    index = [k for row in rows for k in row]
    values = [v for row in rows for v in row.values()]
    starts = np.cumsum([0, *(len(row) for row in rows)])
    return csr_array((np.array(values, float), np.array(index), starts), shape=(len(rows), count))


def _one_or_two(factors: FloatArray, least: FloatArray, favour: FloatArray) -> list[int] | None:
    """One candidate or a pair that keeps every rule, the least `favour` first; None = there is none."""
    alone = np.flatnonzero((factors >= least[:, None]).all(axis=0))
    if len(alone):
        return [int(alone[favour[alone].argmin()])]
    missed = (factors[least > 0] <= 0).astype(np.float32)
    pairs = np.argwhere(np.triu(missed.T @ missed == 0, 1))
    for i, j in pairs[np.argsort(favour[pairs].sum(axis=1), kind="stable")].tolist():
        if (factors[:, i] + factors[:, j] >= least).all():
            return [i, j]
    return None


def _by_program(factors: "csr_array", least: FloatArray, favour: FloatArray) -> list[int] | None:
    from scipy.optimize import Bounds, LinearConstraint, milp

    found = milp(
        1.0 + TIE * favour,
        integrality=np.ones(factors.shape[1], np.int64),
        bounds=Bounds(0.0, 1.0),
        constraints=LinearConstraint(factors, least, np.inf),
        options={"node_limit": NODES_MOST},
    )
    return None if found.x is None else np.flatnonzero(found.x > 0.5).tolist()


def _rules(apart: FloatArray, good: Bools, limit_m: float) -> tuple[list[dict[int, float]], list[float]]:
    """Rows of an integer program, each once: candidate -> factor, and the least sum of each."""
    rows: dict[tuple[tuple[int, float], ...], float] = {}
    for far, clear in zip(apart, good, strict=True):
        for row, least in _rules_of(far, clear, limit_m):
            key = tuple(sorted(row.items()))
            rows[key] = max(least, rows.get(key, -np.inf))
    return [dict(key) for key in rows], list(rows.values())


def _rules_of(far: FloatArray, clear: Bools, limit_m: float) -> list[tuple[dict[int, float], float]]:
    """What one flown place asks: a bad landing counts only behind a good one that is surely nearer."""
    home_m = far[0]
    surely = (far[1:] <= limit_m - UNSURE_M) & clear[1:] & (far[1:] <= home_m - UNSURE_M)
    found: list[tuple[dict[int, float], float]] = []
    if not clear[0]:
        found.append((dict.fromkeys(np.flatnonzero(surely).tolist(), 1.0), 1.0))
    behind_home = far[1:] >= (home_m + UNSURE_M if clear[0] else np.inf)
    bad = ~clear[1:] & (far[1:] <= limit_m + UNSURE_M) & (far[1:] <= home_m + UNSURE_M) & ~behind_home
    for candidate in np.flatnonzero(bad).tolist():
        nearer = surely & (far[1:] <= far[1 + candidate] - UNSURE_M)
        row = dict.fromkeys(np.flatnonzero(nearer).tolist(), 1.0)
        found.append(({**row, candidate: -1.0}, 0.0))
    return found
