"""What really happened on a flight, as a value and as files."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.files import write_text
from core.geo import Datum, FloatArray
from core.shot import Shot
from flight.gripper import RELEASED
from flight.watch import FlightEvent

TRACK_COLUMNS = (
    "time_s", "lon", "lat", "alt_home_m", "alt_geoid_m", "yaw_deg", "roll_deg", "pitch_deg",
    "east_ms", "north_ms", "up_ms",
)  # fmt: skip
YAW = TRACK_COLUMNS.index("yaw_deg")


@dataclass(frozen=True, slots=True)
class FlightRecord:
    """A flight.

    `reached` of `items` mission items were done; `shots` are the camera's releases as the vehicle reported
    them (UTC, altitude above home; no attitude, since the vehicle only knows the airframe's); `flown_s` is
    the vehicle's time from take-off to motors off; `max_deviation_m` horizontal; `track` has one row a
    position message with the columns `TRACK_COLUMNS` (UTC seconds, degrees, metres, m/s; yaw of the airframe
    clockwise from north); `log` is the recording. `aborted` says why the mission was not completed;
    `shots_known` is false where the vehicle reports no shots though the mission takes them,
    `unknown_releases` counts the items that let something go of which nothing tells; `brought_back`: whether
    its load is known to be home again, aboard.
    """

    completed: bool
    reached: int
    items: int
    shots: tuple[Shot, ...]
    flown_s: float
    max_deviation_m: float
    events: tuple[FlightEvent, ...]
    log: Path
    track: FloatArray
    aborted: str | None = None
    shots_geoid_m: tuple[float, ...] = ()
    shots_known: bool = True
    unknown_releases: int = 0
    brought_back: bool | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def releases(self) -> tuple[FlightEvent, ...]:
        """The releases that the vehicle itself confirmed."""
        return tuple(e for e in self.events if e.kind == "payload" and e.text == RELEASED)

    def yaw_at(self, time_s: float) -> float:
        """The airframe's heading at a UTC time, interpolated; raises `ValueError` outside the track."""
        times = self.track[:, 0]
        if not (len(times) and times[0] <= time_s <= times[-1]):
            raise ValueError(f"no heading is known at {time_s}")
        yaw = np.degrees(np.unwrap(np.radians(self.track[:, YAW])))
        return float(np.interp(time_s, times, yaw)) % 360.0

    def as_json(self) -> dict[str, Any]:
        """The plain values that `skyshade fly --json` prints."""
        return {
            "completed": self.completed,
            "reached": self.reached,
            "items": self.items,
            "shots": len(self.shots),
            "shots_known": self.shots_known,
            "releases": {"confirmed": len(self.releases), "unknown": self.unknown_releases},
            "flown_s": round(self.flown_s, 2),
            "max_deviation_m": round(self.max_deviation_m, 2),
            "events": [{"time_s": e.time_s, "kind": e.kind, "text": e.text} for e in self.events],
            "log": str(self.log),
            "aborted": self.aborted,
            **self.facts,
        }


def write_record(record: FlightRecord, out_dir: Path) -> None:
    """Write `flight.json`, `shots.csv` and `track.geojson`."""
    write_text(out_dir / "flight.json", json.dumps(record.as_json(), ensure_ascii=False, indent=1) + "\n")
    write_text(out_dir / "shots.csv", _shots_csv(record))
    write_text(out_dir / "track.geojson", json.dumps(_track_geojson(record)) + "\n")


def _shots_csv(record: FlightRecord) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["index", "time_s", "lon", "lat", "alt_home_m", "alt_geoid_m"])
    for shot, geoid_m in zip(record.shots, record.shots_geoid_m, strict=True):
        if shot.altitude.datum is not Datum.HOME or shot.time_s is None:
            raise ValueError(f"shot {shot.index} must have a time and an altitude above home")
        place = (f"{shot.lonlat.lon:.7f}", f"{shot.lonlat.lat:.7f}")
        heights = (f"{shot.altitude.value_m:.3f}", f"{geoid_m:.3f}")
        rows.writerow([shot.index, f"{shot.time_s:.6f}", *place, *heights])
    return out.getvalue()


def _track_geojson(record: FlightRecord) -> dict[str, Any]:
    places = [[round(lon, 7), round(lat, 7), round(alt, 2)] for lon, lat, alt in record.track[:, [1, 2, 4]]]
    line = {
        "type": "Feature",
        "properties": {
            "altitude": "metres above mean sea level",
            "time_s": [round(float(t), 3) for t in record.track[:, 0]],
        },
        "geometry": {"type": "LineString", "coordinates": places} if len(places) > 1 else None,
    }
    return {"type": "FeatureCollection", "features": [line]}
