"""Checks of a plan's legs against airspace zones and its own fence."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from core.geo import Datum, LocalFrame
from missions.case import Case
from missions.cover import Cover, cover
from missions.finding import Finding, Severity, Verdict
from missions.intervals import WHOLE, Parts, common
from missions.legair import LegAir, Span, legs_in_air
from missions.model import Mission
from missions.path import FlownPoint
from missions.permits import Permit
from missions.route import to_metres
from missions.window import Window, flight_window
from missions.zones import Zone, ZoneKind

__all__ = ["Span", "fence_findings", "fence_sides", "line_between", "spans_of", "zone_findings", "zone_spans"]

VERTICAL_ROOM_M = 5.0
ASK = "go round it, fly below or above it, or ask for permission"


def zone_findings(case: Case) -> Iterator[Finding]:
    """One finding for every zone that a leg crosses, or one pass for all; what permits ask for besides."""
    if case.zones is None:
        yield Finding("zones", Verdict.UNKNOWN, "no airspace zones given (--zones)")
        return
    found = list(zone_spans(case, spans_of(case.points, LocalFrame(case.mission.home.position))))
    yield from found
    if not found:
        yield Finding("zones", Verdict.PASS, f"no leg enters any of {len(case.zones)} zones", value=0.0)


def zone_spans(
    case: Case, spans: Sequence[Span], *, rule: str = "zones", verb: str = "enters"
) -> Iterator[Finding]:
    """One finding for every zone that one of `spans` is inside of, or may be."""
    if not case.zones or not spans:
        return
    asking = _Asking(case, spans, rule, verb, LocalFrame(case.mission.home.position), flight_window(case))
    lines = np.array([s[2] for s in spans], object)
    air: list[LegAir] = []
    for zone in case.zones:
        window = asking.window
        if window is not None and zone.active(window.start, window.end) is False:
            continue
        area = to_metres(zone.polygon, asking.frame)
        near = np.flatnonzero(shapely.intersects(area, lines)).tolist()
        if near:
            air = air or legs_in_air(spans, case.mission, case.terrain)
            yield from asking.findings(zone, [_within(zone, air[i], area) for i in near])


def spans_of(points: Sequence[FlownPoint], frame: LocalFrame) -> list[Span]:
    """The legs between points, each with its line in metres."""
    xy = [frame.point(p.place) for p in points]
    ends = itertools.pairwise(zip(points, xy, strict=True))
    return [(a, b, line_between(p, q)) for (a, p), (b, q) in ends]


def line_between(a: tuple[float, float], b: tuple[float, float]) -> BaseGeometry:
    """A straight line in metres, a point where both ends are one."""
    return shapely.LineString([a, b]) if a != b else shapely.Point(a)


@dataclass(frozen=True, slots=True)
class _Within:
    """The parts of a leg over a zone's polygon and between its heights; `sure` False = may be between."""

    leg: LegAir
    parts: Parts
    sure: bool

    @property
    def length_m(self) -> float:
        return sum(high - low for low, high in self.parts) * float(self.leg.line.length)


