"""Checks of a plan's legs against airspace zones and its own fence."""

import itertools
import math
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from core.geo import Datum, LocalFrame
from gis.terrain import Terrain
from missions.airspace import Zone, ZoneKind
from missions.case import Case
from missions.finding import Finding, Severity, Verdict
from missions.model import Mission
from missions.path import FlownPoint, home_elevation_m, up_over_home_m
from missions.route import to_metres

Span = tuple[FlownPoint, FlownPoint, BaseGeometry]
"""Two places and the line between them in metres."""

VERTICAL_ROOM_M = 5.0


def zone_findings(case: Case) -> Iterator[Finding]:
    """One finding for every zone that a leg crosses, or one pass for all."""
    if case.zones is None:
        yield Finding("zones", Verdict.UNKNOWN, "no airspace zones given (--zones)")
        return
    found = list(zone_spans(case, _legs(case.points, LocalFrame(case.mission.home.position))))
    yield from found
    if not found:
        yield Finding("zones", Verdict.PASS, f"no leg enters any of {len(case.zones)} zones", value=0.0)


def zone_spans(
    case: Case, spans: Sequence[Span], *, rule: str = "zones", verb: str = "enters"
) -> Iterator[Finding]:
    """One finding for every zone that one of `spans` is inside of, or may be."""
    frame = LocalFrame(case.mission.home.position)
    for zone in case.zones or ():
        finding = _zone(zone, case, spans, frame, rule, verb)
        if finding is not None:
            yield finding


def _legs(points: Sequence[FlownPoint], frame: LocalFrame) -> list[Span]:
    xy = [frame.point(p.place) for p in points]
    ends = itertools.pairwise(zip(points, xy, strict=True))
    return [(a, b, line_between(p, q)) for (a, p), (b, q) in ends]


def line_between(a: tuple[float, float], b: tuple[float, float]) -> BaseGeometry:
    """A straight line in metres, a point where both ends are one."""
    return shapely.LineString([a, b]) if a != b else shapely.Point(a)


def _zone(
    zone: Zone, case: Case, spans: Sequence[Span], frame: LocalFrame, rule: str, verb: str
) -> Finding | None:
    active = zone.active(case.at_time)
    if active is False:
        return None
    area = to_metres(zone.polygon, frame)
    near = np.flatnonzero(shapely.intersects(area, np.array([s[2] for s in spans], object))).tolist()
    answers = [(_inside(zone, spans[i], case.mission, case.terrain), spans[i][1].item) for i in near]
    sure = [i for inside, i in answers if inside]
    unsure = [i for inside, i in answers if inside is None]
    if not sure and not unsure:
        return None
    name = f"{zone.kind.value} zone {zone.name!r}"
    if not sure:
        why = f"may enter {name}: its height and the leg's cannot be compared (give --dem)"
        return Finding(rule, Verdict.UNKNOWN, why, item=unsure[0])
    if active is None:
        why = f"{verb} {name}, which has dates: give --at TIME"
        return Finding(rule, Verdict.UNKNOWN, why, item=sure[0])
    what = "rises above the ceiling of" if zone.kind is ZoneKind.CEILING and verb == "enters" else verb
    return _entered(zone, f"{what} {name}", sure[0], case.permits, rule)


def _entered(zone: Zone, what: str, item: int, permits: Collection[str] | None, rule: str) -> Finding:
    if permits is not None and zone.name in permits:
        return Finding(rule, Verdict.PASS, f"{what} with permission", item=item)
    if zone.kind is ZoneKind.CONTROL and permits is None:
        why = f"{what}: needs permission, and no permits are given"
        return Finding(rule, Verdict.UNKNOWN, why, item=item, cure="give the permissions held (--permits)")
    cure = "go round it, fly below or above it, or ask for permission"
    return Finding(rule, Verdict.FAIL, f"{what} without permission", item=item, cure=cure)


def _inside(zone: Zone, leg: Span, mission: Mission, terrain: Terrain | None) -> bool | None:
    """Whether a leg over the zone's polygon is between its floor and ceiling; None = cannot be known."""
    if zone.kind is ZoneKind.CEILING:
        above = _compare(zone, leg, mission, terrain, floor=False)
        return above if above is None else above > 0
    if zone.floor is not None:
        over_floor = _compare(zone, leg, mission, terrain, floor=True)
        if over_floor is not None and over_floor < -VERTICAL_ROOM_M:
            return False
        if over_floor is None:
            return None
    if zone.ceiling is not None:
        lowest = _compare(zone, leg, mission, terrain, floor=False, lowest=True)
        if lowest is None:
            return None
        return lowest <= VERTICAL_ROOM_M
    return True


def _compare(
    zone: Zone, leg: Span, mission: Mission, terrain: Terrain | None, *, floor: bool, lowest: bool = False
) -> float | None:
    """How far the leg's highest (or lowest) end is over a bound, metres."""
    bound = zone.floor if floor else zone.ceiling
    if bound is None:
        return None
    gaps = []
    for point in leg[:2]:
        if point.up_m is None:
            return None
        if bound.datum is Datum.GEOID:
            home = home_elevation_m(mission, terrain)
            level = None if home is None else bound.value_m - home
        else:
            level = up_over_home_m(point.place, bound, mission, terrain)
        if level is None or not math.isfinite(level):
            return None
        gaps.append(point.up_m - level)
    return min(gaps) if lowest else max(gaps)


def fence_findings(case: Case) -> Iterator[Finding]:
    """Whether every leg, and home, stays on the right side of the plan's own fence."""
    if case.mission.fence.empty:
        why = "the plan has no fence"
        yield Finding("fence", Verdict.UNKNOWN, why, severity=Severity.WARNING)
        return
    keep_in, keep_out = fence_sides(case.mission)
    for _, end, leg in _legs(case.points, LocalFrame(case.mission.home.position)):
        if any(not area.covers(leg) for area in keep_in):
            yield Finding("fence", Verdict.FAIL, "a leg leaves the fence", item=end.item)
            return
        if any(area.intersects(leg) for area in keep_out):
            yield Finding("fence", Verdict.FAIL, "a leg enters a keep-out part of the fence", item=end.item)
            return
    yield Finding("fence", Verdict.PASS, "every leg stays inside the fence")


def fence_sides(mission: Mission) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
    """Keep-in and keep-out areas in metres; ArduPilot asks the vehicle to be inside every keep-in area."""
    frame = LocalFrame(mission.home.position)
    sides: tuple[list[BaseGeometry], list[BaseGeometry]] = ([], [])
    for polygon in mission.fence.polygons:
        corners = Polygon([frame.point(c) for c in polygon.corners])
        sides[0 if polygon.inclusion else 1].append(corners if corners.is_valid else corners.buffer(0))
    for circle in mission.fence.circles:
        disc = shapely.Point(frame.point(circle.centre)).buffer(circle.radius_m, quad_segs=32)
        sides[0 if circle.inclusion else 1].append(disc)
    for area in itertools.chain(*sides):
        shapely.prepare(area)
    return sides
