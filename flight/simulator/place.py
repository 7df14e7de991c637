"""NAV_PAYLOAD_PLACE: fly there at the present height, come down, release the load, climb back."""

from dataclasses import dataclass

from core.units import cm_to_m
from flight.simulator.control import Target
from flight.simulator.messages import Severity
from flight.simulator.navigator import Point
from flight.simulator.vehicle import Vehicle

_STANDING_S = 0.5
_RELEASED_S = 1.5


@dataclass(slots=True)
class PayloadPlace:
    """The stages fly, down, placed, release, wait, up, done; `most_m` is the greatest descent, 0 for any.

    A gripper that is open on the way there ends the item, one that is opened on the way down the descent.

    ArduCopter plans the way here to the item's height when it flies through the waypoint before, yet waits to
    arrive at the height of that waypoint: where the two differ by more than WPNAV_RADIUS it waits for ever.
    """

    vehicle: Vehicle
    goal: Point
    most_m: float
    stage: str = "fly"
    since_s: float = 0.0

    @classmethod
    def begin(cls, vehicle: Vehicle, place: complex, most_m: float) -> "PayloadPlace":
        nav = vehicle.nav
        height = nav.destination.height_m if nav.destination else vehicle.air.height_m
        goal = Point(place, height)
        planned = nav.ahead.end if nav.ahead is not None else None
        nav.fly_to(vehicle.air, planned if planned is not None and abs(planned.place - place) < 0.1 else goal)
        return cls(vehicle, goal, most_m)

    @property
    def done(self) -> bool:
        return self.stage == "done"

    def step(self, dt: float) -> Target:
        if self.vehicle.gripper.open:
            self._opened_by_hand()
        target: Target = getattr(self, f"_{self.stage}")(dt)
        return target

    def _opened_by_hand(self) -> None:
        if self.stage == "fly":
            self.vehicle.say("PayloadPlace: Abort: Gripper Open")
            self.stage = "done"
        elif self.stage == "down":
            self.vehicle.say("PayloadPlace: Manual release")
            self.stage = "release"

    def _fly(self, dt: float) -> Target:
        vehicle = self.vehicle
        target = vehicle.nav.advance(dt, vehicle.air)
        near = vehicle.here.distance_m(self.goal) <= vehicle.nav.radius_m
        if vehicle.nav.reached(vehicle.air) and near and abs(vehicle.air.velocity) < 0.3:
            self.stage = "down"
        target.yaw_rad = vehicle.look(target.yaw_rad)
        return target

    def _down(self, _dt: float) -> Target:
        vehicle = self.vehicle
        if vehicle.air.on_ground:
            self.stage, self.since_s = "placed", vehicle.time_s
        elif 0.0 < self.most_m <= self.goal.height_m - vehicle.air.height_m:
            vehicle.say("PayloadPlace: Reached maximum descent", Severity.WARNING)
            self.stage = "up"
        return self._hold(-cm_to_m(vehicle.params["LAND_SPEED"]))

    def _placed(self, _dt: float) -> Target:
        vehicle = self.vehicle
        if vehicle.time_s - self.since_s >= _STANDING_S:
            vehicle.say("PayloadPlace: payload release thrust threshold: 0.315414")
            self.stage = "release"
        return self._stand()

    def _release(self, _dt: float) -> Target:
        vehicle = self.vehicle
        if vehicle.gripper.fitted:
            vehicle.say("PayloadPlace: Releasing the gripper")
            vehicle.gripper.release(vehicle.time_s)
        self.stage, self.since_s = "wait", vehicle.time_s
        return self._stand()

    def _wait(self, _dt: float) -> Target:
        if self.vehicle.time_s - self.since_s >= _RELEASED_S:
            self.stage = "up"
        return self._stand()

    def _stand(self) -> Target:
        vehicle = self.vehicle
        if not vehicle.air.on_ground:
            return self._hold(0.0)
        vehicle.touched_s = vehicle.time_s  # standing with the load is no landing
        return self._hold(-0.1)

    def _up(self, _dt: float) -> Target:
        vehicle = self.vehicle
        if vehicle.air.height_m > self.goal.height_m - 0.1:
            self.stage = "done"
            vehicle.nav.fly_to(vehicle.air, self.goal)
        return Target(
            self.goal.place, height_m=self.goal.height_m, yaw_rad=vehicle.air.yaw_rad, braking_mss=0.55
        )

    def _done(self, dt: float) -> Target:
        return self.vehicle.nav.advance(dt, self.vehicle.air)

    def _hold(self, climb_ms: float) -> Target:
        return Target(self.goal.place, climb_ms=climb_ms, yaw_rad=self.vehicle.air.yaw_rad)
