"""Flying straight legs: the target that moves along them, slows at corners and blends into the next leg.

As in ArduPilot, the head of the next leg is added to the tail of this one, early enough that the corner
stays within the waypoint's radius and the cornering acceleration within its limit.
"""

import math
from dataclasses import dataclass, field, replace

from core.units import cm_to_m
from flight.simulator.airframe import Airframe
from flight.simulator.control import Target
from flight.simulator.curve import Curve, Limits
from flight.simulator.geometry import heading
from flight.simulator.params import Params

_JERK_RISE_S = 0.3  # twice ATC_INPUT_TC: the attitude controller's share in a change of jerk
_SCALE_TC_S = 1.0
_YAW_LEG_M = 2.0
_STOP_JERK = 5.0  # PSC_JERK_XY: stopping is less gentle than flying a leg


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

    def plus(self, other: "Moving") -> "Moving":
        return Moving(
            self.place + other.place,
            self.height_m + other.height_m,
            self.velocity + other.velocity,
            self.climb_ms + other.climb_ms,
            self.accel + other.accel,
        )


@dataclass(slots=True)
class Leg:
    """A straight line flown by a profile; `elapsed_s` runs once the leg has begun."""

    start: Point
    end: Point
    curve: Curve
    elapsed_s: float = 0.0

    @property
    def length_m(self) -> float:
        return self.start.distance_m(self.end)

    @property
    def left_s(self) -> float:
        return self.curve.duration_s - self.elapsed_s

    @property
    def done(self) -> bool:
        return self.left_s <= 0.0

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
        )

    def from_end(self, t: float) -> Moving:
        """The same relative to the leg's end."""
        start, end = self.start, self.end
        back = Moving(start.place - end.place, start.height_m - end.height_m)
        return self.from_start(t).plus(back)


