"""A case: what a station sends to a vehicle and when, with the vehicle's parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flight.simulator.messages import Message, mavlink

HOME = (37.3838, 127.1165, 30.0, 0.0)  # latitude, longitude in degrees, metres above sea level, heading
STATION_SYSTEM, STATION_COMPONENT = 255, 190

Value = int | float | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the station, due at `at_s` simulated seconds since boot.

    `after`: sent only once the vehicle has given an answer with this key (one that begins so, after a star)
    since the step before; a mission item that nobody asks for is not sent, anything else a little later.
    """

    at_s: float
    name: str
    fields: Mapping[str, Value]
    after: str = ""
    system: int = STATION_SYSTEM

    def message(self) -> Message:
        """The message to send."""
        kind = _KINDS[self.name]
        values: dict[str, Any] = {name: _wire(value) for name, value in self.fields.items()}
        return kind(**values)


@dataclass(frozen=True, slots=True)
class Case:
    """A named script; `params` stand before boot, heartbeats go each second but in `silent` stretches."""

    name: str
    steps: tuple[Step, ...]
    until_s: float
    params: Mapping[str, float] = field(default_factory=dict)
    heartbeats: bool = True
    silent: tuple[tuple[float, float], ...] = ()

    def heartbeat_wanted(self, at_s: float) -> bool:
        """Whether the station speaks at this time."""
        return self.heartbeats and not any(start <= at_s < end for start, end in self.silent)


_KINDS = {kind.msgname: kind for kind in mavlink.mavlink_map.values()}


def _wire(value: Value) -> Any:
    if isinstance(value, str):
        return value.encode("ascii")
    return list(value) if isinstance(value, tuple) else value


def heartbeat() -> Message:
    """The station's heartbeat."""
    return mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3)
