"""Straight legs: points, a target's motion, and the line between two points flown by a profile."""

import math
from dataclasses import dataclass

from flight.simulator.curve import Curve

_LAST_S = 0.12  # in which a leg that stops moves less than single precision can tell


@dataclass(frozen=True, slots=True)
class Point:
    """A place: north + 1j * east metres, and metres above home."""

    place: complex
    height_m: float

    def distance_m(self, other: "Point") -> float:
        return math.hypot(abs(self.place - other.place), self.height_m - other.height_m)


@dataclass(frozen=True, slots=True)
class Moving:
    """A target's place, speed and acceleration; horizontal values complex, vertical ones beside them."""

    place: complex = 0j
    height_m: float = 0.0
    velocity: complex = 0j
    climb_ms: float = 0.0
    accel: complex = 0j
    climb_mss: float = 0.0

    def slowed(self, pace: float, change: float) -> "Moving":
        """The same at another pace, which changes by `change` a second."""
        velocity, accel = self.velocity * pace, self.accel * pace**2 + self.velocity * change
        climb_mss = self.climb_mss * pace**2 + self.climb_ms * change
        return Moving(self.place, self.height_m, velocity, self.climb_ms * pace, accel, climb_mss)

    def plus(self, other: "Moving") -> "Moving":
        return Moving(
            self.place + other.place,
            self.height_m + other.height_m,
            self.velocity + other.velocity,
            self.climb_ms + other.climb_ms,
            self.accel + other.accel,
            self.climb_mss + other.climb_mss,
        )


@dataclass(slots=True)
class Leg:
    """A straight line flown by a profile; `elapsed_s` runs once the leg has begun."""

    start: Point
    end: Point
    curve: Curve
    elapsed_s: float = 0.0
    most_ms: float = 0.0  # the limits' speed along it

    @property
    def length_m(self) -> float:
        return self.start.distance_m(self.end)

    @property
    def left_s(self) -> float:
        return self.curve.duration_s - self.elapsed_s

    @property
    def done(self) -> bool:
        return self.left_s <= _LAST_S

    def _direction(self) -> tuple[complex, float]:
        length = self.length_m
        if length < 1e-6:
            return 0j, 0.0
        return (self.end.place - self.start.place) / length, (
            self.end.height_m - self.start.height_m
        ) / length

    def from_start(self, t: float) -> Moving:
        """The motion at time `t`, its place relative to the leg's start."""
        motion = self.curve.at(t)
        flat, steep = self._direction()
        return Moving(
            flat * motion.along_m,
            steep * motion.along_m,
            flat * motion.speed_ms,
            steep * motion.speed_ms,
            flat * motion.accel_mss,
            steep * motion.accel_mss,
        )

    def from_end(self, t: float) -> Moving:
        """The same relative to the leg's end."""
        start, end = self.start, self.end
        back = Moving(start.place - end.place, start.height_m - end.height_m)
        return self.from_start(t).plus(back)
