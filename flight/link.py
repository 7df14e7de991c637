"""The one place that opens a MAVLink connection: reads without pause, records both ways, keeps heartbeats up.

A background thread drains the pipe (an unread client slows a simulator down), writes every frame into a
.tlog and sends the ground station's heartbeat once a second of the vehicle's time.
"""

import logging
import queue
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from core.clock import Clock
from core.errors import OutputError
from flight.ports import LinkError, Pipe, open_pipe, parse_address
from flight.wire import Fields, Message

log = logging.getLogger(__name__)

STATION_SYSTEM = 255  # the only one whose silence ArduPilot's ground station failsafe notices
STATION_COMPONENT = 190
AUTOPILOT_COMPONENT = 1
READ_S = 0.02
HEARTBEAT_S = 1.0
QUEUE_LIMIT = 200_000
TEXT_CHUNK = 50
_NO_AUTOPILOT = 8  # MAV_AUTOPILOT_INVALID: stations, gimbals, cameras
_STATION_TYPE = 6  # MAV_TYPE_GCS
_STAMP = struct.Struct(">Q")

# Messages that become values; all others are only recorded.
WANTED = frozenset({
    "HEARTBEAT", "SYS_STATUS", "SYSTEM_TIME", "GPS_RAW_INT", "ATTITUDE", "GLOBAL_POSITION_INT",
    "MISSION_CURRENT", "MISSION_ITEM_REACHED", "MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_ACK",
    "MISSION_COUNT", "MISSION_ITEM_INT", "COMMAND_ACK", "PARAM_VALUE", "STATUSTEXT", "EKF_STATUS_REPORT",
    "EXTENDED_SYS_STATE", "HOME_POSITION", "BATTERY_STATUS", "CAMERA_FEEDBACK", "AUTOPILOT_VERSION",
    "FENCE_STATUS", "WINCH_STATUS", "SERVO_OUTPUT_RAW", "TERRAIN_REPORT",
})  # fmt: skip


class VehicleSilentError(LinkError):
    """A connection on which no vehicle spoke in time."""


@dataclass(frozen=True, slots=True)
class Target:
    """The vehicle's MAVLink system and component id."""

    system: int
    component: int


