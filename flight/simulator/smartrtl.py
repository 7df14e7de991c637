"""SMART_RTL: home along the way the vehicle came, without its loops, to above the start, then down."""

from dataclasses import dataclass, field

from flight.simulator.control import Target
from flight.simulator.legs import Point
from flight.simulator.messages import ModeNumber
from flight.simulator.procedures import Descent
from flight.simulator.trail import STRAIGHT_SHARE, straightened, without_loops
from flight.simulator.vehicle import Vehicle

_ABOVE_START_M = 2.0


@dataclass(slots=True)
class SmartRtl:
    """The mode: along the cleaned way back, point by point, then down."""

    vehicle: Vehicle
    number: ModeNumber = ModeNumber.SMART_RTL
    needs_position: bool = True
    armable: bool = False
    taking_off: bool = False
    landing: bool = False
    way: list[Point] = field(default_factory=list)

    def enter(self) -> bool:
        vehicle, points = self.vehicle, self.vehicle.trail.points
        if vehicle.armed and points is None:
            return False
        accuracy_m = vehicle.params["SRTL_ACCURACY"]
        short = straightened([*(points or []), vehicle.here], STRAIGHT_SHARE * accuracy_m)
        self.way, self.landing = without_loops(short, accuracy_m)[:-1], False
        if self.way:
            start = self.way[0]
            self.way[0] = Point(start.place, start.height_m + _ABOVE_START_M)
        vehicle.nav.hold_here(vehicle.air)
        return True

    def leave(self) -> None:
        """The trail is what is left of the way, so that the next return goes on from here."""
        if self.vehicle.armed and self.vehicle.trail.points is not None and self.way:
            self.vehicle.trail.points = list(self.way)

    def step(self, dt: float) -> Target | None:
        vehicle = self.vehicle
        if vehicle.landed:
            return vehicle.stand()
        if self.landing:
            return Descent(vehicle, vehicle.air.yaw_rad).step()
        if vehicle.nav.reached(vehicle.air):
            self._next()
        target = vehicle.nav.advance(dt, vehicle.air)
        target.yaw_rad = vehicle.look(target.yaw_rad)
        return target

    def _next(self) -> None:
        if not self.way:
            self.landing = True
            return
        goal = self.way.pop()
        self.vehicle.nav.fly_to(self.vehicle.air, goal, self.way[-1] if self.way else None)
