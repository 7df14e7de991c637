"""The flight modes but AUTO: what each does with the vehicle."""

import math
from dataclasses import dataclass, field

from core.units import cm_to_m
from flight.simulator.control import Target
from flight.simulator.geometry import capped, heading
from flight.simulator.legs import Point
from flight.simulator.limits import HIGHEST_M, within
from flight.simulator.messages import ModeNumber
from flight.simulator.procedures import Descent, Return, Takeoff
from flight.simulator.vehicle import Vehicle

_PAUSE_JERK = 5.0
_BRAKE_JERK = 17.0
_THROTTLE_BY_HAND = (ModeNumber.STABILIZE, ModeNumber.ACRO, ModeNumber.DRIFT)
_COURSE_SHARE = 0.05  # of the cruising speed: slower, the course turns nothing


@dataclass(slots=True)
class Manual:
    """STABILIZE, ALT_HOLD, LOITER, POSHOLD with nobody at the sticks: SITL's throttle stands at its lowest.

    So LOITER and ALT_HOLD sink at the pilot's speed, and STABILIZE and DRIFT fall.
    """

    vehicle: Vehicle
    number: ModeNumber
    landing: bool = False
    taking_off: bool = False
    armable: bool = True

    @property
    def needs_position(self) -> bool:
        return self.number in (ModeNumber.LOITER, ModeNumber.DRIFT, ModeNumber.POSHOLD)

    def enter(self) -> bool:
        self.vehicle.nav.stop(self.vehicle.air, _PAUSE_JERK)
        return True

    def step(self, dt: float) -> Target | None:
        vehicle = self.vehicle
        if self.number in _THROTTLE_BY_HAND:
            vehicle.controller.rest(vehicle.air)
            return None
        p = vehicle.params
        down_ms = cm_to_m(p["PILOT_SPEED_DN"] or p["PILOT_SPEED_UP"])
        target = vehicle.nav.advance(dt, vehicle.air)
        target.height_m, target.climb_ms = None, -down_ms
        target.pilot_ms = down_ms, cm_to_m(p["PILOT_SPEED_UP"])
        target.rise_mss = cm_to_m(within(p["PILOT_ACCEL_Z"], (50.0, 500.0)))
        if not self.needs_position:
            target.position, target.level = None, True
        target.yaw_rad = vehicle.air.yaw_rad
        return target

    def leave(self) -> None:
        """Nothing to put away."""