class Link:
    """A connection to one vehicle; use as a context manager."""

    def __init__(self, pipe: Pipe, clock: Clock, *, name: str = "", log_path: Path | None = None) -> None:
        from pymavlink.dialects.v20 import ardupilotmega

        self.name = name
        self.target: Target | None = None
        self.vehicle_s: float | None = None
        self.heard_s = clock.monotonic_s()
        self.taps: list[
            Callable[[Any], None]
        ] = []  # each is given every decoded message, on the link's thread
        self._clock = clock
        self._pipe = pipe
        self._codec: Any = ardupilotmega.MAVLink(None, STATION_SYSTEM, STATION_COMPONENT)
        self._codec.robust_parsing = True
        self._dialect: Any = ardupilotmega
        self._record = _open_record(log_path)
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._texts: dict[int, str] = {}
        self._ended: LinkError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read_on, name=f"link {name}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection and the recording."""
        self._stop.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=2.0)
        self._pipe.close()
        with self._lock:
            if self._record is not None:
                self._record.close()
                self._record = None

    def wait_vehicle(self, timeout_s: float = 30.0) -> Target:
        """The first vehicle heard (stations and gimbals do not count); raises `VehicleSilentError`."""
        until_s = self._clock.monotonic_s() + timeout_s
        while self.target is None:
            if self._ended is not None:
                raise self._ended
            if self._clock.monotonic_s() > until_s:
                raise VehicleSilentError(
                    f"no vehicle spoke on {self.name} within {timeout_s:g} s",
                    hint="check that the vehicle is on and sends to this address",
                )
            self._clock.sleep(READ_S)
        return self.target

    def send(self, name: str, fields: Fields) -> None:
        """Send a message by name; `target_system` and `target_component` are filled in."""
        kind = self._dialect.mavlink_map[_message_id(self._dialect, name)]
        values = dict(fields)
        target = self.target or Target(0, 0)
        for field, value in (("target_system", target.system), ("target_component", target.component)):
            if field in kind.fieldnames:
                values.setdefault(field, value)
        self._transmit(kind(**values))

    def receive(self, timeout_s: float) -> Message | None:
        """The vehicle's next message, None when none comes in time; raises `LinkError` after the end."""
        try:
            return self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            if self._ended is not None:
                raise self._ended from None
            return None

    def _transmit(self, message: Any) -> None:
        with self._lock:
            frame = message.pack(self._codec)
            self._codec.seq = (self._codec.seq + 1) % 256
            self._keep(frame)
        try:
            self._pipe.write(frame)
        except LinkError as error:
            self._ended = self._ended or error
            raise

    def _keep(self, frame: bytes) -> None:
        if self._record is not None:
            self._record.write(_STAMP.pack(round(self._clock.utc_s() * 1e6)) + frame)

    def _read_on(self) -> None:
        beat_s, vehicle_beat_s = -1e9, -1e9
        while not self._stop.is_set():
            try:
                now_s = self._clock.monotonic_s()
                vehicle_s = -1e9 if self.vehicle_s is None else self.vehicle_s
                if now_s - beat_s >= HEARTBEAT_S or vehicle_s - vehicle_beat_s >= HEARTBEAT_S:
                    beat_s, vehicle_beat_s = now_s, vehicle_s
                    self._beat()
                self._take(self._pipe.read(READ_S))
            except LinkError as error:
                self._ended = self._ended or error
                return

    def _beat(self) -> None:
        dialect = self._dialect
        self._transmit(dialect.MAVLink_heartbeat_message(_STATION_TYPE, _NO_AUTOPILOT, 0, 0, 4, 3))

    def _take(self, data: bytes) -> None:
        for message in self._codec.parse_buffer(data) or ():
            if message.get_type() == "BAD_DATA":
                log.debug("%s: %d bad bytes", self.name, len(message.data))
                continue
            with self._lock:
                self._keep(bytes(message.get_msgbuf()))
            self._sort(message)
            for tap in tuple(self.taps):
                tap(message)

    def _sort(self, message: Any) -> None:
        name = message.get_type()
        source = Target(message.get_srcSystem(), message.get_srcComponent())
        if self.target is None and name == "HEARTBEAT" and _is_vehicle(message, source):
            self.target = source
        if source != self.target:
            return
        self.heard_s = self._clock.monotonic_s()
        boot_ms = getattr(message, "time_boot_ms", None)
        if boot_ms:
            self.vehicle_s = boot_ms / 1000.0
        if name in WANTED:
            self._deliver(name, {field: getattr(message, field) for field in message.fieldnames})

    def _deliver(self, name: str, fields: dict[str, Any]) -> None:
        if name == "STATUSTEXT":
            whole = self._whole_text(fields)
            if whole is None:
                return
            fields["text"] = whole
        if self._inbox.qsize() < QUEUE_LIMIT:
            self._inbox.put(Message(name, fields, self._clock.utc_s()))

    def _whole_text(self, fields: Fields) -> str | None:
        """A text sent in pieces of 50 characters, once its last piece is here."""
        text, number = str(fields["text"]), int(fields.get("id", 0))
        if number == 0:
            return text
        so_far = self._texts.get(number, "") + text
        self._texts = {number: so_far}
        return so_far if len(text) < TEXT_CHUNK else None


def open_link(address: str, clock: Clock, *, log_path: Path | None = None, patience_s: float = 0.0) -> Link:
    """Open `address` (see `flight.ports.parse_address`); raises `LinkError`."""
    parsed = parse_address(address)
    return Link(open_pipe(parsed, clock, patience_s=patience_s), clock, name=str(parsed), log_path=log_path)


def _is_vehicle(heartbeat: Any, source: Target) -> bool:
    return (
        heartbeat.autopilot != _NO_AUTOPILOT
        and heartbeat.type != _STATION_TYPE
        and source.component == AUTOPILOT_COMPONENT
    )


def _message_id(dialect: Any, name: str) -> int:
    return int(getattr(dialect, f"MAVLINK_MSG_ID_{name}"))


def _open_record(path: Path | None) -> BinaryIO | None:
    if path is None:
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
    except OSError as error:
        raise OutputError(
            path, f"cannot be written ({error.strerror})", hint="choose another folder"
        ) from error
