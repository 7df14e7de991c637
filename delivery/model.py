"""The nouns of park delivery: goods, places, aircraft, batteries, weather, closures, orders."""

import math
from dataclasses import dataclass, field
from enum import Enum

from core.geo import LonLat

MAX_ID = 80
NOT_IN_IDS = frozenset("/\\<>\"'&;:|?*%")


class Release(Enum):
    """How goods leave the aircraft."""

    GRIPPER = "gripper"
    WINCH = "winch"
    LANDING = "landing"


class Hazard(Enum):
    """What makes goods need care; `FORBIDDEN` ones do not fly."""

    HOT = "hot"
    LIQUID = "liquid"
    FRAGILE = "fragile"
    LITHIUM = "lithium"
    FLAMMABLE = "flammable"
    CORROSIVE = "corrosive"
    TOXIC = "toxic"
    EXPLOSIVE = "explosive"


FORBIDDEN = frozenset({Hazard.FLAMMABLE, Hazard.CORROSIVE, Hazard.TOXIC, Hazard.EXPLOSIVE})


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
    OrderState.ACCEPTED: frozenset({OrderState.FLYING, OrderState.CANCELLED, OrderState.FAILED}),
    OrderState.FLYING: frozenset({OrderState.RELEASED, OrderState.FAILED, OrderState.ACCEPTED}),
    OrderState.RELEASED: frozenset({OrderState.CLOSED}),
    OrderState.REFUSED: frozenset(),
    OrderState.CANCELLED: frozenset(),
    OrderState.CLOSED: frozenset(),
    OrderState.FAILED: frozenset(),
}


class Priority(Enum):
    """How an order was placed."""

    REGULAR = "regular"
    RESERVED = "reserved"
    URGENT = "urgent"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_id(what: str, text: str) -> None:
    """Ids stand in addresses and file names."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{what} needs an id, got nothing")
    if len(text) > MAX_ID or not text.isprintable() or any(c in NOT_IN_IDS for c in text) or text[0] == ".":
        raise ValueError(
            f"an id is at most {MAX_ID} letters, digits, '-', '_', '.' or ' ', got {text[:60]!r}"
        )


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be ordered: mass in kilograms with its packing, sides in metres (None = unknown),
    and what makes it need care.
    """

    id: str
    name: str
    mass_kg: float
    size_m: tuple[float, float, float] | None = None
    hazards: tuple[Hazard, ...] = ()

    def __post_init__(self) -> None:
        _check_id("an item", self.id)
        if not (_is_number(self.mass_kg) and self.mass_kg > 0):
            raise ValueError(f"mass_kg of item {self.id!r} must be > 0, got {self.mass_kg}")
        if self.size_m is not None and not all(_is_number(side) and side > 0 for side in self.size_m):
            raise ValueError(f"size_m of item {self.id!r} must be three lengths > 0, got {self.size_m}")


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
    the point: where the gripper opens, or the height it hovers at while the winch lets its line down. `pads`
    are a depot's places to take off from; without any its position is the only one.
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
    pads: tuple[LonLat, ...] = ()

    def __post_init__(self) -> None:
        _check_id("a place", self.id)
        if self.kind not in {"depot", "point"}:
            raise ValueError(f"kind of place {self.id!r} must be 'depot' or 'point', got {self.kind!r}")
        if not 1.0 <= self.release_height_m <= 50.0:
            raise ValueError(
                f"release_height_m of {self.id!r} must be in [1, 50], got {self.release_height_m}"
            )


