"""Which corners of a polygonal space see each other, and the shortest way over them.

A shortest way turns only at reflex corners, and only where it is taut: the obstacle's two edges at a corner
lie on one side of the leg (Lozano-Perez & Wesley 1979; Ghosh & Mount 1991). Legs that are not taut are left
out of the graph. All is decided with a slack of 0.1 mm: a leg may touch an edge or a corner.
"""

import heapq
import math
from dataclasses import dataclass

import numba
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from core.geo import FloatArray

SLACK_M = 1e-4
_FLAT_M = 2e-4  # corners that turn less are straightened, so that a leg along them meets none half-way
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Walls:
    """The edges of a space, its inside at their left.

    `ends` (n, 4): x, y of both ends, metres; `before` (n,): the number of the edge before it in the ring;
    `reflex` (m,): edges that begin at a corner where the inside takes more than half a turn.
    """

    ends: FloatArray
    before: Ints
    reflex: Ints

    @property
    def corners(self) -> FloatArray:
        """The reflex corners (m, 2)."""
        return np.ascontiguousarray(self.ends[self.reflex, :2])


def walls_of(space: Polygon | MultiPolygon) -> Walls:
    """The edges of all rings of `space`."""
    ends, before, first = [np.empty((0, 4))], [np.zeros(0, np.int64)], 0
    for part in shapely.get_parts(space.simplify(_FLAT_M)):
        turned = shapely.geometry.polygon.orient(part)
        for ring in (turned.exterior, *turned.interiors):
            points = np.asarray(ring.coords)[:, :2]
            count = len(points) - 1
            index = np.arange(count)
            ends.append(np.hstack([points[:-1], points[1:]]))
            before.append(first + (index - 1) % count)
            first += count
    edges = np.vstack(ends)
    prior = np.concatenate(before).astype(np.int64)
    into, out = edges[prior, :2], edges[:, 2:]
    corner = edges[:, :2]
    cross = (corner - into)[:, 0] * (out - corner)[:, 1] - (corner - into)[:, 1] * (out - corner)[:, 0]
    return Walls(edges, prior, np.flatnonzero(cross < 0.0))


@dataclass(frozen=True, slots=True)
class Graph:
    """The taut legs between reflex corners: from corner i those of rows `starts[i]:starts[i + 1]`.

    `legs` (k,): the other corner; `lengths_m` (k,).
    """

    starts: Ints
    legs: Ints
    lengths_m: FloatArray


def graph_of(walls: Walls) -> Graph:
    """Every taut leg between reflex corners that stays inside."""
    seen = _sight(walls.ends, walls.before, walls.reflex)
    rows, legs = np.nonzero(seen)
    corners = walls.corners
    lengths = np.hypot(*(corners[rows] - corners[legs]).T)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(corners)))])
    return Graph(starts.astype(np.int64), legs.astype(np.int64), lengths)


def seen_from(walls: Walls, place: tuple[float, float]) -> NDArray[np.bool_]:
    """Which reflex corners (m,) a place sees along a taut leg."""
    return np.asarray(_sight_from(walls.ends, walls.before, walls.reflex, *place), np.bool_)


def seen_among(walls: Walls, places: FloatArray, corner_of: Ints) -> NDArray[np.bool_]:
    """Which of `places` (n, 2) in the space see each other, (n, n).

    `corner_of` (n,): the edge that begins at a place where legs must be taut there, -1 where any leg counts.
    """
    return np.asarray(_sight_among(walls.ends, walls.before, places, corner_of), np.bool_)


def seen_places(walls: Walls, place: tuple[float, float], places: FloatArray) -> NDArray[np.bool_]:
    """Which of `places` (n, 2) in the space a place sees."""
    return np.asarray(_sight_to(walls.ends, walls.before, places, *place), np.bool_)


