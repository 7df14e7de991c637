"""Which photographs lie beside one another, and which lines cross between them: compiled loops over lines.

`starts`, `ends`, `courses` (lines, 2) of straight lines, `shots` all their photographs line by line, those of
line k from `offsets[k]` to `offsets[k + 1]`; `middles` (photographs, 2) of footprints.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def beside(
    starts: FloatArray,
    ends: FloatArray,
    courses: FloatArray,
    offsets: Ints,
    shots: Ints,
    middles: FloatArray,
    widths: FloatArray,
    halves: FloatArray,
    slant: float,
    same: float,
) -> Ints:
    """(photograph, the one beside it, line), (n, 3), by the nearest lines left and right of each photograph.

    `widths` and `halves` (lines,): how far footprints reach in all, and half of the least they do. Lines
    nearer than `same` widths are one; `slant` is the greatest sine between lines that run alike.
    """
    found = np.empty((2 * len(shots), 3), np.int64)
    size = 0
    for line in range(len(starts)):
        own = shots[offsets[line] : offsets[line + 1]]
        nearest = _nearest_lines(
            line, starts, ends, courses, middles[own], widths[line], halves[line], slant, same
        )
        for k in range(len(own)):
            for side in range(2):
                other = nearest[k, side]
                if other >= 0:
                    theirs = shots[offsets[other] : offsets[other + 1]]
                    found[size, 0], found[size, 2] = own[k], line
                    found[size, 1] = _level_with(middles, own[k], theirs, courses[line])
                    size += 1
    return found[:size]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _nearest_lines(
    line: int,
    starts: FloatArray,
    ends: FloatArray,
    courses: FloatArray,
    places: FloatArray,
    width: float,
    half: float,
    slant: float,
    same: float,
) -> Ints:
    """The nearest line on the right and on the left of each place of a line, -1 for none; (places, 2)."""
    east, north = courses[line, 0], courses[line, 1]
    x, y = starts[line, 0], starts[line, 1]
    nearest = np.full((len(places), 2), -1)
    least = np.full((len(places), 2), np.inf)
    for other in range(len(starts)):
        if other == line or abs(east * courses[other, 1] - north * courses[other, 0]) > slant:
            continue
        dx, dy = starts[other, 0] - x, starts[other, 1] - y
        left = -north * dx + east * dy
        if not same * width < abs(left) < width:
            continue
        one, two = dx * east + dy * north, (ends[other, 0] - x) * east + (ends[other, 1] - y) * north
        low, high = min(one, two) - half, max(one, two) + half
        side = 1 if left > 0.0 else 0
        for k in range(len(places)):
            along = (places[k, 0] - x) * east + (places[k, 1] - y) * north
            if low <= along <= high and abs(left) < least[k, side]:
                least[k, side], nearest[k, side] = abs(left), other
    return nearest


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _level_with(middles: FloatArray, shot: int, theirs: Ints, course: FloatArray) -> int:
    """The one of some photographs that is least ahead of or behind a photograph."""
    best, least = -1, np.inf
    for k in range(len(theirs)):
        dx, dy = middles[theirs[k], 0] - middles[shot, 0], middles[theirs[k], 1] - middles[shot, 1]
        ahead = abs(dx * course[0] + dy * course[1])
        if ahead < least:
            best, least = theirs[k], ahead
    return best


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def crossed(
    legs: FloatArray,
    lines: Ints,
    starts: FloatArray,
    ends: FloatArray,
    courses: FloatArray,
    reach: float,
    slant: float,
) -> Flags:
    """Whether legs (n, 4), each square to one of `lines` (n,), come within `reach` of a line that runs
    otherwise than theirs.
    """
    found = np.zeros(len(legs), np.bool_)
    others = np.empty(len(starts), np.int64)
    size, line = 0, -1
    for k in range(len(legs)):
        if lines[k] != line:
            line, size = lines[k], 0
            for other in range(len(starts)):
                sine = courses[line, 0] * courses[other, 1] - courses[line, 1] * courses[other, 0]
                if abs(sine) > slant:
                    others[size] = other
                    size += 1
        for n in range(size):
            if _apart_m(legs[k], starts[others[n]], ends[others[n]], reach) <= reach:
                found[k] = True
                break
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _apart_m(leg: FloatArray, start: FloatArray, end: FloatArray, reach: float) -> float:
    """The distance between two straight lines; infinite where their boxes are farther apart than `reach`."""
    ax, ay, bx, by = leg[0], leg[1], leg[2], leg[3]
    cx, cy, dx, dy = start[0], start[1], end[0], end[1]
    if min(ax, bx) - reach > max(cx, dx) or min(cx, dx) - reach > max(ax, bx):
        return np.inf
    if min(ay, by) - reach > max(cy, dy) or min(cy, dy) - reach > max(ay, by):
        return np.inf
    one, two = _side(ax, ay, bx, by, cx, cy), _side(ax, ay, bx, by, dx, dy)
    three, four = _side(cx, cy, dx, dy, ax, ay), _side(cx, cy, dx, dy, bx, by)
    if (one > 0.0) != (two > 0.0) and (three > 0.0) != (four > 0.0):
        return 0.0
    there = min(_from_line_m(ax, ay, cx, cy, dx, dy), _from_line_m(bx, by, cx, cy, dx, dy))
    back = min(_from_line_m(cx, cy, ax, ay, bx, by), _from_line_m(dx, dy, ax, ay, bx, by))
    return float(min(there, back))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _side(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> float:
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _from_line_m(x: float, y: float, ax: float, ay: float, bx: float, by: float) -> float:
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    share = ((x - ax) * dx + (y - ay) * dy) / length2 if length2 > 0.0 else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.hypot(x - ax - share * dx, y - ay - share * dy)
