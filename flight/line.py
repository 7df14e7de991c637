"""One physical connection, shared by the links of the vehicles that speak on it.

Drains the pipe, records both ways, keeps the ground station's heartbeat up, and opens a broken connection
anew with growing pauses; until then what is sent is dropped, as on any radio.
"""

import logging
import math
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from core.clock import Clock
from flight.codec import Decoded, Decoder, extras_of
from flight.cutter import Cutter, Frame
from flight.hearing import (
    HEARTBEAT,
    HEARTBEAT_S,
    NO_AUTOPILOT,
    STATION_COMPONENT,
    STATION_SYSTEM,
    STATION_TYPE,
    Hearer,
    LinkEvent,
    Reopening,
    is_vehicle,
)
from flight.hub import Hub
from flight.polled import selectable
from flight.ports import LinkError, Pipe, TcpPipe, UdpPipe
from flight.quality import Meter, radio_status
from flight.tape import Tape

log = logging.getLogger(__name__)

RADIO_MESSAGES = frozenset({109, 166})  # RADIO_STATUS and its older form RADIO
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
DEAD_S = 20.0  # a TCP connection on which nothing came for so long is opened anew
FLUSH_S = 1.0
READS = 200  # datagrams at once, before another connection has its turn
BUSY_S = 2.0  # after something was sent: answers are waited for
IDLE_S = 0.2  # without a byte: a frame that has begun is not about to end
PEERS_KEPT = 256


