"""Commands about messages, calibration and the board: what a ground station asks of any vehicle."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flight.simulator.auxfunctions import KNOWN
from flight.simulator.command import Command
from flight.simulator.messages import Ack, Outgoing, Severity, mavlink
from flight.simulator.storage import unsigned, whole
from flight.simulator.vehicle import Vehicle

_FASTEST_US = 3000.0
_FORCED_REBOOT = 20190226
_VERSION, _HOME, _ORIGIN = 148, 242, 49
_ERASE = 2.0


class Copter(Protocol):
    """Who is asked."""

    vehicle: Vehicle

    def set_interval(self, message_id: int, interval_us: float, link: int) -> bool:
        """How often a client gets a message."""
        ...

    def interval_us(self, message_id: int, link: int) -> int | None:
        """How often a client gets a message; None for one that does not exist."""
        ...

    def request(self, message_id: int, link: int) -> bool:
        """Send a client one message."""
        ...

    def disarm(self) -> None:
        """Stop the motors."""
        ...

    def reboot(self) -> None:
        """Start again; parameters stay."""
        ...

    def banner(self) -> None:
        """Say what the vehicle is."""
        ...


@dataclass(slots=True)
class StationCommands:
    """Messages, calibration, board."""

    copter: Copter

    @property
    def table(self) -> dict[int, Callable[[Command], Ack]]:
        """Handlers by command."""
        return {
            185: self._terminate, 209: self._motor_test, 218: self._auxiliary, 241: self._calibrate,
            245: self._storage, 246: self._reboot, 410: self._get_home, 500: _failed,
            510: self._get_interval, 511: self._interval, 512: self._request, 520: self._version,
            2600: self._high_latency, 5300: self._safety, 10001: _failed, 32000: self._forward,
            42006: _accepted, 42007: self._sources, 42424: _accepted, 42425: _failed, 42426: _accepted,
            42428: self._banner, 42429: _failed, 42651: _accepted, 42700: _denied, 42701: _denied,
            43004: _accepted,
        }  # fmt: skip

    @property
    def vehicle(self) -> Vehicle:
        return self.copter.vehicle

    # -- messages

    def _interval(self, command: Command) -> Ack:
        number, every_us = unsigned(command.params[0]), command.params[1]
        if command.params[2] != 0.0:
            return Ack.DENIED
        known = self.copter.interval_us(number, command.sender.link) is not None
        if not known:
            self.vehicle.say(f"No ap_message for mavlink id ({number})")
        interval = whole(every_us)
        if not known or interval < -1:
            return Ack.DENIED
        if 0 < interval < _FASTEST_US:
            text = f"Requested rate for message ID {number} too fast. Increase SCHED_LOOP_RATE"
            self.vehicle.say(text)
            return Ack.DENIED
        return _ack(self.copter.set_interval(number, float(interval), command.sender.link))

    def _get_interval(self, command: Command) -> Ack:
        number, link = unsigned(command.params[0]), command.sender.link
        every = self.copter.interval_us(number, link) if number < 2**16 else None
        message = mavlink.MAVLink_message_interval_message(number & 0xFFFF, every or 0)
        self.vehicle.post(Outgoing(message, link))
        return _ack(every is not None)

    def _request(self, command: Command) -> Ack:
        number, link = unsigned(command.params[0]), command.sender.link
        if self.copter.interval_us(number, link) is None:
            return Ack.FAILED
        self.copter.request(number, link)
        return Ack.ACCEPTED

    def _version(self, command: Command) -> Ack:
        wanted = command.params[0] == 1.0
        return _ack(wanted and self.copter.request(_VERSION, command.sender.link))

    def _get_home(self, command: Command) -> Ack:
        done = self.copter.request(_HOME, command.sender.link)
        self.copter.request(_ORIGIN, command.sender.link)
        return _ack(done)

    # -- the board

    def _reboot(self, command: Command) -> Ack:
        if self.vehicle.armed and command.y != _FORCED_REBOOT:
            return Ack.FAILED
        if command.params[0] not in (1.0, 3.0):
            return Ack.UNSUPPORTED
        self.copter.reboot()
        return Ack.ACCEPTED

    def _storage(self, command: Command) -> Ack:
        if command.params[0] != _ERASE:
            return Ack.DENIED
        params = self.vehicle.params
        for name, value in params.defaults.items():
            params.set(name, value)
        self.vehicle.say("All parameters reset, reboot board", Severity.WARNING)
        return Ack.ACCEPTED

    def _calibrate(self, command: Command) -> Ack:
        """Accepted at once: a simulated sensor needs none."""
        first, second, third = command.params[:3]
        if self.vehicle.armed:
            self.vehicle.say("Disarm to allow calibration", Severity.NOTICE)
            return Ack.FAILED
        if third == 1.0 and first != 1.0:
            self.vehicle.say("Updating barometer calibration")
            self.vehicle.say("Barometer calibration complete")
            return Ack.ACCEPTED
        asked = first == 1.0 or command.x in (1, 2, 4, 76) or second == 76.0
        return Ack.ACCEPTED if asked else Ack.UNSUPPORTED

    def _motor_test(self, _command: Command) -> Ack:
        if not self.vehicle.landed:
            self.vehicle.say("Motor Test: vehicle not landed", Severity.CRITICAL)
            return Ack.FAILED
        self.vehicle.say("starting motor test")
        self.vehicle.say("finished motor test")
        return Ack.ACCEPTED

    def _auxiliary(self, command: Command) -> Ack:
        if command.params[1] > 2.0:
            return Ack.DENIED
        number = whole(command.params[0], 16, signed=False)
        if number not in KNOWN:
            self.vehicle.say(f"Invalid channel option ({number})")
            return Ack.FAILED
        return Ack.ACCEPTED

    def _high_latency(self, command: Command) -> Ack:
        if command.params[0] not in (0.0, 1.0):
            return Ack.FAILED
        self.vehicle.say(f"High Latency {'enabled' if command.params[0] else 'disabled'}")
        return Ack.ACCEPTED

    def _terminate(self, command: Command) -> Ack:
        if not command.params[0] > 0.5:
            return Ack.FAILED
        if self.vehicle.armed:
            self.copter.disarm()
        return Ack.ACCEPTED

    def _banner(self, _command: Command) -> Ack:
        self.copter.banner()
        return Ack.ACCEPTED

    @staticmethod
    def _safety(command: Command) -> Ack:
        return Ack.ACCEPTED if unsigned(command.params[0]) in (0, 1) else Ack.DENIED

    @staticmethod
    def _forward(command: Command) -> Ack:
        return _ack(whole(command.params[0], 8) in (0, -1))

    @staticmethod
    def _sources(command: Command) -> Ack:
        return Ack.ACCEPTED if unsigned(command.params[0]) in (1, 2, 3) else Ack.DENIED


def _accepted(_command: Command) -> Ack:
    return Ack.ACCEPTED


def _failed(_command: Command) -> Ack:
    return Ack.FAILED


def _denied(_command: Command) -> Ack:
    return Ack.DENIED


def _ack(done: bool) -> Ack:
    return Ack.ACCEPTED if done else Ack.FAILED
