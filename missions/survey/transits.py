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
from missions.survey.pace import Pace, Tables, corner_s, ride_s, speed_on

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
    count, turns = len(ends), len(corners)
    table = np.full((count, count), FAR_S)
    way = np.empty((turns + 2, 2))
    own = np.empty(count)
    for j in range(count):
        own[j] = _own_seconds(mains[j], heading[j], tables)
    for i in range(count):
        reach, through = _reach(out[i], between)
        for j in range(count):
            if i == j:
                continue
            way[0] = ends[i]
            size = 1
            if direct[i, j] == np.inf:
                last = _last(reach, back[j])
                if last == NONE:
                    continue
                at = through[last]
                while at != last:
                    way[size] = corners[at]
                    at = following[at, last]
                    size += 1
                way[size] = corners[last]
                size += 1
            way[size] = starts[j]
            home = count - 1 in (i, j)
            table[i, j] = own[j] + way_seconds(
                way[: size + 1], heading[i], mains[i], heading[j], mains[j],
                tables, away if home else tables, away if j == count - 1 else tables,
            )  # fmt: skip
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
def _own_seconds(main: float, unit: FloatArray, tables: Tables) -> float:
    """Seconds over a run from rest to rest."""
    speed = speed_on(unit, tables)
    if main <= 0.0:
        return 0.0
    if speed <= 0.0:
        return FAR_S
    return float(ride_s(main, speed, tables))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def way_seconds(
    way: FloatArray,
    into: FloatArray,
    before: float,
    onto: FloatArray,
    after: float,
    runs: Tables,
    legs: Tables,
    last: Tables,
) -> float:
    """Seconds over a way, less what its corners save, those with the runs at its ends too.

    `into` and `onto` are the unit courses of the runs' legs at its ends, `before` and `after` their lengths;
    a zero vector is a stop. `runs`, `legs` and `last` tell how fast the runs, the way and its last leg are
    flown; the way from home is flown at cruising speed but for the leg that leads onto a run.
    """
    course, length, speed = into, before, speed_on(into, runs)
    total = 0.0
    for k in range(len(way)):
        if k + 1 < len(way):
            step = way[k + 1] - way[k]
            ahead = math.hypot(step[0], step[1])
            if ahead < 1e-6:
                continue
            unit = step / ahead
            top = speed_on(unit, last if k + 2 == len(way) else legs)
            if top <= 0.0:
                return FAR_S
            total += ride_s(ahead, top, legs)
        else:
            unit, ahead, top = onto, after, speed_on(onto, runs)
        if speed > 0.0 and top > 0.0:
            cosine = course[0] * unit[0] + course[1] * unit[1]
            total -= corner_s(length, speed, ahead, top, cosine, legs)
        course, length, speed = unit, ahead, top
    return float(total)
