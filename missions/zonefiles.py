"""Zones from a user's file or the packaged ones; every problem names the zone and the way out."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from shapely.validation import explain_validity

from core.errors import BadFileError, UnknownNameError
from core.geo import Altitude, Datum
from gis.vector import Area, as_area, read_layer
from missions.dailyhours import DailyHours, parse_hours
from missions.zoneheights import over_sea, parse_bound
from missions.zones import Zone, ZoneKind, parse_time

FIELDS = {
    "name": ("name", "이름", "명칭", "구역명", "title", "designator",  "ident_txt", "name_txt",  "id"),
    "kind": ("kind", "type", "zone_type", "category",  "구분", "종류", "유형"),
    "floor": ("floor_m", "lower_m", "floor", "lower", "lower_limit", "lowerlimit", "base",  "하한고도"),
    "floor_unit": ("floor_unit", "lower_uom", "lower_unit", "loweruom"),
    "floor_datum": ("floor_datum", "lower_datum", "lower_ref", "lower_reference", "lowerref", "하한기준"),
    "ceiling": ("ceiling_m", "upper_m", "ceiling", "upper", "upper_limit", "upperlimit", "top",  "상한고도"),
    "ceiling_unit": ("ceiling_unit", "upper_uom", "upper_unit", "upperuom"),
    "ceiling_datum": ("ceiling_datum", "upper_datum", "upper_ref", "upper_reference", "upperref", "상한기준"),
    "from": ("from", "valid_from", "start", "begin", "effective", "starts", "시작"),
    "until": ("until", "valid_until", "end", "to", "expires", "ends", "종료"),
    "hours": ("hours", "daily", "times", "시간", "운영시간"),
    "zone": ("timezone", "time_zone", "tz", "hours_zone", "시간대"),
    "days": ("days", "weekdays", "요일"),
    "source": ("source", "출처"),
}  # fmt: skip
KINDS = {
    "p": "prohibited", "r": "restricted", "d": "danger", "ctr": "control", "control_zone": "control",
    "controlzone": "control", "tfr": "temporary", "temp": "temporary", "nofly": "no_fly", "nfz": "no_fly",
    "no_fly_zone": "no_fly", "비행금지구역": "prohibited", "비행제한구역": "restricted", "위험구역": "danger",
    "관제권": "control", "임시": "temporary", "임시비행금지공역": "temporary",  "고도제한": "ceiling",
}  # fmt: skip
# Labels in layers of the national map platform: code, upper limit, lower limit; bare numbers are feet.
LABELS = {"prh": "prohibited", "res": "restricted", "ctr": "control", "dng": "danger", "temp": "temporary"}
PACKAGED = ("korea",)


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """What a file holds, and what a person should be told about it."""

    zones: tuple[Zone, ...]
    notes: tuple[str, ...] = ()


def read_zones(path: Path | str) -> tuple[Zone, ...]:
    """The zones of `read_zone_file`."""
    return read_zone_file(path).zones


def read_zone_file(path: Path | str) -> ZoneFile:
    """Read zones from GeoJSON, GeoPackage, shapefile or KML; `korea` names the packaged ones.

    Properties: `name, kind, floor_m, floor_datum, ceiling_m, ceiling_datum, from, until, hours, timezone,
    days, source`, or other names met for them (`FIELDS`). `kind` defaults to no_fly; a height without datum
    is refused, for it could mean two things; times are ISO 8601 with zone. Raises `BadFileError` naming the
    zone.
    """
    if str(path).lower() in PACKAGED:
        return _packaged(str(path).lower())
    path = Path(path)
    if not path.suffix and not path.exists():
        raise UnknownNameError("zones", str(path), list(PACKAGED))
    return _read(path)


def _packaged(name: str) -> ZoneFile:
    source = resources.files("missions") / "data" / "zones" / f"{name}.geojson"
    with resources.as_file(source) as path:
        zones = _read(path).zones
    said = "packaged zones come from secondary sources and are not authoritative: ask the aviation office"
    return ZoneFile(zones, (said, *(f"{z.name}: {z.source}" for z in zones)))


def _read(path: Path) -> ZoneFile:
    frame = read_layer(path)
    rows = frame.drop(columns=frame.geometry.name).to_dict("records")
    zones, notes = [], []
    for number, (row, geometry) in enumerate(zip(rows, frame.geometry, strict=True), start=1):
        values, kinds = _values(row)
        name = str(values.get("name") or f"zone {number}")
        try:
            zones.append(_zone(name, {**kinds, **values}, geometry))
        except ValueError as error:
            raise BadFileError(path, f"{name}: {error}") from error
        if "name" not in values:
            notes.append(f"zone {number} has no name")
    return ZoneFile(tuple(zones), tuple(notes))


def _values(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a feature says under the names this module knows, and what its label fields say."""
    said = {str(k).strip().lower(): v for k, v in row.items() if not _missing(v)}
    found = {key: said[name] for key, names in FIELDS.items() for name in reversed(names) if name in said}
    labels: dict[str, Any] = {}
    for prefix, kind in LABELS.items():
        if f"{prefix}_lbl_1" in said:
            upper, lower = said.get(f"{prefix}_lbl_2"), said.get(f"{prefix}_lbl_3")
            labels = {"kind": kind, "ceiling_unit": "ft", "floor_unit": "ft"}
            labels |= {"ceiling": upper} if upper is not None else {}
            labels |= {"floor": lower} if lower is not None else {}
            found.setdefault("name", said[f"{prefix}_lbl_1"])
    return found, labels


