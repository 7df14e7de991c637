"""The order and the directions in which to fly runs: a generalised travelling salesman's tour.

Each line is a cluster of two nodes, forward and back; node `2 * line + back`. Segments are reversed (2-opt,
Croes 1958) and moved, either way round (Or 1976), until nothing helps; then the tour is shaken and mended
again, from a fixed seed. Times need not be symmetric.
"""

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray

Ints = NDArray[np.int64]
LONGEST_MOVED = 40
WORK = 4e7  # pairs looked at while shaking: about half a second
SHAKES_MOST = 300
LEAST_GAIN_S = 1e-6


def best_tour(seconds: FloatArray, first: list[list[int]], *, seed: int = 1, work: float = WORK) -> list[int]:
    """Nodes in flying order, one of each line, home (the last row of `seconds`) at both ends.

    `seconds` (2n + 1, 2n + 1) from node to node; `first` some tours to begin with.
    """
    mended = [_mended(seconds, np.array(t, np.int64)) for t in first]
    best = min(mended, key=lambda t: tour_seconds(seconds, t))
    lines = len(best)
    look = max(1.0, lines**2 * 2.0 * min(lines, LONGEST_MOVED))
    shakes = int(min(SHAKES_MOST, work / look)) if lines > 3 else 0
    found = _shaken(seconds, best, shakes, seed)
    return [int(node) for node in found]


def nearest_tour(seconds: FloatArray) -> list[int]:
    """Always on to the run that is begun soonest."""
    count = len(seconds) // 2
    here, tour, open_nodes = 2 * count, [], np.ones(2 * count, bool)
    for _ in range(count):
        node = int(np.argmin(np.where(open_nodes, seconds[here, :-1], np.inf)))
        tour.append(node)
        open_nodes[node] = open_nodes[node ^ 1] = False
        here = node
    return tour


def row_by_row(rows: Sequence[int], begun: Sequence[float], *, back: bool = False) -> list[int]:
    """To and fro, every line of a row before the next; `rows` and `begun` (x) of each line."""
    tour: list[int] = []
    for number, row in enumerate(sorted(set(rows), reverse=back)):
        lines = sorted((k for k, r in enumerate(rows) if r == row), key=lambda k: begun[k])
        tour += [2 * k for k in lines] if number % 2 == 0 else [2 * k + 1 for k in reversed(lines)]
    return tour


