"""Telemetry asked for by message interval, and asked for again while it does not come at its rate.

A pure fold in the vehicle's time: `take` counts what comes, `due` says what to ask for now. What a vehicle
never sends (it may not know the message) is asked for with growing pauses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

LOOK_S = 2.0  # the shortest time over which a rate is judged
COUNTED = 3  # messages that a judged stretch should hold
SLOW = 0.6  # of the wanted rate: too slow
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0


@dataclass(slots=True)
class _Stream:
    hertz: float
    since_s: float
    count: int = 0
    ask_s: float = 0.0
    pause_s: float = 0.0

    @property
    def look_s(self) -> float:
        return max(LOOK_S, COUNTED / self.hertz)


@dataclass(slots=True)
class Streams:
    """What is wanted of one vehicle; message ids and rates in Hz of the vehicle's time."""

    _streams: dict[int, _Stream] = field(default_factory=dict)

    def want(self, rates: Mapping[int, float], now_s: float) -> None:
        """Want these rates too (> 0), from now on."""
        for message_id, hertz in rates.items():
            if not hertz > 0.0:
                raise ValueError(f"a message rate must be > 0 Hz, got {hertz} for message {message_id}")
            self._streams[message_id] = _Stream(hertz, now_s, ask_s=now_s)

    def again(self, now_s: float) -> None:
        """Ask for everything anew: the vehicle has restarted or the connection was made anew."""
        self.want({message_id: stream.hertz for message_id, stream in self._streams.items()}, now_s)

    def take(self, message_id: int) -> None:
        """A message has come."""
        stream = self._streams.get(message_id)
        if stream is not None:
            stream.count += 1

    def due(self, now_s: float) -> list[tuple[int, float]]:
        """What to ask for now: message ids and their intervals in microseconds."""
        asks = []
        for message_id, stream in self._streams.items():
            if now_s < stream.since_s:  # the vehicle has begun to tell its own time
                stream.since_s, stream.ask_s, stream.count = now_s, now_s + stream.pause_s, 0
            if (stream.pause_s == 0.0 or self._slow(stream, now_s)) and now_s >= stream.ask_s:
                stream.pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2.0 * stream.pause_s))
                stream.ask_s = now_s + max(stream.pause_s, stream.look_s)
                stream.since_s, stream.count = now_s, 0
                asks.append((message_id, 1e6 / stream.hertz))
        return asks

    def _slow(self, stream: _Stream, now_s: float) -> bool:
        took_s = now_s - stream.since_s
        if took_s < stream.look_s:
            return False
        slow = stream.count < SLOW * stream.hertz * took_s
        if not slow:
            stream.since_s, stream.count, stream.pause_s = now_s, 0, FIRST_PAUSE_S
        return slow
