"""How long it takes from the end of any run to the start of any other, all pairs at once.

Ways turn at corners of the flight space; they are as short as `Navigator` finds them, but for a decimetre
that is given away for speed. Times are those of `missions.motion`; a plan is judged by `path_cost` itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from gis.vector import Area, as_area
from missions.survey.bands import edges_of, rings_of
from missions.survey.lines import Run
from missions.survey.pace import Pace, Tables, ridden_s, ride_s, saved_s, speed_on, top_ms

OPENED_M = 0.1
PLAIN_M = 0.05
NONE = -1
FAR_S = 1e7
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Corners:
    """A space made ready: `walls` (n, 4) its edges opened a little, `corners` (m, 2) where ways may turn,
    `lengths` (m, m) of the shortest ways between them and `following` (m, m), the next corner on each.
    """

    walls: FloatArray
    corners: FloatArray
    lengths: FloatArray
    following: Ints


def corners_of(space: Area) -> Corners:
    """Make a flight space ready for many ways."""
    plain = as_area(space.simplify(PLAIN_M))
    corners = _reflex(plain)
    walls = edges_of(as_area(plain.buffer(OPENED_M, join_style="mitre", mitre_limit=2.0)))
    lengths = _sights(corners, corners, walls)
    return Corners(walls, corners, *_all_ways(lengths))


def transit_seconds(runs: Sequence[Run], home: tuple[float, float], space: Corners, pace: Pace) -> FloatArray:
    """Seconds from node to node, (k + 1, k + 1) for k runs; the last node is home.

    The time of the run that is flown to is counted with the way to it. Ways that do not exist cost `FAR_S`.
    """
    starts = np.array([*(r.start for r in runs), home])
    ends = np.array([*(r.end for r in runs), home])
    courses = np.array([math.radians(r.course_deg) for r in runs])
    heading = np.zeros((len(runs) + 1, 2))
    heading[:-1] = np.stack([np.sin(courses), np.cos(courses)], axis=1)
    mains = np.array([*(abs(r.leave - r.shots[0]) for r in runs), 0.0])
    direct = _sights(ends, starts, space.walls)
    out, back = (_sights(p, space.corners, space.walls) for p in (ends, starts))
    table = _seconds(
        ends, starts, heading, mains, direct, out, back,
        space.corners, space.lengths, space.following, pace.tables, pace.away,
    )  # fmt: skip
    return np.asarray(table, np.float64)


def _reflex(space: Area) -> FloatArray:
    found = [np.empty((0, 2))]
    for ring in rings_of(space):
        here, before, after = ring[:-1], np.roll(ring[:-1], 1, axis=0), ring[1:]
        into, out = here - before, after - here
        found.append(here[into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0] < 0])
    return np.vstack(found)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sights(froms: FloatArray, tos: FloatArray, walls: FloatArray) -> FloatArray:
    """Lengths of the legs that cross no wall, infinite where one does."""
    lengths = np.full((len(froms), len(tos)), np.inf)
    for i in range(len(froms)):
        px, py = froms[i, 0], froms[i, 1]
        barrier = 0
        for j in range(len(tos)):
            qx, qy = tos[j, 0], tos[j, 1]
            if len(walls) and _crosses(px, py, qx, qy, walls[barrier]):
                continue
            free = True
            for k in range(len(walls)):
                if _crosses(px, py, qx, qy, walls[k]):
                    free, barrier = False, k
                    break
            if free:
                lengths[i, j] = math.hypot(qx - px, qy - py)
    return lengths


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _crosses(px: float, py: float, qx: float, qy: float, wall: FloatArray) -> bool:
    ax, ay, bx, by = wall[0], wall[1], wall[2], wall[3]
    dx, dy = qx - px, qy - py
    one = dx * (ay - py) - dy * (ax - px)
    two = dx * (by - py) - dy * (bx - px)
    if (one > 0.0) == (two > 0.0):
        return False
    wx, wy = bx - ax, by - ay
    return bool((wx * (py - ay) - wy * (px - ax) > 0.0) != (wx * (qy - ay) - wy * (qx - ax) > 0.0))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _all_ways(legs: FloatArray) -> tuple[FloatArray, Ints]:
    """Shortest ways among corners (Floyd 1962; Warshall 1962)."""
    count = len(legs)
    lengths = legs.copy()
    following = np.empty((count, count), np.int64)
    for i in range(count):
        for j in range(count):
            following[i, j] = j if lengths[i, j] < np.inf else NONE
        lengths[i, i], following[i, i] = 0.0, i
    for k in range(count):
        for i in range(count):
            by = lengths[i, k]
            if by == np.inf:
                continue
            for j in range(count):
                if by + lengths[k, j] < lengths[i, j] - 1e-9:
                    lengths[i, j] = by + lengths[k, j]
                    following[i, j] = following[i, k]
    return lengths, following


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _seconds(
    ends: FloatArray,
    starts: FloatArray,
    heading: FloatArray,
    mains: FloatArray,
    direct: FloatArray,
    out: FloatArray,
    back: FloatArray,
    corners: FloatArray,
    between: FloatArray,
    following: Ints,
    tables: Tables,
    away: Tables,
) -> FloatArray:
    last = len(ends) - 1
    table, way = np.full((last + 1, last + 1), FAR_S), np.empty((len(corners) + 2, 2))
    near, far = _ridden(heading, mains, tables, tables), _ridden(heading, mains, tables, away)
    for i in range(last + 1):
        reach, through = _reach(out[i], between)
        for j in range(last + 1):
            if i == j:
                continue
            size = _lay_way(
                way, ends[i], starts[j], direct[i, j], reach, through, back[j], corners, following
            )
            if size == 0:
                continue
            if j == last:
                seconds = _way_seconds(way, size, heading[i], far[i], heading[j], far[j], away, away)
            elif i == last:
                seconds = _way_seconds(way, size, heading[i], far[i], heading[j], far[j], away, tables)
            else:
                seconds = _way_seconds(way, size, heading[i], near[i], heading[j], near[j], tables, tables)
            table[i, j] = near[j, 3] + seconds
    return table


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _reach(seen: FloatArray, between: FloatArray) -> tuple[FloatArray, Ints]:
    """The shortest way to every corner from a place that sees some, and the first corner on it."""
    count = len(between)
    reach, through = np.full(count, np.inf), np.full(count, NONE)
    for m in range(count):
        if seen[m] == np.inf:
            continue
        for n in range(count):
            if seen[m] + between[m, n] < reach[n]:
                reach[n], through[n] = seen[m] + between[m, n], m
    return reach, through


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _last(reach: FloatArray, back: FloatArray) -> int:
    best, last = np.inf, NONE
    for n in range(len(reach)):
        if reach[n] + back[n] < best:
            best, last = reach[n] + back[n], n
    return last


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _ridden(heading: FloatArray, mains: FloatArray, runs: Tables, legs: Tables) -> FloatArray:
    """Each run's speed, its top speed and seconds by the tables of the legs beside it, and its seconds from
    rest to rest by its own; (n, 4).
    """
    found = np.zeros((len(mains), 4))
    for k in range(len(mains)):
        speed = speed_on(heading[k, 0], heading[k, 1], runs)
        found[k, 0], found[k, 1] = speed, top_ms(mains[k], speed, legs)
        found[k, 2] = ridden_s(mains[k], found[k, 1], legs)
        if mains[k] > 0.0:
            found[k, 3] = ride_s(mains[k], speed, runs) if speed > 0.0 else FAR_S
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _lay_way(
    way: FloatArray,
    end: FloatArray,
    start: FloatArray,
    direct: float,
    reach: FloatArray,
    through: Ints,
    back: FloatArray,
    corners: FloatArray,
    following: Ints,
) -> int:
    """Write the shortest way from an end to a start into `way`; its count of places, 0 = there is none."""
    way[0, 0], way[0, 1] = end[0], end[1]
    size = 1
    if direct == np.inf:
        last = _last(reach, back)
        if last == NONE:
            return 0
        at = through[last]
        while at != last:
            way[size, 0], way[size, 1] = corners[at, 0], corners[at, 1]
            at = following[at, last]
            size += 1
        way[size, 0], way[size, 1] = corners[last, 0], corners[last, 1]
        size += 1
    way[size, 0], way[size, 1] = start[0], start[1]
    return size + 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _way_seconds(
    way: FloatArray,
    size: int,
    into: FloatArray,
    before: FloatArray,
    onto: FloatArray,
    after: FloatArray,
    legs: Tables,
    last: Tables,
) -> float:
    """Seconds over the first `size` places of a way, less what its corners save, those with the runs at its
    ends too.

    `into` and `onto` are the unit courses of the runs at its ends, `before` and `after` what `_ridden` says
    of them; a zero vector is a stop. `legs` and `last` tell how fast the way and its last leg are flown: the
    way from home is flown at cruising speed but for the leg that leads onto a run.
    """
    east, north, speed, top, ride = into[0], into[1], before[0], before[1], before[2]
    total = 0.0
    for k in range(size):
        if k + 1 < size:
            dx, dy = way[k + 1, 0] - way[k, 0], way[k + 1, 1] - way[k, 1]
            ahead = math.hypot(dx, dy)
            if ahead < 1e-6:
                continue
            onward_east, onward_north = dx / ahead, dy / ahead
            onward = speed_on(onward_east, onward_north, last if k + 2 == size else legs)
            if onward <= 0.0:
                return FAR_S
            peak = top_ms(ahead, onward, legs)
            seconds = ridden_s(ahead, peak, legs)
            total += seconds
        else:
            onward_east, onward_north = onto[0], onto[1]
            onward, peak, seconds = after[0], after[1], after[2]
        if speed > 0.0 and onward > 0.0:
            cosine = east * onward_east + north * onward_north
            total -= saved_s(top, ride, peak, seconds, cosine, legs)
        east, north, speed, top, ride = onward_east, onward_north, onward, peak, seconds
    return total
