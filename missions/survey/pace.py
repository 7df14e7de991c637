"""The motion of `missions.motion` as tables, for the many times that comparing plans asks for."""

import math
from dataclasses import dataclass

import numba
import numpy as np

from core.geo import FloatArray
from core.wind import Wind
from missions.aircraft import Aircraft
from missions.energy import SLOWEST_MS, reachable_ground_speed

COSINES = 65
TOPS = 17
LENGTHS = 1000
_HALVINGS = 24
Motion = tuple[float, float, float, float, float, float, float]
Tables = tuple[FloatArray, FloatArray, Motion, FloatArray]


@dataclass(frozen=True, slots=True)
class Pace:
    """How the aircraft moves on survey.

    `speeds_ms` (360,) over the ground by course, 0 = no way against the wind; `shared_s` (cosines, tops,
    tops) seconds that two legs share at a corner; `motion` speed, acceleration, jerk, its ease, radius and
    acceleration of corners, and the shortest leg that is flown at full speed; `tops_ms` (lengths,) the top
    speed on legs up to that. `away` are the tables of the ways from home and back, flown at cruising speed.
    """

    speeds_ms: FloatArray
    shared_s: FloatArray
    motion: Motion
    tops_ms: FloatArray
    away: Tables

    @property
    def tables(self) -> Tables:
        """All of it, as compiled code takes it."""
        return self.speeds_ms, self.shared_s, self.motion, self.tops_ms


def make_pace(craft: Aircraft, wind: Wind, survey_ms: float) -> Pace:
    """The pace of an aircraft that wants to fly `survey_ms` over the ground."""
    return Pace(*_tables(craft, wind, survey_ms), away=_tables(craft, wind, max(survey_ms, craft.cruise_ms)))


