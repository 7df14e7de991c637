"""Flights: what is planned for an aircraft, what it did, and the air it needs."""

from dataclasses import dataclass
from enum import Enum


class FlightState(Enum):
    """Where a flight stands. ENDED and WITHDRAWN are final."""

    PLANNED = "planned"
    FLYING = "flying"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


ACTIVE = frozenset({FlightState.PLANNED, FlightState.FLYING})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a flight's air: round the leg from (lon, lat) to (lon, lat), `half_width_m` to its sides,
    between two heights over the geoid, for a while counted from take-off.
    """

    lon1: float
    lat1: float
    lon2: float
    lat2: float
    half_width_m: float
    floor_m: float
    ceiling_m: float
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Flight:
    """One flight for orders to one place: when, with what, how it ended, and where its recording lies.

    `takeoff_s`, `release_s`, `land_s` are the plan (UTC seconds), `energy_Wh` what it is to take; `pieces`
    its air, counted from take-off, in the pair of lanes `level`; `priority` higher goes first.
    """

    id: str
    orders: tuple[str, ...]
    aircraft: str
    state: FlightState = FlightState.PLANNED
    depot: str = ""
    place: str = ""
    battery: str | None = None
    payload_kg: float = 0.0
    priority: int = 0
    takeoff_s: float | None = None
    release_s: float | None = None
    land_s: float | None = None
    energy_Wh: float | None = None
    level: int = 0
    pieces: tuple[Piece, ...] = ()
    started_s: float | None = None
    ended_s: float | None = None
    completed: bool | None = None
    flown_s: float | None = None
    log: str | None = None
    problem: str | None = None

    @property
    def active(self) -> bool:
        """Whether it is planned or in the air."""
        return self.state in ACTIVE
