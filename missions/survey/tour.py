"""The order and the directions in which to fly runs: a generalised travelling salesman's tour.

Each line is a cluster of two nodes, forward and back; node `2 * line + back`. Times need not be symmetric.
"""

from collections.abc import Sequence
from itertools import permutations

import numba
import numpy as np

from core.geo import FloatArray
from missions.survey.mending import Ints, mended, shaken, ways_of

WORK = 3000.0  # pairs of lines' ends looked at while shaking, for each line: about a millisecond a line
QUICK = 400.0  # a seventh of it: to tell good lines from bad ones
SHAKES_A_LINE = 100
FEW = 3  # lines of which every order is tried


def best_tour(seconds: FloatArray, first: list[list[int]], *, seed: int = 1, work: float = WORK) -> list[int]:
    """Nodes in flying order, one of each line, home (the last row of `seconds`) at both ends.

    `seconds` (2n + 1, 2n + 1) from node to node; `first` some tours to begin with: what is found is no slower
    than any of them. `work`, for each line, is how long to look on; with none they are only mended.
    """
    lines = len(seconds) // 2
    if lines <= FEW:
        every = [best_directions(seconds, list(order)) for order in permutations(range(lines))]
        return _quickest(seconds, every)
    ways = ways_of(seconds)
    best = _quickest(seconds, [*first, *(mended(ways, np.array(t, np.int64)).tolist() for t in first)])
    if work <= 0.0:
        return best
    found = shaken(ways, np.array(best, np.int64), SHAKES_A_LINE * lines, work * lines, seed)
    return _quickest(seconds, [best, found.tolist()])


def _took(seconds: FloatArray, tour: list[int]) -> float:
    return float(tour_seconds(seconds, np.array(tour, np.int64)))


def _quickest(seconds: FloatArray, tours: list[list[int]]) -> list[int]:
    return min(tours, key=lambda t: _took(seconds, t))


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