def _tables(craft: Aircraft, wind: Wind, survey_ms: float) -> Tables:
    speeds = np.zeros(360)
    for course in range(360):
        east, north = math.sin(math.radians(course)), math.cos(math.radians(course))
        speeds[course] = reachable_ground_speed(east, north, survey_ms, wind, craft.max_airspeed_ms)
    speeds[speeds < min(SLOWEST_MS, 0.9 * survey_ms)] = 0.0
    limits = craft.limits(1.0, 0.0, survey_ms)
    corner = craft.waypoint_radius_m, craft.corner_accel_ms2
    motion = (survey_ms, limits.accel_ms2, limits.jerk_ms3, limits.ease_s, *corner, 0.0)
    motion = (*motion[:-1], _full_m(motion))
    return speeds, _shared_table(motion), motion, _tops_table(motion)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def speed_on(east: float, north: float, tables: Tables) -> float:
    """The speed over the ground along a unit course; 0 for no course or no way."""
    if east == 0.0 and north == 0.0:
        return 0.0
    return float(tables[0][round(math.degrees(math.atan2(east, north))) % 360])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def ride_s(length: float, speed: float, tables: Tables) -> float:
    """Seconds from rest to rest over a leg, as `missions.motion.ride`."""
    return float(ridden_s(length, top_ms(length, speed, tables), tables))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def ridden_s(length: float, top: float, tables: Tables) -> float:
    """The same for a leg whose top speed is known."""
    if top <= 0.0:
        return 0.0
    ramp = _ramp_s(top, tables[2])
    return float(max(length / top, ramp) + ramp)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def corner_s(before: float, speed: float, after: float, then: float, cosine: float, tables: Tables) -> float:
    """Seconds that legs of these lengths and speeds share at a corner, as `missions.motion.shared_s`."""
    one, two = top_ms(before, speed, tables), top_ms(after, then, tables)
    ride, onward = ridden_s(before, one, tables), ridden_s(after, two, tables)
    return float(saved_s(one, ride, two, onward, cosine, tables))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def saved_s(one: float, ride: float, two: float, onward: float, cosine: float, tables: Tables) -> float:
    """Seconds that legs of two top speeds and durations share at a corner."""
    if one <= 0.0 or two <= 0.0:
        return 0.0
    full = tables[2][0]
    c = min(max((cosine + 1.0) / 2.0, 0.0), 1.0) * (COSINES - 1)
    a, b = min(one / full, 1.0) * (TOPS - 1), min(two / full, 1.0) * (TOPS - 1)
    return float(min(_read(tables[1], c, a, b), ride / 2.0, onward / 2.0))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _read(table: FloatArray, c: float, a: float, b: float) -> float:
    """A value between the table's points, linear along each axis."""
    i, j, k = min(int(c), COSINES - 2), min(int(a), TOPS - 2), min(int(b), TOPS - 2)
    u, v, w = c - i, a - j, b - k
    low = (table[i, j, k] * (1 - v) + table[i, j + 1, k] * v) * (1 - w)
    low += (table[i, j, k + 1] * (1 - v) + table[i, j + 1, k + 1] * v) * w
    high = (table[i + 1, j, k] * (1 - v) + table[i + 1, j + 1, k] * v) * (1 - w)
    high += (table[i + 1, j, k + 1] * (1 - v) + table[i + 1, j + 1, k + 1] * v) * w
    return float(low * (1 - u) + high * u)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def top_ms(length: float, speed: float, tables: Tables) -> float:
    """The greatest speed on a leg flown from rest to rest."""
    if length <= 0.0 or speed <= 0.0:
        return 0.0
    motion, tops = tables[2], tables[3]
    at = length / motion[6] * (LENGTHS - 1)
    if at >= LENGTHS - 1:
        return speed
    k = int(at)
    return float(min(speed, tops[k] + (at - k) * (tops[k + 1] - tops[k])))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _peak(change: float, motion: Motion) -> float:
    jerk, ease = motion[2], motion[3]
    return min(motion[1], jerk * (math.sqrt(ease * ease + 4.0 * change / jerk) - ease) / 2.0)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _ramp_s(change: float, motion: Motion) -> float:
    if change < 1e-9:
        return 0.0
    accel = _peak(change, motion)
    return float(change / accel + motion[3] + accel / motion[2])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _from_rest(seconds: float, accel: float, motion: Motion) -> tuple[float, float, float]:
    """Metres, m/s and m/s2 so many seconds after rest, when the acceleration grows up to `accel`."""
    jerk = motion[2]
    rise, t = accel / jerk, max(0.0, seconds - motion[3] / 2.0)
    if t <= rise:
        return jerk * t**3 / 6.0, jerk * t**2 / 2.0, jerk * t
    speed, way = accel * rise / 2.0, accel * rise**2 / 6.0
    return way + speed * (t - rise) + accel * (t - rise) ** 2 / 2.0, speed + accel * (t - rise), accel


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _full_m(motion: Motion) -> float:
    """The shortest leg that is flown at full speed."""
    return float(motion[0] * _ramp_s(motion[0], motion))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _tops_table(motion: Motion) -> FloatArray:
    table = np.zeros(LENGTHS)
    longest = motion[6]
    for k in range(LENGTHS):
        low, high = 0.0, motion[0]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if middle * _ramp_s(middle, motion) <= longest * k / (LENGTHS - 1):
                low = middle
            else:
                high = middle
        table[k] = high
    return table


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _shared_table(motion: Motion) -> FloatArray:
    """Seconds shared by cosine and both top speeds; which of these comes first does not matter."""
    table = np.zeros((COSINES, TOPS, TOPS))
    for i in range(COSINES):
        cosine = 2.0 * i / (COSINES - 1) - 1.0
        for j in range(1, TOPS):
            for k in range(1, j + 1):
                one, two = motion[0] * j / (TOPS - 1), motion[0] * k / (TOPS - 1)
                table[i, j, k] = table[i, k, j] = _shared(one, two, cosine, motion)
    return table


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _shared(one: float, two: float, cosine: float, motion: Motion) -> float:
    low, high = 0.0, float(_ramp_s(one, motion) + _ramp_s(two, motion))
    first, second = _peak(one, motion), _peak(two, motion)
    if _allowed(high, first, second, cosine, motion):
        return high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if _allowed(middle, first, second, cosine, motion):
            low = middle
        else:
            high = middle
    return low


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _allowed(seconds: float, first: float, second: float, cosine: float, motion: Motion) -> bool:
    way, speed, accel = _from_rest(seconds / 2.0, first, motion)
    then_way, then_speed, then_accel = _from_rest(seconds / 2.0, second, motion)
    return bool(
        _sum(-way, then_way, cosine) <= motion[4]
        and _sum(-accel, then_accel, cosine) <= motion[5]
        and _sum(speed, then_speed, cosine) <= motion[0] + 1e-9
    )


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _sum(first: float, second: float, cosine: float) -> float:
    return math.sqrt(max(0.0, first * first + second * second + 2.0 * first * second * cosine))
