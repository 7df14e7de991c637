"""Spline waypoints: a cubic curve between two points, flown as fast as its bends and its end allow.

As in ArduPilot the curve is a Hermite cubic; half of the acceleration is for bends, half for changes of
speed. It leaves a point parallel to the way on: to the next straight leg, or, where the next leg is a spline
as well, to the line from the point before to the point after.
"""

import math
from dataclasses import dataclass, field

from flight.simulator.legs import Moving, Point

_SHARE = 0.5  # of the acceleration, for bends and for speed each
_LONGEST = 4.0  # the two tangents together, in lengths of the way


@dataclass(frozen=True, slots=True)
class Vector:
    """Three dimensions: north + 1j * east, and up."""

    flat: complex = 0j
    up: float = 0.0

    @property
    def length(self) -> float:
        return math.hypot(abs(self.flat), self.up)

    def times(self, factor: float) -> "Vector":
        return Vector(self.flat * factor, self.up * factor)

    def plus(self, other: "Vector") -> "Vector":
        return Vector(self.flat + other.flat, self.up + other.up)

    def dot(self, other: "Vector") -> float:
        return (self.flat * other.flat.conjugate()).real + self.up * other.up

    @classmethod
    def between(cls, start: Point, end: Point) -> "Vector":
        """From one point to another."""
        return cls(end.place - start.place, end.height_m - start.height_m)


@dataclass(frozen=True, slots=True)
class Kinematics:
    """Speeds in m/s over ground, up and down; accelerations in m/s2 over ground and vertically."""

    speed_ms: float
    up_ms: float
    down_ms: float
    accel_mss: float
    rise_mss: float

    def speed_along(self, way: Vector) -> float:
        """The greatest speed in a direction."""
        return _along(way, self.speed_ms, self.up_ms if way.up > 0.0 else self.down_ms)

    def accel_along(self, way: Vector) -> float:
        """The greatest acceleration in a direction."""
        return _along(way, self.accel_mss, self.rise_mss)


def _along(way: Vector, flat_most: float, steep_most: float) -> float:
    length = way.length
    if length <= 0.0:
        return 0.0
    flat, steep = abs(way.flat) / length, abs(way.up) / length
    return min(flat_most / flat if flat > 0.0 else math.inf, steep_most / steep if steep > 0.0 else math.inf)


@dataclass(slots=True)
class SplineLeg:
    """A curve from `start` to `end`, entered and left along tangents; `share` of it is flown.

    `speed_ms` is the target's along it, `exit_ms` what it may have at the end.
    """

    start: Point
    end: Point
    enter: Vector
    leave: Vector
    limits: Kinematics
    speed_ms: float = 0.0
    share: float = 0.0
    exit_ms: float = 0.0
    entry_ms: float = 0.0
    _powers: tuple[Vector, Vector, Vector] = field(init=False)

    def __post_init__(self) -> None:
        way = Vector.between(self.start, self.end)
        both, most = self.enter.length + self.leave.length, _LONGEST * way.length
        scale = most / both if both > most else 1.0
        enter, leave = self.enter.times(scale), self.leave.times(scale)
        second = way.times(3.0).plus(enter.times(-2.0)).plus(leave.times(-1.0))
        third = way.times(-2.0).plus(enter).plus(leave)
        self._powers = (enter, second, third)
        if way.length <= 0.0:
            self.share = 1.0
            return
        self.entry_ms = self._bend(0.0)[1]
        self.exit_ms = self._bend(1.0)[1] if self.leave.length > 0.0 else 0.0

    @property
    def done(self) -> bool:
        return self.share >= 1.0

    @property
    def left_s(self) -> float:
        """A curve is left at its end, not before."""
        return 0.0 if self.done else math.inf

    def slow_at_end(self, speed_ms: float) -> None:
        """Leave it no faster than this."""
        self.exit_ms = min(self.exit_ms, speed_ms)

    def advance(self, dt: float) -> Moving:
        """The target now; then it moves on by `dt` seconds."""
        way, speed_ms, step = self._bend(self.share, self.speed_ms * dt)
        here = self._place(self.share)
        accel = _SHARE * self.limits.accel_along(way)
        left = Vector.between(Point(here.flat, here.up), Point(self.end.place, self.end.height_m)).length
        most = min(speed_ms, math.sqrt(2.0 * accel * left + self.exit_ms**2))
        self.speed_ms = max(self.speed_ms - accel * dt, min(self.speed_ms + accel * dt, most))
        self.share = min(1.0, self.share + step)
        return Moving(here.flat, here.up, way.flat * self.speed_ms, way.up * self.speed_ms)

    def _place(self, u: float) -> Vector:
        first, second, third = self._powers
        moved = first.times(u).plus(second.times(u * u)).plus(third.times(u * u * u))
        return Vector(self.start.place, self.start.height_m).plus(moved)

    def _bend(self, u: float, ahead_m: float = 0.0) -> tuple[Vector, float, float]:
        """The direction at a share, the greatest speed through its bend, and the share that `ahead_m` are."""
        first, second, third = self._powers
        tangent = first.plus(second.times(2.0 * u)).plus(third.times(3.0 * u * u))
        turn = second.times(2.0).plus(third.times(6.0 * u))
        length = tangent.length
        if length > 1e-9:
            way, step = tangent.times(1.0 / length), ahead_m / length
        elif turn.length > 1e-9:
            way, step = turn.times(1.0 / turn.length), math.sqrt(2.0 * ahead_m / turn.length)
        else:
            rest = third.times(6.0).length
            way, step = third.times(6.0 / rest), (6.0 * ahead_m / rest) ** (1.0 / 3.0)
        most = self.limits.speed_along(way)
        across = turn.plus(way.times(-turn.dot(way)))
        allowed = _SHARE * self.limits.accel_along(across)
        if length > 0.0 and allowed > 0.0 and across.length > 1e-9:
            most = min(most, length / math.sqrt(across.length / allowed))
        return way, most, step
