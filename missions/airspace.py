"""Airspace zones with floors, ceilings and dates, read from a user's file; what is not said stays unknown."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from core.geo import Altitude, Datum
from gis.vector import Area, as_area, read_layer


class ZoneKind(Enum):
    """What a zone asks: keep out, ask for permission, or stay below its ceiling."""

    PROHIBITED = "prohibited"
    RESTRICTED = "restricted"
    CONTROL = "control"
    TEMPORARY = "temporary"
    NO_FLY = "no_fly"
    CEILING = "ceiling"


KEEP_OUT = frozenset({ZoneKind.PROHIBITED, ZoneKind.RESTRICTED, ZoneKind.TEMPORARY, ZoneKind.NO_FLY})


@dataclass(frozen=True, slots=True)
class Zone:
    """A volume of air.

    `polygon` in lon/lat. Floor and ceiling None = not bounded that way (the zone reaches all the way, so it
    is never passed by mistake). `valid_from`/`valid_until` None = always. Datums: GROUND or GEOID.
    For CEILING, `ceiling` is the height to stay below inside the polygon.
    """

    name: str
    kind: ZoneKind
    polygon: Area
    floor: Altitude | None = None
    ceiling: Altitude | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    source: str = ""

    def __post_init__(self) -> None:
        for bound in (self.floor, self.ceiling):
            if bound is not None and bound.datum not in {Datum.GROUND, Datum.GEOID}:
                raise ValueError(
                    f"zone {self.name!r}: datum must be ground or geoid, got {bound.datum.value}"
                )
        if self.kind is ZoneKind.CEILING and self.ceiling is None:
            raise ValueError(f"zone {self.name!r} of kind ceiling needs ceiling_m")

    def active(self, at_time: datetime | None) -> bool | None:
        """Whether the zone is in force at a time; None when it has dates and no time is given."""
        if self.valid_from is None and self.valid_until is None:
            return True
        if at_time is None:
            return None
        started = self.valid_from is None or at_time >= self.valid_from
        return started and (self.valid_until is None or at_time <= self.valid_until)

    def may_reach(self, height_above_ground_m: float, room_m: float = 5.0) -> bool:
        """Whether a flight at that height above ground could be inside; an unknown bound counts as inside."""
        if self.kind is ZoneKind.CEILING:
            top = self.ceiling
            return top is None or top.datum is not Datum.GROUND or height_above_ground_m > top.value_m
        low = self.floor
        if low is not None and low.datum is Datum.GROUND and height_above_ground_m < low.value_m - room_m:
            return False
        top = self.ceiling
        return not (
            top is not None and top.datum is Datum.GROUND and height_above_ground_m > top.value_m + room_m
        )


def keep_out(zones: tuple[Zone, ...], height_above_ground_m: float, at_time: datetime | None) -> list[Zone]:
    """The zones a flight at that height must go round; one that may be in force counts."""
    kinds = KEEP_OUT | {ZoneKind.CEILING}
    return [
        z
        for z in zones
        if z.kind in kinds and z.active(at_time) is not False and z.may_reach(height_above_ground_m)
    ]


def read_zones(path: Path | str) -> tuple[Zone, ...]:
    """Read zones from GeoJSON, GeoPackage, shapefile or KML.

    Properties: `name, kind, floor_m, floor_datum, ceiling_m, ceiling_datum, from, until, source`. `kind`
    defaults to no_fly; a height without datum is refused, for it could mean two things; times are ISO 8601
    with zone. Raises `BadFileError` naming the zone.
    """
    path = Path(path)
    frame = read_layer(path)
    rows = frame.drop(columns=frame.geometry.name).to_dict("records")
    zones = []
    for number, (row, geometry) in enumerate(zip(rows, frame.geometry, strict=True), start=1):
        values = {str(k).lower(): v for k, v in row.items() if not _missing(v)}
        name = str(values.get("name") or f"zone {number}")
        try:
            zones.append(_zone(name, values, geometry))
        except ValueError as error:
            raise BadFileError(path, f"{name}: {error}") from error
    return tuple(zones)


def _zone(name: str, values: dict[str, Any], geometry: Any) -> Zone:
    if not geometry.is_valid:
        raise ValueError("its polygon crosses itself; mend it in a GIS program")
    polygon = as_area(geometry)
    if polygon.is_empty:
        raise ValueError(f"is a {geometry.geom_type}, not a polygon")
    return Zone(
        name=name,
        kind=_kind(str(values.get("kind", "no_fly"))),
        polygon=polygon,
        floor=_bound(values, "floor"),
        ceiling=_bound(values, "ceiling"),
        valid_from=_time(values, "from"),
        valid_until=_time(values, "until"),
        source=str(values.get("source", "")),
    )


def _kind(text: str) -> ZoneKind:
    try:
        return ZoneKind(text.strip().lower().replace("-", "_"))
    except ValueError as error:
        known = ", ".join(k.value for k in ZoneKind)
        raise ValueError(f"kind {text!r} is not one of {known}") from error


def _bound(values: dict[str, Any], which: str) -> Altitude | None:
    value = values.get(f"{which}_m")
    if value is None:
        return None
    datum = str(values.get(f"{which}_datum", "")).strip().lower()
    if datum not in {"ground", "geoid"}:
        raise ValueError(f"{which}_m needs {which}_datum ground or geoid, got {datum or 'nothing'!r}")
    try:
        return Altitude(float(value), Datum(datum))
    except ValueError as error:
        raise ValueError(f"{which}_m must be a number of metres, got {value!r}") from error


def _time(values: dict[str, Any], key: str) -> datetime | None:
    value = values.get(key)
    if value is None:
        return None
    return parse_time(value.isoformat() if hasattr(value, "isoformat") else str(value), key)


def parse_time(text: str, what: str = "time") -> datetime:
    """An ISO 8601 time with zone as UTC; raises `ValueError` without a zone, for local time is a guess."""
    cleaned = re.sub(r"([+-]\d\d)$", r"\1:00", text.strip())
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError as error:
        raise ValueError(
            f"{what} must be an ISO time such as 2025-06-01T09:00+09:00, got {text!r}"
        ) from error
    if moment.tzinfo is None:
        raise ValueError(f"{what} needs its zone, for example {text}+09:00")
    return moment.astimezone(UTC)


def _missing(value: Any) -> bool:
    return value is None or value != value or value == ""  # noqa: PLR0124  # NaN is the one unequal to itself
