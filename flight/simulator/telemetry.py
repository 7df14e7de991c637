"""How often each client gets which message: streams, intervals, single requests."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from flight.simulator.auto import Auto
from flight.simulator.boot import reached
from flight.simulator.messages import Message, Outgoing
from flight.simulator.reports import Reports
from flight.simulator.sensors import Sensors
from flight.simulator.transfer import Plans
from flight.simulator.vehicle import Vehicle

HEARTBEAT_S = 1.0
_HEARTBEAT, _TERRAIN_REQUEST = 0, 133
_LOOKED_AHEAD = (16, 82)  # items whose ground is asked for
_SENT_FROM_S, _FIX_S = 2.4, 9.9
_LOCATED_S = 2.4
_FASTEST_US = 20_000.0
_SLOWEST_US = 60_000_000.0


class Copter(Protocol):
    """What telemetry reads."""

    vehicle: Vehicle
    plans: Plans

    @property
    def auto(self) -> Auto:
        """The AUTO mode."""
        ...


@dataclass(slots=True)
class Stream:
    """One message to one client: every `period_s`, next at `due_s`."""

    period_s: float
    due_s: float


@dataclass(slots=True)
class Telemetry:
    """Makes messages by id, and sends each client what it asked for."""

    copter: Copter
    makers: dict[int, Callable[[], Message | None]] = field(init=False)
    clients: dict[int, dict[int, Stream]] = field(default_factory=dict)
    reports: Reports = field(init=False)
    next_s: float = 0.0  # when the next message is due

    def __post_init__(self) -> None:
        self.reports = Reports(self.copter)
        self.makers = {**self.reports.table, **Sensors(self.copter).table}
        self.makers[_TERRAIN_REQUEST] = lambda: None

    @property
    def vehicle(self) -> Vehicle:
        return self.copter.vehicle

    def join(self, link: int) -> None:
        """A client came: it gets the streams of SR0_*."""
        self.clients[link] = {}
        for stream, name in _STREAM_PARAMS.items():
            self.request_stream(link, stream, self.vehicle.params[name])

    def leave(self, link: int) -> None:
        self.clients.pop(link, None)

    def request_stream(self, link: int, stream: int, rate_hz: float) -> None:
        """REQUEST_DATA_STREAM; stream 0 is all of them."""
        groups = _GROUPS.values() if stream == 0 else [_GROUPS.get(stream, ())]
        for message_id in (number for group in groups for number in group):
            self.set_interval(link, message_id, 1e6 / rate_hz if rate_hz > 0.0 else -1.0)

    def set_interval(self, link: int, message_id: int, interval_us: float) -> bool:
        """SET_MESSAGE_INTERVAL; -1 stops, 0 is the default rate. False for an unknown message."""
        if message_id not in self.makers:
            return False
        streams = self.clients.setdefault(link, {})
        if interval_us == 0.0:
            interval_us = self._usual_us(message_id)
        if interval_us < 0.0:
            streams.pop(message_id, None)
        else:
            period_s = min(max(interval_us, _FASTEST_US), _SLOWEST_US) / 1e6
            streams[message_id] = Stream(period_s, self.vehicle.time_s + period_s)
            self.next_s = 0.0
        return True

    def _usual_us(self, message_id: int) -> float:
        """The interval of a message's stream, by its SR0_ parameter; -1 where it has none."""
        for stream, name in _STREAM_PARAMS.items():
            rate_hz = self.vehicle.params[name]
            if message_id in _GROUPS[stream] and rate_hz > 0.0:
                return 1e6 / rate_hz
        return -1.0

    def interval_us(self, link: int, message_id: int) -> int | None:
        """How often a client gets a message: -1 for never, None where there is no such message."""
        if message_id not in self.makers:
            return None
        stream = self.clients.get(link, {}).get(message_id)
        if stream is None:
            return round(HEARTBEAT_S * 1e6) if message_id == _HEARTBEAT else -1
        return round(stream.period_s * 1000.0) * 1000

    def make(self, message_id: int, link: int = 0) -> Message | None:
        """A message as it is now; None where there is nothing to say."""
        if message_id == _TERRAIN_REQUEST:
            return self._terrain_request(link)
        maker = self.makers.get(message_id)
        return maker() if maker is not None else None

    def _made(self, made: dict[int, Message | None], message_id: int, link: int) -> Message | None:
        """A message made once for all clients, but what is asked of each."""
        if message_id == _TERRAIN_REQUEST:
            return self.make(message_id, link)
        if message_id not in made:
            made[message_id] = self.make(message_id)
        return made[message_id]

    def heartbeat(self) -> Message:
        return self.reports.heartbeat()

    def mission_current(self) -> Message:
        return self.reports.mission_current()

    def _terrain_request(self, link: int) -> Message | None:
        vehicle = self.vehicle
        if not vehicle.terrain.enabled or not reached(vehicle, _LOCATED_S):
            return None
        items = (it for it in self.copter.plans.mission[1:] if it.has_place and it.command in _LOOKED_AHEAD)
        fixed = reached(vehicle, _FIX_S) and not vehicle.params.flag("SIM_GPS_DISABLE")
        places = [(item.x, item.y) for item in items]
        vehicle.terrain.need(vehicle.lat_lon_e7(vehicle.estimated), places, fixed=fixed)
        return vehicle.terrain.request(link, vehicle.time_s)

    def step(self) -> None:
        """Send what is due; a message due to several clients is made once."""
        now_s = self.vehicle.time_s
        if now_s + 1e-6 < self.next_s or not reached(self.vehicle, _SENT_FROM_S):
            return
        made: dict[int, Message | None] = {}
        for link, streams in self.clients.items():
            for message_id, stream in streams.items():
                if stream.due_s > now_s + 1e-6:
                    continue
                stream.due_s = max(stream.due_s + stream.period_s, now_s)
                message = self._made(made, message_id, link)
                if message is not None:
                    self.vehicle.post(Outgoing(message, link, streamed=True))
        due = [stream.due_s for streams in self.clients.values() for stream in streams.values()]
        self.next_s = min(due, default=math.inf)


_STREAM_PARAMS = {
    1: "SR0_RAW_SENS", 2: "SR0_EXT_STAT", 3: "SR0_RC_CHAN", 6: "SR0_POSITION", 10: "SR0_EXTRA1",
    11: "SR0_EXTRA2", 12: "SR0_EXTRA3",
}  # fmt: skip
_GROUPS: dict[int, tuple[int, ...]] = {
    1: (27, 116, 129, 29, 137),
    2: (1, 125, 152, 42, 24, 62, 162, 87),
    3: (36, 65),
    6: (33, 32),
    10: (30, 164, 178),
    11: (74,),
    12: (163, 2, 168, 133, 136, 147, 193, 241, 11030, 9005),
}
