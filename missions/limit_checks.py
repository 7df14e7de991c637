"""Checks of what a plan asks for against what the aircraft can do: speeds, climbs, circles, load."""

import itertools
import math
from collections.abc import Iterator

from core.geo import distance_m
from missions.aircraft import Aircraft
from missions.case import Case
from missions.finding import Finding, Severity, Verdict
from missions.flightpath import CIRCLE_RADIUS_M
from missions.model import Command

RULE = "vehicle_limits"
ANY_WAY, UP, DOWN = frozenset({0.0, 1.0}), 2.0, 3.0
"""What p1 of a change of speed means."""
ROOM = 1.01
SLOWER = "it will be flown slower than planned: plan it slower, or less steep"


def limit_findings(case: Case) -> Iterator[Finding]:
    """One finding for every kind of limit that is passed, or one pass for all."""
    if case.aircraft is None:
        why = "no aircraft given (--aircraft)"
        yield Finding(RULE, Verdict.UNKNOWN, why, severity=Severity.WARNING)
        return
    found = [*_load(case, case.aircraft), *_speeds(case, case.aircraft)]
    found += [*_steep(case, case.aircraft), *_circles(case, case.aircraft)]
    yield from found
    if not found:
        yield Finding(RULE, Verdict.PASS, f"speeds, climbs, circles and load are within {case.aircraft.name}")


def _load(case: Case, craft: Aircraft) -> Iterator[Finding]:
    if case.payload_kg > craft.payload_max_kg:
        why = f"a load of {case.payload_kg:g} kg, {craft.name} carries {craft.payload_max_kg:g} kg"
        yield Finding(
            RULE, Verdict.FAIL, why, value=case.payload_kg, limit=craft.payload_max_kg, cure="carry less"
        )


def _speeds(case: Case, craft: Aircraft) -> Iterator[Finding]:
    """The first speed asked for that the aircraft does not reach."""
    for index, item in enumerate(case.mission.items):
        kind, speed = item.params[0], item.params[1]
        if item.command != Command.DO_CHANGE_SPEED:
            continue
        limit = {UP: craft.climb_ms, DOWN: craft.descent_ms}.get(kind, craft.max_airspeed_ms)
        if speed > limit * ROOM and (kind in ANY_WAY or kind in {UP, DOWN}):
            why = f"asks for {speed:g} m/s, {craft.name} does {limit:g} m/s"
            cure = "plan it slower"
            yield Finding(RULE, Verdict.FAIL, why, item=index, value=speed, limit=limit, cure=cure)
            return


def _steep(case: Case, craft: Aircraft) -> Iterator[Finding]:
    """The steepest leg for the speed planned on it, up and down."""
    worst: dict[str, tuple[float, int]] = {}
    for a, b in itertools.pairwise(case.points):
        far = distance_m(a.place, b.place)
        if a.up_m is None or b.up_m is None or a.on_ground or b.on_ground or far < 1.0:
            continue
        rate = (b.up_m - a.up_m) * b.speed_ms / math.hypot(far, b.up_m - a.up_m)
        way = "climb" if rate > 0 else "descent"
        worst[way] = max(worst.get(way, (0.0, -1)), (abs(rate), b.item))
    for way, limit in (("climb", craft.climb_ms), ("descent", craft.descent_ms)):
        rate, item = worst.get(way, (0.0, -1))
        if rate > limit * ROOM:
            why = f"a {way} of {rate:.1f} m/s at the planned speed, {craft.name} does {limit:g} m/s"
            yield _slower(why, item, rate, limit)


def _circles(case: Case, craft: Aircraft) -> Iterator[Finding]:
    """Circles too tight for the speed planned on them."""
    speeds = {p.item: p.speed_ms for p in case.points}
    for index, item in enumerate(case.mission.items):
        if item.command != Command.NAV_LOITER_TURNS:
            continue
        radius = abs(item.params[2]) if math.isfinite(item.params[2]) else 0.0
        pull = speeds.get(index, 0.0) ** 2 / (radius or CIRCLE_RADIUS_M)
        if pull > craft.corner_accel_ms2 * ROOM:
            limit = craft.corner_accel_ms2
            why = f"a circle that pulls {pull:.1f} m/s2, {craft.name} turns with {limit:g} m/s2"
            yield _slower(why, index, pull, limit)
            return


def _slower(why: str, item: int, value: float, limit: float) -> Finding:
    return Finding(
        RULE, Verdict.FAIL, why, severity=Severity.WARNING, item=item, value=value, limit=limit, cure=SLOWER
    )
