"""What the log on board says of a flight that nobody watched: the release, and the way flown."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadFileError, SkyshadeError
from core.files import write_bytes
from core.geo import FloatArray, LonLat, distance_m
from delivery.flier import Confirmation
from flight.boardlog import BoardLogError, fetch_log, list_logs
from flight.gripper import RELEASED
from flight.record import TRACK_COLUMNS
from flight.vehicle import Vehicle
from skyshade.dataflash import read_messages
from skyshade.sightings import Sightings

log = logging.getLogger(__name__)

ARMED, DISARMED = 10, 11  # LogEvent, AP_Logger.h
BY_LOG = f"{RELEASED} (by the vehicle's log on board)"
NEAR_M = 40.0
LATEST = 3  # logs looked at, from the last on
TRIES = 6
PATIENCE_S = 900.0  # of fetching, on the wall's clock


@dataclass(frozen=True, slots=True)
class Story:
    """A flight from arming to the motors' stop: its release (None: there was none in all of it) and its track
    (`TRACK_COLUMNS`).
    """

    release: Confirmation | None
    track: FloatArray


def board_story(vehicle: Vehicle, seen: Sightings, folder: Path) -> Story | None:
    """Fetch the logs on board, the last first, into `folder`, until one tells of the flight that was `seen`.

    None where none does, or none comes; the vehicle must be disarmed.
    """
    until_s = vehicle.clock.monotonic_s() + PATIENCE_S
    for attempt in range(TRIES):
        try:
            return _told(vehicle, seen, folder, until_s)
        except SkyshadeError as error:
            log.warning("attempt %d: the vehicle's log does not come: %s", attempt + 1, error)
    return None


def _told(vehicle: Vehicle, seen: Sightings, folder: Path, until_s: float) -> Story | None:
    logs = list_logs(vehicle, vehicle.clock)
    for one in sorted(logs, key=lambda one: -one.number)[:LATEST]:
        path = folder / f"board-{one.number}.bin"
        write_bytes(path, fetch_log(vehicle, one, vehicle.clock, on_progress=_patience(vehicle, until_s)))
        story = story_in(path, seen)
        if story is not None:
            return story
    return None


def _patience(vehicle: Vehicle, until_s: float) -> Any:
    def told(done: int, total: int) -> None:
        if vehicle.clock.monotonic_s() > until_s:
            raise BoardLogError(f"{done} of {total} pieces came within {PATIENCE_S:g} s")

    return told


def story_in(path: Path, seen: Sightings) -> Story | None:
    """The flight that was `seen`, as a log tells it whole; None where the log tells of none at that time and
    place, or not to its end.
    """
    try:
        events, places, texts = (read_messages(path, name) for name in ("EV", "POS", "MSG"))
    except BadFileError:
        return None
    if not (events and places):
        return None
    period = _period(events, seen.boot_s, float(places["TimeUS"][0]) / 1e6)
    if period is None:
        return None
    inside = (places["TimeUS"] / 1e6 >= period[0]) & (places["TimeUS"] / 1e6 <= period[1])
    track = _track({name: values[inside] for name, values in places.items()}, seen)
    if not _same_place(track, seen):
        return None
    return Story(_release(texts, period, track, seen), track)


def _period(events: dict[str, Any], boot_s: float, first_s: float) -> tuple[float, float] | None:
    """The seconds from arming to the motors' stop round `boot_s`.

    A log that is begun by arming does not hold that event: it begins at its first place, `first_s`.
    """
    times, ids = events["TimeUS"] / 1e6, events["Id"]
    begun, ended = times[ids == ARMED], times[ids == DISARMED]
    begun = begun if (begun <= boot_s).any() else np.append(first_s, begun)
    before, after = begun[begun <= boot_s], ended[ended > boot_s]
    if not (len(before) and len(after)) or ((begun > before[-1]) & (begun < after[0])).any():
        return None
    return float(before[-1]), float(after[0])


def _track(places: dict[str, Any], seen: Sightings) -> FloatArray:
    rows = np.full((len(places["TimeUS"]), len(TRACK_COLUMNS)), np.nan)
    named = {
        "time_s": places["TimeUS"] / 1e6 + seen.utc_s - seen.boot_s,
        "lon": places["Lng"],
        "lat": places["Lat"],
        "alt_home_m": places["RelHomeAlt"],
        "alt_geoid_m": places["Alt"],
    }
    for name, values in named.items():
        rows[:, TRACK_COLUMNS.index(name)] = values
    return rows


def _same_place(track: FloatArray, seen: Sightings) -> bool:
    """Whether it was then where it was seen."""
    if not len(track):
        return False
    row = track[int(np.argmin(np.abs(track[:, 0] - seen.utc_s)))]
    return distance_m(LonLat(float(row[1]), float(row[2])), seen.lonlat) <= NEAR_M


def _release(
    texts: dict[str, Any], period: tuple[float, float], track: FloatArray, seen: Sightings
) -> Confirmation | None:
    for at_us, text in zip(texts.get("TimeUS", ()), texts.get("Message", ()), strict=True):
        said = bytes(text).split(b"\0")[0].decode("ascii", "replace")
        if said == RELEASED and period[0] <= at_us / 1e6 <= period[1]:
            utc_s = float(at_us / 1e6 + seen.utc_s - seen.boot_s)
            lon, lat, up = (
                float(np.interp(utc_s, track[:, 0], track[:, TRACK_COLUMNS.index(name)]))
                for name in ("lon", "lat", "alt_home_m")
            )
            return Confirmation(utc_s, LonLat(lon, lat), BY_LOG, up)
    return None
