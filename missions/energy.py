"""Time and energy of a path in wind: the speeds that are possible, ramps, corners, power leg by leg."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.wind import CALM, Wind
from missions.aircraft import Aircraft
from missions.motion import Ride, Turn, ride, shared_s
from missions.power import Rotors, air_density_kgm3, induced_velocity_ms, power_W, rotors_of
from missions.windprofile import WindProfile, wind_at

__all__ = [
    "Cost", "PathPoint", "air_density_kgm3", "airspeed_over_ground", "induced_velocity_ms", "leg_costs",
    "path_cost", "power_W", "reachable_ground_speed",
]  # fmt: skip

SLOWEST_MS = 0.5  # slower than this against the wind is no flying

Loads = float | Sequence[float]
"""Payload in kilograms: one for the whole path, or one a leg (a load that is dropped on the way)."""


@dataclass(frozen=True, slots=True)
class PathPoint:
    """A point of a path: east, north, up in metres.

    `speed_ms` is the ground speed wanted on the way here; the vehicle stops here for `hold_s` when that is
    > 0, and comes to rest without waiting when `stop`. `smooth`: the way here is part of a curve that is
    flown at `speed_ms` without slowing at its points.
    """

    east_m: float
    north_m: float
    up_m: float
    speed_ms: float
    hold_s: float = 0.0
    stop: bool = False
    smooth: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """What a path costs: metres over the ground, seconds, watt-hours."""

    distance_m: float = 0.0
    duration_s: float = 0.0
    energy_Wh: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.distance_m + other.distance_m,
            self.duration_s + other.duration_s,
            self.energy_Wh + other.energy_Wh,
        )


def airspeed_over_ground(course_east: float, course_north: float, speed_ms: float, wind: Wind) -> float:
    """Airspeed needed for a ground speed along a unit course (east, north) in wind, m/s."""
    east, north = wind.east_north_ms
    return math.hypot(course_east * speed_ms - east, course_north * speed_ms - north)


def reachable_ground_speed(
    course_east: float, course_north: float, wanted_ms: float, wind: Wind, max_airspeed_ms: float
) -> float:
    """The wanted ground speed, or the greatest that the airspeed limit allows on that course; 0 = none."""
    if airspeed_over_ground(course_east, course_north, wanted_ms, wind) <= max_airspeed_ms:
        return wanted_ms
    east, north = wind.east_north_ms
    along = course_east * east + course_north * north
    across2 = wind.speed_ms**2 - along**2
    room = max_airspeed_ms**2 - across2
    return max(0.0, min(wanted_ms, along + math.sqrt(room))) if room > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Leg:
    """A straight line: metres, unit vector, the ride over it, the wait at its end, the wind along it."""

    length_m: float
    east: float
    north: float
    up: float
    ride: Ride
    end: PathPoint
    wind: Wind

    @property
    def flat(self) -> float:
        """The share of the way that leads over the ground."""
        return math.hypot(self.east, self.north)

    def airspeed_ms(self, speed_ms: float) -> float:
        """The airspeed at a speed along the leg."""
        course = self.flat or 1.0
        return airspeed_over_ground(self.east / course, self.north / course, speed_ms * self.flat, self.wind)


def path_cost(
    points: Sequence[PathPoint],
    aircraft: Aircraft,
    wind: Wind | WindProfile = CALM,
    *,
    payload_kg: Loads = 0.0,
    density: float = 1.225,
) -> Cost:
    """Time and energy of flying through `points`, with acceleration, corners, climb rates and wind.

    Each leg is flown from rest to rest within the limits on acceleration and jerk; at a corner that is flown
    through the next leg begins before the last has ended (`missions.motion`). Raises `ValueError` when the
    wind is too strong for a leg.
    """
    return sum(leg_costs(points, aircraft, wind, payload_kg=payload_kg, density=density), Cost())


def leg_costs(
    points: Sequence[PathPoint],
    aircraft: Aircraft,
    wind: Wind | WindProfile = CALM,
    *,
    payload_kg: Loads = 0.0,
    density: float = 1.225,
) -> tuple[Cost, ...]:
    """The share of each pair of neighbouring points in `path_cost`: one fewer than points.

    A leg's wait at its end counts with it; a pair at one place costs nothing but its wait.
    """
    legs = [_leg(a, b, aircraft, wind) for a, b in itertools.pairwise(points)]
    saved = _saved_s(legs, aircraft)
    loads = [payload_kg] * len(legs) if isinstance(payload_kg, int | float) else list(payload_kg)
    rotors = rotors_of(aircraft)
    return tuple(
        _leg_cost(leg, early, rotors, load, density)
        for leg, early, load in zip(legs, saved, loads, strict=True)
    )


def leg_seconds(
    points: Sequence[PathPoint], aircraft: Aircraft, wind: Wind | WindProfile = CALM
) -> tuple[float, ...]:
    """The durations of `leg_costs`, without their energy."""
    legs = [_leg(a, b, aircraft, wind) for a, b in itertools.pairwise(points)]
    return tuple(
        _moving_s(leg, early) + leg.end.hold_s
        for leg, early in zip(legs, _saved_s(legs, aircraft), strict=True)
    )


def _moving_s(leg: _Leg, early_s: float) -> float:
    return max(0.0, leg.ride.duration_s - early_s)


def _leg(a: PathPoint, b: PathPoint, aircraft: Aircraft, wind: Wind | WindProfile) -> _Leg:
    east, north, up = b.east_m - a.east_m, b.north_m - a.north_m, b.up_m - a.up_m
    length = math.sqrt(east**2 + north**2 + up**2)
    blowing = wind_at(wind, (a.up_m + b.up_m) / 2.0)
    if length < 1e-6:
        return _Leg(0.0, 0.0, 0.0, 0.0, ride(0.0, aircraft.limits(1.0, 0.0, b.speed_ms)), b, blowing)
    unit = east / length, north / length, up / length
    flat, speed = math.hypot(unit[0], unit[1]), b.speed_ms
    if unit[2] > 1e-6:
        speed = min(speed, aircraft.climb_ms / unit[2])
    elif unit[2] < -1e-6:
        speed = min(speed, aircraft.descent_ms / -unit[2])
    if flat > 1e-6:
        speed = min(speed, _against(unit, flat, speed, blowing, aircraft))
    limits = aircraft.limits(flat, abs(unit[2]), speed)
    flown = Ride(limits, speed, 0.0, length / speed) if b.smooth else ride(length, limits)
    return _Leg(length, *unit, flown, b, blowing)


def _against(
    unit: tuple[float, float, float], flat: float, speed: float, wind: Wind, aircraft: Aircraft
) -> float:
    """The speed along a leg that the wind allows."""
    course = unit[0] / flat, unit[1] / flat
    ground = reachable_ground_speed(*course, speed * flat, wind, aircraft.max_airspeed_ms)
    if ground < min(SLOWEST_MS, 0.9 * speed * flat):
        raise ValueError(f"{aircraft.name} makes no way against {wind.speed_ms:g} m/s of wind")
    return ground / flat


def _saved_s(legs: Sequence[_Leg], aircraft: Aircraft) -> list[float]:
    """Seconds that each leg ends early because the next has begun."""
    pairs = [_shared_s(a, b, aircraft) for a, b in itertools.pairwise(legs)]
    return [*pairs, 0.0] if legs else []


def _shared_s(a: _Leg, b: _Leg, aircraft: Aircraft) -> float:
    if a.end.stop or a.end.hold_s > 0 or not (a.length_m and b.length_m):
        return 0.0
    if a.end.smooth and b.end.smooth:
        return 0.0
    if a.end.smooth or b.end.smooth:
        straight, speed = (b, a.ride.top_ms) if a.end.smooth else (a, b.ride.top_ms)
        return _flowing_s(straight.ride, speed)
    cosine = round(a.east * b.east + a.north * b.north + a.up * b.up, 4)
    return shared_s(a.ride, b.ride, Turn(cosine, aircraft.waypoint_radius_m, aircraft.corner_accel_ms2))


def _flowing_s(straight: Ride, speed_ms: float) -> float:
    """What a straight leg saves that begins or ends at a curve's speed instead of at rest."""
    speed = min(speed_ms, straight.top_ms)
    return straight.limits.ramp_s(speed) * (1.0 - speed / 2.0 / straight.top_ms) if speed > 0 else 0.0


