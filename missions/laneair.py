"""The open air of one lane round two places: ways through it, and what closes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import shapely
from shapely.geometry.base import BaseGeometry

from core.geo import Altitude
from gis.vector import Area, as_area
from missions.closures import GRID_M, Closure, Room, closures
from missions.route import TOLERANCE_M, XY, Navigator, NoRouteError, to_metres
from missions.sky import Shapes

NAMED_MOST = 4  # closures that a message names
ASKED_MOST = 40  # closures looked at one by one for the one that closes the way


@dataclass(frozen=True, slots=True)
class LaneAir:
    """A lane inside `box` (east-north metres): what closes it, and a navigator of what is left."""

    lane: Altitude
    box: Area
    closed: tuple[Closure, ...]
    bounds: Area
    navigator: Navigator = field(compare=False)

    def way(self, start: XY, end: XY) -> list[XY] | None:
        """The shortest way, None where there is none; raises `NoRouteError` for an end in closed air."""
        for which, place in (("start", start), ("end", end)):
            self._check_end(which, place)
        return self.navigator.way(start, end)

    def joins(self, start: XY, end: XY) -> bool:
        """Whether any way leads from one place to the other."""
        return _joined(self.navigator.free, start, end)

    def _check_end(self, which: str, place: XY) -> None:
        if self.navigator.contains(place):
            return
        point = shapely.Point(place)
        for closure in self.closed:
            if closure.area.intersects(point):
                raise NoRouteError(
                    f"the {which} lies in or too near {closure.why} at {_height(self.lane)}",
                    hint=f"move the {which}, choose another lane, or ask for permission",
                )
        raise NoRouteError(f"the {which} lies outside the allowed area", hint=f"move the {which}")

    def culprits(self, start: XY, end: XY) -> tuple[str, ...]:
        """What closes the way: each closure without which it would be open, else all round the start."""
        here = next(
            p for p in shapely.get_parts(self.navigator.free) if p.distance(shapely.Point(start)) < 1.0
        )
        around = [c for c in self.closed if c.area.distance(here) < 1.0][:ASKED_MOST]
        alone = [c.why for c in around if _joined(self._but(c), start, end)]
        return tuple(dict.fromkeys(alone or [c.why for c in around]))

    def _but(self, closure: Closure) -> BaseGeometry:
        rest = [c.area for c in self.closed if c is not closure]
        return self.bounds.difference(shapely.union_all(rest))

    def without(self, place: XY) -> "LaneAir":
        """The same lane with the ground round a place closed."""
        bump = Closure("ground too near", shapely.Point(place).buffer(GRID_M))
        return replace(
            self,
            closed=(*self.closed, bump),
            navigator=Navigator(self.navigator.free.difference(bump.area)),
        )


def lane_air(shapes: Shapes, lane: Altitude, box: Area, room: Room) -> LaneAir:
    """The air of a lane inside a box of east-north metres."""
    closed, sky = closures(shapes, lane, box, room), shapes.sky
    bounds = box if sky.within is None else as_area(to_metres(sky.within, sky.frame).intersection(box))
    free = bounds.difference(shapely.union_all([c.area for c in closed]))
    return LaneAir(lane, box, closed, bounds, Navigator(free))


def named(culprits: Sequence[str]) -> str:
    """Names in a row, the first few."""
    more = len(culprits) - NAMED_MOST
    text = ", ".join(culprits[:NAMED_MOST]) or "the edge of the allowed area"
    return f"{text} and {more} more" if more > 0 else text


def _height(lane: Altitude) -> str:
    return f"{lane.value_m:g} m above {'sea level' if lane.datum.value == 'geoid' else lane.datum.value}"


def _joined(free: BaseGeometry, start: XY, end: XY) -> bool:
    ends = shapely.points([start, end])
    parts = shapely.get_parts(free)
    return bool((shapely.distance(parts[:, None], ends[None]) <= TOLERANCE_M).all(axis=1).any())
