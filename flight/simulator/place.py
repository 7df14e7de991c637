"""NAV_PAYLOAD_PLACE: fly there at the present height, come down, release the load, climb back."""

from dataclasses import dataclass

from core.units import cm_to_m
from flight.simulator.control import Target
from flight.simulator.legs import Point
from flight.simulator.messages import Severity
from flight.simulator.vehicle import Vehicle

_STANDING_S = 0.5
_NEARLY = 0.1  # of the greatest climb


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
        noted = Point(place, height - vehicle.air.height_m + vehicle.noted_height_m)
        planned = nav.ahead.end if nav.ahead is not None else None
        known = planned is not None and abs(planned.place - place) < 0.1
        nav.fly_to(vehicle.air, planned if planned is not None and known else noted)
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
        if vehicle.nav.reached(vehicle.air) and near:
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
        p = vehicle.params
        down_ms = p["PLDP_SPEED_DN"] or cm_to_m(p["LAND_SPEED"])
        return self._hold(-min(down_ms, vehicle.controller.gains.down_ms))

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
        vehicle = self.vehicle
        waited = vehicle.time_s - self.since_s >= vehicle.params["PLDP_DELAY"]
        if waited and (vehicle.gripper.open or not vehicle.gripper.fitted):
            self.stage = "up"
        return self._stand()

    def _stand(self) -> Target:
        vehicle = self.vehicle
        if not vehicle.air.on_ground:
            return self._hold(0.0)
        vehicle.touched_s = vehicle.time_s  # standing with the load is no landing
        return self._hold(-0.1)

    def _up(self, _dt: float) -> Target:
        vehicle, gains = self.vehicle, self.vehicle.controller.gains
        near_m = 0.5 * (_NEARLY * gains.up_ms) ** 2 / gains.rise.accel_mss
        if vehicle.controller.rise.height_m >= self.goal.height_m - near_m:
            self.stage = "done"
        return self._ease(rise_to_m=self.goal.height_m)

    def _done(self, _dt: float) -> Target:
        return self._ease(rise_to_m=self.goal.height_m)

    def _hold(self, climb_ms: float) -> Target:
        return self._ease(climb_ms=climb_ms)

    def _ease(self, *, climb_ms: float = 0.0, rise_to_m: float | None = None) -> Target:
        yaw = self.vehicle.air.yaw_rad
        return Target(None, eased=True, climb_ms=climb_ms, rise_to_m=rise_to_m, yaw_rad=yaw)
