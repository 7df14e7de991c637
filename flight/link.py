"""A link to one vehicle: its messages in, commands out, its time followed, its silence noticed.

The connection itself is a `Line`, which several links may share. Nothing here waits on the wire: a thread
drains it, and `receive` takes what has come.
"""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from core.clock import Clock
from core.errors import SkyshadeError
from flight.codec import Decoded, Decoder
from flight.cutter import Frame
from flight.hearing import (
    HEARTBEAT,
    HEARTBEAT_S,
    STATION_COMPONENT,
    STATION_SYSTEM,
    LinkEvent,
    Reopening,
    is_vehicle,
)
from flight.hub import Hub
from flight.line import Line
from flight.ports import LinkError, Pipe, open_pipe, parse_address
from flight.quality import STALE_S, Quality
from flight.streams import Streams
from flight.tape import Tape
from flight.texts import Texts
from flight.vehicletime import Turn, VehicleClock, VehicleTime
from flight.wire import Fields, Message

__all__ = [
    "STATION_COMPONENT", "STATION_SYSTEM", "Link", "LinkEvent", "Target", "VehicleSilentError",
    "open_line", "open_link",
]  # fmt: skip

log = logging.getLogger(__name__)

READ_S = 0.02
QUEUE_LIMIT = 50_000
EVENTS_KEPT = 200
CMD_SET_INTERVAL = 511
GATHER_S = 0.1  # of the vehicle's time that its telemetry may wait while nothing was asked
LEAST_PAUSE_S = 0.01
TEXT_S = 1.0  # a long text whose next piece has not come by then is given out as it is
SIMULATED = 100.0  # a pace taken for granted until it is measured

# Messages that become values; all others are only recorded.
WANTED = frozenset({
    "HEARTBEAT", "SYS_STATUS", "SYSTEM_TIME", "GPS_RAW_INT", "ATTITUDE", "GLOBAL_POSITION_INT",
    "MISSION_CURRENT", "MISSION_ITEM_REACHED", "MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_ACK",
    "MISSION_COUNT", "MISSION_ITEM_INT", "COMMAND_ACK", "PARAM_VALUE", "STATUSTEXT", "EKF_STATUS_REPORT",
    "EXTENDED_SYS_STATE", "HOME_POSITION", "BATTERY_STATUS", "CAMERA_FEEDBACK", "AUTOPILOT_VERSION",
    "FENCE_STATUS", "WINCH_STATUS", "FILE_TRANSFER_PROTOCOL", "TERRAIN_REQUEST", "TERRAIN_REPORT", "WIND",
    "VFR_HUD", "RADIO_STATUS", "RADIO", "LOG_ENTRY", "LOG_DATA", "SERVO_OUTPUT_RAW",
})  # fmt: skip


class VehicleSilentError(LinkError):
    """A connection on which no vehicle spoke in time."""


@dataclass(frozen=True, slots=True)
class Target:
    """The vehicle's MAVLink system and component id."""

    system: int
    component: int


