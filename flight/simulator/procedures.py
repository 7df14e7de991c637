"""What several modes fly: taking off, coming down, returning home."""

import math
from dataclasses import dataclass, field

from core.units import cm_to_m
from flight.simulator.control import Target, approach_speed
from flight.simulator.navigator import Point
from flight.simulator.vehicle import Vehicle

_TAKEOFF_BRAKING_MSS = 0.55
_TAKEOFF_NEAR_M = 0.06
_HOLD_JERK = 5.0
_RETURN_STARTS_AFTER_S = 0.7


@dataclass(slots=True)
class Takeoff:
    """Straight up to `height_m` once the motors have spooled up."""

    vehicle: Vehicle
    height_m: float
    place: complex
    yaw_rad: float
    lift_s: float

    @classmethod
    def begin(cls, vehicle: Vehicle, height_m: float) -> "Takeoff":
        air = vehicle.air
        lift_s = vehicle.liftoff_s() if vehicle.landed else vehicle.time_s
        return cls(vehicle, height_m, air.position, air.yaw_rad, lift_s)

    def step(self) -> Target:
        if not self.vehicle.auto_armed:
            self.lift_s = self.vehicle.liftoff_s()
        if self.vehicle.time_s < self.lift_s:
            return Target(self.place, yaw_rad=self.yaw_rad)
        self.vehicle.landed = False
        return Target(
            self.place,
            height_m=self.height_m,
            yaw_rad=self.yaw_rad,
            braking_mss=_TAKEOFF_BRAKING_MSS,
            gain=3.0,
        )

    @property
    def done(self) -> bool:
        return not self.vehicle.landed and self.vehicle.air.height_m > self.height_m - _TAKEOFF_NEAR_M


@dataclass(slots=True)
class Descent:
    """Straight down: quickly above LAND_ALT_LOW, then at LAND_SPEED until it stands."""

    vehicle: Vehicle
    place: complex | None
    yaw_rad: float

    def step(self) -> Target:
        vehicle, p = self.vehicle, self.vehicle.params
        slow = -cm_to_m(p["LAND_SPEED"])
        fast = -cm_to_m(p["LAND_SPEED_HIGH"] or p["WPNAV_SPEED_DN"])
        above_low = vehicle.above_home_m - cm_to_m(p["LAND_ALT_LOW"])
        climb = max(fast, min(slow, -approach_speed(above_low, 1.0, gain=1.5)))
        place = None if vehicle.position_lost else self.place
        return Target(place, climb_ms=climb, yaw_rad=self.yaw_rad, level=vehicle.position_lost)


@dataclass(slots=True)
class Landing:
    """Brake, then come down where the vehicle stops; without a position it drifts."""

    vehicle: Vehicle

    def begin(self) -> None:
        self.vehicle.nav.stop(self.vehicle.air, _HOLD_JERK)

    def step(self, dt: float) -> Target:
        vehicle = self.vehicle
        yaw = vehicle.air.yaw_rad
        if vehicle.position_lost:
            return Descent(vehicle, None, yaw).step()
        braking = vehicle.nav.advance(dt, vehicle.air)
        down = Descent(vehicle, braking.position, yaw).step()
        braking.height_m, braking.climb_ms, braking.yaw_rad = None, down.climb_ms, yaw
        return braking


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
        self.until_s = vehicle.time_s + _RETURN_STARTS_AFTER_S
        vehicle.nav.speed_ms = cm_to_m(vehicle.params["RTL_SPEED"]) or None
        vehicle.nav.stop(vehicle.air, _HOLD_JERK)

    def _height(self) -> float:
        vehicle, p = self.vehicle, self.vehicle.params
        above = vehicle.above_home_m
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
        target.height_m, target.climb_ms = self.height_m, 0.0
        stopped = vehicle.nav.nearly_stopped(vehicle.air) and vehicle.time_s >= self.until_s
        if stopped and vehicle.air.height_m > self.height_m - 0.2:
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
            return Target(self.goal.place, height_m=final_m + self.vehicle.home.height_m)
        return Descent(self.vehicle, self.goal.place, self.yaw_rad).step()