def _leg_cost(leg: _Leg, early_s: float, rotors: Rotors, payload: float, density: float) -> Cost:
    """Ramp up, cruise, ramp down, and the wait; what the corner shares is taken from the ramps."""
    flown, flat, climb = leg.ride, leg.flat, leg.up * leg.ride.top_ms
    seconds = _moving_s(leg, early_s)
    ramps = min(seconds, max(0.0, 2.0 * flown.ramp_s - early_s))
    used = 0.0
    if seconds > ramps:
        full = leg.airspeed_ms(flown.top_ms)
        used = rotors.power_W(full, climb, payload_kg=payload, density=density) * (seconds - ramps)
    if ramps > 0:
        half, accel = leg.airspeed_ms(flown.top_ms * 0.5), flown.top_ms / flown.ramp_s
        changing = [
            rotors.power_W(half, climb * 0.5, payload_kg=payload, density=density, accel_ms2=a * flat)
            for a in (accel, -accel)
        ]
        used += (changing[0] + changing[1]) / 2.0 * ramps
    if leg.end.hold_s > 0:
        waiting = rotors.power_W(leg.wind.speed_ms, 0.0, payload_kg=payload, density=density)
        used += leg.end.hold_s * waiting
    return Cost(leg.length_m * flat, seconds + leg.end.hold_s, used / 3600.0)