def _within(zone: Zone, leg: LegAir, area: BaseGeometry) -> _Within:
    parts, sure = leg.over(area), True
    floor, ceiling = zone.floor, zone.ceiling
    if zone.kind is ZoneKind.CEILING and ceiling is not None:
        bounds = [leg.above(ceiling, -1e-6)]
    else:
        low = None if floor is None or (floor.datum is Datum.GROUND and floor.value_m <= 0) else floor
        bounds = [
            WHOLE if low is None else leg.above(low, VERTICAL_ROOM_M),
            WHOLE if ceiling is None else leg.below(ceiling, VERTICAL_ROOM_M),
        ]
    for bound in bounds:
        sure = sure and bound is not None
        parts = parts if bound is None else common(parts, bound)
    return _Within(leg, parts, sure)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A question about spans of a case: the rule that asks it, and the verb its answer uses."""

    case: Case
    spans: Sequence[Span]
    rule: str
    verb: str
    frame: LocalFrame
    window: Window | None

    def findings(self, zone: Zone, found: Sequence[_Within]) -> Iterator[Finding]:
        """What is to be said of a zone, given how legs meet it."""
        met = [w for w in found if w.parts]
        sure = [w for w in met if w.sure]
        if not met:
            return
        shown = sure or met
        item, metres = shown[0].leg.item, sum(w.length_m for w in shown)
        name = f"{zone.kind.value} zone {zone.name!r}"
        if zone.hours is not None and self.case.at_time is None:
            name += f", whose hours ({zone.hours}) count as now without --at"
        covered = self._covered(zone, met)
        if covered is not None and covered.covered:
            why = f"{self._what(zone)} {name} with permission ({', '.join(p.title for p in covered.used)})"
            yield Finding(self.rule, Verdict.PASS, why, item=item, value=metres)
            yield from self._conditions(covered.used)
        elif not sure:
            why = f"may enter {name}: its height and the leg's cannot be compared (give --dem)"
            yield self._unknown(why, item, "give the ground's heights (--dem)")
        elif zone.active(self.case.at_time) is None:
            yield self._unknown(
                f"{self.verb} {name}, which has dates: give --at TIME", item, "give --at TIME"
            )
        else:
            yield self._refused(zone, f"{self._what(zone)} {name}", covered, item, metres)

    def _what(self, zone: Zone) -> str:
        rises = zone.kind is ZoneKind.CEILING and self.verb == "enters"
        return "rises above the ceiling of" if rises else self.verb

    def _unknown(self, why: str, item: int, cure: str) -> Finding:
        return Finding(self.rule, Verdict.UNKNOWN, why, item=item, cure=cure)

    def _covered(self, zone: Zone, met: Sequence[_Within]) -> Cover | None:
        permits = self.case.permits
        if permits is None:
            return None
        inside = [(w.leg, w.parts) for w in met]
        return cover(zone, inside, list(permits), self.window, self.frame)

    def _refused(self, zone: Zone, what: str, covered: Cover | None, item: int, metres: float) -> Finding:
        if covered is None and zone.kind is ZoneKind.CONTROL:
            why = f"{what}: needs permission, and no permits are given"
            return self._unknown(why, item, "give the permissions held (--permits)")
        if covered is not None and covered.covered is None:
            cure = "give what is missing, or a permit that covers the whole flight"
            return self._unknown(f"{what}: {covered.why}", covered.item or item, cure)
        why = f"{what} without permission" + (f": {covered.why}" if covered and covered.why else "")
        where = item if covered is None or covered.item is None else covered.item
        return Finding(self.rule, Verdict.FAIL, why, item=where, value=metres, limit=0.0, cure=ASK)

    def _conditions(self, used: Sequence[Permit]) -> Iterator[Finding]:
        """What a person has to confirm, once for the plan itself."""
        for permit in used if self.rule == "zones" else ():
            if permit.conditions:
                why = f"{permit.title} asks for: {'; '.join(permit.conditions)}"
                yield Finding(
                    "permit_conditions", Verdict.UNKNOWN, why, severity=Severity.WARNING,
                    cure="a person confirms each",
                )  # fmt: skip


def fence_findings(case: Case) -> Iterator[Finding]:
    """Whether every leg, and home, stays on the right side of the plan's own fence."""
    if case.mission.fence.empty:
        why = "the plan has no fence"
        yield Finding("fence", Verdict.UNKNOWN, why, severity=Severity.WARNING)
        return
    keep_in, keep_out = fence_sides(case.mission)
    for _, end, leg in spans_of(case.points, LocalFrame(case.mission.home.position)):
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
        corners = Polygon(frame.to_local(*zip(*(c.xy for c in polygon.corners), strict=True)))
        sides[0 if polygon.inclusion else 1].append(corners if corners.is_valid else corners.buffer(0))
    for circle in mission.fence.circles:
        disc = shapely.Point(frame.point(circle.centre)).buffer(circle.radius_m, quad_segs=32)
        sides[0 if circle.inclusion else 1].append(disc)
    for area in itertools.chain(*sides):
        shapely.prepare(area)
    return sides
