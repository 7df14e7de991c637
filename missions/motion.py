"""How a vehicle moves along straight legs: ramps of limited jerk, corners where one leg fades into another.

Every leg is a profile of its own from rest to rest. At a corner that is flown through, the next leg begins
before the last has ended, as early as the waypoint's radius, the cornering acceleration and the speed allow
(ArduPilot's S-curves, AC_Math SCurve and AC_WPNav). So a corner saves the seconds that both legs share, and
legs too short to gain full speed are flown slowly even where they lie on one line.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

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
        return self.start(top_ms).after(seconds)

    def start(self, top_ms: float) -> "Start":
        """How rest is left on the way to `top_ms`."""
        accel = self.peak_accel_ms2(top_ms)
        rise = accel / self.jerk_ms3
        return Start(self.jerk_ms3, self.ease_s / 2.0, accel, rise, accel * rise / 2.0, accel * rise**2 / 6.0)


class Start(NamedTuple):
    """From rest: acceleration grows until `rise_s`, at `way_m` and `speed_ms`, and is `accel_ms2` then."""

    jerk_ms3: float
    late_s: float
    accel_ms2: float
    rise_s: float
    speed_ms: float
    way_m: float

    def after(self, seconds: float) -> tuple[float, float, float]:
        """Metres, m/s and m/s2 so many seconds after rest."""
        jerk, late, accel, rise, speed, way = self
        t = max(0.0, seconds - late)
        if t <= rise:
            return jerk * t**3 / 6.0, jerk * t**2 / 2.0, jerk * t
        more = t - rise
        return way + speed * more + accel * more**2 / 2.0, speed + accel * more, accel


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


def shared_s(before: Ride, after: Ride, turn: Turn) -> float:
    """How many seconds the end of one ride and the beginning of the next share at a corner."""
    longest = min(before.duration_s / 2.0, after.duration_s / 2.0, before.ramp_s + after.ramp_s)
    return _shared_s(longest, before.limits, before.top_ms, after.limits, after.top_ms, turn)


@lru_cache(maxsize=16384)
def _shared_s(
    longest: float, before: Limits, before_ms: float, after: Limits, after_ms: float, turn: Turn
) -> float:
    """The same for limits and top speeds, at most `longest`."""
    stop, go = before.start(before_ms), after.start(after_ms)
    fastest_ms = min(before.speed_ms, after.speed_ms) + 1e-9
    if _allowed(longest, stop, go, turn, fastest_ms):
        return longest
    low, high = 0.0, longest
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if _allowed(middle, stop, go, turn, fastest_ms):
            low = middle
        else:
            high = middle
    return low


def _allowed(seconds: float, stop: Start, go: Start, turn: Turn, fastest_ms: float) -> bool:
    """Whether both rides may share so many seconds, judged half-way through the corner."""
    way, speed, accel = stop.after(seconds / 2.0)
    then_way, then_speed, then_accel = go.after(seconds / 2.0)
    cosine = turn.cosine
    return (
        _sum(-way, then_way, cosine) <= turn.radius_m
        and _sum(-accel, then_accel, cosine) <= turn.accel_ms2
        and _sum(speed, then_speed, cosine) <= fastest_ms
    )


def _sum(first: float, second: float, cosine: float) -> float:
    """The length of the sum of two vectors at an angle."""
    return math.sqrt(max(0.0, first**2 + second**2 + 2.0 * first * second * cosine))
