"""What several modes fly: taking off, coming down, returning home."""

import math
from dataclasses import dataclass, field

from core.units import cm_to_m
from flight.simulator.control import Target
from flight.simulator.legs import Point
from flight.simulator.shaping import closing_speed
from flight.simulator.vehicle import Vehicle

_NEARLY = 0.1  # of the greatest climb


@dataclass(slots=True)
class Takeoff:
    """Straight up to `height_m` once the motors have spooled up; in flight it stops over ground first."""

    vehicle: Vehicle
    height_m: float
    place: complex
    yaw_rad: float
    lift_s: float
    in_flight: bool = False

    @classmethod
    def begin(cls, vehicle: Vehicle, height_m: float) -> "Takeoff":
        air = vehicle.air
        lift_s = vehicle.liftoff_s() if vehicle.landed else vehicle.time_s
        if not vehicle.landed:
            vehicle.controller.rest_height(air)
        return cls(vehicle, height_m, air.position, air.yaw_rad, lift_s, not vehicle.landed)

    def step(self) -> Target:
        if not self.vehicle.auto_armed:
            self.lift_s = self.vehicle.liftoff_s()
        if self.vehicle.time_s < self.lift_s:
            return Target(self.place, yaw_rad=self.yaw_rad)
        self.vehicle.landed = False
        place = None if self.in_flight else self.place
        return Target(place, eased=self.in_flight, rise_to_m=self.height_m, yaw_rad=self.yaw_rad)

    @property
    def done(self) -> bool:
        """Nearly there and nearly stopped, by what is wanted rather than by what is measured."""
        gains, rise = self.vehicle.controller.gains, self.vehicle.controller.rise
        slow_ms = _NEARLY * gains.up_ms
        near_m = 0.5 * slow_ms**2 / gains.rise.accel_mss
        near = rise.height_m >= self.height_m - near_m and rise.climb_ms < slow_ms
        return near and not self.vehicle.landed


@dataclass(slots=True)
class Descent:
    """Stop, and straight down: quickly above LAND_ALT_LOW, then at LAND_SPEED until it stands."""

    vehicle: Vehicle
    yaw_rad: float

    def step(self) -> Target:
        vehicle, p = self.vehicle, self.vehicle.params
        slow = -cm_to_m(p["LAND_SPEED"])
        fast = -cm_to_m(p["LAND_SPEED_HIGH"] or p["WPNAV_SPEED_DN"])
        above_low = vehicle.above_home_m - cm_to_m(p["LAND_ALT_LOW"])
        gains = vehicle.controller.gains
        near = math.copysign(closing_speed(abs(above_low), gains.height, gains.rise.accel_mss), above_low)
        climb = max(min(fast, slow), min(slow, -near))
        lost = vehicle.position_lost
        return Target(None, eased=True, climb_ms=climb, yaw_rad=self.yaw_rad, level=lost)


@dataclass(slots=True)
class Return:
    """RTL: climb, fly home, wait RTL_LOIT_TIME, come down."""

    vehicle: Vehicle
    stage: str = "climb"
    height_m: float = 0.0
    yaw_rad: float = 0.0
    until_s: float = 0.0
    goal: Point = field(default_factory=lambda: Point(0j, 0.0))

    def begin(self) -> None:
        vehicle = self.vehicle
        self.stage = "climb"
        self.goal = self._nearest()
        self.height_m = self._height()
        self.yaw_rad = vehicle.air.yaw_rad
        nav = vehicle.nav
        nav.speed_ms = cm_to_m(vehicle.params["RTL_SPEED"]) or None
        nav.hold_here(vehicle.air)
        above = Point(nav.rest.place, self.height_m)
        nav.fly_to(vehicle.air, above, Point(self.goal.place, self.height_m))

    def _height(self) -> float:
        vehicle, p = self.vehicle, self.vehicle.params
        above = vehicle.noted_height_m - vehicle.home.height_m
        wanted = max(cm_to_m(p["RTL_ALT"]), above + max(0.0, cm_to_m(p["RTL_CLIMB_MIN"])))
        away = abs(vehicle.air.position - self.goal.place)
        if p["RTL_CONE_SLOPE"] > 0.0:
            wanted = min(wanted, max(away * p["RTL_CONE_SLOPE"], 2.0))
        highest = max(wanted, above) + vehicle.home.height_m
        return highest if self.goal is vehicle.home else max(highest, self.goal.height_m)

    def _nearest(self) -> Point:
        """Home, or a rally point that is nearer (RALLY_LIMIT_KM, RALLY_INCL_HOME)."""
        vehicle, p = self.vehicle, self.vehicle.params
        limit_m = p["RALLY_LIMIT_KM"] * 1000.0 or math.inf
        here = vehicle.air.position
        near = [point for point in vehicle.rally if abs(point.place - here) <= limit_m]
        candidates = near + ([vehicle.home] if p.flag("RALLY_INCL_HOME") or not near else [])
        return min(candidates, key=lambda point: abs(point.place - here))

    @property
    def landing(self) -> bool:
        return self.stage == "land"

    def step(self, dt: float) -> Target:
        target: Target = getattr(self, f"_{self.stage}")(dt)
        target.yaw_rad = self.yaw_rad
        return target

    def _climb(self, dt: float) -> Target:
        vehicle = self.vehicle
        target = vehicle.nav.advance(dt, vehicle.air)
        if vehicle.nav.reached(vehicle.air):
            vehicle.nav.fly_to(vehicle.air, Point(self.goal.place, self.height_m))
            self.stage = "fly"
        return target

    def _fly(self, dt: float) -> Target:
        vehicle = self.vehicle
        target = vehicle.nav.advance(dt, vehicle.air)
        if vehicle.nav.reached(vehicle.air):
            self.stage = "wait"
            self.until_s = vehicle.time_s + vehicle.params["RTL_LOIT_TIME"] / 1000.0
        return target

    def _wait(self, dt: float) -> Target:
        vehicle = self.vehicle
        if vehicle.time_s >= self.until_s:
            self.stage = "land"
        return vehicle.nav.advance(dt, vehicle.air)

    def _land(self, _dt: float) -> Target:
        final_m = cm_to_m(self.vehicle.params["RTL_ALT_FINAL"])
        if final_m > 0.0:
            return Target(None, eased=True, rise_to_m=final_m + self.vehicle.home.height_m)
        return Descent(self.vehicle, self.yaw_rad).step()
