"""A jerk-limited speed profile along a straight line: ramp, cruise, ramp down to rest."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a vehicle may do along a line: speed m/s, acceleration m/s2, jerk m/s3."""

    speed_ms: float
    accel_mss: float
    jerk_msss: float


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a profile is: metres along it, speed and acceleration."""

    along_m: float
    speed_ms: float
    accel_mss: float


@dataclass(frozen=True, slots=True)
class Ramp:
    """A change of speed from `start_ms` to `end_ms`: the acceleration rises, holds and falls.

    `rise_s` is the time of each jerk phase, `hold_s` that of constant acceleration.
    """

    start_ms: float
    end_ms: float
    jerk: float
    rise_s: float
    hold_s: float

    @classmethod
    def between(cls, start_ms: float, end_ms: float, limits: Limits) -> "Ramp":
        change = abs(end_ms - start_ms)
        rise = min(limits.accel_mss / limits.jerk_msss, math.sqrt(change / limits.jerk_msss))
        hold = max(0.0, change / limits.accel_mss - rise) if rise > 0.0 else 0.0
        jerk = math.copysign(limits.jerk_msss, end_ms - start_ms)
        return cls(start_ms, end_ms, jerk, rise, hold)

    @property
    def duration_s(self) -> float:
        return 2.0 * self.rise_s + self.hold_s

    @property
    def length_m(self) -> float:
        return (self.start_ms + self.end_ms) / 2.0 * self.duration_s

    def at(self, t: float) -> Motion:
        """The motion `t` seconds after the ramp began."""
        if t >= self.rise_s + self.hold_s:
            return self._falling(max(0.0, self.duration_s - t))
        first = min(t, self.rise_s)
        accel = self.jerk * first
        speed = self.start_ms + 0.5 * self.jerk * first**2
        along = self.start_ms * first + self.jerk * first**3 / 6.0
        held = t - first
        along += speed * held + 0.5 * accel * held**2
        return Motion(along, speed + accel * held, accel)

    def _falling(self, left: float) -> Motion:
        speed = self.end_ms - 0.5 * self.jerk * left**2
        along = self.length_m - self.end_ms * left + self.jerk * left**3 / 6.0
        return Motion(along, speed, self.jerk * left)


@dataclass(frozen=True, slots=True)
class Curve:
    """A profile of `length_m`: `up` to the cruising speed, `cruise_s` at it, `down` to rest."""

    length_m: float
    up: Ramp
    cruise_s: float
    down: Ramp

    @classmethod
    def plan(cls, length_m: float, limits: Limits, start_ms: float = 0.0) -> "Curve":
        """The quickest profile over `length_m` from `start_ms` to rest within the limits.

        Where even braking at once is too long, the profile brakes at once and its length is longer.
        """
        peak = _peak_speed(length_m, limits, start_ms)
        up, down = Ramp.between(start_ms, peak, limits), Ramp.between(peak, 0.0, limits)
        left = length_m - up.length_m - down.length_m
        cruise = left / peak if peak > 1e-6 and left > 0.0 else 0.0
        return cls(max(length_m, up.length_m + down.length_m), up, cruise, down)

    @property
    def duration_s(self) -> float:
        return self.up.duration_s + self.cruise_s + self.down.duration_s

    @property
    def braking_from_s(self) -> float:
        """When the profile begins to brake."""
        return self.up.duration_s + self.cruise_s

    @property
    def peak_ms(self) -> float:
        return self.up.end_ms

    def at(self, t: float) -> Motion:
        """The motion `t` seconds after the start; at rest at the end of the line afterwards."""
        if t <= 0.0:
            return Motion(0.0, self.up.start_ms, 0.0)
        if t < self.up.duration_s:
            return self.up.at(t)
        t -= self.up.duration_s
        if t < self.cruise_s:
            return Motion(self.up.length_m + self.peak_ms * t, self.peak_ms, 0.0)
        t -= self.cruise_s
        if t >= self.down.duration_s:
            return Motion(self.length_m, 0.0, 0.0)
        motion = self.down.at(t)
        before = self.length_m - self.down.length_m
        return Motion(before + motion.along_m, motion.speed_ms, motion.accel_mss)


def _peak_speed(length_m: float, limits: Limits, start_ms: float) -> float:
    def needed(peak: float) -> float:
        up, down = Ramp.between(start_ms, peak, limits), Ramp.between(peak, 0.0, limits)
        return up.length_m + down.length_m

    if needed(limits.speed_ms) <= length_m:
        return limits.speed_ms
    if needed(start_ms) >= length_m:
        return min(start_ms, limits.speed_ms)
    low, high = start_ms, limits.speed_ms
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if needed(middle) <= length_m else (low, middle)
    return low
