"""A day as a TOML file says it: the park, the fleet, the weather, what goes wrong, and who orders."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import BadFileError
from delivery.errors import DeliveryError
from delivery.model import Battery, Craft, Item, Place
from delivery.things import thing_from_data

_T = TypeVar("_T", Place, Craft, Item)
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Degrees = Annotated[float, Field(ge=0.0, le=360.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WeatherAt(_Strict):
    """The weather from a time on."""

    at: time
    wind_ms: Annotated[float, Field(ge=0.0, le=60.0)]
    wind_from_deg: Degrees = 0.0
    gust_ms: Annotated[float, Field(ge=0.0, le=80.0)] | None = None
    rain_mm_h: Annotated[float, Field(ge=0.0)] = 0.0
    visibility_m: float = 10_000.0
    temperature_C: float = 24.0


class ClosureAt(_Strict):
    """Air that is closed for a while, told beforehand: a circle or a ring of [lon, lat]."""

    name: str
    told: time
    since: time
    until: time
    ring: Annotated[list[tuple[float, float]], Field(min_length=3)]


class PointAt(_Strict):
    """A delivery point that is closed or occupied from a time on, or no longer."""

    at: time
    point: str
    closed: bool | None = None
    occupied: bool | None = None


class FaultAt(_Strict):
    """What breaks on the next flight that takes off after a time, so many seconds after its take-off."""

    at: time
    fault: str
    after_s: Annotated[float, Field(ge=0.0)] = 60.0


class Orders(_Strict):
    """Who orders: so many over the day, at seeded times; shares of urgent, reserved and impossible ones."""

    count: Annotated[int, Field(ge=0, le=5000)]
    urgent: Share = 0.1
    reserved: Share = 0.1
    too_heavy: Share = 0.02
    most_items: Annotated[int, Field(ge=1, le=20)] = 3


class Hours(_Strict):
    """When the day begins and ends, on the local clock."""

    date: date
    since: time
    until: time
    time_zone: str = "Asia/Seoul"
    seed: int = 0
    lane_m: float = 50.0
    permits: list[str] = []


class Batteries(_Strict):
    """Batteries beside those in the aircraft, at each depot."""

    spare: Annotated[int, Field(ge=0, le=100)] = 2
    per_hour: Annotated[float, Field(gt=0.0)] = 1.0


class DayFile(_Strict):
    """The file as it is written."""

    day: Hours
    orders: Orders
    place: Annotated[list[dict[str, Any]], Field(min_length=2)]
    aircraft: Annotated[list[dict[str, Any]], Field(min_length=1)]
    item: Annotated[list[dict[str, Any]], Field(min_length=1)]
    batteries: Batteries = Batteries()
    weather: Annotated[list[WeatherAt], Field(min_length=1)]
    closure: list[ClosureAt] = []
    point: list[PointAt] = []
    fault: list[FaultAt] = []


@dataclass(frozen=True, slots=True)
class Scenario:
    """A day ready to run: the file and delivery's values made from it."""

    file: DayFile
    places: tuple[Place, ...]
    fleet: tuple[Craft, ...]
    batteries: tuple[Battery, ...]
    items: tuple[Item, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The local clock."""
        return ZoneInfo(self.file.day.time_zone)

    def utc_s(self, moment: time) -> float:
        """A local time of the day as UTC seconds."""
        return datetime.combine(self.file.day.date, moment, self.zone).timestamp()


def read_scenario(path: Path) -> Scenario:
    """Read a day; raises `BadFileError` naming the key that is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return scenario_of(DayFile.model_validate(data))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadFileError(path, f"cannot be read ({error})", hint="give a day as TOML") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadFileError(path, f"{where}: {first['msg']}", hint="see docs/delivery.md") from error
    except (DeliveryError, ValueError) as error:
        raise BadFileError(path, str(error), hint="see docs/delivery.md") from error


def scenario_of(file: DayFile) -> Scenario:
    """Delivery's values of a day; raises `DeliveryError` for what they refuse."""
    if file.day.since >= file.day.until:
        raise DeliveryError(f"the day ends ({file.day.until}) before it begins ({file.day.since})")
    ZoneInfo(file.day.time_zone)
    places = tuple(_made(Place, "place", row) for row in file.place)
    craft = tuple(_made(Craft, "aircraft", row) for row in file.aircraft)
    items = tuple(_made(Item, "item", row) for row in file.item)
    inside = {c.id: f"B-{c.id}" for c in craft}
    fleet = tuple(_made(Craft, "aircraft", {**row, "battery": inside[row["id"]]}) for row in file.aircraft)
    return Scenario(file, places, fleet, tuple(_batteries(file, fleet)), items)


def _batteries(file: DayFile, fleet: tuple[Craft, ...]) -> list[Battery]:
    """One inside each aircraft, and spares on the chargers of each depot for each type there."""
    per_hour = file.batteries.per_hour
    found = [Battery(str(c.battery), c.type, c.depot, per_hour=per_hour) for c in fleet]
    for depot, kind in sorted({(c.depot, c.type) for c in fleet}):
        names = [f"S-{depot}-{kind}-{n + 1}" for n in range(file.batteries.spare)]
        found += [Battery(n, kind, depot, charging=True, per_hour=per_hour) for n in names]
    return found


def _made(kind: type[_T], name: str, row: dict[str, Any]) -> _T:
    thing = thing_from_data(name, row)
    if not isinstance(thing, kind):
        raise DeliveryError(f"{name} {row.get('id')!r} is none")
    return thing
