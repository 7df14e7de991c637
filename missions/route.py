"""Shortest ways that stay inside free space: a visibility graph searched lazily by A*.

The corners worth turning at are the reflex corners of the free space; which of them see each other is worked
out only for the corners the search opens (Lozano-Perez & Wesley 1979; Hart, Nilsson & Raphael 1968).
"""

import heapq
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from core.errors import SkyshadeError
from core.geo import FloatArray, LocalFrame, LonLat, path_length_m
from gis.vector import Area, as_area

NODE_INSET_M = 0.05
TOLERANCE_M = 1e-3
XY = tuple[float, float]


class NoRouteError(SkyshadeError):
    """There is no way between two places; the message says why."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way: start, turning points, goal; its geodesic length in metres."""

    places: tuple[LonLat, ...]
    length_m: float


class Navigator:
    """Shortest ways inside `free`, a polygonal space in metres; it remembers what its corners see."""

    def __init__(self, free: BaseGeometry) -> None:
        self.free = as_area(free)
        self._tolerant = self.free.buffer(TOLERANCE_M, join_style="mitre")
        shapely.prepare(self._tolerant)
        self.corners = _reflex_corners(as_area(self.free.buffer(-NODE_INSET_M, join_style="mitre")))
        self._seen: dict[int, NDArray[np.bool_]] = {}

    def contains(self, point: XY) -> bool:
        """Whether a point lies in the free space (its edge included)."""
        return bool(shapely.intersects_xy(self._tolerant, *point))

    def sees(self, a: XY, b: XY) -> bool:
        """Whether the straight leg from `a` to `b` stays inside."""
        return bool(shapely.covers(self._tolerant, shapely.linestrings([a, b])))

    def way(self, start: XY, goal: XY) -> list[XY] | None:
        """The shortest way [start, ..., goal], or None when there is none."""
        if self.sees(start, goal):
            return [start, goal]
        nodes = np.vstack([self.corners, [start], [goal]])
        first, last = len(nodes) - 2, len(nodes) - 1
        to_goal = np.hypot(*(nodes - nodes[last]).T)
        to_start = self._visible(nodes[first])
        sees_goal = self._visible(nodes[last])
        best = np.full(len(nodes), np.inf)
        best[first] = 0.0
        parent: dict[int, int] = {}
        done: set[int] = set()
        queue: list[tuple[float, int]] = [(float(to_goal[first]), first)]
        while queue:
            _, node = heapq.heappop(queue)
            if node == last:
                return _unwind(nodes, parent, last)
            if node in done:
                continue
            done.add(node)
            seen = to_start if node == first else self._seen_from(node)
            reach = np.append(np.flatnonzero(seen), [last] if node != first and sees_goal[node] else [])
            reach = reach.astype(int)
            cost = best[node] + np.hypot(*(nodes[reach] - nodes[node]).T)
            for other, value in zip(reach[cost < best[reach]], cost[cost < best[reach]], strict=True):
                best[other] = value
                parent[int(other)] = node
                heapq.heappush(queue, (float(value + to_goal[other]), int(other)))
        return None

    def _seen_from(self, node: int) -> NDArray[np.bool_]:
        if node not in self._seen:
            self._seen[node] = self._visible(self.corners[node])
        return self._seen[node]

    def _visible(self, point: FloatArray) -> NDArray[np.bool_]:
        if len(self.corners) == 0:
            return np.zeros(0, dtype=bool)
        ends = np.stack([np.broadcast_to(point, self.corners.shape), self.corners], axis=1)
        return np.asarray(shapely.covers(self._tolerant, shapely.linestrings(ends)), dtype=bool)


