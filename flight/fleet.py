"""Many vehicles watched at once: one thread drains every connection and keeps each vehicle's state."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from core.clock import Clock
from flight.hearing import LinkEvent
from flight.hub import Hub
from flight.line import Line
from flight.link import Link, open_line
from flight.quality import Quality
from flight.state import VehicleState, fold
from flight.wire import Message

# Message ids and rates (Hz of the vehicle's time): position, attitude, time, system, GPS, estimate, mission,
# landed state, battery.
WATCHED: Mapping[int, float] = {
    33: 4.0, 30: 4.0, 2: 1.0, 1: 1.0, 24: 1.0, 193: 1.0, 42: 1.0, 245: 2.0, 147: 0.5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """One vehicle at one moment: where it was heard, its system id, its state, its link."""

    address: str
    system: int
    state: VehicleState
    quality: Quality
    silent_s: float
    stale: bool


class _Watched:
    """A vehicle's state, folded as its messages come."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.state = VehicleState()
        link.sink = self.take

    def take(self, message: Message) -> None:
        self.state = fold(self.state, message)


class Fleet:
    """The vehicles of all opened connections; use as a context manager.

    `rates` are asked of each vehicle; none of them where it is empty (somebody else asks).
    """

    def __init__(self, clock: Clock, *, rates: Mapping[int, float] = WATCHED) -> None:
        self._clock = clock
        self._rates = dict(rates)
        self._hub = Hub(clock, "fleet")
        self._lines: list[Line] = []
        self._watched: dict[tuple[str, int], _Watched] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, address: str, *, log_path: Path | None = None, patience_s: float = 0.0) -> None:
        """Watch every vehicle that speaks there; raises `LinkError` when it cannot be opened."""
        line = open_line(address, self._clock, log_path=log_path, patience_s=patience_s, hub=self._hub)
        line.on_vehicle = lambda system, _heartbeat: self._met(line, system)
        self._lines.append(line)

    def _met(self, line: Line, system: int) -> Link:
        link = Link(line, self._clock, name=line.name, system=system)
        if self._rates:
            link.want(self._rates)
        self._watched[line.name, system] = _Watched(link)
        return link

    def seen(self) -> tuple[Seen, ...]:
        """Every vehicle heard so far, in the order of meeting."""
        return tuple(
            Seen(address, system, w.state, w.link.quality, w.link.silent_s, w.link.stale)
            for (address, system), w in tuple(self._watched.items())
        )

    def take_events(self) -> tuple[tuple[str, int, LinkEvent], ...]:
        """What happened to the links since the last call: address, system id, event."""
        return tuple(
            (address, system, event)
            for (address, system), watched in tuple(self._watched.items())
            for event in watched.link.take_events()
        )

    def close(self) -> None:
        """End every connection."""
        for line in self._lines:
            line.close()
        self._hub.close()
