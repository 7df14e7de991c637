"""Commands that arm, fly and steer."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flight.simulator import actions
from flight.simulator.arming import PreArm, complaints, mode_complaint
from flight.simulator.auto import Auto
from flight.simulator.command import Command
from flight.simulator.legs import Point
from flight.simulator.messages import Ack, ModeNumber, Severity
from flight.simulator.modes import Guided
from flight.simulator.storage import unsigned
from flight.simulator.vehicle import Vehicle

_FORCE, _FORCE_ARM = 21196.0, 2989.0
_LAST_TAG = 65535
_ABOVE_GROUND = (10, 11)
_SPEED_MODES = (ModeNumber.AUTO, ModeNumber.GUIDED, ModeNumber.RTL, ModeNumber.SMART_RTL)
_FARTHEST_HOME_M = 50_000.0
_CUSTOM_MODE, _SAFETY_SWITCH = 1, 128
_NOT_FOUND = {
    188: ("Mode change to AUTO RTL failed: No return path found",),
    189: ("Unable to start landing sequence", "Mode change to AUTO RTL failed: No landing sequence found"),
}


class Copter(Protocol):
    """Who is commanded."""

    vehicle: Vehicle
    prearm: PreArm

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

    def set_current(self, seq: int, *, reset: bool) -> bool:
        """Make a mission item the current one."""
        ...

    def tell_current(self, shown: int | None = None) -> None:
        """Send every client the current item's number, or another."""
        ...


