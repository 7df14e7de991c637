"""Flying straight legs: the target that moves along them, slows at corners and blends into the next leg.

As in ArduPilot, the head of the next leg is added to the tail of this one, early enough that the corner
stays within the waypoint's radius and the cornering acceleration within its limit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core.units import cm_to_m
from flight.simulator.airframe import Airframe
from flight.simulator.control import Controller, Target
from flight.simulator.curve import Curve, Limits
from flight.simulator.geometry import heading
from flight.simulator.legs import Leg, Moving, Point
from flight.simulator.params import Params
from flight.simulator.shaping import Reach, Rise
from flight.simulator.spline import Kinematics, SplineLeg, Vector

_INPUT_TC_S = 0.15  # ATC_INPUT_TC: how fast an attitude, and so an acceleration, can change
_YAW_LEG_M = 2.0
_ACTIVE_STEPS = 10


def _level(_place: complex) -> float:
    return 0.0


@dataclass(slots=True)
class Navigator:
    """The moving target. `speed_ms` None flies at WPNAV_SPEED. `through` flies on at the leg's end.

    A leg that is flown `over_ground` has its heights above the ground, which `under` tells of a place.
    """

    params: Params
    controller: Controller
    speed_ms: float | None = None
    up_ms: float | None = None
    down_ms: float | None = None
    leg: Leg | SplineLeg | None = None
    tail: Leg | None = None  # the leg before, still fading out
    ahead: Leg | None = None  # the leg after, if this corner is flown through
    through: bool = False
    paused: bool = False
    stopping: bool = False  # the leg only brakes
    yaw_rad: float = 0.0
    over_ground: bool = False
    under: Callable[[complex], float] = _level
    _ground: Rise = field(default_factory=Rise)  # as it is followed
    _scale: float = field(default=1.0)
    _new_speed: bool = False
    _speed: Rise | None = None  # over ground while a pause begins, lasts or ends
    _wanted_ms: float = 0.0  # the target's own speed
    _step: int = -1_000  # the controller's, when the target was last moved

    @property
    def cruise_ms(self) -> float:
        return self.speed_ms or self.controller.gains.speed_ms

    @property
    def radius_m(self) -> float:
        return self.controller.gains.radius_m

    @property
    def destination(self) -> Point | None:
        return Point(self.leg.end.place, self.leg.end.height_m + self._lift_m) if self.leg else None

    @property
    def _lift_m(self) -> float:
        """The ground's height where the leg's heights are above it."""
        return self._ground.height_m if self.over_ground else 0.0

    @property
    def active(self) -> bool:
        """Whether the target was moved just now."""
        return self.controller.steps - self._step <= _ACTIVE_STEPS

    @property
    def rest(self) -> Point:
        """Where the leg under way ends; only while there is one."""
        if self.leg is None:
            raise ValueError("there is no leg")
        return self.leg.end

    def limits(self, start: Point, end: Point, jerk: float | None = None) -> Limits:
        """What the vehicle may do along the line between two points."""
        length = max(start.distance_m(end), 1e-6)
        flat = max(abs(end.place - start.place) / length, 1e-6)
        steep = max(abs(end.height_m - start.height_m) / length, 1e-6)
        up = self.up_ms or cm_to_m(self.params["WPNAV_SPEED_UP"])
        down = self.down_ms or cm_to_m(self.params["WPNAV_SPEED_DN"])
        vertical = up if end.height_m >= start.height_m else down
        accel = cm_to_m(min(self.params["WPNAV_ACCEL"] / flat, self.params["WPNAV_ACCEL_Z"] / steep))
        speed = min(self.cruise_ms / flat, vertical / steep)
        if jerk is not None:
            return Limits(speed, accel, jerk)
        jerk = self.params["WPNAV_JERK"]
        return Limits(speed, accel, jerk, math.pi * jerk / (4.0 * _INPUT_TC_S))

    def fly_to(
        self, air: Airframe, end: Point, then: Point | None = None, *, over_ground: bool = False
    ) -> None:
        """Fly to a point, and through it where the point after is known, of heights alike."""
        leg, ahead = self.leg, self.ahead
        flown = self.active and self.reached(air) and over_ground is self.over_ground
        if ahead is not None and isinstance(leg, Leg) and ahead.end == end and flown:
            self.tail, self.leg = None if leg.done else leg, ahead
        else:
            self.leg = self._line(air, end, over_ground=over_ground)
        self.paused = self.stopping = False
        self.ahead = self._plan(end, then) if then is not None and then.distance_m(end) > 0.1 else None
        self.through = self.ahead is not None

    def fly_to_spline(self, air: Airframe, end: Point, then: Point, after: Point | None) -> None:
        """Fly straight to a point where a spline to `then` begins; `after` comes next, None if it stops."""
        line = self._line(air, end)
        leave = Vector.between(end, after) if after is not None else Vector()
        curve = SplineLeg(end, then, Vector.between(line.start, end), leave, self._kinematics())
        length, limits = line.length_m, self.limits(line.start, end)
        exit_ms = min(curve.entry_ms, line.curve.peak_ms)
        line.curve = Curve.plan(length, limits, line.curve.up.start_ms, exit_ms)
        self.leg, self.ahead, self.through = line, None, True
        self.paused = self.stopping = False

    def fly_spline(
        self, air: Airframe, end: Point, then: Point | None, after: Point | None, *, curved: bool
    ) -> None:
        """Fly a spline to a point; `then` comes next (a spline too where `curved`), and `after` after it."""
        before, flowing = self.leg, self.through
        start, speed_ms = self._origin(air)
        enter = Vector()
        if flowing and before is not None and start == before.end:
            enter = before.leave if isinstance(before, SplineLeg) else Vector.between(before.start, start)
        leave = Vector()
        if then is not None:
            leave = Vector.between(start if curved else end, then)
        leg = SplineLeg(start, end, enter, leave, self._kinematics(), speed_ms)
        if then is not None and curved:
            on = Vector.between(end, after) if after is not None else Vector()
            leg.slow_at_end(SplineLeg(end, then, leave, on, leg.limits).entry_ms)
        elif then is not None and then.distance_m(end) > 0.1:
            leg.slow_at_end(self._plan(end, then).curve.peak_ms)
        self.leg, self.tail, self.ahead = leg, None, None
        self.through = leave.length > 0.0
        self.paused = self.stopping = False

    def _kinematics(self) -> Kinematics:
        p = self.params
        return Kinematics(
            self.cruise_ms,
            self.up_ms or cm_to_m(p["WPNAV_SPEED_UP"]),
            self.down_ms or cm_to_m(p["WPNAV_SPEED_DN"]),
            cm_to_m(p["WPNAV_ACCEL"]),
            cm_to_m(p["WPNAV_ACCEL_Z"]),
        )

    def _line(self, air: Airframe, end: Point, *, over_ground: bool = False) -> Leg:
        origin, speed_ms = self._origin(air, over_ground=over_ground)
        self.tail = None
        return self._plan(origin, end, speed_ms if isinstance(self.leg, SplineLeg) else 0.0)

    def _origin(self, air: Airframe, *, over_ground: bool = False) -> tuple[Point, float]:
        """Where a new leg begins, and the target's speed there.

        That is the end of the last one if that was flown, else where the vehicle would stop.
        """
        if self.leg is not None and self.active and self.reached(air):
            return self._measured(self.leg.end, air, over_ground=over_ground), self._wanted_ms
        self.controller.begin()
        self._scale, self._speed, self.over_ground = 1.0, None, False
        return self._measured(self._stop_at(air), air, over_ground=over_ground), 0.0

    def _measured(self, point: Point, air: Airframe, *, over_ground: bool) -> Point:
        """The point in a new leg's heights: above the ground as it is under the vehicle, or not."""
        if over_ground is self.over_ground:
            return point
        ground_m = self.under(air.position)
        self.over_ground = over_ground
        self._ground.set(ground_m, 0.0, 0.0)
        return Point(point.place, point.height_m + (-ground_m if over_ground else ground_m))

    def _stop_at(self, air: Airframe) -> Point:
        return Point(self.controller.stopping_place(air), self.controller.stopping_height_m(air))

    def _plan(self, start: Point, end: Point, from_ms: float = 0.0) -> Leg:
        limits = self.limits(start, end)
        from_ms = min(from_ms, limits.speed_ms)
        return Leg(start, end, Curve.plan(start.distance_m(end), limits, from_ms), most_ms=limits.speed_ms)

    def hold(self, at: Point) -> None:
        """Wait at a point."""
        self.leg = Leg(at, at, Curve.plan(0.0, self.limits(at, at)))
        self.tail = self.ahead = None
        self._scale, self._step, self._speed, self._wanted_ms = 1.0, self.controller.steps, None, 0.0
        self.paused = self.stopping = self.through = self.over_ground = False

    def hold_here(self, air: Airframe) -> None:
        """Wait where the vehicle would stop."""
        self.controller.begin()
        self.yaw_rad = air.yaw_rad
        self.hold(self._stop_at(air))

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
        self._step, self.stopping, self.through = self.controller.steps, True, False
        self.over_ground = False

    def nearly_stopped(self, air: Airframe) -> bool:
        """Whether the vehicle, braking, is within a waypoint's radius of where it will stand."""
        leg = self.leg
        return self.stopping and leg is not None and abs(leg.end.place - air.position) <= self.radius_m

    def pause(self) -> None:
        """Slow down along the leg and wait on it."""
        self.paused = self.leg is not None

    def resume(self) -> None:
        """Go on with a leg that was paused."""
        self.paused = False

    def change_speed(self) -> None:
        """Take on a new speed, also on a leg: once its first ramp is flown, unless it brakes."""
        if self.ahead is not None and self.ahead.elapsed_s <= 0.0:
            self.ahead = self._plan(self.ahead.start, self.ahead.end)
        self._new_speed = True

    def _take_new_speed(self) -> None:
        leg = self.leg
        if isinstance(leg, SplineLeg):
            leg.limits, self._new_speed = self._kinematics(), False
            return
        if leg is None or self.paused or leg.elapsed_s < leg.curve.up.duration_s:
            return
        self._new_speed = False
        if leg.elapsed_s < leg.curve.braking_from_s:
            self.leg = self._replanned(leg)

    def _replanned(self, leg: Leg) -> Leg:
        """A new profile from where the target is on a leg; the leg keeps its end as its goal."""
        if leg.length_m < 1e-3:
            return leg
        limits = self.limits(leg.start, leg.end)
        now = leg.curve.at(leg.elapsed_s)
        share = min(1.0, now.along_m / leg.length_m)
        here = Point(
            leg.start.place + (leg.end.place - leg.start.place) * share,
            leg.start.height_m + (leg.end.height_m - leg.start.height_m) * share,
        )
        length = here.distance_m(leg.end)
        elapsed = 1e-9 if leg.elapsed_s > 0.0 else 0.0
        curve = Curve.plan(length, limits, now.speed_ms, leg.curve.down.end_ms)
        return Leg(here, leg.end, curve, elapsed, limits.speed_ms)

    def advance(self, dt: float, air: Airframe) -> Target:
        """Move the target on by `dt` seconds, slower where the vehicle cannot follow."""
        if self._new_speed:
            self._take_new_speed()
        self._step = self.controller.steps
        leg = self.leg
        if leg is None:
            return Target(air.position, height_m=air.height_m, yaw_rad=self.yaw_rad)
        if self.over_ground:
            self._follow_ground(dt, air)
        pace, change = self._paced(dt, self._slow_for_ground(air))
        step = dt * self._scale * pace
        moving = leg.advance(step) if isinstance(leg, SplineLeg) else self._along(leg, step)
        if pace != 1.0:
            moving = moving.slowed(pace, change)
        self._rescale(dt, moving, air)
        self._look(leg, moving)
        if self.over_ground:
            ground = self._ground
            moving = moving.plus(Moving(0j, ground.height_m, 0j, ground.climb_ms, 0j, ground.climb_mss))
        return Target(
            moving.place,
            moving.velocity,
            moving.accel,
            moving.height_m,
            moving.climb_ms,
            self.yaw_rad,
            climb_mss=moving.climb_mss,
        )

    def _follow_ground(self, dt: float, air: Airframe) -> None:
        """Take on the ground's height within the limits of climbing."""
        gains = self.controller.gains
        self._ground.towards(dt, self.under(air.position), gains.down_ms, gains.up_ms, gains.rise)

    def _slow_for_ground(self, air: Airframe) -> float:
        """How much of its speed is left to a leg where the vehicle cannot follow the ground."""
        margin_m = self.params["WPNAV_TER_MARGIN"]
        if not self.over_ground or margin_m <= 0.0:
            return 1.0
        late_m = abs(self.under(air.position) - self._ground.height_m)
        return max(0.01, min(1.0, 2.0 - 2.0 * late_m / margin_m))

    def _along(self, leg: Leg, step: float) -> Moving:
        leg.elapsed_s += step
        moving = Moving(leg.start.place, leg.start.height_m).plus(leg.from_start(leg.elapsed_s))
        if self.tail is not None:
            moving = moving.plus(self._fade(step))
        return moving if self.ahead is None else moving.plus(self._turn_in(step, leg))

    def _paced(self, dt: float, most: float = 1.0) -> tuple[float, float]:
        """How fast the leg's clock goes by a pause, and how fast that changes (1/s)."""
        cruise, speed = self.cruise_ms, self._speed
        if not self.paused and speed is None and most >= 1.0:
            return 1.0, 0.0
        if speed is None:
            self._speed = speed = Rise(0.0, cruise, 0.0)
        gains = self.controller.gains
        reach = Reach(math.inf, gains.accel_mss, gains.jerk_msss)
        speed.at_rate(dt, 0.0 if self.paused else cruise * most, reach)
        if not self.paused and most >= 1.0 and abs(speed.climb_ms - cruise) < 1e-3:
            self._speed = None
        return max(0.0, speed.climb_ms / cruise), speed.climb_mss / cruise

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
        if leg.elapsed_s < leg.curve.braking_from_s or left > ahead.curve.up.duration_s:
            return False
        middle = leg.from_end(leg.elapsed_s + left / 2.0).plus(ahead.from_start(left / 2.0))
        slowest = min(leg.most_ms, ahead.most_ms) + 1e-6
        corner = cm_to_m(self.params["WPNAV_ACCEL_C"] or 2.0 * self.params["WPNAV_ACCEL"])
        within = math.hypot(abs(middle.place), middle.height_m) < self.radius_m
        slow = math.hypot(abs(middle.velocity), middle.climb_ms) < slowest
        steady = abs(middle.climb_mss) < cm_to_m(self.params["WPNAV_ACCEL_Z"])
        return within and slow and steady and abs(middle.accel) < corner

    def _rescale(self, dt: float, moving: Moving, air: Airframe) -> None:
        """Slow the leg's clock down when the vehicle falls behind its target, by what it makes good."""
        self._wanted_ms = speed = math.hypot(abs(moving.velocity), moving.climb_ms)
        wanted = 1.0
        if speed > 1e-6:
            flat, steep = moving.velocity.conjugate() / speed, moving.climb_ms / speed
            below_m = moving.height_m + self._lift_m - air.height_m
            behind = ((moving.place - air.position) * flat).real + below_m * steep
            made = (air.velocity * flat).real + air.climb_ms * steep
            wanted = 0.05 + (made - self.controller.gains.position * behind) / speed
            wanted = max(0.0, min(1.0, wanted))
        self._scale += (wanted - self._scale) * min(1.0, dt / self.controller.gains.catch_up_s)

    def _look(self, leg: Leg | SplineLeg, moving: Moving) -> None:
        fast = self.controller.gains.turns and abs(moving.velocity) > 0.05 * self.cruise_ms
        if fast and abs(leg.end.place - leg.start.place) > _YAW_LEG_M:
            self.yaw_rad = heading(moving.velocity)

    def reached(self, air: Airframe) -> bool:
        """Whether the leg is flown: to its end and near it, or far enough into the next one."""
        leg = self.leg
        if leg is None:
            return True
        if self.paused:
            return False
        if self.ahead is not None:
            return leg.done or (self.ahead.elapsed_s > 0.0 and self.ahead.elapsed_s >= leg.left_s)
        height_m = air.height_m - (self.under(air.position) if self.over_ground else 0.0)
        near = self.through or Point(air.position, height_m).distance_m(leg.end) <= self.radius_m
        return leg.done and near
