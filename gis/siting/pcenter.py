"""p-center: the sites with the shortest longest way, by covering problems over the distances that occur."""

import time

import numpy as np
from numpy.typing import NDArray

from gis.siting.branching import Search
from gis.siting.coverrows import Stopwatch
from gis.siting.setcover import cover_all
from gis.siting.solution import Solution

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def solve_pcenter(
    metres: FloatArray, count: int, *, seconds: float = 60.0, now: Stopwatch = time.monotonic
) -> Solution:
    """`count` sites that make the largest distance from a row of `metres` (demands, sites) to its nearest
    open site as small as can be.

    The answer is one of the distances that occur: bisection over them, each step a set cover settled by a
    greedy choice or by branch and bound (Minieka 1970). What the time does not settle widens the gap.
    """
    if not 1 <= count <= metres.shape[1]:
        raise ValueError(f"count must be in 1..{metres.shape[1]}, got {count}")
    if np.isnan(metres).any():
        raise ValueError("metres must be numbers, got nan")
    began = now()
    radii = np.unique(metres)
    low, high = 0, len(radii) - 1  # radii[high] is within reach; below radii[low] nothing is
    found = list(range(count))
    undecided: list[int] = []
    while low < high:
        middle = (low + high) // 2
        within, sites = _cover(metres <= radii[middle], count, began + seconds - now(), now)
        if within is True and sites is not None:
            found, high = sites, int(np.searchsorted(radii, _longest(metres, sites)))
        elif within is False:
            low = middle + 1
        else:
            undecided.append(middle)
            break
    objective = _longest(metres, found)
    bound = float(radii[low]) if undecided else objective
    method = "set covers, proved by branch and bound" if not undecided else "set covers, time ran out"
    return Solution(tuple(sorted(found)), objective, bound, method, now() - began)


def _longest(metres: FloatArray, sites: list[int]) -> float:
    return float(metres[:, sites].min(axis=1).max())


def _cover(
    reach: BoolArray, count: int, seconds: float, now: Stopwatch
) -> tuple[bool | None, list[int] | None]:
    """Whether `count` columns of `reach` (demands, sites) cover every row, and which; None = not settled."""
    if not reach.any(axis=1).all():
        return False, None
    quick = _greedy_cover(reach, count)
    if quick is not None:
        return True, quick
    if seconds <= 0:
        return None, None
    return _exact_cover(reach, count, seconds, now)


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


def _exact_cover(
    reach: BoolArray, count: int, seconds: float, now: Stopwatch
) -> tuple[bool | None, list[int] | None]:
    """By a tree that looks only for covers of `count` sites or fewer."""
    from scipy.sparse import csr_array

    rows, columns = _reduced(reach)
    part = reach[np.ix_(rows, columns)]

    def tried(share: FloatArray) -> tuple[NDArray[np.int64], float]:
        sites = _completed(part, share)
        return sites, float(len(sites))

    tree = Search(cover_all(csr_array(part.astype(float))), count + 1.0, step=1.0, tried=tried)
    until = now() + seconds
    while tree.cost > count:
        if tree.run(seconds=until - now(), nodes=1, now=now).settled or now() >= until:
            break
    if tree.sites is not None:
        return True, _filled([int(columns[k]) for k in tree.sites], reach.shape[1], count)
    return (False if tree.bound > count else None), None


def _completed(reach: BoolArray, share: FloatArray) -> NDArray[np.int64]:
    """A cover: sites by what they add times their share, those that turn out needless left out again."""
    left, chosen = np.ones(reach.shape[0], bool), []
    while left.any():
        gain = (left.astype(np.float32) @ reach) * (share + 1e-3)
        chosen.append(int(np.argmax(gain)))
        left &= ~reach[:, chosen[-1]]
    times = reach[:, chosen].sum(axis=1)
    for site in list(chosen):
        if (times[reach[:, site]] > 1).all():
            times -= reach[:, site]
            chosen.remove(site)
    return np.array(sorted(chosen), np.int64)


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