@dataclass(slots=True)
class FlightCommands:
    """Arming, modes, places to go to."""

    copter: Copter

    @property
    def table(self) -> dict[int, Callable[[Command], Ack]]:
        """Handlers by command."""
        return {
            17: lambda _: self._mode(ModeNumber.LOITER), 20: lambda _: self._mode(ModeNumber.RTL),
            21: lambda _: self._mode(ModeNumber.LAND), 85: lambda _: self._mode(ModeNumber.LAND),
            22: self._take_off, 84: self._take_off, 32: self._follow, 115: self._yaw, 176: self._set_mode,
            178: self._speed, 179: self._set_home, 188: self._not_found, 189: self._not_found,
            192: self._reposition, 193: self._pause, 195: self._roi, 197: self._no_roi, 201: self._roi,
            224: self._set_current, 300: self._start, 400: self._arm, 401: self._check, 601: self._jump,
            42001: self._solo_fly, 42002: self._solo_hold, 42003: self._solo_pause,
        }  # fmt: skip

    @property
    def vehicle(self) -> Vehicle:
        return self.copter.vehicle

    # -- arming and modes

    def _arm(self, command: Command) -> Ack:
        wanted, force = command.params[:2]
        if wanted not in (0.0, 1.0):
            return Ack.UNSUPPORTED
        if wanted == 1.0:
            return self.do_arm(forced=force in (_FORCE, _FORCE_ARM))
        return self._disarm(forced=force == _FORCE)

    def do_arm(self, *, forced: bool) -> Ack:
        """Arm; the reasons against it are told."""
        vehicle = self.vehicle
        if vehicle.armed:
            return Ack.ACCEPTED
        found = [] if forced else self.copter.prearm.check()
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
        if self.vehicle.armed:
            return Ack.REJECTED
        for text in complaints(self.vehicle, self.copter.auto.sequence.items):
            self.vehicle.say(f"PreArm: {text}", Severity.CRITICAL)
        return Ack.ACCEPTED

    def _mode(self, number: int) -> Ack:
        return _ack(self.copter.change_mode(number))

    def _set_mode(self, command: Command) -> Ack:
        base = command.params[0]
        flags = unsigned(base)
        if flags & _CUSTOM_MODE:
            return self._mode(unsigned(command.params[1]) & 0xFF)
        switched = flags == _SAFETY_SWITCH and command.params[1] in (0.0, 1.0)
        return Ack.ACCEPTED if switched else Ack.DENIED

    def _start(self, command: Command) -> Ack:
        vehicle = self.vehicle
        if command.params[0] != 0.0 or command.params[1] != 0.0:
            return Ack.DENIED
        changed = vehicle.mode.number is not ModeNumber.AUTO
        self.copter.auto.start_if_placed()  # of a change of mode that came just before
        if changed and not self.copter.change_mode(ModeNumber.AUTO):
            return Ack.FAILED
        vehicle.auto_armed = vehicle.armed
        if not self.copter.auto.sequence.running:
            self.copter.auto.start()  # after a change of mode a second time, as ArduCopter does
        return Ack.ACCEPTED

    def _pause(self, command: Command) -> Ack:
        mode, wanted = self.vehicle.mode, command.byte(1)
        if wanted not in (0, 1):
            return Ack.DENIED
        if wanted == 0:
            done, word = isinstance(mode, Auto | Guided) and mode.pause(), "pause"
        else:
            done, word = isinstance(mode, Guided) or (isinstance(mode, Auto) and mode.resume()), "resume"
        if not done:
            self.vehicle.say(f"Failed to {word}")
        return _ack(done)

    def _not_found(self, command: Command) -> Ack:
        """AUTO_RTL: this copter looks for no landing sequence."""
        for text in _NOT_FOUND[command.number]:
            self.vehicle.say(text)
        return Ack.FAILED

    # -- flying

    def _take_off(self, command: Command) -> Ack:
        mode = self.vehicle.mode
        if command.frame != 3:
            return Ack.DENIED
        return _ack(isinstance(mode, Guided) and mode.take_off(command.z))

    @staticmethod
    def _follow(command: Command) -> Ack:
        return Ack.ACCEPTED if 0.0 < command.params[0] <= 255.0 else Ack.DENIED

    def _reposition(self, command: Command) -> Ack:
        flags = command.params[1]
        change = math.isfinite(flags) and bool(int(flags) & 1)
        if not isinstance(self.vehicle.mode, Guided) and not change:
            return Ack.DENIED
        if not (command.on_earth and command.placed and command.complete):
            return Ack.DENIED
        if self._fenced_off(command.point(self.vehicle)):
            return Ack.FAILED
        if not isinstance(self.vehicle.mode, Guided) and not self.copter.change_mode(ModeNumber.GUIDED):
            return Ack.FAILED
        return self._go(command.point(self.vehicle))

    def _go(self, point: Point) -> Ack:
        mode = self.vehicle.mode
        if isinstance(mode, Guided):
            mode.go(point)
        return Ack.ACCEPTED

    def _fenced_off(self, point: Point) -> bool:
        """Whether the fence forbids a place."""
        vehicle = self.vehicle
        above_m = point.height_m - vehicle.home.height_m
        fence = vehicle.fence
        return fence.enabled and bool(fence.check(point.place, above_m, vehicle.home.place, flying=False))

    def _speed(self, command: Command) -> Ack:
        if self.vehicle.mode.number not in _SPEED_MODES:
            return Ack.FAILED
        kind = command.params[0]
        number = 3 if kind > 2.9 else 2 if kind > 1.9 else 1
        return _ack(actions.change_speed(self.vehicle, number, command.params[1]))

    def _yaw(self, command: Command) -> Ack:
        angle, _, _, relative = command.params
        if not 0.0 <= angle <= 360.0 or relative not in (0.0, 1.0):
            return Ack.FAILED
        return _ack(actions.turn_to(self.vehicle, command.params))

    def _roi(self, command: Command) -> Ack:
        if not command.placed:
            return Ack.DENIED
        return _ack(command.on_earth and actions.look_at(self.vehicle, command.item))

    def _no_roi(self, command: Command) -> Ack:
        return _ack(actions.look_at(self.vehicle, command.item))

    def _set_home(self, command: Command) -> Ack:
        vehicle = self.vehicle
        if command.params[0] == 1.0 or (command.x == 0 and command.y == 0):
            if not vehicle.has_position:
                return Ack.FAILED
            vehicle.home = vehicle.here
        elif command.params[0] != 0.0:
            return Ack.FAILED
        elif not command.placed:
            return Ack.DENIED
        elif not self._can_be_home(command):
            return Ack.FAILED
        else:
            point = command.point(vehicle)
            vehicle.home = Point(point.place, point.height_m)
        vehicle.home_locked = True
        vehicle.tell(vehicle.home_message())
        return Ack.ACCEPTED

    def _can_be_home(self, command: Command) -> bool:
        """Whether a place is near enough, and its height above ground can be told."""
        vehicle = self.vehicle
        if command.frame in _ABOVE_GROUND and vehicle.terrain.height_m(command.x, command.y) is None:
            return False
        return command.on_earth and abs(command.point(vehicle).place) <= _FARTHEST_HOME_M

    def _set_current(self, command: Command) -> Ack:
        seq = unsigned(command.params[0])
        if seq >= len(self.copter.auto.sequence.items):
            return Ack.DENIED
        done = self.copter.set_current(seq, reset=command.params[1] == 1.0)
        if done:
            self.copter.tell_current()
        return _ack(done)

    def _jump(self, command: Command) -> Ack:
        tag = unsigned(command.params[0])
        if tag > _LAST_TAG:
            return Ack.DENIED
        items = self.copter.auto.sequence.items
        at = [seq for seq, item in enumerate(items) if item.command == 600 and item.params[0] == tag]
        return _ack(bool(at) and self.copter.set_current(at[0], reset=False))

    # -- the buttons of a Solo, which stations offer too

    def _solo_fly(self, _command: Command) -> Ack:
        if not self.copter.change_mode(ModeNumber.LOITER):
            self.copter.change_mode(ModeNumber.ALT_HOLD)
        return Ack.ACCEPTED

    def _solo_hold(self, _command: Command) -> Ack:
        if not self.vehicle.armed:
            self.do_arm(forced=False)
        elif self.vehicle.flying:
            self.copter.change_mode(ModeNumber.LAND)
        return Ack.ACCEPTED

    def _solo_pause(self, _command: Command) -> Ack:
        vehicle = self.vehicle
        if vehicle.armed and vehicle.landed:
            self.copter.disarm()
        elif vehicle.armed and not self.copter.change_mode(ModeNumber.BRAKE):
            self.copter.change_mode(ModeNumber.ALT_HOLD)
        return Ack.ACCEPTED


def _ack(done: bool) -> Ack:
    return Ack.ACCEPTED if done else Ack.FAILED
