"""What is known of the day, and how the service is run."""

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from shapely.geometry import Polygon

from core.wind import Wind
from delivery.flightplan import LaneParams
from delivery.model import Closure, WeatherReport
from delivery.world import World
from gis.terrain import Terrain
from missions.airspace import Zone, ZoneKind
from missions.permits import Permit
from missions.structures import Structures
from missions.weather import Weather

_T = TypeVar("_T")


class Same(Generic[_T]):
    """Something as a key that is equal to itself alone, and kept from being thrown away."""

    __slots__ = ("thing",)

    def __init__(self, thing: _T) -> None:
        self.thing = thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.thing is other.thing


@dataclass(frozen=True, slots=True)
class Operations:
    """How the service is run, seconds: `turnaround_s` on the ground between two flights, loading and swapping
    a battery; `freeze_s` before take-off from which a flight is not moved any more; `max_wait_s` until the
    release of an order that wants it soon. A promise runs from `early_s` before the planned release to
    `late_s` plus `late_share` of the wait after it. `levels` pairs of lanes lie above one another.
    """

    turnaround_s: float = 120.0
    freeze_s: float = 60.0
    max_wait_s: float = 3600.0
    early_s: float = 60.0
    late_s: float = 150.0
    late_share: float = 0.1
    levels: int = 2


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is known of the day; None = unknown, and what must be known and is not refuses.

    `permits` are those somebody holds, or the names of their zones; `zone` is the local clock; `prepare_s`
    from the order to the earliest take-off. `structures` are buildings and masts, which ways keep clear of.
    """

    zones: tuple[Zone, ...] | None = None
    wind: Wind | None = None
    terrain: Terrain | None = None
    permits: "Permits" = None
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Seoul"))
    lanes: LaneParams = field(default_factory=LaneParams)
    prepare_s: float = 120.0
    weather: Weather | None = None
    operations: Operations = field(default_factory=Operations)
    structures: Structures | None = None

    def at(self, world: World, time_s: float) -> "Conditions":
        """The conditions with the weather and the closures that the store knows for UTC second `time_s`."""
        report = weather_at(world, time_s)
        closures = tuple(world.closures.values())
        if report is None and not closures:
            return self
        weather = self.weather if report is None else weather_of(report)
        wind = self.wind if weather is None or weather.wind is None else weather.wind
        zones = None if self.zones is None else _with_closures(Same(self.zones), closures)
        return dataclasses.replace(self, weather=weather, wind=wind, zones=zones)


@lru_cache(maxsize=64)
def _with_closures(zones: Same[tuple[Zone, ...]], closures: tuple[Closure, ...]) -> tuple[Zone, ...]:
    """The same closures over the same zones are one tuple, so that nobody plans for it twice."""
    return (*zones.thing, *(zone_of(c) for c in closures))


def weather_at(world: World, time_s: float) -> WeatherReport | None:
    """The newest report that holds at UTC second `time_s`."""
    holding = [
        r for r in world.weather.values() if r.from_s <= time_s and (r.until_s is None or time_s < r.until_s)
    ]
    return max(holding, key=lambda r: (r.from_s, r.id), default=None)


def weather_of(report: WeatherReport) -> Weather:
    """A report as the mission checks take it."""
    return Weather(
        wind_ms=report.wind_ms,
        wind_from_deg=report.wind_from_deg,
        gust_ms=report.gust_ms,
        rain_mm_h=report.rain_mm_h,
        visibility_m=report.visibility_m,
        temperature_C=report.temperature_C,
        source=report.source,
    )


def zone_of(closure: Closure) -> Zone:
    """A closure as a zone with its dates."""
    begin, end = (datetime.fromtimestamp(s, UTC) for s in (closure.from_s, closure.until_s))
    area = Polygon(closure.ring)
    return Zone(closure.name, ZoneKind.TEMPORARY, area, valid_from=begin, valid_until=end)


def always(zone: Zone) -> Zone:
    """A zone as if it always were in force."""
    return dataclasses.replace(zone, valid_from=None, valid_until=None, hours=None)


Permits = frozenset[str] | tuple[Permit, ...] | None
"""Permits somebody holds, or the names of their zones; None = not known."""


def permits_of(held: Permits) -> tuple[Permit, ...] | None:
    """Permits as the mission checks take them; a name alone stands for the whole zone at any time."""
    if held is None:
        return None
    return tuple(Permit(p, *ALL_TIME) if isinstance(p, str) else p for p in held)


ALL_TIME = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
