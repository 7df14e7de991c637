"""COMMAND_LONG and COMMAND_INT: each command's answer as ArduCopter 4.6 gives it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from core.units import e7_to_deg
from flight.simulator import actions
from flight.simulator.arming import complaints, mode_complaint
from flight.simulator.auto import Auto
from flight.simulator.limits import HIGHEST_M
from flight.simulator.messages import Ack, Message, ModeNumber, Sender, Severity, mavlink
from flight.simulator.missionitems import Item
from flight.simulator.modes import Guided
from flight.simulator.navigator import Point
from flight.simulator.vehicle import Vehicle

FORCE = 21196.0
_WITH_PLACE = {192, 195, 201}


@dataclass(frozen=True, slots=True)
class Command:
    """A command from either message: `lat`, `lon` in degrees, `frame` a MAV_FRAME; NaN is read as 0."""

    number: int
    params: tuple[float, float, float, float]
    lat: float
    lon: float
    z: float
    frame: int
    sender: Sender

    @classmethod
    def read(cls, message: Message, sender: Sender) -> "Command":
        params = (message.param1, message.param2, message.param3, message.param4)
        if message.get_type() == "COMMAND_INT":
            lat, lon = e7_to_deg(message.x), e7_to_deg(message.y)
            given, frame = (*params, lat, lon, message.z), message.frame
        else:
            given, frame = (*params, message.param5, message.param6, message.param7), 3
        first, second, third, fourth, lat, lon, z = (0.0 if math.isnan(v) else v for v in given)
        return cls(message.command, (first, second, third, fourth), lat, lon, z, frame, sender)

    @property
    def finite(self) -> bool:
        """Whether it holds no infinite number."""
        return all(math.isfinite(v) for v in (*self.params, self.lat, self.lon, self.z))

    @property
    def on_earth(self) -> bool:
        """Whether its place is one."""
        return abs(self.lat) <= 90.0 and abs(self.lon) <= 180.0 and abs(self.z) < HIGHEST_M

    def point(self, vehicle: Vehicle) -> Point:
        """Where the command says."""
        return Point(vehicle.ground.to_local(self.lat, self.lon), vehicle.height_of(self.frame, self.z))

    @property
    def item(self) -> Item:
        return Item(3, self.number, self.params, round(self.lat * 1e7), round(self.lon * 1e7), self.z)


class Copter(Protocol):
    """What a command may do beyond the vehicle itself."""

    vehicle: Vehicle

    @property
    def auto(self) -> Auto:
        """The AUTO mode, whether flown or not."""
        ...

    def change_mode(self, number: int) -> bool:
        """Change the mode; False, with the reason told, if it cannot."""
        ...

    def disarm(self) -> None:
        """Stop the motors and put the mission back to its start."""
        ...

    def set_interval(self, message_id: int, interval_us: float, link: int) -> bool:
        """How often a client gets a message."""
        ...

    def request(self, message_id: int, link: int) -> bool:
        """Send a client one message."""
        ...

    def set_current(self, seq: int, *, reset: bool) -> bool:
        """Make a mission item the current one."""
        ...

    def reboot(self) -> None:
        """Start again; parameters stay."""
        ...


Handler = Callable[[Command], Ack]


@dataclass(slots=True)
class Commands:
    """The table of commands."""

    copter: Copter
    table: dict[int, Handler] = field(init=False)

    def __post_init__(self) -> None:
        self.table = {
            20: lambda _: self._mode(ModeNumber.RTL), 21: lambda _: self._mode(ModeNumber.LAND),
            17: lambda _: self._mode(ModeNumber.LOITER), 22: self._take_off, 115: self._yaw,
            176: self._set_mode, 178: self._speed, 179: self._set_home, 183: self._servo,
            192: self._reposition, 193: self._pause, 195: self._roi, 197: self._roi, 201: self._roi,
            203: self._digicam, 206: self._trigger_distance, 207: self._fence, 211: self._gripper,
            224: self._set_current, 246: self._reboot, 300: self._start, 400: self._arm, 401: self._check,
            410: self._get_home, 511: self._interval, 512: self._request, 519: self._version,
            520: self._version, 2000: self._capture, 2001: lambda _: Ack.ACCEPTED, 42600: self._winch,
        }  # fmt: skip

    @property
    def vehicle(self) -> Vehicle:
        return self.copter.vehicle

    def handle(self, message: Message, sender: Sender) -> Message:
        """Carry a command out; its COMMAND_ACK."""
        command = Command.read(message, sender)
        handler = self.table.get(command.number)
        result = self._carry_out(handler, command) if handler is not None else Ack.UNSUPPORTED
        return mavlink.MAVLink_command_ack_message(
            command.number, int(result), 0, 0, sender.system, sender.component
        )

    @staticmethod
    def _carry_out(handler: Handler, command: Command) -> Ack:
        if not command.finite or (command.number in _WITH_PLACE and not command.on_earth):
            return Ack.DENIED
        return handler(command)

    # -- arming and modes

    def _arm(self, command: Command) -> Ack:
        if command.params[0] not in (0.0, 1.0):
            return Ack.UNSUPPORTED
        forced = command.params[1] == FORCE
        return self._do_arm(forced=forced) if command.params[0] == 1.0 else self._disarm(forced=forced)

    def _do_arm(self, *, forced: bool) -> Ack:
        vehicle = self.vehicle
        if vehicle.armed:
            return Ack.ACCEPTED
        found = [] if forced else complaints(vehicle, self.copter.auto.sequence.items)
        mode = mode_complaint(vehicle)
        if not found and mode is not None:
            found = [mode]
        for text in found:
            vehicle.say(f"Arm: {text}", Severity.CRITICAL)
        if found:
            return Ack.FAILED
        vehicle.arm()
        if vehicle.mode.number is ModeNumber.AUTO and vehicle.params.bit("AUTO_OPTIONS", 1):
            vehicle.auto_armed = True
        return Ack.ACCEPTED

    def _disarm(self, *, forced: bool) -> Ack:
        vehicle = self.vehicle
        if vehicle.flying and not forced:
            return Ack.FAILED
        if vehicle.armed:
            self.copter.disarm()
        return Ack.ACCEPTED

    def _check(self, _command: Command) -> Ack:
        for text in complaints(self.vehicle, self.copter.auto.sequence.items):
            self.vehicle.say(f"PreArm: {text}", Severity.CRITICAL)
        return Ack.ACCEPTED

    def _mode(self, number: int) -> Ack:
        return Ack.ACCEPTED if self.copter.change_mode(number) else Ack.FAILED

    def _set_mode(self, command: Command) -> Ack:
        return self._mode(int(command.params[1]))

    def _start(self, _command: Command) -> Ack:
        vehicle = self.vehicle
        if vehicle.mode.number is not ModeNumber.AUTO and not self.copter.change_mode(ModeNumber.AUTO):
            return Ack.FAILED
        vehicle.auto_armed = vehicle.armed
        if not self.copter.auto.sequence.running:
            self.copter.auto.start()
        return Ack.ACCEPTED

    def _pause(self, command: Command) -> Ack:
        if command.params[0] not in (0.0, 1.0):
            return Ack.DENIED
        mode = self.vehicle.mode
        if command.params[0] == 0.0:
            if isinstance(mode, Auto | Guided) and mode.pause():
                return Ack.ACCEPTED
            self.vehicle.say("Failed to pause")
            return Ack.FAILED
        if isinstance(mode, Auto) and mode.resume():
            return Ack.ACCEPTED
        self.vehicle.say("Failed to resume")
        return Ack.FAILED

    def _reboot(self, command: Command) -> Ack:
        if command.params[0] not in (1.0, 3.0):
            return Ack.UNSUPPORTED
        if self.vehicle.armed:
            return Ack.FAILED
        self.copter.reboot()
        return Ack.ACCEPTED

    # -- flying

    def _take_off(self, command: Command) -> Ack:
        mode = self.vehicle.mode
        taken = isinstance(mode, Guided) and mode.take_off(command.z)
        return Ack.ACCEPTED if taken else Ack.FAILED

    def _reposition(self, command: Command) -> Ack:
        if not isinstance(self.vehicle.mode, Guided):
            if not int(command.params[1]) & 1:
                return Ack.DENIED
            if not self.copter.change_mode(ModeNumber.GUIDED):
                return Ack.FAILED
        mode = self.vehicle.mode
        gone = isinstance(mode, Guided) and mode.go(command.point(self.vehicle))
        return Ack.ACCEPTED if gone else Ack.FAILED

    def _speed(self, command: Command) -> Ack:
        return _ack(actions.change_speed(self.vehicle, int(command.params[0]), command.params[1]))

    def _yaw(self, command: Command) -> Ack:
        if not 0.0 <= command.params[0] <= 360.0:
            return Ack.FAILED
        return _ack(actions.turn_to(self.vehicle, command.params))

    def _roi(self, command: Command) -> Ack:
        return _ack(actions.look_at(self.vehicle, command.item))

    def _set_home(self, command: Command) -> Ack:
        vehicle = self.vehicle
        if command.params[0] == 1.0:
            if not vehicle.has_position:
                return Ack.FAILED
            vehicle.home = vehicle.here
        elif not command.on_earth or (command.lat == 0.0 and command.lon == 0.0):
            return Ack.FAILED
        else:
            height = command.z - vehicle.setup.altitude_m
            vehicle.home = Point(vehicle.ground.to_local(command.lat, command.lon), height)
        vehicle.home_locked = True
        vehicle.tell(vehicle.home_message())
        return Ack.ACCEPTED

    def _get_home(self, command: Command) -> Ack:
        return _ack(self.copter.request(242, command.sender.link))

    def _set_current(self, command: Command) -> Ack:
        seq = command.params[0]
        if not math.isfinite(seq) or not self.copter.set_current(int(seq), reset=command.params[1] == 1.0):
            return Ack.DENIED
        return Ack.ACCEPTED

    # -- payload

    def _digicam(self, command: Command) -> Ack:
        return _ack(actions.shoot(self.vehicle, 1 if round(command.lat) == 1 else 0))

    def _capture(self, _command: Command) -> Ack:
        return _ack(actions.shoot(self.vehicle))

    def _trigger_distance(self, command: Command) -> Ack:
        return _ack(
            actions.trigger_distance(self.vehicle, command.params[0], at_once=command.params[2] == 1.0)
        )

    def _gripper(self, command: Command) -> Ack:
        return _ack(actions.grip(self.vehicle, command.params[1]))

    def _winch(self, command: Command) -> Ack:
        return _ack(actions.wind_line(self.vehicle, *command.params[1:]))

    def _servo(self, command: Command) -> Ack:
        return _ack(actions.set_servo(self.vehicle, command.params[0], command.params[1]))

    def _fence(self, command: Command) -> Ack:
        if command.params[0] not in (0.0, 1.0):
            return Ack.FAILED
        self.vehicle.params.set("FENCE_ENABLE", command.params[0])
        return Ack.ACCEPTED

    # -- messages

    def _interval(self, command: Command) -> Ack:
        link = command.sender.link
        return _ack(self.copter.set_interval(int(command.params[0]), command.params[1], link))

    def _request(self, command: Command) -> Ack:
        return _ack(self.copter.request(int(command.params[0]), command.sender.link))

    def _version(self, command: Command) -> Ack:
        return _ack(self.copter.request(148, command.sender.link))


def _ack(done: bool) -> Ack:
    return Ack.ACCEPTED if done else Ack.FAILED
