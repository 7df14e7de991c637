"""The fence a flight's own volumes ask for: a vehicle that leaves them is stopped before it gets further."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from core.geo import LocalFrame, LonLat
from core.wind import CALM
from gis.vector import as_area
from missions.case import Case
from missions.model import Fence, FencePolygon, Mission
from missions.route import to_degrees
from missions.space_checks import line_between
from missions.volumes.sora import SoraParams, SoraSizes, sora_sizes
from missions.volumes.tube import NoVolumesError

MOST_CORNERS = 68  # ArduCopter's stock fence store holds 70 points
_FIRST_M, _COARSEST_M = 0.5, 32.0


@dataclass(frozen=True, slots=True)
class FlightRings:
    """A flight's areas in metres round home, from the inside out, and the sizes they were made with."""

    sizes: SoraSizes
    geography: BaseGeometry
    contingency: BaseGeometry
    ground_risk: BaseGeometry


def flight_rings(case: Case, size_m: float, height_m: float) -> FlightRings:
    """The volumes that SORA asks for round the whole path, at its fastest and `height_m` at its highest.

    `size_m` is the aircraft's greatest dimension. Raises `NoVolumesError` where nothing is flown.
    """
    frame = LocalFrame(case.mission.home.position)
    xy = [frame.point(p.place) for p in case.points]
    if len(xy) < 2:
        raise NoVolumesError("the plan flies nowhere", hint="give it a place to fly to")
    fastest = max(p.speed_ms for p in case.points)
    wind = (case.wind or CALM).speed_ms
    sizes = sora_sizes(SoraParams(size_m, fastest, height_m, wind_ms=wind))
    path = shapely.union_all([line_between(a, b) for a, b in itertools.pairwise(xy)])
    widths = sizes.geography_half_width_m, sizes.operational_half_width_m, sizes.outer_half_width_m
    near, middle, far = (path.buffer(width) for width in widths)
    return FlightRings(sizes, near, middle, far)


def fenced(mission: Mission, rings: FlightRings) -> Mission:
    """The mission inside a fence round its contingency volume; its own keep-outs and return point stay.

    Corners move outwards until there are few enough for a vehicle; then holes are given up.
    """
    kept = tuple(p for p in mission.fence.polygons if not p.inclusion)
    circles = tuple(c for c in mission.fence.circles if not c.inclusion)
    frame = LocalFrame(mission.home.position)
    room = MOST_CORNERS - sum(len(p.corners) for p in kept) - len(circles)
    ring = tuple(_polygons(_coarse(rings.contingency, room), frame))
    return replace(mission, fence=Fence((*ring, *kept), circles, mission.fence.return_point))


def _coarse(area: BaseGeometry, room: int) -> BaseGeometry:
    """The area with at most `room` corners, nowhere smaller than it was."""
    step = _FIRST_M
    while step <= _COARSEST_M:
        found = area.buffer(step, join_style="mitre").simplify(step)
        if step > _COARSEST_M / 4:
            found = _filled(found)
        if _corner_count(found) <= room and found.covers(area):
            return found
        step *= 2.0
    hull = area.convex_hull.buffer(_COARSEST_M, join_style="mitre").simplify(_COARSEST_M)
    if _corner_count(hull) <= max(room, 3) and hull.covers(area):
        return hull
    return shapely.box(*area.bounds)


def _filled(area: BaseGeometry) -> BaseGeometry:
    return shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(as_area(area))])


def _corner_count(area: BaseGeometry) -> int:
    """Corners of all rings; the last point of a ring is its first."""
    rings = sum(1 + len(p.interiors) for p in shapely.get_parts(as_area(area)))
    return int(shapely.get_num_coordinates(area)) - rings


def _polygons(area: BaseGeometry, frame: LocalFrame) -> Iterator[FencePolygon]:
    for part in shapely.get_parts(as_area(to_degrees(area, frame))):
        yield FencePolygon(_corners(part.exterior))
        for hole in part.interiors:
            yield FencePolygon(_corners(hole), inclusion=False)


def _corners(ring: shapely.LinearRing) -> tuple[LonLat, ...]:
    return tuple(LonLat(float(x), float(y)) for x, y in ring.coords[:-1])
