"""Checks of a plan's legs against airspace zones and its own fence."""

import itertools
import math
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from core.geo import Datum, LocalFrame
from gis.terrain import Terrain
from missions.airspace import Zone, ZoneKind
from missions.finding import Finding, Severity, Verdict
from missions.model import Mission
from missions.path import FlownPoint, home_elevation_m, up_over_home_m
from missions.route import to_metres

Leg = tuple[FlownPoint, FlownPoint, BaseGeometry]
VERTICAL_ROOM_M = 5.0


def zone_findings(
    mission: Mission,
    points: Sequence[FlownPoint],
    zones: Sequence[Zone] | None,
    *,
    at_time: datetime | None,
    permits: Collection[str] | None,
    terrain: Terrain | None,
) -> Iterator[Finding]:
    """One finding for every zone that a leg crosses, or one pass for all."""
    if zones is None:
        yield Finding("zones", Verdict.UNKNOWN, "no airspace zones given (--zones)")
        return
    frame = LocalFrame(mission.home.position)
    legs = _legs(points, frame)
    crossed = 0
    for zone in zones:
        finding = _zone(zone, mission, legs, frame, at_time, permits, terrain)
        if finding is not None:
            crossed += 1
            yield finding
    if not crossed:
        yield Finding("zones", Verdict.PASS, f"no leg enters any of {len(zones)} zones", value=0.0)


def _legs(points: Sequence[FlownPoint], frame: LocalFrame) -> list[Leg]:
    xy = [frame.point(p.place) for p in points]
    ends = itertools.pairwise(zip(points, xy, strict=True))
    return [(a, b, shapely.LineString([p, q]) if p != q else shapely.Point(p)) for (a, p), (b, q) in ends]


def _zone(
    zone: Zone,
    mission: Mission,
    legs: Sequence[Leg],
    frame: LocalFrame,
    at_time: datetime | None,
    permits: Collection[str] | None,
    terrain: Terrain | None,
) -> Finding | None:
    active = zone.active(at_time)
    if active is False:
        return None
    area = to_metres(zone.polygon, frame)
    shapely.prepare(area)
    answers = [(_inside(zone, leg, mission, terrain), leg[1].item) for leg in legs if area.intersects(leg[2])]
    sure = [i for inside, i in answers if inside]
    unsure = [i for inside, i in answers if inside is None]
    if not sure and not unsure:
        return None
    name = f"{zone.kind.value} zone {zone.name!r}"
    if not sure:
        why = f"may enter {name}: its height and the leg's cannot be compared (give --dem)"
        return _unknown(unsure[0], why)
    if active is None:
        return _unknown(sure[0], f"enters {name}, which has dates: give --at TIME")
    return _entered(zone, name, sure[0], permits)


def _entered(zone: Zone, name: str, item: int, permits: Collection[str] | None) -> Finding:
    what = "rises above the ceiling of" if zone.kind is ZoneKind.CEILING else "enters"
    if permits is not None and zone.name in permits:
        return Finding("zones", Verdict.PASS, f"{what} {name} with permission", item=item)
    if zone.kind is ZoneKind.CONTROL and permits is None:
        return _unknown(item, f"{what} {name}: needs permission, and no permits are given")
    return Finding("zones", Verdict.FAIL, f"{what} {name} without permission", item=item)


def _unknown(item: int, message: str) -> Finding:
    return Finding("zones", Verdict.UNKNOWN, message, item=item)


def _inside(zone: Zone, leg: Leg, mission: Mission, terrain: Terrain | None) -> bool | None:
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
    zone: Zone, leg: Leg, mission: Mission, terrain: Terrain | None, *, floor: bool, lowest: bool = False
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


def fence_findings(mission: Mission, points: Sequence[FlownPoint]) -> Iterator[Finding]:
    """Whether every leg, and home, stays on the right side of the plan's own fence."""
    fence = mission.fence
    if fence.empty:
        why = "the plan has no fence"
        yield Finding("fence", Verdict.UNKNOWN, why, severity=Severity.WARNING)
        return
    frame = LocalFrame(mission.home.position)
    keep_in, keep_out = _sides(mission, frame)
    for start, end, leg in _legs(points, frame):
        del start
        if any(not area.covers(leg) for area in keep_in):
            yield Finding("fence", Verdict.FAIL, "a leg leaves the fence", item=end.item)
            return
        if any(area.intersects(leg) for area in keep_out):
            yield Finding("fence", Verdict.FAIL, "a leg enters a keep-out part of the fence", item=end.item)
            return
    yield Finding("fence", Verdict.PASS, "every leg stays inside the fence")


def _sides(mission: Mission, frame: LocalFrame) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
    """Keep-in and keep-out areas in metres; ArduPilot asks the vehicle to be inside every keep-in area."""
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