class Link:
    """A link to one vehicle; use as a context manager.

    `system` names the vehicle where several speak on a connection; else it is the first one heard. A link on
    a `Line` shares it; one made from a pipe owns its line and ends it. `heard_s` is the clock's reading when
    the vehicle last spoke.
    """

    def __init__(
        self,
        connection: Pipe | Line,
        clock: Clock,
        *,
        name: str = "",
        log_path: Path | None = None,
        system: int | None = None,
        reopening: Reopening | None = None,
    ) -> None:
        self.name = name
        self.system = system
        self.target: Target | None = None
        self.heard_s = clock.monotonic_s()
        self.time = VehicleTime()
        self.sink: Callable[[Message], None] = self._into_inbox
        self._clock = clock
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._events: deque[LinkEvent] = deque(maxlen=EVENTS_KEPT)
        self._streams = Streams()
        self._streams_lock = threading.Lock()
        self._texts = Texts()
        self._stale = False
        self._text_s = 0.0
        self._beaten_s = -1e9
        self._own_line = not isinstance(connection, Line)
        self.line = connection if isinstance(connection, Line) else _line(
            connection, clock, name=name, log_path=log_path, reopening=reopening
        )  # fmt: skip
        if system is not None:
            self.line.listen(system, self)
        elif self._own_line:
            self.line.on_vehicle = self._first_heard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the link; its connection and recording too unless they are shared."""
        self.line.forget(self)
        if self._own_line:
            self.line.close()

    # -- what its user calls

    @property
    def vehicle_s(self) -> float | None:
        """The vehicle's own seconds, whatever its clock does: never back, no jumps; None before it spoke."""
        time = self.time
        return None if time.boot_s is None else time.now_s(self._clock.monotonic_s())

    @property
    def clock(self) -> VehicleClock:
        """A clock that follows the vehicle's time: time-outs on it are right at any speed-up."""
        return VehicleClock(self, self._clock)

    @property
    def silent_s(self) -> float:
        """Seconds since the vehicle was last heard."""
        return self._clock.monotonic_s() - self.heard_s

    @property
    def stale(self) -> bool:
        """Whether the vehicle has been silent for too long to believe its last state."""
        return self.silent_s > STALE_S

    @property
    def quality(self) -> Quality:
        """Loss of the vehicle's messages, and the connection's rates."""
        target = self.target
        return self.line.meter.quality(None if target is None else (target.system, target.component))

    @property
    def taps(self) -> list[Callable[[Any], None]]:
        """Each is given every message of the connection as pymavlink decodes it, on the link's thread."""
        return self.line.taps

    def take_events(self) -> tuple[LinkEvent, ...]:
        """What happened to the link since the last call."""
        events = []
        while self._events:
            events.append(self._events.popleft())
        return tuple(events)

    def wait_vehicle(self, timeout_s: float = 30.0) -> Target:
        """The vehicle, once heard (stations and gimbals do not count); raises `VehicleSilentError`."""
        until_s = self._clock.monotonic_s() + timeout_s
        while self.target is None:
            if self.line.ended is not None:
                raise self.line.ended
            if self._clock.monotonic_s() > until_s:
                raise VehicleSilentError(
                    f"no vehicle spoke on {self.name} within {timeout_s:g} s",
                    hint="check that the vehicle is on and sends to this address",
                )
            self._clock.sleep(READ_S)
        return self.target

    def want(self, rates: Mapping[int, float]) -> None:
        """Have these messages (ids) sent at these rates (Hz of the vehicle's time), now and after restarts;
        what does not come is asked for again.
        """
        with self._streams_lock:
            self._streams.want(rates, self.vehicle_s or 0.0)

    def decode(self, names: Collection[str]) -> None:
        """Receive messages called `names` too."""
        self.line.decoder.want(names)

    def send(self, name: str, fields: Fields) -> None:
        """Send a message by name; `target_system` and `target_component` are filled in.

        Dropped while a connection that is opened anew is broken; raises `LinkError` after its end.
        """
        kind = message_kind(name)
        values = dict(fields)
        target = self.target or Target(self.system or 0, 0)
        for field, value in (("target_system", target.system), ("target_component", target.component)):
            if field in kind.fieldnames:
                values.setdefault(field, value)
        self.line.ask(kind, values, target.system)

    def receive(self, timeout_s: float) -> Message | None:
        """The vehicle's next message, None when none comes in time; raises `LinkError` after the end."""
        try:
            return self._inbox.get(timeout=timeout_s)
        except queue.Empty:
            if self.line.ended is not None:
                raise self.line.ended from None
            return None

    # -- what its line calls, on the hub's thread

    def take(self, frame: Frame, now_s: float, utc_s: float) -> None:
        """One frame of our system."""
        decoded = self.line.decoder.decode(frame)
        if self.target is None and (decoded is None or not self._is_met(frame, decoded[1])):
            return
        if self.target is None or frame.component != self.target.component:
            return
        self._mind_silence(now_s, utc_s)
        self.heard_s = now_s
        if self._stale:
            self._stale = False
            self._tell("heard", "messages arrive again", utc_s)
        self._streams.take(frame.message_id)
        if decoded is None:
            return
        name, fields = decoded
        boot_ms = fields.get("time_boot_ms")
        if boot_ms:
            self._follow(boot_ms / 1000.0, now_s, utc_s)
        if name == "STATUSTEXT":
            self._text_s = now_s
            for whole in self._texts.take(fields):
                self.sink(Message(name, whole, utc_s))
        else:
            self.sink(Message(name, fields, utc_s))

    def duties(self, now_s: float, utc_s: float) -> None:
        """Notice silence; ask again for what does not come."""
        if self.target is None:
            return
        self._mind_silence(now_s, utc_s)
        if self._texts.waiting and now_s - self._text_s > TEXT_S:
            for whole in self._texts.rest():
                self.sink(Message("STATUSTEXT", whole, utc_s))
        if self._stale:
            return
        with self._streams_lock:
            asks = self._streams.due(self.time.now_s(now_s))
        for message_id, interval_us in asks:
            self._ask(message_id, interval_us)

    def _mind_silence(self, now_s: float, utc_s: float) -> None:
        silent_s = now_s - self.heard_s
        if silent_s > STALE_S and not self._stale:
            self._stale = True
            self._tell("stale", f"no message for {silent_s:.0f} s", utc_s)

    def told(self, event: LinkEvent) -> None:
        """Something happened to the connection."""
        self._events.append(event)
        if event.kind == "back":
            self._ask_anew()

    def beat_due(self) -> bool:
        """Whether a second of the vehicle's time has passed since the last heartbeat."""
        return self.time.ran_s - self._beaten_s >= HEARTBEAT_S

    def beaten(self) -> None:
        """A heartbeat went out."""
        self._beaten_s = self.time.ran_s

    def pause_s(self) -> float:
        """How long telemetry may wait; the faster the vehicle's time, the less."""
        pause_s = GATHER_S / max(1.0, self.time.pace or SIMULATED)
        return pause_s if pause_s >= LEAST_PAUSE_S else 0.0

    def _first_heard(self, system: int, _heartbeat: Decoded) -> "Link | None":
        return self if self.system in (None, system) and self.target is None else None

    def _is_met(self, frame: Frame, heartbeat: Decoded) -> bool:
        if frame.message_id != HEARTBEAT or not is_vehicle(heartbeat, frame):
            return False
        self.target = Target(frame.system, frame.component)
        self.heard_s = self._clock.monotonic_s()
        return True

    def _follow(self, boot_s: float, now_s: float, utc_s: float) -> None:
        before = self.time
        time = before.heard(boot_s, now_s)
        self.time = time
        if time.turn is Turn.RESTARTED and time is not before:
            self._tell("restart", "the vehicle has restarted", utc_s)
            self._ask_anew()
        elif time.turn is Turn.JUMPED and time is not before:
            jump_s = boot_s - (before.boot_s or 0.0)
            self._tell("clock", f"the vehicle's clock jumped by {jump_s:+.1f} s", utc_s)

    def _ask_anew(self) -> None:
        with self._streams_lock:
            self._streams.again(self.vehicle_s or 0.0)

    def _ask(self, message_id: int, interval_us: float) -> None:
        fields = {f"param{i}": 0.0 for i in range(3, 8)}
        fields |= {"param1": float(message_id), "param2": interval_us}
        try:
            self.send("COMMAND_LONG", {"command": CMD_SET_INTERVAL, "confirmation": 0, **fields})
        except LinkError as error:
            log.debug("%s: %s", self.name, error)

    def _tell(self, kind: str, text: str, utc_s: float) -> None:
        log.info("%s: %s", self.name, text)
        self._events.append(LinkEvent(utc_s, kind, text))

    def _into_inbox(self, message: Message) -> None:
        if self._inbox.qsize() >= QUEUE_LIMIT:  # nobody takes them: the oldest goes
            self._inbox.get_nowait()
        self._inbox.put(message)