class Line:
    """The connection. `on_vehicle` is asked for a hearer when a vehicle speaks that nobody listens to."""

    def __init__(
        self,
        pipe: Pipe,
        clock: Clock,
        *,
        name: str,
        dialect: Any,
        decoder: Decoder,
        tape: Tape | None = None,
        reopening: Reopening | None = None,
        hub: Hub | None = None,
    ) -> None:
        self.name = name
        self.clock = clock
        self.decoder = decoder
        self.meter = Meter()
        self.taps: list[Callable[[Any], None]] = []
        self.on_vehicle: Callable[[int, Decoded], Hearer | None] = lambda _system, _heartbeat: None
        self.ended: LinkError | None = None
        self._dialect = dialect
        self._codec: Any = dialect.MAVLink(None, STATION_SYSTEM, STATION_COMPONENT)
        self._extras = extras_of(dialect.mavlink_map)
        self._cutters: dict[Hashable, Cutter] = {}
        self._tape = tape
        self._reopening = reopening
        self._hearers: dict[int, Hearer] = {}
        self._strangers: set[int] = set()
        self._lock = threading.Lock()
        self._pipe: Pipe | None = None
        self._closed = self._opening = False
        self._broken_s, self._retry_s, self._pause_s = 0.0, 0.0, FIRST_PAUSE_S
        self._beat_s = self._flush_s = self._sent_s = -math.inf
        self._heard_s = clock.monotonic_s()
        self._own_hub = hub is None
        self._hub = hub or Hub(clock, f"link {name}")
        self._hub.add(self)
        self._hub.do(lambda: self._use(pipe))

    # -- hearers

    def listen(self, system: int, hearer: Hearer) -> None:
        """Give the frames of `system` to `hearer`; one for each system."""
        self._hearers[system] = hearer

    def forget(self, hearer: Hearer) -> None:
        """Give it nothing more."""
        self._hearers = {system: h for system, h in self._hearers.items() if h is not hearer}

    # -- receiving, on the hub's thread

    def readable(self) -> None:
        """Take in what came."""
        pipe = self._pipe
        if pipe is None:
            return
        try:
            for _ in range(READS):
                data = pipe.read(0.0)
                if data:
                    self.take(data)
                if not isinstance(pipe, UdpPipe) or not data:
                    return  # one read empties all but a socket of datagrams
        except LinkError as error:
            self._broke(pipe, error)

    def take(self, data: bytes) -> None:
        """Bytes as they came: cut, record, count, hand on."""
        now_s, utc_s = self.clock.monotonic_s(), self.clock.utc_s()
        self._heard_s = now_s
        cutter = self._cutter()
        self._take_frames(cutter, cutter.cut(data), now_s, utc_s)

    def _take_frames(self, cutter: Cutter, frames: Sequence[Frame], now_s: float, utc_s: float) -> None:
        for frame in frames:
            if not frame.checked and not self.meter.knows(frame):
                continue  # noise that looks like a message we do not know
            if self._tape is not None:
                self._tape.keep(frame.data, utc_s)
            self.meter.take(frame, now_s)
            self._sort(frame, now_s, utc_s)
        self.meter.bad_bytes += cutter.bad_bytes
        cutter.bad_bytes = 0
        if any(hearer.beat_due() for hearer in self._hearers.values()):
            self._beat(now_s)

    def _cutter(self) -> Cutter:
        """Each peer of a listening port has a stream of its own."""
        peer = self._pipe.peer if isinstance(self._pipe, UdpPipe) else None
        cutter = self._cutters.get(peer)
        if cutter is None:
            if len(self._cutters) >= PEERS_KEPT:
                self._cutters.clear()
            cutter = self._cutters[peer] = Cutter(self._extras)
        return cutter

    def _sort(self, frame: Frame, now_s: float, utc_s: float) -> None:
        hearer = self._hearers.get(frame.system)
        if frame.message_id == HEARTBEAT:
            hearer = self._met(frame, hearer)
        elif frame.message_id in RADIO_MESSAGES:
            decoded = self.decoder.decode(frame)
            self.meter.radio = radio_status(decoded[1]) if decoded else self.meter.radio
        if hearer is not None:
            hearer.take(frame, now_s, utc_s)
        if self.taps:
            self._tap(frame)

    def _met(self, frame: Frame, hearer: Hearer | None) -> Hearer | None:
        decoded = self.decoder.decode(frame)
        if decoded is None or not is_vehicle(decoded[1], frame):
            return hearer
        if isinstance(self._pipe, UdpPipe):
            self._pipe.learn(frame.system)
        if hearer is None:
            hearer = self.on_vehicle(frame.system, decoded[1])
            if hearer is not None:
                self.listen(frame.system, hearer)
            elif frame.system not in self._strangers:
                self._strangers.add(frame.system)
                self.tell("others", f"another vehicle, system {frame.system}, speaks on {self.name} too")
        return hearer

    def _tap(self, frame: Frame) -> None:
        if not frame.checked:
            return
        try:
            message = self._codec.decode(bytearray(frame.data))
        except self._dialect.MAVError as error:
            log.debug("%s: %s", self.name, error)
            return
        for tap in tuple(self.taps):
            tap(message)

    # -- sending

    def ask(self, kind: Any, fields: dict[str, Any], system: int) -> None:
        """`send`, and take in at once what comes from now on: it may be the answer."""
        self._sent_s = self.clock.monotonic_s()
        self._hub.hurry()
        self.send(kind, fields, system)

    def pause_s(self, now_s: float) -> float:
        """How long what comes may wait."""
        if now_s - self._sent_s < BUSY_S:
            return 0.0
        return min((hearer.pause_s() for hearer in tuple(self._hearers.values())), default=0.0)

    def send(self, kind: Any, fields: dict[str, Any], system: int) -> None:
        """Send one message of pymavlink's class `kind`; dropped while the connection is broken."""
        if self.ended is not None:
            raise self.ended
        message = kind(**fields)
        with self._lock:
            frame: bytes = message.pack(self._codec)
            self._codec.seq = (self._codec.seq + 1) % 256
            pipe = self._pipe
            if pipe is None:
                return
            if self._tape is not None:
                self._tape.keep(frame, self.clock.utc_s())
            error = _written(pipe, frame, system)
        if error is not None:
            if self._reopening is None:
                self.ended = self.ended or error
                raise error
            failed, why = pipe, error
            self._hub.later(lambda: self._broke(failed, why))

    def _beat(self, now_s: float) -> None:
        late = now_s - self._beat_s > 2 * HEARTBEAT_S
        self._beat_s = now_s if late else self._beat_s + HEARTBEAT_S
        for hearer in self._hearers.values():
            hearer.beaten()
        fields = {
            "type": STATION_TYPE, "autopilot": NO_AUTOPILOT, "base_mode": 0, "custom_mode": 0,
            "system_status": 4, "mavlink_version": 3,
        }  # fmt: skip
        try:
            self.send(self._dialect.mavlink_map[HEARTBEAT], fields, 0)
        except LinkError as error:
            log.debug("%s: no heartbeat: %s", self.name, error)

    # -- breaking and mending, on the hub's thread

    def duties(self, now_s: float) -> None:
        """Heartbeat, rates, silence, opening anew."""
        if self._closed or self.ended is not None:
            return
        utc_s = self.clock.utc_s()
        self.meter.tick(now_s)
        if self._pipe is None:
            self._mend(now_s)
        elif now_s - self._beat_s >= HEARTBEAT_S:
            self._beat(now_s)
        if now_s - self._heard_s > IDLE_S:
            for cutter in self._cutters.values():
                self._take_frames(cutter, cutter.idle(), now_s, utc_s)
        for hearer in tuple(self._hearers.values()):
            hearer.duties(now_s, utc_s)
        self._mind_the_tape(now_s)
        if isinstance(self._pipe, TcpPipe) and self._reopening and now_s - self._heard_s > DEAD_S:
            self._broke(self._pipe, LinkError(f"{self.name} is silent"))

    def _mind_the_tape(self, now_s: float) -> None:
        if self._tape is None or now_s - self._flush_s < FLUSH_S:
            return
        self._flush_s = now_s
        self._tape.flush()
        if self._tape.trouble is not None:
            self.tell("recording", self._tape.trouble)
            self._tape = None

    def tell(self, kind: str, text: str) -> None:
        """Log it and tell every hearer."""
        log.info("%s: %s", self.name, text)
        event = LinkEvent(self.clock.utc_s(), kind, text)
        for hearer in tuple(self._hearers.values()):
            hearer.told(event)

    def _use(self, pipe: Pipe) -> None:
        self._pipe = selectable(pipe)
        self._cutters.clear()
        self._heard_s = self.clock.monotonic_s()
        self._hub.watch(self._pipe.fileno(), self)

    def _drop(self) -> None:
        with self._lock:
            pipe, self._pipe = self._pipe, None
        if pipe is not None:
            self._hub.unwatch(pipe.fileno())  # type: ignore[attr-defined]  # `_use` took care of that
            pipe.close()

    def _broke(self, pipe: Pipe, error: LinkError) -> None:
        if pipe is not self._pipe or self._closed:
            return
        self._drop()
        if self._reopening is None:
            self._end(error)
            return
        self._broken_s = self._retry_s = self.clock.monotonic_s()
        self._pause_s = FIRST_PAUSE_S
        self._retry_s += self._pause_s
        self.tell("broken", f"{error.message}; opening it anew")

    def _end(self, error: LinkError) -> None:
        self.ended = self.ended or error
        self.tell("ended", error.message)

    def _mend(self, now_s: float) -> None:
        """Try again when it is time, on a thread of its own: opening may take seconds."""
        again = self._reopening
        if again is None or self._opening or now_s < self._retry_s:
            return
        if again.alive is not None and not again.alive():
            self._end(LinkError(f"{self.name}: the simulated vehicle has ended"))
        elif now_s - self._broken_s > again.for_s:
            self._end(LinkError(f"{self.name} stayed broken for {now_s - self._broken_s:.0f} s"))
        else:
            self._opening = True
            threading.Thread(target=self._open, args=(again,), name=f"open {self.name}", daemon=True).start()

    def _open(self, again: Reopening) -> None:
        try:
            pipe = again.open()
        except LinkError as error:
            log.debug("%s: %s", self.name, error)
            self._hub.later(self._try_later)
            return
        if self._closed:
            pipe.close()
            return
        self._hub.later(lambda: self._opened(pipe))

    def _try_later(self) -> None:
        self._opening = False
        self._pause_s = min(LONGEST_PAUSE_S, 2.0 * self._pause_s)
        self._retry_s = self.clock.monotonic_s() + self._pause_s

    def _opened(self, pipe: Pipe) -> None:
        self._opening = False
        if self._closed:
            pipe.close()
            return
        self._use(pipe)
        broken_s = self.clock.monotonic_s() - self._broken_s
        self.tell("back", f"{self.name} is open again after {broken_s:.1f} s")

    def close(self) -> None:
        """End the connection and the recording."""
        if self._closed:
            return
        self._closed = True
        self._hub.remove(self)
        self._hub.do(self._drop)
        if self._own_hub:
            self._hub.close()
        if self._tape is not None:
            self._tape.close()


def _written(pipe: Pipe, frame: bytes, system: int) -> LinkError | None:
    try:
        if isinstance(pipe, UdpPipe):
            pipe.write(frame, system)
        else:
            pipe.write(frame)
    except LinkError as error:
        return error
    return None
