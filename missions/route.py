"""Shortest ways that stay inside free space: a visibility graph searched by A* (`visibility.py`)."""

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
import shapely.ops
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from core.errors import SkyshadeError
from core.geo import LocalFrame, LonLat, path_length_m
from gis.vector import Area, as_area

if TYPE_CHECKING:
    from missions.visibility import Graph, Walls

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
    """Shortest ways inside `free`, a polygonal space in metres; what its corners see is worked out once.

    Ways keep `inset_m` from the edge, so that rounding never lays a leg outside; a start or goal nearer to
    the edge is joined by the shortest leg.
    """

    def __init__(self, free: BaseGeometry, *, inset_m: float = NODE_INSET_M) -> None:
        self.free, self.inset_m = as_area(free), inset_m
        self._tolerant = self.free.buffer(TOLERANCE_M, join_style="mitre")
        shapely.prepare(self._tolerant)
        inner = as_area(self.free.buffer(-inset_m, join_style="mitre")) if inset_m > 0 else self.free
        self._spaces = (_Space(inner), _Space(self.free)) if inset_m > 0 else (_Space(self.free),)

    def contains(self, point: XY) -> bool:
        """Whether a point lies in the free space (its edge included)."""
        return bool(shapely.intersects_xy(self._tolerant, *point))

    def sees(self, a: XY, b: XY) -> bool:
        """Whether the straight leg from `a` to `b` stays inside."""
        return bool(shapely.covers(self._tolerant, shapely.linestrings([a, b])))

    def way(self, start: XY, goal: XY) -> list[XY] | None:
        """The shortest way [start, ..., goal], or None when there is none.

        Where nothing leads through clear of the edge, as through a gap of a few centimetres, the way goes
        along the edge itself.
        """
        if not (self.contains(start) and self.contains(goal)):
            return None
        for space in self._spaces:
            way = self._through(space, start, goal)
            if way is not None:
                return way
        return None

    def ways(self, start: XY, goal: XY, count: int, *, apart_m: float, longest: float) -> list[list[XY]]:
        """Up to `count` ways, the shortest first, that pass obstacles on other sides.

        Each is the shortest of its kind, differs by `apart_m` or more somewhere from those before it, and is
        at most `longest` times as long as the first. The second is the shortest of all that differ so.
        """
        from missions.alternates import apart_m as apart

        found: list[list[XY]] = []
        for way in self._all_ways(start, goal, longest):
            if all(apart(way, other) >= apart_m for other in found):
                found.append(way)
            if len(found) >= count:
                break
        return found

    def _all_ways(self, start: XY, goal: XY, longest: float) -> Iterator[list[XY]]:
        if not (self.contains(start) and self.contains(goal)):
            return
        for space in self._spaces:
            near = self._joined(space, start, goal)
            if near is None:
                continue
            found = False
            for way in space.other_ways(*near, longest):
                found = True
                yield _without_repeats([start, *way, goal])
            if found:
                return

    def _joined(self, space: "_Space", start: XY, goal: XY) -> tuple[XY, XY] | None:
        """The places of a space nearest to both ends, where the ends see them."""
        near = space.nearest(start), space.nearest(goal)
        if near[0] is None or near[1] is None:
            return None
        seen = all(a == b or self.sees(a, b) for a, b in ((start, near[0]), (goal, near[1])))
        return (near[0], near[1]) if seen else None

    def _through(self, space: "_Space", start: XY, goal: XY) -> list[XY] | None:
        near = self._joined(space, start, goal)
        if near != (start, goal) and self.sees(start, goal):
            return [start, goal]
        turns = None if near is None else space.turns(*near)
        if near is None or turns is None:
            return None
        return _without_repeats([start, near[0], *turns, near[1], goal])


class _Space:
    """A polygonal space with its graph of corners, made when first asked."""

    def __init__(self, area: Polygon | MultiPolygon) -> None:
        self.area = area
        shapely.prepare(area)

    @functools.cached_property
    def _sight(self) -> "tuple[Walls, Graph]":
        from missions.visibility import graph_of, walls_of

        walls = walls_of(self.area)
        return walls, graph_of(walls)

    def nearest(self, place: XY) -> XY | None:
        """The place itself where it lies inside, else the nearest that does."""
        point = shapely.Point(place)
        if self.area.intersects(point):
            return place
        if self.area.is_empty:
            return None
        near, _ = shapely.ops.nearest_points(self.area, point)
        return float(near.x), float(near.y)

    def other_ways(self, start: XY, goal: XY, longest: float) -> Iterator[list[XY]]:
        """Ways between two places inside, each the shortest of its kind; the shortest first."""
        from missions.alternates import net_of, other_ways

        walls, graph = self._sight
        direct = self.area.covers(shapely.LineString([start, goal])) if start != goal else True
        return other_ways(walls, net_of(walls, graph, start, goal, direct=direct), longest)

    def turns(self, start: XY, goal: XY) -> list[XY] | None:
        """The corners to turn at between two places inside; None where there is no way."""
        from missions.visibility import shortest

        if start == goal or self.area.covers(shapely.LineString([start, goal])):
            return []
        walls, graph = self._sight
        found = shortest(walls, graph, start, goal)
        corners = walls.corners
        return None if found is None else [(float(corners[i, 0]), float(corners[i, 1])) for i in found]


def _without_repeats(way: list[XY]) -> list[XY]:
    return [point for point, before in zip(way, [None, *way], strict=False) if point != before]


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
    west, south, east, north = shapely.union_all([blocked, shapely.multipoints(ends)]).bounds
    return shapely.box(west - room_m, south - room_m, east + room_m, north + room_m)


def _check_ends(ends: tuple[XY, XY], blocked: BaseGeometry, space: BaseGeometry, margin_m: float) -> None:
    for label, end in zip(("start", "goal"), ends, strict=True):
        point = shapely.Point(end)
        if blocked.buffer(-TOLERANCE_M).intersects(point):
            clear = f" or less than {margin_m:g} m from one" if margin_m else ""
            raise NoRouteError(f"the {label} lies inside a closed zone{clear}", hint=f"move the {label}")
        if not space.buffer(TOLERANCE_M).intersects(point):
            raise NoRouteError(f"the {label} lies outside the allowed area", hint=f"move the {label}")


def way_length(way: Sequence[XY]) -> float:
    """Length of a way in metres."""
    return sum((math.dist(a, b) for a, b in itertools.pairwise(way)), 0.0)


def _name(place: LonLat) -> str:
    return f"{place.lon:.6f}, {place.lat:.6f}"