def shortest(
    walls: Walls, graph: Graph, start: tuple[float, float], goal: tuple[float, float]
) -> list[int] | None:
    """The reflex corners to turn at from `start` to `goal`, which do not see each other; None = no way."""
    from_start, to_goal = seen_from(walls, start), seen_from(walls, goal)
    if not (from_start.any() and to_goal.any()):
        return None
    way = _search(
        walls.corners, graph.starts, graph.legs, graph.lengths_m, np.array([start, goal]), from_start, to_goal
    )
    return None if len(way) == 0 else [int(i) for i in way]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _free(  # noqa: C901, PLR0911  # one kernel, compiled whole
    ends: FloatArray, before: Ints, px: float, py: float, qx: float, qy: float
) -> bool:
    """Whether the leg p-q stays inside: it crosses no wall, passes no corner, and leaves both ends inwards.

    A corner half-way bars it: the way over that corner is found in two legs.
    """
    length = math.hypot(qx - px, qy - py)
    if length <= SLACK_M:
        return True
    ux, uy = (qx - px) / length, (qy - py) / length
    for i in range(len(ends)):
        ax, ay, bx, by = ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3]
        side_a = ux * (ay - py) - uy * (ax - px)
        side_b = ux * (by - py) - uy * (bx - px)
        if (side_a > SLACK_M and side_b > SLACK_M) or (side_a < -SLACK_M and side_b < -SLACK_M):
            continue
        along_a = ux * (ax - px) + uy * (ay - py)
        if abs(side_a) <= SLACK_M:
            if SLACK_M < along_a < length - SLACK_M:
                return False
            if abs(along_a) <= SLACK_M and not _opens(ends, before, i, qx, qy):
                return False
            if abs(along_a - length) <= SLACK_M and not _opens(ends, before, i, px, py):
                return False
        wall = math.hypot(bx - ax, by - ay)
        if wall <= SLACK_M:
            continue
        wx, wy = (bx - ax) / wall, (by - ay) / wall
        side_p = wx * (py - ay) - wy * (px - ax)
        side_q = wx * (qy - ay) - wy * (qx - ax)
        apart = (side_a > SLACK_M and side_b < -SLACK_M) or (side_a < -SLACK_M and side_b > SLACK_M)
        if apart and ((side_p > SLACK_M and side_q < -SLACK_M) or (side_p < -SLACK_M and side_q > SLACK_M)):
            return False
        if _on(ax, ay, wx, wy, wall, side_p, px, py) and side_q < -SLACK_M:
            return False
        if _on(ax, ay, wx, wy, wall, side_q, qx, qy) and side_p < -SLACK_M:
            return False
    return True


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _on(ax: float, ay: float, wx: float, wy: float, wall: float, side: float, x: float, y: float) -> bool:
    """Whether a place lies on a wall, between its ends."""
    along = wx * (x - ax) + wy * (y - ay)
    return abs(side) <= SLACK_M < along < wall - SLACK_M


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _opens(ends: FloatArray, before: Ints, i: int, x: float, y: float) -> bool:
    """Whether from the corner at edge i's beginning a place lies in the direction of the inside."""
    j = before[i]
    ax, ay = ends[i, 0], ends[i, 1]
    ix, iy = ax - ends[j, 0], ay - ends[j, 1]
    ox, oy = ends[i, 2] - ax, ends[i, 3] - ay
    coming, leaving = math.hypot(ix, iy), math.hypot(ox, oy)
    left_in = (ix * (y - ay) - iy * (x - ax)) / coming >= -SLACK_M
    left_out = (ox * (y - ay) - oy * (x - ax)) / leaving >= -SLACK_M
    if ix * oy - iy * ox < 0.0:
        return bool(left_in or left_out)
    return bool(left_in and left_out)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _taut(ends: FloatArray, before: Ints, i: int, x: float, y: float) -> bool:
    """Whether a leg from a place to the corner of edge i may turn there: both edges on one side of it."""
    j = before[i]
    ax, ay = ends[i, 0], ends[i, 1]
    dx, dy = ax - x, ay - y
    length = math.hypot(dx, dy)
    if length <= SLACK_M:
        return True
    one = (dx * (ends[j, 1] - ay) - dy * (ends[j, 0] - ax)) / length
    two = (dx * (ends[i, 3] - ay) - dy * (ends[i, 2] - ax)) / length
    return not ((one > SLACK_M and two < -SLACK_M) or (one < -SLACK_M and two > SLACK_M))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sight(ends: FloatArray, before: Ints, reflex: Ints) -> NDArray[np.bool_]:
    count = len(reflex)
    seen = np.zeros((count, count), np.bool_)
    for m in range(count):
        i = reflex[m]
        for n in range(m + 1, count):
            k = reflex[n]
            if not _taut(ends, before, i, ends[k, 0], ends[k, 1]):
                continue
            if not _taut(ends, before, k, ends[i, 0], ends[i, 1]):
                continue
            if _free(ends, before, ends[i, 0], ends[i, 1], ends[k, 0], ends[k, 1]):
                seen[m, n] = seen[n, m] = True
    return seen


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sight_from(ends: FloatArray, before: Ints, reflex: Ints, x: float, y: float) -> NDArray[np.bool_]:
    seen = np.zeros(len(reflex), np.bool_)
    for m in range(len(reflex)):
        i = reflex[m]
        if _taut(ends, before, i, x, y):
            seen[m] = _free(ends, before, x, y, ends[i, 0], ends[i, 1])
    return seen


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sight_among(ends: FloatArray, before: Ints, places: FloatArray, corner_of: Ints) -> NDArray[np.bool_]:
    count = len(places)
    seen = np.zeros((count, count), np.bool_)
    for m in range(count):
        i = corner_of[m]
        for n in range(m + 1, count):
            k = corner_of[n]
            if i >= 0 and not _taut(ends, before, i, places[n, 0], places[n, 1]):
                continue
            if k >= 0 and not _taut(ends, before, k, places[m, 0], places[m, 1]):
                continue
            if _free(ends, before, places[m, 0], places[m, 1], places[n, 0], places[n, 1]):
                seen[m, n] = seen[n, m] = True
    return seen


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sight_to(ends: FloatArray, before: Ints, places: FloatArray, x: float, y: float) -> NDArray[np.bool_]:
    seen = np.zeros(len(places), np.bool_)
    for m in range(len(places)):
        seen[m] = _free(ends, before, x, y, places[m, 0], places[m, 1])
    return seen


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _search(  # noqa: C901  # one kernel, compiled whole
    corners: FloatArray,
    starts: Ints,
    legs: Ints,
    lengths: FloatArray,
    both: FloatArray,
    from_start: NDArray[np.bool_],
    to_goal: NDArray[np.bool_],
) -> Ints:
    """A* (Hart, Nilsson & Raphael 1968) over corners; node `count` is the goal. Empty = no way."""
    count = len(corners)
    best = np.full(count + 1, np.inf)
    parent = np.full(count + 1, -1)
    done = np.zeros(count + 1, np.bool_)
    left = np.empty(count)
    for m in range(count):
        left[m] = math.hypot(corners[m, 0] - both[1, 0], corners[m, 1] - both[1, 1])
    queue = [(np.inf, count)]
    for m in range(count):
        if from_start[m]:
            best[m] = math.hypot(corners[m, 0] - both[0, 0], corners[m, 1] - both[0, 1])
            heapq.heappush(queue, (best[m] + left[m], m))
    while queue:
        _, node = heapq.heappop(queue)
        if node == count:
            break
        if done[node]:
            continue
        done[node] = True
        if to_goal[node] and best[node] + left[node] < best[count]:
            best[count] = best[node] + left[node]
            parent[count] = node
            heapq.heappush(queue, (best[count], count))
        for k in range(starts[node], starts[node + 1]):
            other = legs[k]
            if best[node] + lengths[k] < best[other]:
                best[other] = best[node] + lengths[k]
                parent[other] = node
                heapq.heappush(queue, (best[other] + left[other], other))
    way = np.empty(count + 1, np.int64)
    at, size = parent[count], 0
    while at >= 0:
        way[size] = at
        at = parent[at]
        size += 1
    return way[:size][::-1].copy()
