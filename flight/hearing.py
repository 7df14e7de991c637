"""What a connection and the links on it say to each other."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flight.codec import Decoded
from flight.cutter import Frame
from flight.ports import Pipe

STATION_SYSTEM = 255  # the only one whose silence ArduPilot's ground station failsafe notices
STATION_COMPONENT = 190
AUTOPILOT_COMPONENT = 1
HEARTBEAT_S = 1.0
HEARTBEAT = 0
NO_AUTOPILOT = 8  # MAV_AUTOPILOT_INVALID: stations, gimbals, cameras
STATION_TYPE = 6  # MAV_TYPE_GCS


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """Something that happened to a link: UTC seconds, a kind (`broken`, `back`, `ended`, `stale`, `heard`,
    `restart`, `clock`, `others`, `recording`), and the text.
    """

    utc_s: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Reopening:
    """How a broken connection is made anew: `open` one, for at most `for_s` seconds, as long as the vehicle's
    process is `alive` (None where it is not ours).
    """

    open: Callable[[], Pipe]
    for_s: float = math.inf
    alive: Callable[[], bool] | None = None


class Hearer(Protocol):
    """What a line gives its vehicles' frames to: a `Link`."""

    system: int | None

    def take(self, frame: Frame, now_s: float, utc_s: float) -> None:
        """One frame of its system."""
        ...

    def duties(self, now_s: float, utc_s: float) -> None:
        """Called a few times a second."""
        ...

    def told(self, event: LinkEvent) -> None:
        """Something happened to the connection."""
        ...

    def beat_due(self) -> bool:
        """Whether a second of its vehicle's time has passed since the last heartbeat."""
        ...

    def beaten(self) -> None:
        """A heartbeat went out."""
        ...

    def pause_s(self) -> float:
        """How long its vehicle's telemetry may wait."""
        ...


def is_vehicle(heartbeat: Decoded, frame: Frame) -> bool:
    """Whether a heartbeat is an autopilot's: stations, gimbals and companions do not count."""
    return (
        heartbeat["autopilot"] != NO_AUTOPILOT
        and heartbeat["type"] != STATION_TYPE
        and frame.component == AUTOPILOT_COMPONENT
        and frame.system not in (0, STATION_SYSTEM)
    )
