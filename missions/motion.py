"""How a vehicle moves along straight legs: ramps of limited jerk, corners where one leg fades into another.

Every leg is a profile of its own from rest to rest. At a corner that is flown through, the next leg begins
before the last has ended, as early as the waypoint's radius, the cornering acceleration and the speed allow
(ArduPilot's S-curves, AC_Math SCurve and AC_WPNav). So a corner saves the seconds that both legs share, and
legs too short to gain full speed are flown slowly even where they lie on one line.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

_HALVINGS = 24


@dataclass(frozen=True, slots=True)
class Limits:
    """What a vehicle may do along a leg: speed m/s, acceleration m/s2, jerk m/s3.

    `ease_s` is how long the jerk takes to come and go.
    """

    speed_ms: float
    accel_ms2: float
    jerk_ms3: float
    ease_s: float = 0.0

    def peak_accel_ms2(self, change_ms: float) -> float:
        """The greatest acceleration of a change of speed: small changes never reach the limit."""
        ease, jerk = self.ease_s, self.jerk_ms3
        most = jerk * (math.sqrt(ease**2 + 4.0 * change_ms / jerk) - ease) / 2.0
        return min(self.accel_ms2, most)

    def ramp_s(self, change_ms: float) -> float:
        """Seconds to change speed by `change_ms`."""
        if change_ms < 1e-9:
            return 0.0
        accel = self.peak_accel_ms2(change_ms)
        return change_ms / accel + self.ease_s + accel / self.jerk_ms3

    def from_rest(self, seconds: float, top_ms: float) -> tuple[float, float, float]:
        """Metres, m/s and m/s2 so many seconds after rest, on the way to `top_ms` (the same before rest)."""
        accel = self.peak_accel_ms2(top_ms)
        rise, t = accel / self.jerk_ms3, max(0.0, seconds - self.ease_s / 2.0)
        if t <= rise:
            return self.jerk_ms3 * t**3 / 6.0, self.jerk_ms3 * t**2 / 2.0, self.jerk_ms3 * t
        speed, way = accel * rise / 2.0, accel * rise**2 / 6.0
        return way + speed * (t - rise) + accel * (t - rise) ** 2 / 2.0, speed + accel * (t - rise), accel


@dataclass(frozen=True, slots=True)
class Ride:
    """A leg flown from rest to rest: its limits, the top speed that its length allows, ramp and cruise."""

    limits: Limits
    top_ms: float
    ramp_s: float
    cruise_s: float

    @property
    def duration_s(self) -> float:
        """From rest to rest."""
        return 2.0 * self.ramp_s + self.cruise_s


@lru_cache(maxsize=4096)
def ride(length_m: float, limits: Limits) -> Ride:
    """The quickest ride over `length_m` within the limits."""
    ramp = limits.ramp_s(limits.speed_ms)
    if limits.speed_ms * ramp <= length_m:
        cruise = length_m / limits.speed_ms - ramp
        return Ride(limits, limits.speed_ms, ramp, cruise)
    low, high = 0.0, limits.speed_ms
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if middle * limits.ramp_s(middle) <= length_m else (low, middle)
    return Ride(limits, high, limits.ramp_s(high), 0.0)


@dataclass(frozen=True, slots=True)
class Turn:
    """A corner: the cosine of its angle, how near it must be passed, and the cornering acceleration."""

    cosine: float
    radius_m: float
    accel_ms2: float


@lru_cache(maxsize=4096)
def shared_s(before: Ride, after: Ride, turn: Turn) -> float:
    """How many seconds the end of one ride and the beginning of the next share at a corner."""
    longest = min(before.duration_s / 2.0, after.duration_s / 2.0, before.ramp_s + after.ramp_s)
    if _allowed(longest, before, after, turn):
        return longest
    low, high = 0.0, longest
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _allowed(middle, before, after, turn) else (low, middle)
    return low


def _allowed(seconds: float, before: Ride, after: Ride, turn: Turn) -> bool:
    """Whether both rides may share so many seconds, judged half-way through the corner."""
    way, speed, accel = before.limits.from_rest(seconds / 2.0, before.top_ms)
    then_way, then_speed, then_accel = after.limits.from_rest(seconds / 2.0, after.top_ms)
    return (
        _sum(-way, then_way, turn.cosine) <= turn.radius_m
        and _sum(-accel, then_accel, turn.cosine) <= turn.accel_ms2
        and _sum(speed, then_speed, turn.cosine) <= min(before.limits.speed_ms, after.limits.speed_ms) + 1e-9
    )


def _sum(first: float, second: float, cosine: float) -> float:
    """The length of the sum of two vectors at an angle."""
    return math.sqrt(max(0.0, first**2 + second**2 + 2.0 * first * second * cosine))
