"""AUTO: flies the mission's items."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from core.units import cm_to_m
from flight.simulator.actions import Condition, do_finished, do_item
from flight.simulator.changes import Changes
from flight.simulator.control import Target
from flight.simulator.geometry import heading, towards
from flight.simulator.legs import Point
from flight.simulator.messages import ModeNumber, Severity
from flight.simulator.mission import Sequencer
from flight.simulator.missionitems import Item
from flight.simulator.place import PayloadPlace
from flight.simulator.procedures import Descent, Return, Takeoff
from flight.simulator.vehicle import Vehicle

WP, LOITER_UNLIM, LOITER_TURNS, LOITER_TIME, RTL, LAND, TAKEOFF = 16, 17, 18, 19, 20, 21, 22
LOITER_TO_ALT, SPLINE, VTOL_TAKEOFF, VTOL_LAND, DELAY, PLACE = 31, 82, 84, 85, 93, 94
_FLOWN_TO = {WP, SPLINE, LOITER_TIME, LOITER_UNLIM, LAND, VTOL_LAND}
_FLOWN_THROUGH_TO = {WP, LOITER_UNLIM, LOITER_TIME, PLACE}

_OVER_GROUND = (10, 11)
_NEAR_CENTRE_M = 3.0
_LEAST_RADSS = math.radians(2.0)  # a circle's angular acceleration

Step = Callable[[float], Target | None]
Done = Callable[[], bool]


@dataclass(slots=True)
class Auto:
    """The mode, and the runner of a `Sequencer`; `step_item` and `item_done` are of the item being flown."""

    vehicle: Vehicle
    sequence: Sequencer
    number: ModeNumber = ModeNumber.AUTO
    needs_position: bool = True
    landing: bool = False
    condition: Condition = field(default_factory=Condition)
    step_item: Step | None = None
    item_done: Done | None = None
    takeoff: Takeoff | None = None
    timer_s: float | None = None
    ended_on_ground: bool = False
    waits: bool = False  # for its place to be known, then it starts
    legs: bool = False  # whether a leg to a point is flown, as far as ArduCopter tells
    changes: Changes = field(init=False)

    def __post_init__(self) -> None:
        self.changes = Changes(self.sequence)

    @property
    def armable(self) -> bool:
        return self.vehicle.params.bit("AUTO_OPTIONS", 0)

    @property
    def taking_off(self) -> bool:
        return self.takeoff is not None

    @property
    def paused(self) -> bool:
        return self.vehicle.nav.paused

    def enter(self) -> bool:
        if not self._enterable():
            return False
        if self.vehicle.landed and self.vehicle.params.bit("AUTO_OPTIONS", 1):
            self.vehicle.auto_armed = self.vehicle.auto_armed or self.vehicle.armed
        self.vehicle.nav.hold_here(self.vehicle.air)
        self.vehicle.yaw.roi = None
        self.waits, self.legs = True, False
        return True

    def _enterable(self) -> bool:
        vehicle, sequence = self.vehicle, self.sequence
        if not vehicle.armed:
            return True
        if len(sequence.items) <= 1:
            return False
        again = vehicle.params.flag("MIS_RESTART") or sequence.nav_seq < 1
        if vehicle.landed and not sequence.takes_off(1 if again else sequence.nav_seq):
            vehicle.say("Auto: Missing Takeoff Cmd", Severity.CRITICAL)
            return False
        return True

    def start(self) -> None:
        """Begin or go on with the mission."""
        self.sequence.begin(self, restart=self.vehicle.params.flag("MIS_RESTART"))

    def leave(self) -> None:
        self.sequence.halt()
        self.vehicle.yaw.fixed_rad = None

    def pause(self) -> bool:
        """Wait on the leg; only while one is flown to a point, not on what lands, circles or climbs."""
        if not self.legs or self.vehicle.nav.reached(self.vehicle.air):
            return False
        self.vehicle.nav.pause()
        return True

    def resume(self) -> bool:
        """Go on with the leg."""
        self.vehicle.nav.resume()
        return True

    def step(self, dt: float) -> Target | None:
        self.manage()
        if self.vehicle.landed and self.takeoff is None:
            return self.vehicle.stand()
        return self.step_item(dt) if self.step_item is not None else self._fly(dt)

    def manage(self) -> None:
        """Look after the mission, armed or not."""
        if self.waits:
            self.start_if_placed()
        else:
            self.sequence.step(self)
            self.changes.follow()

    def start_if_placed(self) -> None:
        """Begin the mission that waits for its place to be known."""
        if self.waits and self.vehicle.located:
            self.waits = False
            self.start()
            self.changes.note()

    def mission_changed(self) -> None:
        """An item was written, or the list cut: a leg under way to a point is begun anew, or cannot be."""
        if self.vehicle.mode is not self or self.waits:
            return
        if self.changes.found() and self.sequence.running and self.legs:
            again = self.sequence.restart_nav(self)
            done = "changed, restarted" if again else "changed but failed to restart"
            self.vehicle.say(f"Auto mission {done} command", Severity.CRITICAL)
        self.sequence.step(self)

    def _fly(self, dt: float) -> Target:
        target = self.vehicle.nav.advance(dt, self.vehicle.air)
        target.yaw_rad = self.vehicle.look(target.yaw_rad)
        return target

    # -- the runner of the sequence

    def start_nav(self, seq: int, item: Item, after: Item | None) -> bool:
        self.timer_s, self.takeoff, self.landing = None, None, False
        self.vehicle.yaw.fixed_rad = None
        starters = {
            WP: self._start_waypoint, SPLINE: self._start_waypoint, LOITER_TIME: self._start_waypoint,
            LOITER_UNLIM: self._start_unlimited, LOITER_TURNS: self._start_turns,
            LOITER_TO_ALT: self._start_waypoint, RTL: self._start_rtl, LAND: self._start_land,
            VTOL_LAND: self._start_land, TAKEOFF: self._start_takeoff, VTOL_TAKEOFF: self._start_takeoff,
            DELAY: self._start_delay, PLACE: self._start_place,
        }  # fmt: skip
        starter = starters.get(item.command)
        if starter is None:
            return False
        if item.command != DELAY:
            self.legs = item.command in _FLOWN_TO
        if self.vehicle.mode is self:
            starter(seq, item, after)
        return True

    def nav_done(self) -> bool:
        return self.item_done is not None and self.item_done()

    def start_do(self, item: Item) -> None:
        do_item(self.vehicle, item, self.condition)

    def do_done(self, item: Item) -> tuple[bool, bool]:
        return do_finished(self.vehicle, item, self.condition)

    def finished(self) -> None:
        """Hold the place in the air; on the ground the motors stop."""
        self.ended_on_ground, self.legs = self.vehicle.armed and self.vehicle.landed, False
        self.item_done = self.step_item = None
        self.landing, self.takeoff = False, None
        if self.vehicle.flying:
            self.vehicle.nav.hold_here(self.vehicle.air)

    # -- the items

    def _start_waypoint(self, seq: int, item: Item, after: Item | None) -> None:
        vehicle = self.vehicle
        goal = vehicle.point(item)
        if item.command == SPLINE:
            self._fly_curved(seq, goal)
        elif item.command == WP and item.params[0] <= 0.0 and after is not None and after.command == SPLINE:
            following = self.sequence.next_nav_seq(seq) or seq
            curve_to = self._point_after(after, goal)
            vehicle.nav.fly_to_spline(vehicle.air, goal, curve_to, self._after_spline(following, curve_to))
        else:
            over, then = self._over_ground(item), self._through_to(item, after)
            vehicle.nav.fly_to(vehicle.air, self._goal(item), then, over_ground=over)
        self.step_item = self._fly
        self.item_done = lambda: self._waited(seq, item)

    def _through_to(self, item: Item, after: Item | None) -> Point | None:
        """The point to which the vehicle flies on through a waypoint, None where it stops."""
        stops = item.command != WP or item.params[0] > 0.0
        if stops or after is None or after.command not in _FLOWN_THROUGH_TO:
            return None
        over = self._over_ground(item)
        if self._over_ground(after) is not over:
            return None
        point = self._point_after(after, self.vehicle.point(item))
        return Point(point.place, after.z) if over else point

    def _over_ground(self, item: Item) -> bool:
        """Whether its height is above the ground, and followed on the way."""
        return item.frame in _OVER_GROUND and item.z != 0.0 and self.vehicle.terrain.enabled

    def _goal(self, item: Item) -> Point:
        """Where an item is; above the ground where that is followed."""
        point = self.vehicle.point(item)
        return Point(point.place, item.z) if self._over_ground(item) else point

    def _fly_curved(self, seq: int, goal: Point) -> None:
        """A spline: what comes after it shapes its end."""
        vehicle, then, after, curved = self.vehicle, self._after_spline(seq, goal), None, False
        following = self.sequence.next_nav_seq(seq)
        if then is not None and following is not None:
            curved = self.sequence.items[following].command == SPLINE
            after = self._after_spline(following, then)
        vehicle.nav.fly_spline(vehicle.air, goal, then, after, curved=curved)

    def _after_spline(self, seq: int, goal: Point) -> Point | None:
        """The point that is flown to after the spline with number `seq`, None where that one waits."""
        following = self.sequence.next_nav_seq(seq)
        if following is None or self.sequence.items[seq].params[0] > 0.0:
            return None
        return self._point_after(self.sequence.items[following], goal)

    def _point_after(self, after: Item, goal: Point) -> Point:
        point = self.vehicle.point(after)
        return Point(
            point.place if after.has_place else goal.place, point.height_m if after.z else goal.height_m
        )

    def _waited(self, seq: int, item: Item) -> bool:
        vehicle = self.vehicle
        if not vehicle.flying:
            return False
        if self.timer_s is None:
            if not vehicle.nav.reached(vehicle.air):
                return False
            self.timer_s = vehicle.time_s
        if vehicle.time_s - self.timer_s < item.params[0] and item.command != LOITER_TO_ALT:
            return False
        if item.command in (WP, SPLINE, LOITER_TIME):
            vehicle.say(f"Reached command #{seq}")
        return True

    def _start_unlimited(self, _seq: int, item: Item, _after: Item | None) -> None:
        vehicle, over = self.vehicle, self._over_ground(item)
        vehicle.nav.fly_to(vehicle.air, self._goal(item), over_ground=over)
        self.step_item, self.item_done = self._fly, lambda: False

    def _start_turns(self, _seq: int, item: Item, _after: Item | None) -> None:
        circle = Turns.begin(self.vehicle, item)
        self.step_item, self.item_done = circle.step, lambda: circle.done

    def _start_takeoff(self, _seq: int, item: Item, _after: Item | None) -> None:
        vehicle = self.vehicle
        height = vehicle.height_of(item.frame, item.z)
        if vehicle.flying:
            height = max(height, vehicle.air.height_m)
        self.takeoff = takeoff = Takeoff.begin(vehicle, height)
        self.step_item = lambda _dt: takeoff.step()
        self.item_done = lambda: self._taken_off(takeoff)

    def _taken_off(self, takeoff: Takeoff) -> bool:
        if not takeoff.done:
            return False
        vehicle, self.takeoff = self.vehicle, None
        vehicle.nav.yaw_rad = vehicle.air.yaw_rad
        if not vehicle.nav.active:
            vehicle.nav.hold(Point(vehicle.controller.drift.place, takeoff.height_m))
        return True

    def _start_rtl(self, _seq: int, _item: Item, _after: Item | None) -> None:
        home = Return(self.vehicle)
        home.begin()

        def step(dt: float) -> Target:
            self.landing = home.landing
            return home.step(dt)

        self.step_item, self.item_done = step, self._down

    def _start_land(self, _seq: int, item: Item, _after: Item | None) -> None:
        vehicle = self.vehicle
        place = vehicle.point(item).place if item.has_place else None
        if place is not None:
            vehicle.nav.fly_to(vehicle.air, Point(place, vehicle.air.height_m))
        else:
            self.legs = False
            vehicle.nav.hold_here(vehicle.air)
        self.step_item, self.item_done = self._land_step, lambda: False

    def _land_step(self, dt: float) -> Target:
        vehicle = self.vehicle
        if not self.landing:
            target = vehicle.nav.advance(dt, vehicle.air)
            self.landing = vehicle.nav.reached(vehicle.air)
            self.legs = not self.landing
            return target
        return Descent(vehicle, vehicle.air.yaw_rad).step()

    def _down(self) -> bool:
        return self.landing and self.vehicle.landed and self.vehicle.time_s - self.vehicle.touched_s > 2.05

    def _start_delay(self, _seq: int, item: Item, _after: Item | None) -> None:
        until_s = self.vehicle.time_s + max(0.0, item.params[0])
        self.vehicle.say(f"Delaying {int(item.params[0])} sec")
        self.step_item, self.item_done = self._fly, lambda: self.vehicle.time_s >= until_s

    def _start_place(self, _seq: int, item: Item, _after: Item | None) -> None:
        vehicle = self.vehicle
        place = vehicle.point(item).place if item.has_place else vehicle.air.position
        job = PayloadPlace.begin(vehicle, place, item.params[0])
        self.step_item, self.item_done = job.step, lambda: job.done


@dataclass(slots=True)
class Turns:
    """NAV_LOITER_TURNS: to the circle's nearest point unless about there, then round it; a negative radius
    turns left. The height on the circle is that on which it was begun.
    """

    vehicle: Vehicle
    centre: complex
    radius_m: float
    clockwise: bool
    angle_rad: float
    left_rad: float
    rate_rads: float = 0.0
    circling: bool = False

    @classmethod
    def begin(cls, vehicle: Vehicle, item: Item) -> "Turns":
        point = vehicle.point(item)
        radius = item.params[2] or cm_to_m(vehicle.params["CIRCLE_RADIUS"])
        stop = vehicle.controller.stopping_place(vehicle.air)
        away = stop - point.place
        angle = heading(away) if abs(away) > 0.0 else vehicle.air.yaw_rad + math.pi
        turns = item.params[0] * 2.0 * math.pi
        circle = cls(vehicle, point.place, max(abs(radius), 0.1), radius >= 0.0, angle, turns)
        if math.hypot(abs(away), vehicle.air.height_m - point.height_m) > _NEAR_CENTRE_M:
            vehicle.nav.fly_to(vehicle.air, Point(circle.place, point.height_m))
        else:
            circle.start()
        return circle

    def start(self) -> None:
        """Begin to circle from where the vehicle stops."""
        self.circling = True
        self.angle_rad = heading(self.vehicle.controller.stopping_place(self.vehicle.air) - self.centre)

    @property
    def place(self) -> complex:
        return self.centre + self.radius_m * towards(self.angle_rad)

    @property
    def done(self) -> bool:
        return self.circling and self.left_rad <= 0.0

    def step(self, dt: float) -> Target:
        vehicle = self.vehicle
        if self.circling:
            return self._round(dt)
        target = vehicle.nav.advance(dt, vehicle.air)
        if vehicle.nav.reached(vehicle.air):
            self.start()
        target.yaw_rad = vehicle.look(target.yaw_rad)
        return target

    def _round(self, dt: float) -> Target:
        vehicle, radius = self.vehicle, self.radius_m
        accel = cm_to_m(vehicle.params["WPNAV_ACCEL"])
        most = min(vehicle.nav.cruise_ms, math.sqrt(0.5 * accel * radius)) / radius
        most = min(most, math.radians(abs(vehicle.params["CIRCLE_RATE"])))
        faster = max(accel / radius, _LEAST_RADSS) * dt
        self.rate_rads = min(most, self.rate_rads + faster)
        turn = self.rate_rads if self.clockwise else -self.rate_rads
        self.angle_rad += turn * dt
        self.left_rad -= abs(turn) * dt
        yaw = heading(self.centre - vehicle.controller.drift.place)
        speed = vehicle.nav.cruise_ms
        return Target(self.place, eased=True, speed_ms=speed, yaw_rad=vehicle.look(yaw))
