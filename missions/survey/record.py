"""What a survey was asked for, kept beside its plans, so that its gaps can be planned later."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely

from core.camera import Camera
from core.errors import BadFileError
from core.files import write_text
from core.geo import Altitude, Datum, LonLat
from core.shot import Shot
from core.wind import Wind
from gis.terrain import Terrain
from gis.vector import Area, as_area
from missions.aircraft import Aircraft
from missions.airspace import Zone, ZoneKind
from missions.survey.circling import OrbitWishes
from missions.survey.params import SurveyParams, TriggerKind

VERSION = 1
SUFFIX = ".survey.json"
PLAIN = (
    "gsd_m", "front", "side", "margin_m", "zone_margin_m", "fence_m", "speed_ms", "angle_deg", "max_height_m",
    "position_error_m", "max_items", "name", "cross_hatch", "pitch_deg", "shutter_s", "blur_px",
    "clearance_m", "height_tolerance_m",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrbitRecord:
    """What an orbit goes round, a place or an outline (lon/lat), and how."""

    subject: LonLat | Area
    wishes: OrbitWishes


@dataclass(frozen=True, slots=True)
class SurveyRecord:
    """A survey as it was asked for: the area to be seen (lon/lat), camera, home, wishes.

    `plans` are the names of its plan files, in order; `dem` the height model it was planned over, if any;
    `orbit` is there where the survey goes round something. Plans over the gaps of others, the `wanted` ones
    (paths from the record's folder), have with them what was `taken` before.
    """

    area: Area
    camera: Camera
    home: LonLat
    params: SurveyParams
    plans: tuple[str, ...]
    dem: str | None = None
    orbit: OrbitRecord | None = None
    wanted: tuple[str, ...] = ()
    taken: tuple[Shot, ...] = ()

    @property
    def photographed_by(self) -> tuple[str, ...]:
        """The plans whose photographs are wanted."""
        return self.wanted or self.plans


def record_path(plan: Path) -> Path:
    """Where the record of a plan (or of the first of several) stands."""
    return plan.with_name(plan.stem + SUFFIX)


def write_record(record: SurveyRecord, path: Path) -> None:
    """Write a record as JSON, whole or not at all."""
    params = record.params
    document = {
        "version": VERSION,
        "plans": list(record.plans),
        "dem": record.dem,
        "home": record.home.xy,
        "camera": asdict(record.camera),
        "aircraft": asdict(params.aircraft),
        "wind": asdict(params.wind),
        "zones": [_zone_json(zone) for zone in params.zones],
        "launches": [place.xy for place in params.launches],
        "at_time": None if params.at_time is None else params.at_time.isoformat(),
        "trigger": params.trigger.value,
        "frame": params.frame.value,
        **{name: getattr(params, name) for name in PLAIN},
        "area": shapely.geometry.mapping(record.area),
        "allowed": None if params.allowed is None else shapely.geometry.mapping(params.allowed),
        **({} if record.orbit is None else {"orbit": _orbit_json(record.orbit)}),
        **({} if not record.wanted else {"wanted": list(record.wanted), "taken": _shots_json(record.taken)}),
    }
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def find_record(plan: Path) -> Path:
    """The record that names a plan, in the plan's folder; raises `BadFileError` saying what is missing."""
    for path in sorted(plan.parent.glob(f"*{SUFFIX}")):
        try:
            if plan.name in json.loads(path.read_text(encoding="utf-8")).get("plans", []):
                return path
        except (OSError, ValueError, AttributeError):
            continue
    raise BadFileError(
        plan,
        f"has no {SUFFIX} file beside it that names it",
        hint="keep that file, which every survey command writes, in the plan's folder",
    )


def read_record(path: Path, terrain: Terrain | None = None) -> SurveyRecord:
    """Read a record; `terrain` is its height model, read by whoever has it. Raises `BadFileError`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _record(document, terrain)
    except OSError as error:
        raise BadFileError(path, f"cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise BadFileError(
            path, f"is no record of a survey ({what})", hint="plan the survey again"
        ) from error


def _record(document: Mapping[str, Any], terrain: Terrain | None) -> SurveyRecord:
    if document["version"] != VERSION:
        raise ValueError(f"version {document['version']}, this reads {VERSION}")
    at_time = document["at_time"]
    params = SurveyParams(
        aircraft=_made(Aircraft, document["aircraft"]),
        wind=_made(Wind, document["wind"]),
        zones=tuple(_zone(entry) for entry in document["zones"]),
        launches=tuple(LonLat(*xy) for xy in document["launches"]),
        at_time=None if at_time is None else datetime.fromisoformat(at_time),
        trigger=TriggerKind(document["trigger"]),
        frame=Datum(document["frame"]),
        terrain=terrain,
        allowed=_area(document["allowed"]) if document.get("allowed") else None,
        **{name: document[name] for name in PLAIN},
    )
    area = _area(document["area"])
    camera, home = _made(Camera, document["camera"]), LonLat(*document["home"])
    orbit = _orbit(document["orbit"]) if document.get("orbit") else None
    plans, wanted = tuple(document["plans"]), tuple(document.get("wanted", ()))
    taken = tuple(_shots(document.get("taken", ())))
    return SurveyRecord(area, camera, home, params, plans, document["dem"], orbit, wanted, taken)


def _shots_json(shots: Sequence[Shot]) -> list[list[float | None]]:
    """Time, place, metres over home, the camera's count."""
    return [[s.time_s, *s.lonlat.xy, s.altitude.value_m, s.number] for s in shots]


def _shots(rows: Sequence[Sequence[Any]]) -> Iterator[Shot]:
    for index, (time_s, lon, lat, up, number) in enumerate(rows):
        yield Shot(index, LonLat(lon, lat), Altitude(up, Datum.HOME), time_s, number=number)


def _orbit_json(orbit: OrbitRecord) -> dict[str, Any]:
    subject = orbit.subject
    shape = shapely.Point(subject.xy) if isinstance(subject, LonLat) else subject
    return {"subject": shapely.geometry.mapping(shape), "wishes": asdict(orbit.wishes)}


def _orbit(entry: Mapping[str, Any]) -> OrbitRecord:
    shape = entry["subject"]
    subject = LonLat(*shape["coordinates"]) if shape["type"] == "Point" else _area(shape)
    return OrbitRecord(subject, _made(OrbitWishes, entry["wishes"]))


def _area(shape: dict[str, Any]) -> Area:
    return as_area(shapely.geometry.shape(shape))


def _made(kind: Any, values: Mapping[str, Any]) -> Any:
    """A dataclass from what it still knows of written values; JSON's lists are tuples."""
    known = {f.name for f in fields(kind)}
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in known})


def _zone_json(zone: Zone) -> dict[str, Any]:
    return {
        "name": zone.name,
        "kind": zone.kind.value,
        "floor": _altitude_json(zone.floor),
        "ceiling": _altitude_json(zone.ceiling),
        "from": None if zone.valid_from is None else zone.valid_from.isoformat(),
        "until": None if zone.valid_until is None else zone.valid_until.isoformat(),
        "source": zone.source,
        "polygon": shapely.geometry.mapping(zone.polygon),
    }


def _altitude_json(altitude: Altitude | None) -> list[Any] | None:
    return None if altitude is None else [altitude.value_m, altitude.datum.value]


def _zone(entry: Mapping[str, Any]) -> Zone:
    def altitude(value: Sequence[Any] | None) -> Altitude | None:
        return None if value is None else Altitude(value[0], Datum(value[1]))

    def moment(value: str | None) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)

    return Zone(
        entry["name"],
        ZoneKind(entry["kind"]),
        as_area(shapely.geometry.shape(entry["polygon"])),
        altitude(entry["floor"]),
        altitude(entry["ceiling"]),
        moment(entry["from"]),
        moment(entry["until"]),
        entry["source"],
    )