@dataclass(frozen=True, slots=True)
class Craft:
    """One aircraft of the fleet: its type in the aircraft catalogue, its depot, its charge (0..1).

    `battery` is the one in it (None: the charge is the aircraft's own); `pad` counts the depot's pads from 0;
    `grounded` says why it may not fly.
    """

    id: str
    type: str
    depot: str
    charge: float = 1.0
    battery: str | None = None
    pad: int = 0
    grounded: str | None = None

    def __post_init__(self) -> None:
        _check_id("an aircraft", self.id)
        if not 0.0 <= self.charge <= 1.0:
            raise ValueError(f"charge of aircraft {self.id!r} must be in [0, 1], got {self.charge}")


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery of the aircraft type `type` at a depot: its charge (0..1) at UTC second `at_s`, its cycles.

    On the charger it gains `per_hour` of its capacity an hour.
    """

    id: str
    type: str
    depot: str
    charge: float = 1.0
    at_s: float = 0.0
    cycles: int = 0
    charging: bool = False
    per_hour: float = 1.0
    max_cycles: int = 300

    def __post_init__(self) -> None:
        _check_id("a battery", self.id)
        if not 0.0 <= self.charge <= 1.0:
            raise ValueError(f"charge of battery {self.id!r} must be in [0, 1], got {self.charge}")
        if self.cycles < 0:
            raise ValueError(f"cycles of battery {self.id!r} must be >= 0, got {self.cycles}")
        if not (_is_number(self.per_hour) and self.per_hour >= 0):
            raise ValueError(f"per_hour of battery {self.id!r} must be >= 0, got {self.per_hour}")

    def charge_at(self, time_s: float) -> float:
        """Its charge at a UTC second, were it left alone until then."""
        if not self.charging:
            return self.charge
        return min(1.0, self.charge + self.per_hour * max(0.0, time_s - self.at_s) / 3600.0)


@dataclass(frozen=True, slots=True)
class WeatherReport:
    """The weather from UTC second `from_s` on, as somebody measured or forecast it; None = unknown."""

    from_s: float
    wind_ms: float | None = None
    wind_from_deg: float | None = None
    gust_ms: float | None = None
    rain_mm_h: float | None = None
    visibility_m: float | None = None
    temperature_C: float | None = None
    until_s: float | None = None
    source: str = ""
    id: str = "now"

    def __post_init__(self) -> None:
        _check_id("a weather report", self.id)
        if self.wind_ms is not None and not (_is_number(self.wind_ms) and 0.0 <= self.wind_ms <= 100.0):
            raise ValueError(f"wind_ms must be in [0, 100], got {self.wind_ms}")


@dataclass(frozen=True, slots=True)
class Closure:
    """Air that nobody may fly in for a while: a ring of (lon, lat) degrees, UTC seconds."""

    id: str
    name: str
    ring: tuple[tuple[float, float], ...]
    from_s: float
    until_s: float

    def __post_init__(self) -> None:
        _check_id("a closure", self.id)
        if len(self.ring) < 3:
            raise ValueError(f"closure {self.id!r} needs three corners or more, got {len(self.ring)}")
        if not self.from_s < self.until_s:
            raise ValueError(f"closure {self.id!r} ends before it begins")


@dataclass(frozen=True, slots=True)
class Order:
    """An order and what became of it.

    `customer` is a reference to somebody who is kept apart (`contacts.py`), never a name. `lines` are
    (item id, count). `eta_s` and its interval count from `placed_s`; `reasons` say why an order was refused
    or failed, `rules` name the rule behind each and `facts` hold what each says, as data. `wanted_from_s` and
    `wanted_until_s` bound the release that a reserved order asks for (UTC seconds). `key` and `digest` stand
    for the customer's key and what was asked with it. `released_at_s` is the UTC second the vehicle confirmed
    the release. `unknown` is what could not be looked at when it was accepted.
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
    rules: tuple[str, ...] = ()
    facts: tuple[tuple[tuple[str, str | float], ...], ...] = ()
    released_at_s: float | None = None
    released_lonlat: tuple[float, float] | None = None
    released_alt_m: float | None = None
    release_text: str | None = None
    wanted_from_s: float | None = None
    wanted_until_s: float | None = None
    key: str | None = None
    digest: str | None = None
    tries: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def promised_s(self) -> tuple[float, float] | None:
        """The first and last UTC second of the promised release; None before a promise."""
        if self.eta_low_s is None or self.eta_high_s is None:
            return None
        return self.placed_s + self.eta_low_s, self.placed_s + self.eta_high_s

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return not NEXT_STATES[self.state]
