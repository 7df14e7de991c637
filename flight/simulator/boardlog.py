"""Logs kept on board: one a flight, from arming to the motors' stop, sent while it is disarmed.

Layout of ArduPilot's DataFlash logs (AP_Logger/LogStructure.h): FMT messages that say how the others are
packed, then MSG (words), EV (armed 10, disarmed 11) and POS (place and height above home).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.units import deg_to_e7
from flight.simulator.messages import Message, Outgoing, Sender, mavlink
from flight.simulator.vehicle import Vehicle

_HEAD = b"\xa3\x95"
_FMT, _MSG, _EV, _POS = 128, 1, 2, 3
_FORMATS = {
    _FMT: ("FMT", "BBnNZ", "Type,Length,Name,Format,Columns", struct.Struct("<BB4s16s64s")),
    _MSG: ("MSG", "QZ", "TimeUS,Message", struct.Struct("<Q64s")),
    _EV: ("EV", "QB", "TimeUS,Id", struct.Struct("<QB")),
    _POS: ("POS", "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt", struct.Struct("<Qiifff")),
}
_ARMED, _DISARMED = 10, 11
_POS_S = 0.5
_MOST_LOGS, _MOST_BYTES = 20, 4_000_000
_BLOCK, _A_STEP = 90, 20


@dataclass(slots=True)
class _Stretch:
    """What is still to be sent of a log, from byte `at` to `end`."""

    number: int
    at: int
    end: int
    sender: Sender


@dataclass(slots=True)
class BoardLogs:
    """The logs of one vehicle, the last one growing while it is armed; `due` is what was asked for."""

    logs: list[bytearray] = field(default_factory=list)
    first: int = 1  # the number of the oldest
    due: _Stretch | None = None
    _armed: bool = False
    _next_s: float = 0.0

    def note(self, vehicle: Vehicle) -> None:
        """Write down what happened since the last time; called some times a second."""
        said, vehicle.said = vehicle.said, []
        if vehicle.armed and not self._armed:
            self._begin()
            self._next_s = vehicle.time_s
            self._write(_EV, vehicle, _ARMED)
        if vehicle.armed or self._armed:
            for text in said:
                self._write(_MSG, vehicle, text.encode("ascii", "replace"))
        if vehicle.armed and vehicle.time_s >= self._next_s:
            self._next_s += _POS_S
            self._place(vehicle)
        if self._armed and not vehicle.armed:
            self._write(_EV, vehicle, _DISARMED)
        self._armed = vehicle.armed

    def _begin(self) -> None:
        self.logs.append(bytearray())
        if len(self.logs) > _MOST_LOGS:
            del self.logs[0]
            self.first += 1
        for kind, (name, codes, labels, body) in _FORMATS.items():
            row = kind, body.size + 3, name.encode(), codes.encode(), labels.encode()
            self.logs[-1] += _HEAD + bytes([_FMT]) + _FORMATS[_FMT][3].pack(*row)

    def _write(self, kind: int, vehicle: Vehicle, *values: object) -> None:
        if self.logs and len(self.logs[-1]) < _MOST_BYTES:
            row = _FORMATS[kind][3].pack(int(vehicle.time_s * 1e6), *values)
            self.logs[-1] += _HEAD + bytes([kind]) + row

    def _place(self, vehicle: Vehicle) -> None:
        lat, lon = vehicle.ground.to_lat_lon(vehicle.estimated)
        up = vehicle.air.height_m
        self._write(_POS, vehicle, deg_to_e7(lat), deg_to_e7(lon), vehicle.air.altitude_m + up, up, up)

    def entries(self, vehicle: Vehicle) -> Iterator[Message]:
        """A LOG_ENTRY for each log, or the one that says there is none; nothing while it is armed."""
        if vehicle.armed:
            return
        last = self.first + len(self.logs) - 1
        if not self.logs:
            yield mavlink.MAVLink_log_entry_message(0, 0, 0, 0, 0)
        for number, data in enumerate(self.logs, self.first):
            utc_s = int(vehicle.setup.epoch_s + vehicle.time_s)
            yield mavlink.MAVLink_log_entry_message(number, len(self.logs), last, utc_s, len(data))

    def ask(self, request: Message, sender: Sender) -> None:
        """A stretch of a log, to be sent piece by piece; none that is not there."""
        if self.first <= request.id < self.first + len(self.logs):
            end = min(request.ofs + request.count, len(self.logs[request.id - self.first]))
            self.due = _Stretch(request.id, request.ofs, end, sender)

    def step(self, vehicle: Vehicle) -> None:
        """Send some of what was asked for."""
        for _ in range(_A_STEP):
            due = self.due
            if due is None or due.at >= due.end or due.number < self.first:
                self.due = None
                return
            block = self.logs[due.number - self.first][due.at : min(due.at + _BLOCK, due.end)]
            padded = list(block.ljust(_BLOCK, b"\0"))
            message = mavlink.MAVLink_log_data_message(due.number, due.at, len(block), padded)
            vehicle.post(Outgoing(message, due.sender.link))
            due.at += _BLOCK