@dataclass(slots=True)
class Guided:
    """GUIDED: takes off, goes where it is told, and waits there."""

    vehicle: Vehicle
    number: ModeNumber = ModeNumber.GUIDED
    needs_position: bool = True
    armable: bool = True
    landing: bool = False
    takeoff: Takeoff | None = None
    goal: Point | None = None
    velocity: tuple[complex, float] | None = None  # horizontal and climb, m/s
    velocity_until_s: float = 0.0

    @property
    def taking_off(self) -> bool:
        return self.takeoff is not None

    def enter(self) -> bool:
        self.takeoff = self.velocity = self.goal = None
        self.vehicle.nav.hold_here(self.vehicle.air)
        self.vehicle.controller.rest(self.vehicle.air)
        return True

    def leave(self) -> None:
        """Nothing to put away."""

    def take_off(self, height_m: float) -> bool:
        """Climb to `height_m` above home; only from the ground and armed."""
        vehicle = self.vehicle
        if not (vehicle.armed and vehicle.landed) or not 0.0 < height_m < HIGHEST_M:
            return False
        vehicle.auto_armed = True
        self.takeoff = Takeoff.begin(vehicle, height_m + vehicle.home.height_m)
        return True

    def go(self, point: Point) -> bool:
        """Fly straight to a point; not from the ground."""
        if self.vehicle.landed:
            return False
        self.takeoff = self.velocity = None
        self.goal = point
        self.vehicle.nav.hold(point)
        return True

    def drift(self, velocity: complex, climb_ms: float) -> bool:
        """Fly at a velocity, no faster than on a leg, until GUID_TIMEOUT; not from the ground."""
        if self.vehicle.landed:
            return False
        p, flat = self.vehicle.params, capped(velocity, self.vehicle.nav.cruise_ms)
        climb_ms = within(climb_ms, (-cm_to_m(p["WPNAV_SPEED_DN"]), cm_to_m(p["WPNAV_SPEED_UP"])))
        self.takeoff, self.goal, self.velocity = None, None, (flat, climb_ms)
        self.velocity_until_s = self.vehicle.time_s + self.vehicle.params["GUID_TIMEOUT"]
        return True

    def pause(self) -> bool:
        """Stop and wait here."""
        self.enter()
        return True

    def step(self, _dt: float) -> Target | None:
        vehicle = self.vehicle
        if vehicle.landed and self.takeoff is None:
            return Target(vehicle.air.position, climb_ms=-0.1, yaw_rad=vehicle.air.yaw_rad)
        if self.takeoff is not None:
            target = self.takeoff.step()
            if self.takeoff.done:
                self._arrive(self.takeoff)
            return target
        return self._going(self.goal) if self.goal is not None else self._drifting()

    def _arrive(self, takeoff: Takeoff) -> None:
        self.takeoff = None
        self.go(Point(takeoff.place, takeoff.height_m))

    def _going(self, goal: Point) -> Target:
        """Straight to the goal: up or down no faster than in step with the way over ground."""
        vehicle, nav = self.vehicle, self.vehicle.nav
        drift, rise, gains = vehicle.controller.drift, vehicle.controller.rise, vehicle.controller.gains
        flat, steep = abs(goal.place - drift.place), goal.height_m - rise.height_m
        length = max(math.hypot(flat, steep), 1e-9)
        vertical = gains.up_ms if steep >= 0.0 else gains.down_ms
        speed = min(nav.cruise_ms / max(flat / length, 1e-6), vertical / max(abs(steep) / length, 1e-6))
        if abs(drift.velocity) > _COURSE_SHARE * nav.cruise_ms and vehicle.params.integer("WP_YAW_BEHAVIOR"):
            nav.yaw_rad = heading(drift.velocity)
        return Target(
            goal.place,
            eased=True,
            speed_ms=speed * flat / length,
            rise_to_m=goal.height_m,
            rise_ms=speed * abs(steep) / length,
            yaw_rad=vehicle.look(nav.yaw_rad),
        )

    def _drifting(self) -> Target:
        vehicle = self.vehicle
        if vehicle.time_s > self.velocity_until_s:
            self.velocity = None
        flat, climb = self.velocity or (0j, 0.0)
        return Target(None, flat, eased=True, climb_ms=climb, yaw_rad=vehicle.look(vehicle.air.yaw_rad))


@dataclass(slots=True)
class Land:
    """LAND."""

    vehicle: Vehicle
    number: ModeNumber = ModeNumber.LAND
    needs_position: bool = False
    armable: bool = False
    landing: bool = True
    taking_off: bool = False

    def enter(self) -> bool:
        self.vehicle.descends_s = 0.0
        return True

    def step(self, _dt: float) -> Target | None:
        target = Descent(self.vehicle, self.vehicle.air.yaw_rad).step()
        if self.vehicle.time_s < self.vehicle.descends_s:
            target.climb_ms = 0.0
        return target

    def leave(self) -> None:
        """Nothing to put away."""


@dataclass(slots=True)
class Rtl:
    """RTL."""

    vehicle: Vehicle
    number: ModeNumber = ModeNumber.RTL
    needs_position: bool = True
    armable: bool = False
    taking_off: bool = False
    procedure: Return = field(init=False)

    def __post_init__(self) -> None:
        self.procedure = Return(self.vehicle)

    @property
    def landing(self) -> bool:
        return self.procedure.landing

    def enter(self) -> bool:
        self.procedure.begin()
        return True

    def step(self, dt: float) -> Target | None:
        return self.vehicle.stand() if self.vehicle.landed else self.procedure.step(dt)

    def leave(self) -> None:
        """Nothing to put away."""


@dataclass(slots=True)
class Brake:
    """BRAKE: stop hard and stay; as hard as recorded, 20 m from 9.5 m/s."""

    vehicle: Vehicle
    number: ModeNumber = ModeNumber.BRAKE
    needs_position: bool = True
    armable: bool = False
    landing: bool = False
    taking_off: bool = False

    def enter(self) -> bool:
        self.vehicle.nav.stop(self.vehicle.air, _BRAKE_JERK, harder=1.2)
        return True

    def step(self, dt: float) -> Target | None:
        target = self.vehicle.nav.advance(dt, self.vehicle.air)
        target.yaw_rad = self.vehicle.air.yaw_rad
        return target

    def leave(self) -> None:
        """Nothing to put away."""