def best_directions(seconds: FloatArray, lines: list[int]) -> list[int]:
    """The quickest directions for lines in a given order, as nodes."""
    home = len(seconds) - 1
    costs, paths, last = [0.0], [[]], [home]  # type: list[float], list[list[int]], list[int]
    for line in lines:
        layer = []
        for node in (2 * line, 2 * line + 1):
            steps = [c + seconds[e, node] for c, e in zip(costs, last, strict=True)]
            k = int(np.argmin(steps))
            layer.append((float(steps[k]), [*paths[k], node], node))
        costs, paths, last = ([t[k] for t in layer] for k in range(3))  # type: ignore[assignment]
    ends = [c + seconds[e, home] for c, e in zip(costs, last, strict=True)]
    return paths[int(np.argmin(ends))]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def tour_seconds(seconds: FloatArray, tour: Ints) -> float:
    """Seconds of a tour from home and back."""
    home = len(seconds) - 1
    if len(tour) == 0:
        return 0.0
    total = seconds[home, tour[0]] + seconds[tour[-1], home]
    for k in range(len(tour) - 1):
        total += seconds[tour[k], tour[k + 1]]
    return float(total)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sums(seconds: FloatArray, tour: Ints, ahead: FloatArray, back: FloatArray) -> None:
    """Running times of the tour as flown and of its reverse."""
    ahead[0] = back[0] = 0.0
    for k in range(len(tour) - 1):
        ahead[k + 1] = ahead[k] + seconds[tour[k], tour[k + 1]]
        back[k + 1] = back[k] + seconds[tour[k + 1] ^ 1, tour[k] ^ 1]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _reverse(tour: Ints, i: int, j: int) -> None:
    while i < j:
        tour[i], tour[j] = tour[j] ^ 1, tour[i] ^ 1
        i += 1
        j -= 1
    if i == j:
        tour[i] ^= 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _reversing(seconds: FloatArray, tour: Ints, ahead: FloatArray, back: FloatArray) -> bool:
    """Make the first reversal of a segment that gains time."""
    count, home = len(tour), len(seconds) - 1
    for i in range(count):
        before = tour[i - 1] if i > 0 else home
        for j in range(i, count):
            after = tour[j + 1] if j + 1 < count else home
            old = seconds[before, tour[i]] + ahead[j] - ahead[i] + seconds[tour[j], after]
            new = seconds[before, tour[j] ^ 1] + back[j] - back[i] + seconds[tour[i] ^ 1, after]
            if new < old - LEAST_GAIN_S:
                _reverse(tour, i, j)
                return True
    return False


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _moving(seconds: FloatArray, tour: Ints, ahead: FloatArray, back: FloatArray) -> bool:
    """Make the first move of a segment to another place, either way round, that gains time."""
    count, home = len(tour), len(seconds) - 1
    for i in range(count):
        before = tour[i - 1] if i > 0 else home
        for j in range(i, min(count, i + LONGEST_MOVED)):
            after = tour[j + 1] if j + 1 < count else home
            inner, turned = ahead[j] - ahead[i], back[j] - back[i]
            gain = seconds[before, tour[i]] + inner + seconds[tour[j], after] - seconds[before, after]
            if gain <= LEAST_GAIN_S + min(inner, turned):
                continue
            for k in range(-1, count):
                if i - 1 <= k <= j:
                    continue
                one = tour[k] if k >= 0 else home
                two = tour[k + 1] if k + 1 < count else home
                base = gain + seconds[one, two]
                if seconds[one, tour[i]] + inner + seconds[tour[j], two] < base - LEAST_GAIN_S:
                    _move(tour, i, j, k)
                    return True
                if seconds[one, tour[j] ^ 1] + turned + seconds[tour[i] ^ 1, two] < base - LEAST_GAIN_S:
                    _reverse(tour, i, j)
                    _move(tour, i, j, k)
                    return True
    return False


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _move(tour: Ints, i: int, j: int, k: int) -> None:
    """Put the segment i..j behind position k, which lies outside of it."""
    part = tour[i : j + 1].copy()
    size = j + 1 - i
    if k < i:
        for m in range(i - 1, k, -1):
            tour[m + size] = tour[m]
        tour[k + 1 : k + 1 + size] = part
    else:
        for m in range(j + 1, k + 1):
            tour[m - size] = tour[m]
        tour[k + 1 - size : k + 1] = part


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _mended(seconds: FloatArray, tour: Ints) -> Ints:
    """A tour that no single reversal or move makes quicker."""
    found = tour.copy()
    ahead, back = np.zeros(len(found)), np.zeros(len(found))
    better = len(found) > 0
    while better:
        _sums(seconds, found, ahead, back)
        better = _reversing(seconds, found, ahead, back) or _moving(seconds, found, ahead, back)
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _shaken(seconds: FloatArray, tour: Ints, shakes: int, seed: int) -> Ints:
    """Swap two neighbouring segments at random and mend, keeping what is no slower."""
    best, cost = tour.copy(), tour_seconds(seconds, tour)
    state = np.uint64(seed * 2654435761 + 88172645463325252)
    count = len(tour)
    for _ in range(shakes):
        cuts = np.empty(3, np.int64)
        span = min(count, 30)
        for c in range(3):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            cuts[c] = np.int64(state % np.uint64(span + 1 if c else count - span + 1))
        low, high = min(cuts[1], cuts[2]), max(cuts[1], cuts[2])
        if low in (high, 0):
            continue
        trial = best.copy()
        start = cuts[0]
        one, two = best[start : start + low].copy(), best[start + low : start + high].copy()
        trial[start : start + len(two)] = two
        trial[start + len(two) : start + high] = one
        trial = _mended(seconds, trial)
        seconds_now = tour_seconds(seconds, trial)
        if seconds_now < cost + LEAST_GAIN_S:
            best, cost = trial, min(cost, seconds_now)
    return best
