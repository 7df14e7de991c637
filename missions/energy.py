"""Power and energy of a multirotor in wind, and the time a path takes.

Momentum theory (Leishman, Principles of Helicopter Aerodynamics, chapters 2 and 5): induced power by
Glauert's relation, profile power growing with the advance ratio, parasite power with the cube of airspeed,
climb power. One measured hover figure scales the sum (Rodrigues et al. 2021 find models 3-5 times apart).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.units import STANDARD_GRAVITY_MS2, celsius_to_kelvin
from core.wind import CALM, Wind
from missions.aircraft import Aircraft

TIP_SPEED_MS = 120.0  # usual for hovering multirotors; only enters through the advance ratio
SLOWEST_MS = 0.5  # slower than this against the wind is no flying
INDUCED_FACTOR = 1.15  # losses of a real disc over the ideal one


@dataclass(frozen=True, slots=True)
class PathPoint:
    """A point of a path: east, north, up in metres.

    `speed_ms` is the ground speed wanted on the way here; the vehicle stops here for `hold_s` when that is
    > 0.
    """

    east_m: float
    north_m: float
    up_m: float
    speed_ms: float
    hold_s: float = 0.0


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


def air_density_kgm3(altitude_m: float = 0.0, temperature_C: float = 15.0) -> float:
    """Density of dry air at a height over sea level, by the standard atmosphere's pressure."""
    pressure_pa: float = 101325.0 * (1.0 - 2.25577e-5 * altitude_m) ** 5.25588
    return pressure_pa / (287.05 * celsius_to_kelvin(temperature_C))


def induced_velocity_ms(thrust_N: float, area_m2: float, density: float, airspeed_ms: float) -> float:
    """The air's speed down through the discs in level flight, closed form of Glauert's relation, m/s."""
    hover2 = thrust_N / (2.0 * density * area_m2)
    half = airspeed_ms**2 / 2.0
    return math.sqrt(math.sqrt(half * half + hover2 * hover2) - half)


def power_W(
    aircraft: Aircraft,
    airspeed_ms: float = 0.0,
    climb_ms: float = 0.0,
    *,
    payload_kg: float = 0.0,
    density: float = 1.225,
) -> float:
    """Electrical power in steady flight at a horizontal airspeed and climb rate (negative = descent), watts.

    At the calibration mass and density with airspeed 0 it is exactly `aircraft.hover_power_W`. A descent
    gives nothing back.
    """
    calibration = aircraft.hover_mass_kg, aircraft.hover_density_kgm3
    hover = _aerodynamic_W(aircraft, *calibration, 0.0, 0.0)
    scale = (aircraft.hover_power_W - aircraft.avionics_W) / hover
    mass = aircraft.mass_kg + payload_kg
    wanted = _aerodynamic_W(aircraft, mass, density, airspeed_ms, max(0.0, climb_ms))
    return scale * wanted + aircraft.avionics_W


def _aerodynamic_W(aircraft: Aircraft, mass: float, density: float, airspeed: float, climb: float) -> float:
    weight = mass * STANDARD_GRAVITY_MS2
    drag = 0.5 * density * aircraft.drag_area_m2 * airspeed**2
    thrust = math.hypot(weight, drag)
    area = aircraft.rotor_area_m2
    hovering, moving = (induced_velocity_ms(thrust, area, density, v) for v in (0.0, airspeed))
    relieved = hovering - aircraft.induced_relief * (hovering - moving)
    induced = INDUCED_FACTOR * thrust * relieved
    reference = aircraft.hover_mass_kg * STANDARD_GRAVITY_MS2
    still = INDUCED_FACTOR * reference * induced_velocity_ms(reference, area, density, 0.0)
    share = aircraft.profile_share / (1.0 - aircraft.profile_share)
    profile = share * still * (1.0 + 4.65 * (airspeed / TIP_SPEED_MS) ** 2)
    return induced + profile + drag * airspeed + weight * climb


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
    length_m: float
    east: float
    north: float
    up: float
    speed_ms: float
    hold_s: float


def path_cost(
    points: Sequence[PathPoint],
    aircraft: Aircraft,
    wind: Wind = CALM,
    *,
    payload_kg: float = 0.0,
    density: float = 1.225,
) -> Cost:
    """Time and energy of flying through `points`, with acceleration, corners, climb rates and wind.

    Speed builds up and falls off within the limits on acceleration and jerk. A corner is passed at the cosine
    of its turn, and the two legs overlap there for `aircraft.corner_blend_s`, unless the vehicle waits.
    Raises `ValueError` when the wind is too strong for
    a leg.
    """
    return sum(leg_costs(points, aircraft, wind, payload_kg=payload_kg, density=density), Cost())


