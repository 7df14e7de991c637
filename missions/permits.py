"""Approvals that someone holds: for which zone or area, how high, when, and under which conditions."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely

from core.errors import BadFileError
from core.geo import Altitude, Datum
from gis.vector import Area, read_area
from missions.airspace import parse_time
from missions.dailyhours import DailyHours, parse_hours
from missions.zoneheights import parse_bound

KEYS = (
    "zone", "area", "from", "until", "hours", "timezone", "days", "ceiling_m", "ceiling_datum", "number",
    "conditions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission to fly in the zone of that name; `number` as the authority wrote it; times UTC.

    `zone` "" = any control zone, and then there is an `area` (lon/lat); `area` None = the whole zone.
    `ceiling` None = as high as the zone. `hours` None = day and night. `conditions` are for a person to
    confirm.
    """

    zone: str
    valid_from: datetime
    valid_until: datetime
    number: str = ""
    area: Area | None = None
    hours: DailyHours | None = None
    ceiling: Altitude | None = None
    conditions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.valid_until <= self.valid_from:
            raise ValueError(f"permit for {self.zone!r} ends before it begins")
        if not self.zone and self.area is None:
            raise ValueError("names neither a zone nor an area")

    @property
    def title(self) -> str:
        """How a message names it."""
        return f"permit {self.number}" if self.number else f"the permit for {self.zone or 'an area'}"

    def holds(self, moment: datetime) -> bool:
        """Whether it is in force at a moment."""
        dated = self.valid_from <= moment <= self.valid_until
        return dated and (self.hours is None or self.hours.holds(moment))

    def edges(self, start: datetime, end: datetime) -> list[datetime]:
        """The moments between at which it comes into force or ends."""
        dates = [m for m in (self.valid_from, self.valid_until) if start < m < end]
        return dates + (self.hours.edges(start, end) if self.hours else [])


def read_permits(path: Path | str) -> tuple[Permit, ...]:
    """Read `[[permit]]` tables: `from`, `until` (ISO times with zone), and `zone` or `area` or both.

    `area` is a layer's file beside this one, or a list of [lon, lat]. `hours` ("09:00-18:00") with `timezone`
    and `days` ("mon-fri"); `ceiling_m` with `ceiling_datum` (ground or geoid); `number` (or `reference`);
    `conditions` a list of texts. Raises `BadFileError` naming the permit.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise BadFileError(path, "not found") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFileError(path, f"is not valid TOML ({error})") from error
    rows = table.get("permit", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadFileError(path, "permits must be [[permit]] tables")
    return tuple(_permit(path, n, row) for n, row in enumerate(rows, start=1))


def _permit(path: Path, number: int, row: dict[str, Any]) -> Permit:
    told = {("number" if k == "reference" else k): v for k, v in row.items()}
    unknown = sorted(set(told) - set(KEYS))
    if unknown:
        raise BadFileError(
            path, f"permit {number} has unknown key {unknown[0]!r}", hint=f"known: {', '.join(KEYS)}"
        )
    try:
        return _made(path, told)
    except KeyError as error:
        raise BadFileError(path, f"permit {number} lacks {error}") from error
    except ValueError as error:
        raise BadFileError(path, f"permit {number}: {error}") from error


def _made(path: Path, row: dict[str, Any]) -> Permit:
    begin, end = (_time(row[key], key) for key in ("from", "until"))
    if "zone" not in row and "area" not in row:
        raise KeyError("zone")
    conditions = row.get("conditions", [])
    return Permit(
        zone=str(row.get("zone", "")),
        valid_from=begin,
        valid_until=end,
        number=str(row.get("number", "")),
        area=_area(path, row["area"]) if "area" in row else None,
        hours=_hours(row),
        ceiling=_ceiling(row),
        conditions=(conditions,) if isinstance(conditions, str) else tuple(map(str, conditions)),
    )


def _area(path: Path, value: object) -> Area:
    if isinstance(value, str):
        return read_area(path.parent / value)
    try:
        ring = shapely.Polygon([(float(lon), float(lat)) for lon, lat in value])  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise ValueError("area must be a file or a list of three or more [lon, lat]") from error
    west, south, east, north = ring.bounds if not ring.is_empty else (0.0, 0.0, 0.0, 0.0)
    if not ring.is_valid or ring.area == 0 or west < -180 or east > 180 or south < -90 or north > 90:
        raise ValueError("area is no polygon in longitude and latitude: it crosses itself or is empty")
    return ring


def _hours(row: dict[str, Any]) -> DailyHours | None:
    if "hours" not in row:
        return None
    zone, days = row.get("timezone"), row.get("days")
    return parse_hours(
        str(row["hours"]), None if zone is None else str(zone), None if days is None else str(days)
    )


def _ceiling(row: dict[str, Any]) -> Altitude | None:
    if "ceiling_m" not in row:
        return None
    datum = row.get("ceiling_datum")
    bound = parse_bound("ceiling", row["ceiling_m"], "m", None if datum is None else str(datum)).altitude
    if bound is not None and bound.datum is Datum.ELLIPSOID:
        raise ValueError("ceiling_datum must be ground or geoid, got ellipsoid")
    return bound


def _time(value: object, key: str) -> datetime:
    return parse_time(value.isoformat() if isinstance(value, datetime) else str(value), key)


def held(permits: Iterable[Permit], at_time: datetime | None) -> frozenset[str] | None:
    """The zones permitted whole at a time; None (unknown) when no time is given: permits have dates."""
    if at_time is None:
        return None
    return frozenset(p.zone for p in permits if p.zone and p.area is None and p.holds(at_time))
