"""A jerk-limited speed profile along a straight line: ramp, cruise, ramp down to rest."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a vehicle may do along a line: speed m/s, acceleration m/s2, jerk m/s3, its change (snap) m/s4.

    The jerk comes and goes as a raised cosine; with an endless snap it jumps.
    """

    speed_ms: float
    accel_mss: float
    jerk_msss: float
    snap_mssss: float = math.inf

    @property
    def ease_s(self) -> float:
        """How long the jerk takes to come."""
        return self.jerk_msss * math.pi / (2.0 * self.snap_mssss)


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a profile is: metres along it, speed and acceleration."""

    along_m: float
    speed_ms: float
    accel_mss: float


@dataclass(frozen=True, slots=True)
class Rising:
    """An acceleration that comes: the jerk eases in for `ease_s`, holds and eases out, `rise_s` in all."""

    jerk: float
    ease_s: float
    rise_s: float

    @property
    def accel_mss(self) -> float:
        """What it comes to."""
        return self.jerk * (self.rise_s - self.ease_s)

    def at(self, t: float) -> tuple[float, float, float]:
        """Acceleration, and speed and way gained, after `t` seconds."""
        left = self.rise_s - t
        if t < self.ease_s:
            return self._easing(t)
        if left >= self.ease_s:
            return self._steady(t)
        most = self.accel_mss
        speed, way = most * self.rise_s / 2.0, self._whole_way()
        accel, slower, nearer = self._easing(max(0.0, left))
        return most - accel, speed - most * left + slower, way - speed * left + most * left**2 / 2.0 - nearer

    def _easing(self, t: float) -> tuple[float, float, float]:
        if self.ease_s <= 0.0:
            return 0.0, 0.0, 0.0
        half, turn = self.jerk / 2.0, math.pi / self.ease_s
        sine, cosine = math.sin(turn * t) / turn, (math.cos(turn * t) - 1.0) / turn**2
        return half * (t - sine), half * (t**2 / 2.0 + cosine), half * (t**3 / 6.0 - (t - sine) / turn**2)

    def _steady(self, t: float) -> tuple[float, float, float]:
        since, offset = t - self.ease_s / 2.0, self.ease_s**2 * (0.125 - math.pi**-2)
        return (
            self.jerk * since,
            self.jerk * (since**2 / 2 + offset),
            self.jerk * (since**3 / 6 + offset * since),
        )

    def _whole_way(self) -> float:
        ease, most = self.ease_s, self.accel_mss
        _, _, way = self._steady(self.rise_s - ease)
        eased = self._easing(ease)[2]
        return way + most * self.rise_s / 2.0 * ease - most * ease**2 / 2.0 + eased


@dataclass(frozen=True, slots=True)
class Ramp:
    """A change of speed from `start_ms` to `end_ms`: the acceleration comes, holds for `hold_s` and goes."""

    start_ms: float
    end_ms: float
    rising: Rising
    hold_s: float

    @classmethod
    def between(cls, start_ms: float, end_ms: float, limits: Limits) -> "Ramp":
        change, ease, jerk = abs(end_ms - start_ms), limits.ease_s, limits.jerk_msss
        accel = min(limits.accel_mss, jerk * (math.sqrt(ease**2 + 4.0 * change / jerk) - ease) / 2.0)
        if accel < jerk * ease:
            ease = min(ease, (change * math.pi / (4.0 * limits.snap_mssss)) ** (1.0 / 3.0))
            ease = min(ease, math.sqrt(limits.accel_mss * math.pi / (2.0 * limits.snap_mssss)))
            jerk = 2.0 * limits.snap_mssss * ease / math.pi
            accel = jerk * ease
        rise = ease + accel / jerk if jerk > 0.0 else 0.0
        hold = max(0.0, change / accel - rise) if accel > 0.0 else 0.0
        return cls(start_ms, end_ms, Rising(math.copysign(jerk, end_ms - start_ms), ease, rise), hold)

    @property
    def duration_s(self) -> float:
        return 2.0 * self.rising.rise_s + self.hold_s

    @property
    def length_m(self) -> float:
        return (self.start_ms + self.end_ms) / 2.0 * self.duration_s

    def at(self, t: float) -> Motion:
        """The motion `t` seconds after the ramp began."""
        rise = self.rising.rise_s
        if t >= rise + self.hold_s:
            return self._going(max(0.0, self.duration_s - t))
        first = min(t, rise)
        accel, faster, way = self.rising.at(first)
        speed, held = self.start_ms + faster, t - first
        along = self.start_ms * first + way + speed * held + 0.5 * accel * held**2
        return Motion(along, speed + accel * held, accel)

    def _going(self, left: float) -> Motion:
        accel, faster, way = self.rising.at(left)
        return Motion(self.length_m - self.end_ms * left + way, self.end_ms - faster, accel)


@dataclass(frozen=True, slots=True)
class Curve:
    """A profile of `length_m`: `up` to the cruising speed, `cruise_s` at it, `down` to its last speed."""

    length_m: float
    up: Ramp
    cruise_s: float
    down: Ramp

    @classmethod
    def plan(cls, length_m: float, limits: Limits, start_ms: float = 0.0, end_ms: float = 0.0) -> "Curve":
        """The quickest profile over `length_m` from `start_ms` to `end_ms` (rest) within the limits.

        Where even braking at once is too long, the profile brakes at once and its length is longer.
        """
        peak = _peak_speed(length_m, limits, start_ms, end_ms)
        up, down = Ramp.between(start_ms, peak, limits), Ramp.between(peak, min(peak, end_ms), limits)
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
            return Motion(self.length_m, self.down.end_ms, 0.0)
        motion = self.down.at(t)
        before = self.length_m - self.down.length_m
        return Motion(before + motion.along_m, motion.speed_ms, motion.accel_mss)


def _peak_speed(length_m: float, limits: Limits, start_ms: float, end_ms: float) -> float:
    def needed(peak: float) -> float:
        up, down = Ramp.between(start_ms, peak, limits), Ramp.between(peak, min(peak, end_ms), limits)
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