@dataclass(slots=True)
class Navigator:
    """The moving target. `speed_ms` None flies at WPNAV_SPEED."""

    params: Params
    speed_ms: float | None = None
    up_ms: float | None = None
    down_ms: float | None = None
    leg: Leg | None = None
    tail: Leg | None = None  # the leg before, still fading out
    ahead: Leg | None = None  # the leg after, if this corner is flown through
    paused: bool = False
    stopping: bool = False  # the leg only brakes
    yaw_rad: float = 0.0
    _scale: float = field(default=1.0)
    _new_speed: bool = False

    @property
    def cruise_ms(self) -> float:
        return self.speed_ms or cm_to_m(self.params["WPNAV_SPEED"])

    @property
    def radius_m(self) -> float:
        return cm_to_m(self.params["WPNAV_RADIUS"])

    @property
    def destination(self) -> Point | None:
        return self.leg.end if self.leg else None

    def limits(self, start: Point, end: Point, jerk: float | None = None) -> Limits:
        """What the vehicle may do along the line between two points."""
        length = max(start.distance_m(end), 1e-6)
        flat = max(abs(end.place - start.place) / length, 1e-6)
        steep = max(abs(end.height_m - start.height_m) / length, 1e-6)
        up = self.up_ms or cm_to_m(self.params["WPNAV_SPEED_UP"])
        down = self.down_ms or cm_to_m(self.params["WPNAV_SPEED_DN"])
        vertical = up if end.height_m >= start.height_m else down
        accel = cm_to_m(min(self.params["WPNAV_ACCEL"] / flat, self.params["WPNAV_ACCEL_Z"] / steep))
        rise_s = accel / (jerk or self.params["WPNAV_JERK"]) + _JERK_RISE_S
        return Limits(min(self.cruise_ms / flat, vertical / steep), accel, accel / rise_s)

    def fly_to(self, air: Airframe, end: Point, then: Point | None = None) -> None:
        """Fly to a point, and through it where the point after is known."""
        if self.ahead is not None and self.leg is not None and self.ahead.end == end:
            self.tail = self.leg if not self.leg.done else None
            self.leg = self.ahead
        else:
            self._start(air, end)
        self.paused = self.stopping = False
        self.ahead = self._plan(end, then) if then is not None and then.distance_m(end) > 0.1 else None

    def _start(self, air: Airframe, end: Point) -> None:
        start = self._rest_point(air)
        along = self._along(air, start, end)
        self.tail = None
        self._scale = 1.0
        self.leg = Leg(start, end, Curve.plan(start.distance_m(end), self.limits(start, end), along))

    def _rest_point(self, air: Airframe) -> Point:
        """Where a new leg begins: where the last one ends if the vehicle is about there, else here."""
        here = Point(air.position, air.height_m)
        if self.leg is None:
            return here
        if self.nearly_stopped(air):
            return Point(self.leg.end.place, air.height_m)
        settled = self.leg.done and abs(air.velocity) < 1.0 and here.distance_m(self.leg.end) < 3.0
        return self.leg.end if settled else here

    @staticmethod
    def _along(air: Airframe, start: Point, end: Point) -> float:
        length = start.distance_m(end)
        if length < 1e-6:
            return 0.0
        flat = (end.place - start.place) / length
        return max(0.0, (air.velocity * flat.conjugate()).real)

    def _plan(self, start: Point, end: Point) -> Leg:
        return Leg(start, end, Curve.plan(start.distance_m(end), self.limits(start, end)))

    def stop(self, air: Airframe, jerk: float | None = None, *, harder: float = 1.0) -> None:
        """Brake along the present course, `harder` than WPNAV_ACCEL, and stay there."""
        speed = abs(air.velocity)
        here = Point(air.position, air.height_m)
        beyond = Point(air.position + (air.velocity / speed if speed > 0.05 else 0j), air.height_m)
        limits = self.limits(here, beyond, jerk)
        limits = replace(limits, accel_mss=harder * limits.accel_mss)
        curve = Curve.plan(0.0, limits, speed if speed > 0.05 else 0.0)
        end = Point(here.place + (beyond.place - here.place) * curve.length_m, here.height_m)
        self.leg, self.tail, self.ahead, self._scale = Leg(here, end, curve), None, None, 1.0
        self.stopping = True

    def nearly_stopped(self, air: Airframe) -> bool:
        """Whether the vehicle, braking, is within a waypoint's radius of where it will stand."""
        leg = self.leg
        return self.stopping and leg is not None and abs(leg.end.place - air.position) <= self.radius_m

    def pause(self) -> None:
        """Slow down along the leg and wait on it."""
        if self.leg is not None and not self.paused:
            self.paused = True
            self.ahead = None
            self.leg = self._replanned(self.leg, jerk=_STOP_JERK, stop=True)

    def resume(self) -> None:
        """Go on with a leg that was paused."""
        if self.leg is not None and self.paused:
            self.paused = False
            self.leg = self._replanned(self.leg, jerk=_STOP_JERK)

    def change_speed(self) -> None:
        """Take on a new speed, also on a leg: once its first ramp is flown, unless it brakes."""
        if self.ahead is not None and self.ahead.elapsed_s <= 0.0:
            self.ahead = self._plan(self.ahead.start, self.ahead.end)
        self._new_speed = True

    def _take_new_speed(self) -> None:
        leg = self.leg
        if leg is None or self.paused or leg.elapsed_s < leg.curve.up.duration_s:
            return
        self._new_speed = False
        if leg.elapsed_s < leg.curve.braking_from_s:
            self.leg = self._replanned(leg)

    def _replanned(self, leg: Leg, *, jerk: float | None = None, stop: bool = False) -> Leg:
        """A new profile from where the target is on a leg; the leg keeps its end as its goal."""
        if leg.length_m < 1e-3:
            return leg
        limits = self.limits(leg.start, leg.end, jerk)
        now = leg.curve.at(leg.elapsed_s)
        share = min(1.0, now.along_m / leg.length_m)
        here = Point(
            leg.start.place + (leg.end.place - leg.start.place) * share,
            leg.start.height_m + (leg.end.height_m - leg.start.height_m) * share,
        )
        length = 0.0 if stop else here.distance_m(leg.end)
        elapsed = 1e-9 if leg.elapsed_s > 0.0 else 0.0
        return Leg(here, leg.end, Curve.plan(length, limits, now.speed_ms), elapsed)

    def advance(self, dt: float, air: Airframe) -> Target:
        """Move the target on by `dt` seconds, slower where the vehicle cannot follow."""
        if self._new_speed:
            self._take_new_speed()
        leg = self.leg
        if leg is None:
            return Target(air.position, height_m=air.height_m, yaw_rad=self.yaw_rad)
        step = dt * self._scale
        leg.elapsed_s += step
        moving = Moving(leg.start.place, leg.start.height_m).plus(leg.from_start(leg.elapsed_s))
        moving = moving.plus(self._fade(step)).plus(self._turn_in(step, leg))
        self._rescale(dt, moving, air)
        self._look(leg, moving)
        return Target(
            moving.place,
            moving.velocity,
            moving.accel,
            moving.height_m,
            moving.climb_ms,
            self.yaw_rad,
        )

    def _fade(self, step: float) -> Moving:
        if self.tail is None:
            return Moving()
        self.tail.elapsed_s += step
        moving = self.tail.from_end(self.tail.elapsed_s)
        if self.tail.done:
            self.tail = None
        return moving

    def _turn_in(self, step: float, leg: Leg) -> Moving:
        ahead = self.ahead
        if ahead is None:
            return Moving()
        if ahead.elapsed_s > 0.0 or self._may_turn(leg, ahead):
            ahead.elapsed_s += step
            return ahead.from_start(ahead.elapsed_s)
        return Moving()

    def _may_turn(self, leg: Leg, ahead: Leg) -> bool:
        """Whether turning now keeps the middle of the corner inside radius, speed and acceleration."""
        left = leg.left_s
        if leg.curve.at(leg.elapsed_s).along_m < 0.5 * leg.length_m or left > 0.5 * ahead.curve.duration_s:
            return left <= 0.0
        middle = leg.from_end(leg.elapsed_s + left / 2.0).plus(ahead.from_start(left / 2.0))
        slowest = min(leg.curve.peak_ms, ahead.curve.peak_ms)
        corner = cm_to_m(self.params["WPNAV_ACCEL_C"] or 2.0 * self.params["WPNAV_ACCEL"])
        within = math.hypot(abs(middle.place), middle.height_m) < self.radius_m
        return within and abs(middle.velocity) < slowest + 1e-6 and abs(middle.accel) < corner

    def _rescale(self, dt: float, moving: Moving, air: Airframe) -> None:
        speed = abs(moving.velocity)
        wanted = 1.0
        if speed > 0.1:
            along = moving.velocity / speed
            behind = ((moving.place - air.position) * along.conjugate()).real
            made = (air.velocity * along.conjugate()).real
            wanted = 0.05 + (made - self.params["PSC_POSXY_P"] * behind) / speed
            wanted = max(0.0, min(1.0, wanted)) if behind > 0.0 else 1.0
        self._scale += (wanted - self._scale) * min(1.0, dt / _SCALE_TC_S)

    def _look(self, leg: Leg, moving: Moving) -> None:
        fast = abs(moving.velocity) > 0.05 * self.cruise_ms
        if (
            fast
            and abs(leg.end.place - leg.start.place) > _YAW_LEG_M
            and self.params.integer("WP_YAW_BEHAVIOR")
        ):
            self.yaw_rad = heading(moving.velocity)

    def reached(self, air: Airframe) -> bool:
        """Whether the leg is flown: to its end and near it, or far enough into the next one."""
        leg = self.leg
        if leg is None:
            return True
        if self.paused:
            return False
        if self.ahead is not None:
            return self.ahead.elapsed_s > 0.0 and self.ahead.elapsed_s >= leg.left_s
        return leg.done and Point(air.position, air.height_m).distance_m(leg.end) <= self.radius_m
