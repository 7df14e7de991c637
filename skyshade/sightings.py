"""What the recordings of a flight saw of it, up to where the program that watched it was ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BadFileError
from core.geo import FloatArray, LonLat
from delivery.flier import Confirmation
from flight.columns import Table
from flight.fly import LOG_NAME
from flight.gripper import GRABBED, GRABBING, RELEASED
from flight.record import TRACK_COLUMNS
from flight.tlog import read_columns

_WANTED = ("GLOBAL_POSITION_INT", "SYSTEM_TIME", "STATUSTEXT")
_UP_M = 1.0
E7, MM = 1e7, 1e3  # of degrees, of metres


@dataclass(frozen=True, slots=True)
class Sightings:
    """Where a flight was seen, n rows of `TRACK_COLUMNS` in order of time, what is not known NaN; the
    vehicle's seconds since its start at the last of them, and the release where one was heard.
    """

    track: FloatArray
    boot_s: float
    release: Confirmation | None = None

    @property
    def utc_s(self) -> float:
        """The UTC second of the last one."""
        return float(self.track[-1, 0])

    @property
    def lonlat(self) -> LonLat:
        """The last place."""
        return LonLat(float(self.track[-1, 1]), float(self.track[-1, 2]))


def sightings(folder: Path) -> Sightings | None:
    """What all recordings under `folder` saw of the vehicle in the air; None where they saw nothing of it."""
    found = [seen for path in sorted(folder.rglob(LOG_NAME)) if (seen := _of_file(path)) is not None]
    if not found:
        return None
    found.sort(key=lambda seen: seen.utc_s)
    release = next((seen.release for seen in found if seen.release is not None), None)
    track = np.concatenate([seen.track for seen in found])
    return Sightings(track[np.argsort(track[:, 0], kind="stable")], found[-1].boot_s, release)


def _of_file(path: Path) -> Sightings | None:
    try:
        tables = read_columns(path, _WANTED)
    except BadFileError:
        return None
    places = tables.get("GLOBAL_POSITION_INT")
    if places is None:
        return None
    boot_s = np.asarray(places["time_boot_ms"], float) / 1e3
    track = _track(places, boot_s + _offset_s(tables, places))
    in_air = track[:, TRACK_COLUMNS.index("alt_home_m")] > _UP_M
    if not in_air.any():
        return None
    last = int(np.flatnonzero(in_air)[-1])
    return Sightings(track[in_air], float(boot_s[last]), _release(tables, places, track))


def _offset_s(tables: Mapping[str, Table], places: Table) -> float:
    """UTC less the vehicle's own seconds: by its own word, else by the recording's clock."""
    told = tables.get("SYSTEM_TIME")
    if told is not None:
        utc_s = np.asarray(told["time_unix_usec"], float) / 1e6
        known = utc_s > 0
        if known.any():
            return float((utc_s - np.asarray(told["time_boot_ms"], float) / 1e3)[known][-1])
    return float(places.time_s[-1] - places["time_boot_ms"][-1] / 1e3)


def _track(places: Table, utc_s: FloatArray) -> FloatArray:
    rows = np.full((len(places), len(TRACK_COLUMNS)), np.nan)
    named = {
        "time_s": utc_s,
        "lon": np.asarray(places["lon"], float) / E7,
        "lat": np.asarray(places["lat"], float) / E7,
        "alt_home_m": np.asarray(places["relative_alt"], float) / MM,
        "alt_geoid_m": np.asarray(places["alt"], float) / MM,
    }
    for name, values in named.items():
        rows[:, TRACK_COLUMNS.index(name)] = values
    return rows


def _release(tables: Mapping[str, Table], places: Table, track: FloatArray) -> Confirmation | None:
    """The vehicle's word that it let go, after it had said that it holds something."""
    texts = tables.get("STATUSTEXT")
    if texts is None:
        return None
    words = [str(text) for text in texts["text"]]
    held = next((n for n, word in enumerate(words) if word in (GRABBING, GRABBED)), None)
    let_go = [n for n, word in enumerate(words) if word == RELEASED and held is not None and n > held]
    if not let_go:
        return None
    heard_s = float(texts.time_s[let_go[0]])
    row = track[int(np.argmin(np.abs(np.asarray(places.time_s, float) - heard_s)))]
    height_m = float(row[TRACK_COLUMNS.index("alt_home_m")])
    return Confirmation(float(row[0]), LonLat(float(row[1]), float(row[2])), RELEASED, height_m)