def _zone(name: str, values: dict[str, Any], geometry: Any) -> Zone:
    polygon = _polygon(geometry)
    floor, ceiling = (_bound(values, which, polygon) for which in ("floor", "ceiling"))
    return Zone(
        name=name,
        kind=_kind(str(values.get("kind", "no_fly"))),
        polygon=polygon,
        floor=floor,
        ceiling=ceiling,
        valid_from=_time(values, "from"),
        valid_until=_time(values, "until"),
        source=str(values.get("source", "")),
        hours=_hours(values),
    )


def _polygon(geometry: Any) -> Area:
    if not geometry.is_valid:
        what, _, place = explain_validity(geometry).partition("[")
        where = f" at {place.rstrip(']').replace(' ', ', ')} (lon, lat)" if place else ""
        told = "crosses itself" if "elf-intersection" in what else f"is not valid ({what.lower().strip()})"
        raise ValueError(f"its polygon {told}{where}; mend it in a GIS program (QGIS: Fix geometries)")
    polygon = as_area(geometry)
    if polygon.is_empty:
        raise ValueError(f"is a {geometry.geom_type}, not a polygon")
    if polygon.area <= 0:
        raise ValueError("its polygon has no area; draw at least three corners")
    return polygon


def _kind(text: str) -> ZoneKind:
    plain = text.strip().lower().replace("-", "_").replace(" ", "_")
    try:
        return ZoneKind(KINDS.get(plain, plain))
    except ValueError as error:
        known = ", ".join(k.value for k in ZoneKind)
        raise ValueError(f"kind {text!r} is not one of {known}") from error


def _bound(values: dict[str, Any], which: str, polygon: Area) -> Altitude | None:
    value = values.get(which)
    if value is None:
        return None
    unit, datum = (values.get(f"{which}_{what}") for what in ("unit", "datum"))
    named = (None if unit is None else str(unit), None if datum is None else str(datum))
    altitude = parse_bound(which, value, *named).altitude
    if altitude is None and which == "floor":
        raise ValueError("its floor is unlimited: are floor and ceiling swapped?")
    if altitude is not None and altitude.datum is Datum.ELLIPSOID:
        return over_sea(altitude, polygon, floor=which == "floor")
    return altitude


def _hours(values: dict[str, Any]) -> DailyHours | None:
    text = str(values.get("hours", "")).strip()
    if not text or text.upper() in {"H24", "24H", "00:00-24:00"}:
        return None
    zone, days = (values.get(key) for key in ("zone", "days"))
    return parse_hours(text, None if zone is None else str(zone), None if days is None else str(days))


def _time(values: dict[str, Any], key: str) -> Any:
    value = values.get(key)
    if value is None:
        return None
    return parse_time(value.isoformat() if hasattr(value, "isoformat") else str(value), key)


def _missing(value: Any) -> bool:
    return value is None or value != value or value == ""  # noqa: PLR0124  # NaN is the one unequal to itself