def leg_costs(
    points: Sequence[PathPoint],
    aircraft: Aircraft,
    wind: Wind = CALM,
    *,
    payload_kg: float = 0.0,
    density: float = 1.225,
) -> tuple[Cost, ...]:
    """The share of each pair of neighbouring points in `path_cost`: one fewer than points.

    A leg's wait at its end counts with it; a pair at one place costs nothing.
    """
    pairs = [_leg(a, b, aircraft, wind) for a, b in itertools.pairwise(points)]
    legs = [leg for leg in pairs if leg is not None]
    corners = iter(itertools.pairwise(_corner_speeds(legs, aircraft)))
    left = len(legs)
    costs = []
    for leg in pairs:
        if leg is None:
            costs.append(Cost())
            continue
        left -= 1
        entry, leave = next(corners)
        seconds = _leg_seconds(leg, entry, leave, aircraft) + leg.hold_s
        seconds = max(0.5 * seconds, seconds - _blend_s(leg, leave, last=left == 0, craft=aircraft))
        costs.append(_leg_cost(leg, seconds, aircraft, wind, payload_kg=payload_kg, density=density))
    return tuple(costs)


def _leg_cost(
    leg: "_Leg", seconds: float, aircraft: Aircraft, wind: Wind, *, payload_kg: float, density: float
) -> Cost:
    flat = math.hypot(leg.east, leg.north)
    course = flat or 1.0
    airspeed = airspeed_over_ground(leg.east / course, leg.north / course, leg.speed_ms * flat, wind)
    watts = power_W(aircraft, airspeed, leg.up * leg.speed_ms, payload_kg=payload_kg, density=density)
    return Cost(leg.length_m * flat, seconds, watts * seconds / 3600.0)


def _leg(a: PathPoint, b: PathPoint, aircraft: Aircraft, wind: Wind) -> _Leg | None:
    east, north, up = b.east_m - a.east_m, b.north_m - a.north_m, b.up_m - a.up_m
    length = math.sqrt(east**2 + north**2 + up**2)
    if length < 1e-6 and b.hold_s == 0:
        return None
    if length < 1e-6:
        return _Leg(0.0, 0.0, 0.0, 0.0, b.speed_ms, b.hold_s)
    unit = east / length, north / length, up / length
    speed = b.speed_ms
    if unit[2] > 1e-6:
        speed = min(speed, aircraft.climb_ms / unit[2])
    elif unit[2] < -1e-6:
        speed = min(speed, aircraft.descent_ms / -unit[2])
    flat = math.hypot(unit[0], unit[1])
    if flat > 1e-6:
        course = unit[0] / flat, unit[1] / flat
        ground = reachable_ground_speed(*course, speed * flat, wind, aircraft.max_airspeed_ms)
        if ground < min(SLOWEST_MS, 0.9 * speed * flat):
            raise ValueError(f"{aircraft.name} makes no way against {wind.speed_ms:g} m/s of wind")
        speed = ground / flat
    return _Leg(length, *unit, speed, b.hold_s)


def _corner_speeds(legs: Sequence[_Leg], aircraft: Aircraft) -> list[float]:
    speeds = [0.0]
    for a, b in itertools.pairwise(legs):
        cosine = a.east * b.east + a.north * b.north + a.up * b.up
        speeds.append(0.0 if a.hold_s > 0 else min(a.speed_ms, b.speed_ms) * max(0.0, cosine))
    speeds.append(0.0)
    accels = [aircraft.ramp_accel_ms2(leg.speed_ms) for leg in legs]
    for i, (leg, accel) in enumerate(zip(legs, accels, strict=True)):
        speeds[i + 1] = min(speeds[i + 1], math.sqrt(speeds[i] ** 2 + 2 * accel * leg.length_m))
    for i in range(len(legs) - 1, -1, -1):
        reach = 2 * accels[i] * legs[i].length_m
        speeds[i] = min(speeds[i], math.sqrt(speeds[i + 1] ** 2 + reach))
    return speeds


def _blend_s(leg: _Leg, leave: float, *, last: bool, craft: Aircraft) -> float:
    """What the corner at a leg's end saves: nothing for a wait or straight on, nor up or down."""
    if last or leg.hold_s > 0 or abs(leg.up) > 0.5:
        return 0.0
    return craft.corner_blend_s * (1.0 - min(1.0, leave / leg.speed_ms))


def _leg_seconds(leg: _Leg, entry: float, leave: float, craft: Aircraft) -> float:
    """Speed up, cruise, slow down: the mean acceleration follows from the top speed that the leg allows."""
    if leg.length_m == 0:
        return 0.0
    top, accel = leg.speed_ms, craft.ramp_accel_ms2(leg.speed_ms)
    for _ in range(4):
        top = min(leg.speed_ms, math.sqrt((2 * accel * leg.length_m + entry**2 + leave**2) / 2.0))
        top = max(top, entry, leave, 1e-3)
        accel = craft.ramp_accel_ms2(max(top - min(entry, leave), 1e-3))
    ramps = (2 * top**2 - entry**2 - leave**2) / (2.0 * accel)
    return (2 * top - entry - leave) / accel + max(0.0, leg.length_m - ramps) / top
