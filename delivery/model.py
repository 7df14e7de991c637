"""The nouns of park delivery: goods, depots, delivery points, aircraft, orders, flights."""

import math
from dataclasses import dataclass, field
from enum import Enum

from core.geo import LonLat


class Release(Enum):
    """How goods leave the aircraft."""

    GRIPPER = "gripper"


class OrderState(Enum):
    """Where an order stands. REFUSED, CANCELLED, CLOSED and FAILED are final."""

    RECEIVED = "received"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    FLYING = "flying"
    RELEASED = "released"
    CLOSED = "closed"
    FAILED = "failed"


NEXT_STATES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.RECEIVED: frozenset({OrderState.ACCEPTED, OrderState.REFUSED}),
    OrderState.ACCEPTED: frozenset({OrderState.FLYING, OrderState.CANCELLED}),
    OrderState.FLYING: frozenset({OrderState.RELEASED, OrderState.FAILED}),
    OrderState.RELEASED: frozenset({OrderState.CLOSED}),
    OrderState.REFUSED: frozenset(),
    OrderState.CANCELLED: frozenset(),
    OrderState.CLOSED: frozenset(),
    OrderState.FAILED: frozenset(),
}


class Priority(Enum):
    """How an order was placed."""

    REGULAR = "regular"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be ordered; mass in kilograms with its packing."""

    id: str
    name: str
    mass_kg: float

    def __post_init__(self) -> None:
        if not self.id.strip():
            raise ValueError("an item needs an id, got nothing")
        if not (math.isfinite(self.mass_kg) and self.mass_kg > 0):
            raise ValueError(f"mass_kg of item {self.id!r} must be > 0, got {self.mass_kg}")


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours on the local clock, minutes since midnight; `until` may not lie before `since`."""

    since_min: int = 0
    until_min: int = 24 * 60

    def __post_init__(self) -> None:
        if not 0 <= self.since_min < self.until_min <= 24 * 60:
            raise ValueError(f"hours must lie in 00:00-24:00 in order, got {self.text}")

    @property
    def text(self) -> str:
        """`11:00-17:00`."""
        return "-".join(f"{m // 60:02d}:{m % 60:02d}" for m in (self.since_min, self.until_min))

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """From `11:00-17:00`; raises `ValueError` printing the text."""
        try:
            since, until = (int(h) * 60 + int(m) for h, m in (t.strip().split(":") for t in text.split("-")))
        except ValueError:
            raise ValueError(f"hours must look like 11:00-17:00, got {text!r}") from None
        return cls(since, until)


@dataclass(frozen=True, slots=True)
class Place:
    """A depot or a delivery point.

    `elevation_m` is the ground above mean sea level (None = unknown). `release_height_m` above the ground at
    the point.
    """

    id: str
    name: str
    position: LonLat
    kind: str = "point"
    elevation_m: float | None = None
    release_height_m: float = 3.0
    release: Release = Release.GRIPPER
    hours: Hours = field(default_factory=Hours)
    closed: bool = False
    occupied: bool = False

    def __post_init__(self) -> None:
        if self.kind not in {"depot", "point"}:
            raise ValueError(f"kind of place {self.id!r} must be 'depot' or 'point', got {self.kind!r}")
        if not 1.0 <= self.release_height_m <= 50.0:
            raise ValueError(
                f"release_height_m of {self.id!r} must be in [1, 50], got {self.release_height_m}"
            )


@dataclass(frozen=True, slots=True)
class Craft:
    """One aircraft of the fleet: its type in the aircraft catalogue, its depot, its charge (0..1)."""

    id: str
    type: str
    depot: str
    charge: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.charge <= 1.0:
            raise ValueError(f"charge of aircraft {self.id!r} must be in [0, 1], got {self.charge}")


@dataclass(frozen=True, slots=True)
class Order:
    """An order and what became of it.

    `lines` are (item id, count). `eta_s` and its interval count from acceptance; `reasons` say why an order
    was refused or failed; `released_at_s` is the UTC second the vehicle confirmed the release.
    """

    id: str
    customer: str
    place: str
    lines: tuple[tuple[str, int], ...]
    mass_kg: float
    placed_s: float
    priority: Priority = Priority.REGULAR
    state: OrderState = OrderState.RECEIVED
    aircraft: str | None = None
    flight: str | None = None
    eta_s: float | None = None
    eta_low_s: float | None = None
    eta_high_s: float | None = None
    reasons: tuple[str, ...] = ()
    released_at_s: float | None = None
    released_lonlat: tuple[float, float] | None = None
    release_text: str | None = None


@dataclass(frozen=True, slots=True)
class Flight:
    """One flight for one order: when, with what, how it ended, and where its recording lies."""

    id: str
    order: str
    aircraft: str
    started_s: float
    ended_s: float | None = None
    completed: bool | None = None
    flown_s: float | None = None
    log: str | None = None
    problem: str | None = None
