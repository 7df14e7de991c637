"""Checks of the way home from everywhere on a plan: what a failsafe flies is straight and asks nobody.

ArduCopter returns to the nearest of home and the rally points inside the fence, none farther than
RALLY_LIMIT_KM: up to RTL_ALT or the rally point's own height, whichever is more (near its target no higher
than its cone of 3 up for 1 along), straight, and down (AP_Rally.cpp, mode_rtl.cpp, 4.6).
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from core.geo import FloatArray, LocalFrame, LonLat
from core.wind import CALM
from missions.case import Case
from missions.energy import PathPoint, leg_costs, path_cost
from missions.finding import Finding, Severity, Verdict
from missions.path import FlownPoint, flown_path, up_over_home_m
from missions.space_checks import Span, fence_sides, line_between, zone_spans

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
STEP_M, MOST_PARTS = 100.0, 100
CONE = 3.0
RALLY_LIMIT_M = 300.0  # ArduCopter's RALLY_LIMIT_KM as it comes
GROUND_PARTS = 128  # of a way where the ground is looked at
HEIGHT_SLACK_M = 0.5
NEAR_TARGET_M = 20.0  # a return from so near is a landing


@dataclass(frozen=True, slots=True)
class Return:
    """A straight way back at one height, from a place on the plan to the nearest landing place."""

    start: FlownPoint
    target: FlownPoint


def return_findings(case: Case) -> Iterator[Finding]:
    """Whether every straight return stays clear of zones, fence and ground, and whether the charge lasts."""
    ways = _returns(case)
    if not ways:
        yield Finding(
            "return_path", UNKNOWN, "no place on the plan has a known height", severity=Severity.WARNING
        )
        return
    frame = LocalFrame(case.mission.home.position)
    spans = [
        (w.start, w.target, line_between(frame.point(w.start.place), frame.point(w.target.place)))
        for w in ways
    ]
    yield from _space(case, spans)
    yield from _ground(case, ways)
    yield from _energy(case)


def _returns(case: Case) -> list[Return]:
    """One for every place and every 100 m of leg (a hundredth of a longer leg)."""
    frame = LocalFrame(case.mission.home.position)
    goals = landings(case)
    samples, items = return_samples(case)
    at = np.array([frame.point(g.place) for g in goals])
    apart = np.hypot(*(samples[:, None, :2] - at[None]).transpose(2, 0, 1))
    nearest = nearest_landing(apart)
    away = apart[np.arange(len(samples)), nearest]
    heights = return_heights(case, samples[:, 2], np.array([g.up_m for g in goals])[nearest], away)
    lonlat = frame.to_lonlat(samples[:, :2]) if len(samples) else samples[:, :2]
    places = [LonLat(float(lon), float(lat)) for lon, lat in lonlat]
    return [
        Return(FlownPoint(i, place, up, 5.0), FlownPoint(i, goals[goal].place, up, 5.0))
        for i, place, up, goal, far in zip(items, places, heights.tolist(), nearest, away, strict=True)
        if far >= NEAR_TARGET_M
    ]


@dataclass(frozen=True, slots=True)
class Landing:
    """A place that a return may end at, and the height over home that it asks a return to climb to."""

    place: LonLat
    up_m: float


def landings(case: Case) -> list[Landing]:
    """Home, and the rally points that the vehicle would take: those inside the fence."""
    mission, frame = case.mission, LocalFrame(case.mission.home.position)
    keep_in, keep_out = fence_sides(mission)
    found = [Landing(mission.home.position, 0.0)]
    for rally in mission.rally:
        where = shapely.Point(frame.point(rally.position))
        if all(a.covers(where) for a in keep_in) and not any(a.intersects(where) for a in keep_out):
            up = up_over_home_m(rally.position, rally.altitude, mission, case.terrain)
            found.append(Landing(rally.position, max(0.0, up or 0.0)))
    return found


def nearest_landing(apart: FloatArray) -> NDArray[np.intp]:
    """Which landing (home first) a return takes from distances (n, landings) in metres."""
    within = apart.copy()
    within[:, 1:][apart[:, 1:] > RALLY_LIMIT_M] = np.inf
    return np.asarray(within.argmin(axis=1), np.intp)


def return_heights(case: Case, up: FloatArray, asked: FloatArray, away: FloatArray) -> FloatArray:
    """The height over home of a return from heights `up` to landings `away` metres off, metres."""
    heights: FloatArray = np.maximum(up, np.minimum(np.maximum(case.rtl_alt_m, asked), CONE * away))
    return heights


def return_samples(case: Case, step_m: float = STEP_M) -> tuple[FloatArray, list[int]]:
    """East, north, up over home (n, 3) along the legs of known height, and their items."""
    frame = LocalFrame(case.mission.home.position)
    rows, items = [np.empty((0, 3))], []
    for a, b in itertools.pairwise(case.points):
        if a.up_m is None or b.up_m is None:
            continue
        ends = np.array([(*frame.point(a.place), a.up_m), (*frame.point(b.place), b.up_m)])
        parts = min(MOST_PARTS, max(1, math.ceil(math.dist(ends[0, :2], ends[1, :2]) / step_m)))
        share = np.arange(1, parts + 1)[:, None] / parts
        rows.append(ends[0] + share * (ends[1] - ends[0]))
        items += [b.item] * parts
    return np.vstack(rows), items


def _space(case: Case, spans: list[Span]) -> Iterator[Finding]:
    if case.zones is None:
        yield _unknown("return_zones", "no airspace zones given (--zones)")
    else:
        verb = "the straight return from here enters"
        found = list(zone_spans(case, spans, rule="return_zones", verb=verb))
        yield from found
        if not found:
            yield Finding("return_zones", PASS, f"no straight return enters any of {len(case.zones)} zones")
    if case.mission.fence.empty:
        return
    keep_in, keep_out = fence_sides(case.mission)
    for start, _, line in spans:
        if any(not a.covers(line) for a in keep_in) or any(a.intersects(line) for a in keep_out):
            why = "the straight return from here crosses the fence"
            cure = "set a rally point on this side, or draw the fence wider"
            yield Finding("return_fence", FAIL, why, item=start.item, cure=cure)
            return
    yield Finding("return_fence", PASS, "every straight return stays inside the fence")


def _ground(case: Case, ways: list[Return]) -> Iterator[Finding]:
    limit, top = case.rules.min_terrain_clearance_m.value, case.rules.max_height_above_ground_m.value
    if case.terrain is None:
        yield _unknown("return_clearance", "no terrain given (--dem)")
        return
    over = _over_ground(case, ways)
    known = np.isfinite(over)
    low, high = np.where(known, over, math.inf).min(axis=1), np.where(known, over, -math.inf).max(axis=1)
    worst, highest = int(low.argmin()), int(high.argmax())
    lowest, item = float(low[worst]), ways[worst].start.item
    if lowest < limit:
        why = f"the straight return from here passes {lowest:.1f} m over the ground, limit {limit:g} m"
        cure = "raise RTL_ALT and say so with --rtl-alt-m, or set a rally point"
        yield Finding("return_clearance", FAIL, why, item=item, value=lowest, limit=limit, cure=cure)
    elif not known.all():
        yield _unknown("return_clearance", "the DEM does not cover every straight return")
    else:
        why = f"straight returns pass {lowest:.1f} m over the ground or more, limit {limit:g} m"
        yield Finding("return_clearance", PASS, why, value=lowest, limit=limit)
    yield from _too_high(float(high[highest]), ways[highest].start.item, top)


def _too_high(value: float, item: int, limit: float) -> Iterator[Finding]:
    if value > limit + HEIGHT_SLACK_M:
        why = f"the straight return from here is flown {value:.1f} m over the ground, limit {limit:g} m"
        cure = "lower RTL_ALT and say so with --rtl-alt-m, or fly lower there"
        yield Finding(
            "return_height", FAIL, why, severity=Severity.WARNING, item=item, value=value, limit=limit,
            cure=cure,
        )  # fmt: skip


def _over_ground(case: Case, ways: list[Return]) -> FloatArray:
    """Heights over the ground (ways, places along each) in metres, NaN where the ground is unknown."""
    assert case.terrain is not None  # noqa: S101  # asked by the caller
    home = case.mission.home.position
    ground_m = float(case.terrain.heights_m(*home.xy))
    share = np.linspace(0.0, 1.0, 1 + GROUND_PARTS)
    starts = np.array([w.start.place.xy for w in ways])
    ends = np.array([w.target.place.xy for w in ways])
    at = starts[:, None] + share[None, :, None] * (ends - starts)[:, None]
    ups = np.array([w.start.up_m for w in ways], float)
    over: FloatArray = ups[:, None] - (case.terrain.heights_m(at[..., 0], at[..., 1]) - ground_m)
    return over


def _energy(case: Case) -> Iterator[Finding]:
    """From each place: what was used so far and the straight way back, against the whole usable charge."""
    craft = case.aircraft
    if craft is None or case.wind is None:
        yield _unknown("return_energy", "wind or aircraft not given (--wind-ms, --aircraft)")
        return
    try:
        left = min(_left_Wh(case))
    except ValueError as error:
        yield Finding("return_energy", FAIL, str(error))
        return
    good = left >= 0.0
    why = f"{left:.0f} Wh left over the reserve after a straight return from the worst place"
    verdict = PASS if good else FAIL
    yield Finding("return_energy", verdict, why, value=left, limit=0.0)


def _left_Wh(case: Case) -> Iterator[float]:
    """What is left over the reserve after a straight return from each point of the path, Wh."""
    craft, wind = case.aircraft, case.wind or CALM
    assert craft is not None  # noqa: S101  # asked by the caller
    frame = LocalFrame(case.mission.home.position)
    path = flown_path(case.mission, craft, case.terrain)
    goals = landings(case)
    targets = np.array([frame.point(g.place) for g in goals])
    used = 0.0
    costs = leg_costs(path, craft, wind, payload_kg=case.payload_kg)
    for point, cost in zip(path[1:], costs, strict=True):
        used += cost.energy_Wh
        here = (point.east_m, point.north_m)
        apart = np.hypot(*(targets - here).T)
        which = int(nearest_landing(apart[None])[0])
        goal = float(targets[which, 0]), float(targets[which, 1])
        asked = max(case.rtl_alt_m, goals[which].up_m)
        height = max(point.up_m, min(asked, CONE * float(apart[which])))
        back = [
            PathPoint(*here, point.up_m, craft.cruise_ms),
            PathPoint(*here, height, craft.climb_ms),
            PathPoint(*goal, height, craft.cruise_ms),
            PathPoint(*goal, 0.0, craft.descent_ms),
        ]
        home = path_cost(back, craft, wind, payload_kg=case.payload_kg)
        yield craft.flyable_Wh - used - home.energy_Wh


def rally_findings(case: Case) -> Iterator[Finding]:
    """Whether each rally point may be flown to: inside the fence, clear of zones, over the ground."""
    if not case.mission.rally:
        return
    frame = LocalFrame(case.mission.home.position)
    keep_in, keep_out = fence_sides(case.mission)
    for number, rally in enumerate(case.mission.rally, start=1):
        at = frame.point(rally.position)
        where = line_between(at, at)
        if any(not a.covers(where) for a in keep_in) or any(a.intersects(where) for a in keep_out):
            yield Finding(
                "rally", FAIL, f"rally point {number} lies outside the fence", cure="move it inside"
            )
            continue
        up = up_over_home_m(rally.position, rally.altitude, case.mission, case.terrain)
        point = FlownPoint(-1, rally.position, up, 5.0)
        met = list(
            zone_spans(case, [(point, point, where)], rule="rally", verb=f"rally point {number} lies in")
        )
        yield from met or (Finding("rally", PASS, f"rally point {number} can be flown to"),)


def _unknown(rule: str, message: str) -> Finding:
    return Finding(rule, UNKNOWN, message, severity=Severity.WARNING)
