"""The air a mission flies through: legs and turns against the allowed area, heights over the ground."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from core.geo import FloatArray, LocalFrame
from gis.terrain import Terrain
from gis.vector import Area
from missions.aircraft import Aircraft
from missions.model import Command, Mission
from missions.path import up_over_home_m
from missions.route import to_metres
from missions.survey.lattice import ground_m

STEP_M = 4.0
TURN_POINTS = 8
TOUCHING_M = 0.02


@dataclass(frozen=True, slots=True)
class Air:
    """What legs and turns of all missions were found to do; None = nothing is known of the ground.

    `legs_outside_m`, `turns_outside_m` metres outside the allowed area; `lowest_m` and `highest_m` above
    ground, climbs and descents over home and the last metres before landing apart; `climb_ms` and
    `descent_ms` the steepest asked for at the speeds commanded; `item` the item that leads to the lowest
    place, as (mission, item), both from 1.
    """

    legs_outside_m: float
    turns_outside_m: float
    lowest_m: float | None
    highest_m: float | None
    climb_ms: float
    descent_ms: float
    item: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Leg:
    """From place to place in the mission's own frame (east, north, up over home), at a speed."""

    item: int
    a: FloatArray
    b: FloatArray
    speed_ms: float


def study(missions: Sequence[Mission], allowed: Area, terrain: Terrain | None, aircraft: Aircraft) -> Air:
    """Legs and turns of `missions` against `allowed` (lon/lat) and the ground.

    A turn is rounded over `aircraft.waypoint_radius_m` on both sides of its corner.
    """
    outside, turns, climbs, heights = 0.0, 0.0, [(0.0, 0.0)], []
    for number, mission in enumerate(missions, start=1):
        frame = LocalFrame(mission.home.position)
        legs = _legs(mission, frame, terrain)
        space = to_metres(allowed, frame).buffer(TOUCHING_M)
        shapely.prepare(space)
        outside += _outside_m(_ways(legs), space)
        turns += _outside_m(list(_turns(legs, aircraft.waypoint_radius_m)), space)
        climbs += [_climb_ms(leg) for leg in legs]
        over = _over_ground(legs, frame, terrain)
        heights += [(*ends, number, leg.item) for ends, leg in zip(over, legs, strict=True)]
    up, down = max(c for c, _ in climbs), max(d for _, d in climbs)
    if not heights or not all(math.isfinite(low) for low, _, _, _ in heights):
        return Air(outside, turns, None, None, up, down)
    low, _, number, item = min(heights)
    return Air(outside, turns, low, max(h for _, h, _, _ in heights), up, down, (number, item))


def _legs(mission: Mission, frame: LocalFrame, terrain: Terrain | None) -> list[_Leg]:
    """From over home through every place; the way back to it after the last, as the vehicle returns."""
    legs: list[_Leg] = []
    here = np.array([*frame.point(mission.home.position), 0.0])
    speed = mission.cruise_ms
    for number, item in enumerate(mission.items, start=1):
        if item.command == Command.DO_CHANGE_SPEED and item.params[1] > 0:
            speed = item.params[1]
        if not item.is_nav:
            continue
        there = here.copy()
        if item.command == Command.NAV_RETURN_TO_LAUNCH:
            there[:2] = frame.point(mission.home.position)
        elif item.position is not None and item.command != Command.NAV_TAKEOFF:
            there[:2] = frame.point(item.position)
        if item.altitude is not None:
            up = up_over_home_m(item.position or mission.home.position, item.altitude, mission, terrain)
            there[2] = here[2] if up is None else up
        if item.command != Command.NAV_TAKEOFF:
            legs.append(_Leg(number, here, there, speed))
        here = there
    return legs


def _ways(legs: Sequence[_Leg]) -> list[FloatArray]:
    return [np.stack([leg.a[:2], leg.b[:2]]) for leg in legs]


def _outside_m(ways: Sequence[FloatArray], space: shapely.Geometry) -> float:
    """Metres of ways, each of as many points, that leave a space."""
    if not ways:
        return 0.0
    lines = np.asarray(shapely.linestrings(np.stack(ways)), object)
    out = lines[~np.asarray(shapely.covers(space, lines))]
    return float(shapely.length(shapely.difference(out, space)).sum())


def _turns(legs: Sequence[_Leg], radius_m: float) -> Iterable[FloatArray]:
    """Each corner rounded: a parabola that leaves one leg and meets the next (Bezier's of order two)."""
    share = np.linspace(0.0, 1.0, TURN_POINTS)[:, None]
    for before, after in itertools.pairwise(legs):
        corner, back, on = after.a[:2], before.a[:2] - after.a[:2], after.b[:2] - after.a[:2]
        lengths = float(np.hypot(*back)), float(np.hypot(*on))
        if min(lengths) < 0.01:
            continue
        p, q = (corner + v * min(radius_m, n / 2) / n for v, n in zip((back, on), lengths, strict=True))
        yield (1 - share) ** 2 * p + 2 * share * (1 - share) * corner + share**2 * q


def _climb_ms(leg: _Leg) -> tuple[float, float]:
    """(climb, descent) in m/s when the leg is flown at its speed; nothing for one straight up or down."""
    flat, rise = float(np.hypot(*(leg.b - leg.a)[:2])), float(leg.b[2] - leg.a[2])
    if flat < 0.5:
        return 0.0, 0.0
    rate = leg.speed_ms * rise / math.hypot(flat, rise)
    return max(rate, 0.0), max(-rate, 0.0)


def _over_ground(
    legs: Sequence[_Leg], frame: LocalFrame, terrain: Terrain | None
) -> list[tuple[float, float]]:
    """Least and greatest height over the ground along each leg."""
    points = [_along(leg, 1 if terrain is None else _steps(leg)) for leg in legs]
    if not points:
        return []
    whole = np.concatenate(points)
    over = whole[:, 2] - ground_m(whole[:, :2], frame, terrain)
    first = np.cumsum([0, *(len(p) for p in points[:-1])])
    lows, highs = np.minimum.reduceat(over, first), np.maximum.reduceat(over, first)
    return list(zip(lows.tolist(), highs.tolist(), strict=True))


def _steps(leg: _Leg) -> int:
    return max(1, math.ceil(float(np.hypot(*(leg.b - leg.a)[:2])) / STEP_M))


def _along(leg: _Leg, steps: int) -> FloatArray:
    """Points (steps + 1, 3) from one end of a leg to the other."""
    points: FloatArray = leg.a + np.linspace(0.0, 1.0, steps + 1)[:, None] * (leg.b - leg.a)
    return points


def legs_outside_m(missions: Iterable[Mission], allowed: Area) -> float:
    """Metres of legs, home to the last place of every mission and back, that leave `allowed` (lon/lat)."""
    total = 0.0
    for mission in missions:
        frame = LocalFrame(mission.home.position)
        space = to_metres(allowed, frame).buffer(TOUCHING_M)
        shapely.prepare(space)
        total += _outside_m(_ways(_legs(mission, frame, None)), space)
    return total