def find_route(
    start: LonLat,
    goal: LonLat,
    obstacles: Sequence[Polygon | MultiPolygon] = (),
    *,
    margin_m: float = 0.0,
    within: Polygon | MultiPolygon | None = None,
) -> Route:
    """The shortest way from `start` to `goal` round `obstacles` (lon/lat polygons), `margin_m` clear of them.

    `within`, if given, is a lon/lat area that must not be left. Raises `NoRouteError` saying whether an end
    lies inside an obstacle or outside the area, or that no way is open.
    """
    frame = LocalFrame(start)
    ends = frame.point(start), frame.point(goal)
    blocked = shapely.union_all(
        [to_metres(o, frame).buffer(margin_m, join_style="mitre", mitre_limit=2.0) for o in obstacles]
    )
    space = box_round(blocked, ends) if within is None else to_metres(within, frame)
    _check_ends(ends, blocked, space, margin_m)
    found = Navigator(space.difference(blocked)).way(*ends)
    if found is None:
        raise NoRouteError(
            f"no way from {_name(start)} to {_name(goal)}: obstacles close it off",
            hint="move an end, or plan for a time when a zone is open",
        )
    places = (start, *(frame.place(*p) for p in found[1:-1]), goal)
    return Route(places, path_length_m(places))


def to_metres(geometry: BaseGeometry, frame: LocalFrame) -> Area:
    """The polygons of a lon/lat geometry in a local frame's east-north metres."""
    return as_area(shapely.transform(geometry, lambda xy: frame.to_local(xy[:, 0], xy[:, 1])))


def to_degrees(geometry: BaseGeometry, frame: LocalFrame) -> Area:
    """The polygons of a geometry in local metres back in lon/lat."""
    return as_area(shapely.transform(geometry, frame.to_lonlat))


def box_round(blocked: BaseGeometry, ends: Sequence[XY], room_m: float = 1000.0) -> BaseGeometry:
    """A box round everything with room to fly by outside."""
    return shapely.union_all([blocked, shapely.multipoints(ends)]).envelope.buffer(room_m, join_style="mitre")


def _check_ends(ends: tuple[XY, XY], blocked: BaseGeometry, space: BaseGeometry, margin_m: float) -> None:
    for label, end in zip(("start", "goal"), ends, strict=True):
        point = shapely.Point(end)
        if blocked.buffer(-TOLERANCE_M).intersects(point):
            clear = f" or less than {margin_m:g} m from one" if margin_m else ""
            raise NoRouteError(f"the {label} lies inside a closed zone{clear}", hint=f"move the {label}")
        if not space.buffer(TOLERANCE_M).intersects(point):
            raise NoRouteError(f"the {label} lies outside the allowed area", hint=f"move the {label}")


def _reflex_corners(free: Polygon | MultiPolygon) -> FloatArray:
    """Corners (n, 2) of a polygon where its inside takes more than half a turn."""
    found: list[FloatArray] = [np.empty((0, 2))]
    for part in shapely.get_parts(free):
        turned = shapely.orient_polygons(part) if hasattr(shapely, "orient_polygons") else _oriented(part)
        found += [_right_turns(np.asarray(ring.coords)) for ring in (turned.exterior, *turned.interiors)]
    return np.vstack(found)


def _oriented(part: Polygon) -> Polygon:
    from shapely.geometry.polygon import orient

    return orient(part)


def _right_turns(ring: FloatArray) -> FloatArray:
    points = ring[:-1, :2]
    before = points - np.roll(points, 1, axis=0)
    after = np.roll(points, -1, axis=0) - points
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    right: FloatArray = points[cross < -1e-9]
    return right


def _unwind(nodes: FloatArray, parent: dict[int, int], last: int) -> list[XY]:
    way = [last]
    while way[-1] in parent:
        way.append(parent[way[-1]])
    return [(float(x), float(y)) for x, y in nodes[way[::-1]]]


def way_length(way: Sequence[XY]) -> float:
    """Length of a way in metres."""
    return sum((math.dist(a, b) for a, b in itertools.pairwise(way)), 0.0)


def _name(place: LonLat) -> str:
    return f"{place.lon:.6f}, {place.lat:.6f}"
