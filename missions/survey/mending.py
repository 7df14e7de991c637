"""A tour made quicker by reversing and moving pieces of it, then shaken and made quicker again.

The tour's lines are clusters of two nodes, forward and back. Only moves that join a node to one of those
nearest to it are looked at, and only round lines where something changed (neighbour lists and don't-look
bits, Bentley 1992); what a reversed piece takes is known from running sums both ways. A shake changes the
tour in one place, and is undone there if the mended tour is slower (iterated local search, Lourenco 2003).
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray

Ints = NDArray[np.int64]
NEAREST = 8
LONGEST_MOVED = 40
LONGEST_SHAKEN = 3  # longer pieces are moved by shakes
REACH = 30  # lines within which a shake swaps pieces
MOST_TURNED = 100
LEAST_GAIN_S = 1e-6
ROUNDED = 1e-12  # of the sums: a gain below it may be none, and mending would never end
SAME_S = 1e-9
SHAKE_WORK = 5
LEFT, RIGHT = 0, 1
AHEAD, BACK = 0, 1
Move = tuple[float, int, int, int, bool]  # seconds more; first, last, put behind, turned round


class Ways(NamedTuple):
    """How nodes are joined; home is the last two of the 2n + 2, so that `node ^ 1` turns it round as well.

    `seconds` (2n + 2, 2n + 2) from node to node, `least` (2n + 2) of any way to a node, `near` (2n + 2, k)
    the nodes best to go on to, best first, `spare` how many seconds more than the least they take, added
    up over the way and the same way back.
    """

    seconds: FloatArray
    least: FloatArray
    near: Ints
    spare: FloatArray


class Course(NamedTuple):
    """A tour at work: `nodes` (n + 2) with home at both ends, `places` (n + 1) of the lines and home in it;
    `steps` (2, n + 2) seconds onto each node from the one before and the same way back; their running `sums`.
    """

    nodes: Ints
    places: Ints
    steps: FloatArray
    sums: FloatArray


class Desk(NamedTuple):
    """What is to be looked at: a ring of `lines`, `waiting` (n + 1) whether a line is in it, `ring` where it
    begins and how many it holds; `touched` the first and last place changed, `work` pairs of ends looked at;
    `longest` lines in a piece that is moved.
    """

    lines: Ints
    waiting: NDArray[np.bool_]
    ring: Ints
    touched: Ints
    work: Ints
    longest: int


def ways_of(seconds: FloatArray) -> Ways:
    """Make times (2n + 1, 2n + 1) ready for mending, n > 1."""
    table = np.pad(np.asarray(seconds, np.float64), ((0, 1), (0, 1)), mode="edge")
    nodes = len(table)
    size = min(NEAREST, nodes - 3)
    near, spare = np.zeros((nodes, size), np.int64), np.full((nodes, size), np.inf)
    ways = Ways(table, np.full(nodes, np.inf), near, spare)
    _look_near(ways)
    return ways


def mended(ways: Ways, tour: Ints) -> Ints:
    """A tour that no small move makes quicker."""
    course, desk = _laid(ways, tour), _desk(len(tour), LONGEST_MOVED)
    desk.lines[:] = course.nodes[:-1] >> 1
    desk.waiting[:] = True
    desk.ring[1] = len(desk.lines)
    _mend(ways, course, desk)
    return course.nodes[1:-1].copy()


def shaken(ways: Ways, tour: Ints, shakes: int, work: float, seed: int) -> Ints:
    """The tour shaken and mended so many times, but for no more work; what is no slower is kept.

    A tour of three lines or more; `work` is counted in pairs of ends looked at.
    """
    course, kept = _laid(ways, tour), _laid(ways, tour)
    state = np.array([seed * 2654435761 + 88172645463325252], np.uint64)
    _shake(ways, course, kept, _desk(len(tour), LONGEST_SHAKEN), state, shakes, float(work))
    return kept.nodes[1:-1].copy()


def _laid(ways: Ways, tour: Ints) -> Course:
    count = len(tour)
    nodes = np.full(count + 2, 2 * count, np.int64)
    nodes[1:-1] = tour
    places = np.zeros(count + 1, np.int64)
    places[nodes[:-1] >> 1] = np.arange(count + 1)
    steps = np.zeros((2, count + 2))
    steps[AHEAD, 1:] = ways.seconds[nodes[:-1], nodes[1:]]
    steps[BACK, 1:] = ways.seconds[nodes[1:] ^ 1, nodes[:-1] ^ 1]
    return Course(nodes, places, steps, steps.cumsum(axis=1))


def _desk(count: int, longest: int) -> Desk:
    lines, waiting = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.bool_)
    touched = np.array([count, 1], np.int64)
    return Desk(lines, waiting, np.zeros(2, np.int64), touched, np.zeros(1, np.int64), longest)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _look_near(ways: Ways) -> None:
    """Fill in the least seconds to each node, the nodes to go on to, and what they spare."""
    seconds, least, near, spare = ways
    nodes = len(seconds)
    for x in range(nodes):
        for y in range(nodes):
            if x >> 1 != y >> 1 and seconds[x, y] < least[y]:
                least[y] = seconds[x, y]
    for x in range(nodes):
        for y in range(nodes - 1):
            more = seconds[x, y] - least[y] + seconds[y ^ 1, x ^ 1] - least[x ^ 1]
            k = near.shape[1] - 1
            if x >> 1 == y >> 1 or more >= spare[x, k]:
                continue
            while k > 0 and spare[x, k - 1] > more:
                spare[x, k], near[x, k] = spare[x, k - 1], near[x, k - 1]
                k -= 1
            spare[x, k], near[x, k] = more, y


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _join(ways: Ways, course: Course, k: int) -> None:
    """Set the step onto place k."""
    one, two = course.nodes[k - 1], course.nodes[k]
    course.steps[AHEAD, k] = ways.seconds[one, two]
    course.steps[BACK, k] = ways.seconds[two ^ 1, one ^ 1]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _add_up(course: Course, low: int, high: int) -> None:
    """Set the places of the lines from low to high, and all sums from low on."""
    for k in range(low, high + 1):
        course.places[course.nodes[k] >> 1] = k
    ahead, back = course.sums[AHEAD, low - 1], course.sums[BACK, low - 1]
    for k in range(low, len(course.nodes)):
        ahead += course.steps[AHEAD, k]
        back += course.steps[BACK, k]
        course.sums[AHEAD, k] = ahead
        course.sums[BACK, k] = back


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _reverse(course: Course, i: int, j: int) -> None:
    """Turn the piece i..j round; the steps onto it and off it are left to be joined."""
    nodes, steps = course.nodes, course.steps
    for m in range((j - i + 2) // 2):
        a, b = i + m, j - m
        one, two = nodes[a] ^ 1, nodes[b] ^ 1
        nodes[a], nodes[b] = two, one
    for m in range((j - i + 1) // 2):
        a, b = i + 1 + m, j - m
        ahead, back = steps[AHEAD, a], steps[BACK, a]
        steps[AHEAD, a], steps[BACK, a] = steps[BACK, b], steps[AHEAD, b]
        steps[AHEAD, b], steps[BACK, b] = back, ahead


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _move(ways: Ways, course: Course, desk: Desk, i: int, j: int, k: int, turned: bool) -> None:
    """Put the piece i..j behind place k, which lies outside of it (k = i - 1: where it is)."""
    low, high = min(i, k + 1), max(j, k)
    cut = low + j - i + 1 if k < i else high - (j - i)
    if k < i:
        _reverse(course, low, i - 1)
    else:
        _reverse(course, j + 1, high)
    if not turned:
        _reverse(course, i, j)
    _reverse(course, low, high)
    _join(ways, course, low)
    _join(ways, course, cut)
    _join(ways, course, high + 1)
    _add_up(course, low, high)
    desk.touched[0] = min(desk.touched[0], low)
    desk.touched[1] = max(desk.touched[1], high)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _more_s(
    seconds: FloatArray,
    nodes: Ints,
    steps: FloatArray,
    sums: FloatArray,
    i: int,
    j: int,
    k: int,
    turned: bool,
) -> float:
    """Seconds that the tour takes more once i..j has been moved behind place k."""
    more = -steps[AHEAD, i] - steps[AHEAD, j + 1]
    first, last = nodes[i], nodes[j]
    if turned:
        more += sums[BACK, j] - sums[BACK, i] - sums[AHEAD, j] + sums[AHEAD, i]
        first, last = last ^ 1, first ^ 1
    if k == i - 1:
        return float(more + seconds[nodes[k], first] + seconds[last, nodes[j + 1]])
    more += seconds[nodes[i - 1], nodes[j + 1]] - steps[AHEAD, k + 1]
    return float(more + seconds[nodes[k], first] + seconds[last, nodes[k + 1]])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _entry(course: Course, y: int, end: int) -> tuple[int, int]:
    """Place and end at which node y is begun; of home's two places the one that an end goes to."""
    home = len(course.nodes) - 2
    if y >> 1 == home:
        return (home + 1, LEFT) if end == RIGHT else (0, RIGHT)
    q = course.places[y >> 1]
    return q, (LEFT if course.nodes[q] == y else RIGHT)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _best_move(ways: Ways, course: Course, desk: Desk, p: int, end: int) -> Move:
    """The best move that joins the right (left) end of the line at place p to an end near it."""
    nodes, steps, sums, seconds = course.nodes, course.steps, course.sums, ways.seconds
    home, k = len(nodes) - 2, p + end
    now = steps[AHEAD, k] + steps[BACK, k] - ways.least[nodes[k]] - ways.least[nodes[k - 1] ^ 1]
    x = nodes[p] ^ (1 - end)
    rounded = ROUNDED * (sums[AHEAD, -1] + sums[BACK, -1])
    best = (-LEAST_GAIN_S - rounded, 0, 0, -1, False)
    for s in range(ways.near.shape[1]):
        if ways.spare[x, s] >= now:
            break
        q, other = _entry(course, ways.near[x, s], end)
        desk.work[0] += 1
        turned = other == end
        if turned:
            i, j = min(p, q) + end, max(p, q) - 1 + end
            more = _more_s(seconds, nodes, steps, sums, i, j, i - 1, turned)
            if more < best[0]:
                best = (more, i, j, i - 1, turned)
        elif q == p + 2 * end - 1:
            continue
        for a, side, k in ((q, other, p - 1 + end), (p, end, q - 1 + other)):
            for size in range(desk.longest):
                i = a - size * side
                j = i + size
                if i < 1 or j > home or i - 1 <= k <= j:
                    break
                more = _more_s(seconds, nodes, steps, sums, i, j, k, turned)
                if more < best[0]:
                    best = (more, i, j, k, turned)
    return best


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _ask(course: Course, desk: Desk, k: int) -> None:
    """Have the line at a place looked at."""
    line = course.nodes[k] >> 1
    if not desk.waiting[line]:
        desk.waiting[line] = True
        desk.lines[(desk.ring[0] + desk.ring[1]) % len(desk.lines)] = line
        desk.ring[1] += 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _mend(ways: Ways, course: Course, desk: Desk) -> None:
    """Make moves that gain time until none is left round the lines waiting."""
    home = len(course.nodes) - 2
    while desk.ring[1] > 0:
        line = desk.lines[desk.ring[0]]
        desk.ring[0] = (desk.ring[0] + 1) % len(desk.lines)
        desk.ring[1] -= 1
        desk.waiting[line] = False
        for end in (LEFT, RIGHT):
            p = course.places[line]
            if line == home:
                p = 0 if end == RIGHT else home + 1
            _, i, j, k, turned = _best_move(ways, course, desk, p, end)
            if i > 0:
                for place in (i - 1, i, j, j + 1, k, k + 1, p):
                    _ask(course, desk, place)
                _move(ways, course, desk, i, j, k, turned)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _draw(state: NDArray[np.uint64], bound: int) -> int:
    """A whole number below a bound (xorshift, Marsaglia 2003)."""
    s = state[0]
    s ^= s << np.uint64(13)
    s ^= s >> np.uint64(7)
    s ^= s << np.uint64(17)
    state[0] = s
    return int((s >> np.uint64(11)) % np.uint64(bound))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _swap(ways: Ways, course: Course, desk: Desk, state: NDArray[np.uint64]) -> None:
    """Put three neighbouring pieces in the opposite order, each as it was (the double bridge)."""
    count = len(course.nodes) - 2
    length = 3 + _draw(state, min(REACH, count) - 2)
    start = 1 + _draw(state, count - length + 1)
    one = 1 + _draw(state, length - 2)
    two = one + 1 + _draw(state, length - one - 1)
    for k in (start, start + one, start + two, start + length):
        _ask(course, desk, k - 1)
        _ask(course, desk, k)
    turned = two < one  # never; a constant would have all of `_move` compiled once more
    _move(ways, course, desk, start, start + one - 1, start + length - 1, turned)
    _move(ways, course, desk, start, start + two - one - 1, start + length - one - 1, turned)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _turn_each(ways: Ways, course: Course, desk: Desk, state: NDArray[np.uint64]) -> None:
    """Fly a piece in its order, but every line of it the other way."""
    count = len(course.nodes) - 2
    i = 1 + _draw(state, count)
    j = i + _draw(state, min(MOST_TURNED, count - i + 1))
    for k in (i - 1, i, j, j + 1):
        _ask(course, desk, k)
    for k in range(i, j + 1):
        course.nodes[k] ^= 1
    for k in range(i, j + 2):
        _join(ways, course, k)
    _add_up(course, i, j)
    desk.touched[0] = min(desk.touched[0], i)
    desk.touched[1] = max(desk.touched[1], j)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _copy(one: Course, two: Course, low: int, high: int) -> None:
    """Make course two what course one is; they differ from place low to high."""
    for k in range(low, high + 1):
        two.nodes[k] = one.nodes[k]
        two.places[one.nodes[k] >> 1] = k
    for way in (AHEAD, BACK):
        for k in range(low, high + 2):
            two.steps[way, k] = one.steps[way, k]
        for k in range(low, len(one.nodes)):
            two.sums[way, k] = one.sums[way, k]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _shake(
    ways: Ways, course: Course, kept: Course, desk: Desk, state: NDArray[np.uint64], shakes: int, work: float
) -> None:
    """Shake and mend `course`; the best stands in `kept` as well."""
    for number in range(shakes):
        if desk.work[0] >= work:
            break
        desk.work[0] += SHAKE_WORK
        desk.touched[0], desk.touched[1] = len(course.nodes), 1
        _swap(ways, course, desk, state)
        if number % 2:
            _turn_each(ways, course, desk, state)
        _mend(ways, course, desk)
        low, high = desk.touched[0], desk.touched[1]
        if course.sums[AHEAD, -1] <= kept.sums[AHEAD, -1] + SAME_S:
            _copy(course, kept, low, high)
        else:
            _copy(kept, course, low, high)
