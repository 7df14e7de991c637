"""Commands to what the vehicle carries: camera, gripper, winch, servos, relays, fence, gimbal."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flight.simulator import actions
from flight.simulator.command import Command
from flight.simulator.limits import within
from flight.simulator.messages import Ack
from flight.simulator.missionitems import float32
from flight.simulator.storage import whole
from flight.simulator.vehicle import Vehicle

_FREE_SERVOS = {0, 1, 22, 23, 28, *range(51, 67), *range(140, 156)}  # SERVOn_FUNCTIONs left to commands
_SERVOS, _NAMED_SERVOS = 32, 16
_RELAYS = 1
_MOST_CAMERAS = 2
_POLYGON, _ALL_FENCES = 4, 0xF


class Copter(Protocol):
    """Who carries it."""

    vehicle: Vehicle


@dataclass(slots=True)
class GearCommands:
    """Payload and surroundings."""

    copter: Copter
    shot_s: float = -math.inf  # the shutter is still pressed for CAM1_DURATION after a shot

    @property
    def table(self) -> dict[int, Callable[[Command], Ack]]:
        """Handlers by command."""
        return {
            181: self._relay, 182: self._relay, 183: self._servo, 184: self._servo, 198: _accepted,
            202: _accepted, 203: self._digicam, 204: _failed, 205: _failed, 206: self._trigger_distance,
            207: self._fence, 208: self._parachute, 211: self._gripper, 216: _accepted, 531: _unsupported,
            532: self._focus, 534: self._source, 1000: _failed, 1001: _failed, 2000: self._capture,
            2001: self._stop_capture, 2004: _unsupported, 2005: _unsupported, 2010: _unsupported,
            2500: _failed, 2501: _failed, 2520: _accepted, 42600: self._winch,
        }  # fmt: skip

    @property
    def vehicle(self) -> Vehicle:
        return self.copter.vehicle

    @property
    def _camera(self) -> bool:
        return self.vehicle.camera.fitted

    # -- camera

    def _digicam(self, command: Command) -> Ack:
        actions.shoot(self.vehicle, 1 if command.x == 1 else 0)
        return Ack.ACCEPTED

    def _capture(self, command: Command) -> Ack:
        number, every_s, count, _ = command.params
        if number < 0.0:
            return Ack.UNSUPPORTED
        if not self._camera or (number != 0.0 and not self._is_first(number)):
            return Ack.FAILED
        now_s = self.vehicle.time_s
        one = count == 1.0 or (every_s == 0.0 and count == 0.0)
        if one and 0.0 <= now_s - self.shot_s < self.vehicle.params["CAM1_DURATION"]:
            return Ack.FAILED
        self.shot_s = now_s if one else self.shot_s
        actions.capture(self.vehicle, within(every_s, (0.0, 1e6)), int(within(count, (-1.0, 32767.0))))
        return Ack.ACCEPTED

    def _stop_capture(self, command: Command) -> Ack:
        number = command.params[0]
        known = number == 0.0 or (self._camera and self._is_first(number))
        if number >= 0.0 and known:
            self.vehicle.camera.stop()
        return Ack.UNSUPPORTED if number < 0.0 or not known else Ack.ACCEPTED

    @staticmethod
    def _is_first(number: float) -> bool:
        """Whether a camera counted from 1 is the first."""
        return whole(float32(number - 1.0), 8, signed=False) == 0

    def _trigger_distance(self, command: Command) -> Ack:
        metres = command.params[0]
        at_once = command.params[2] == 1.0
        actions.trigger_distance(self.vehicle, metres if math.isfinite(metres) else 0.0, at_once=at_once)
        return Ack.ACCEPTED

    def _focus(self, command: Command) -> Ack:
        if whole(command.params[0]) not in (1, 2, 4, 5, 6):
            return Ack.DENIED
        return Ack.UNSUPPORTED if self._camera else Ack.FAILED

    @staticmethod
    def _source(_command: Command) -> Ack:
        return Ack.DENIED

    # -- what holds and lets go

    def _gripper(self, command: Command) -> Ack:
        return _ack(actions.grip(self.vehicle, float(command.byte(2))))

    def _winch(self, command: Command) -> Ack:
        length, rate = (value if math.isfinite(value) else 0.0 for value in command.params[2:])
        return _ack(actions.wind_line(self.vehicle, float(command.byte(2)), length, rate))

    def _servo(self, command: Command) -> Ack:
        channel = command.byte(1)
        if not 1 <= channel <= _SERVOS:
            return Ack.FAILED
        used = self.vehicle.params.integer(f"SERVO{channel}_FUNCTION") if channel <= _NAMED_SERVOS else 0
        if used not in _FREE_SERVOS:
            self.vehicle.say(f"ServoRelayEvent: Channel {channel} is already in use")
            return Ack.FAILED
        if channel <= _NAMED_SERVOS:
            actions.set_servo(self.vehicle, channel, whole(command.params[1], 16, signed=False))
        return Ack.ACCEPTED

    @staticmethod
    def _relay(command: Command) -> Ack:
        return _ack(command.byte(1) < _RELAYS)

    @staticmethod
    def _parachute(command: Command) -> Ack:
        return _ack(whole(command.params[0], 16, signed=False) in (0, 1, 2))

    # -- fence

    def _fence(self, command: Command) -> Ack:
        action = whole(command.params[0], 16, signed=False)
        chosen = command.byte(2) or _ALL_FENCES
        if action == 1:
            if not self._present & chosen:
                return Ack.FAILED
            self.vehicle.params.set("FENCE_ENABLE", 1.0)
        elif action == 0:
            self.vehicle.params.set("FENCE_ENABLE", 0.0)
        return _ack(action in (0, 1, 2))

    @property
    def _present(self) -> int:
        """Kinds of fence that there are: polygons only when some were uploaded."""
        kinds = self.vehicle.params.integer("FENCE_TYPE")
        return kinds if self.vehicle.fence.areas else kinds & ~_POLYGON


def _accepted(_command: Command) -> Ack:
    return Ack.ACCEPTED


def _failed(_command: Command) -> Ack:
    return Ack.FAILED


def _unsupported(_command: Command) -> Ack:
    return Ack.UNSUPPORTED


def _ack(done: bool) -> Ack:
    return Ack.ACCEPTED if done else Ack.FAILED