def open_link(
    address: str,
    clock: Clock,
    *,
    log_path: Path | None = None,
    patience_s: float = 0.0,
    system: int | None = None,
    reconnect_s: float = float("inf"),
    alive: Callable[[], bool] | None = None,
) -> Link:
    """Open `address` (see `flight.ports.parse_address`); raises `LinkError` when it cannot be opened.

    A TCP port where nothing listens yet is tried for `patience_s`. A connection that breaks later is opened
    anew by itself, for at most `reconnect_s` (0 = never: the break is an error at once) and as long as
    `alive()` where the vehicle's process is ours. `system` is the wanted vehicle's id, else the first heard.
    """
    parsed = parse_address(address)
    again = Reopening(lambda: open_pipe(parsed, clock), reconnect_s, alive)
    return Link(
        open_pipe(parsed, clock, patience_s=patience_s), clock, name=str(parsed), log_path=log_path,
        system=system, reopening=again if reconnect_s > 0.0 else None,
    )  # fmt: skip


def open_line(
    address: str,
    clock: Clock,
    *,
    log_path: Path | None = None,
    patience_s: float = 0.0,
    hub: Hub | None = None,
) -> Line:
    """A connection for several vehicles: `Link(line, clock, system=...)` for each. It mends itself."""
    parsed = parse_address(address)
    pipe = open_pipe(parsed, clock, patience_s=patience_s)
    again = Reopening(lambda: open_pipe(parsed, clock))
    return _line(pipe, clock, name=str(parsed), log_path=log_path, reopening=again, hub=hub)


def _line(
    pipe: Pipe,
    clock: Clock,
    *,
    name: str,
    log_path: Path | None,
    reopening: Reopening | None,
    hub: Hub | None = None,
) -> Line:
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    decoder = Decoder(dialect.mavlink_map, WANTED)
    tape = None if log_path is None else Tape(log_path)
    return Line(
        pipe, clock, name=name, dialect=dialect, decoder=decoder, tape=tape, reopening=reopening, hub=hub
    )


def message_kind(name: str) -> Any:
    """Pymavlink's class of the message called `name`; raises `SkyshadeError` for one it does not know."""
    from pymavlink.dialects.v20 import ardupilotmega as dialect

    number = getattr(dialect, f"MAVLINK_MSG_ID_{name}", None)
    if number is None:
        raise SkyshadeError(f"unknown MAVLink message {name!r}")
    return dialect.mavlink_map[number]
