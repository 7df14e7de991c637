"""What the recordings of a flight saw of it, up to where the program that watched it was ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.geo import FloatArray, LonLat
from core.units import e7_to_deg, mm_to_m
from delivery.flier import Confirmation
from flight.fly import LOG_NAME
from flight.gripper import GRABBED, GRABBING, RELEASED
from flight.playback import played_back
from flight.record import TRACK_COLUMNS
from flight.wire import Message

_WANTED = ("GLOBAL_POSITION_INT", "SYSTEM_TIME", "STATUSTEXT")
_UP_M = 1.0
_HEIGHT = TRACK_COLUMNS.index("alt_home_m")


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
    messages = list(played_back(path, _WANTED))
    places = [m for m in messages if m.name == "GLOBAL_POSITION_INT"]
    offset_s = _offset_s(messages)
    rows = [_row(m, offset_s) for m in places]
    up = [n for n, row in enumerate(rows) if row[_HEIGHT] > _UP_M]
    if not up:
        return None
    track = np.array([rows[n] for n in up])
    return Sightings(track, _boot_s(places[up[-1]]), _release(messages, offset_s))


def _boot_s(message: Message) -> float:
    return float(message.fields["time_boot_ms"]) / 1e3


def _offset_s(messages: Sequence[Message]) -> float:
    """UTC less the vehicle's own seconds: by its own word, else by the recording's clock."""
    offset_s = 0.0
    for message in messages:
        if message.name == "SYSTEM_TIME" and message.fields["time_unix_usec"]:
            offset_s = float(message.fields["time_unix_usec"]) / 1e6 - _boot_s(message)
        elif message.name == "GLOBAL_POSITION_INT" and offset_s == 0.0:
            offset_s = message.utc_s - _boot_s(message)
    return offset_s


def _row(message: Message, offset_s: float) -> list[float]:
    f = message.fields
    place = [e7_to_deg(f["lon"]), e7_to_deg(f["lat"]), mm_to_m(f["relative_alt"]), mm_to_m(f["alt"])]
    row = [_boot_s(message) + offset_s, *place]
    return row + [math.nan] * (len(TRACK_COLUMNS) - len(row))


def _release(messages: Sequence[Message], offset_s: float) -> Confirmation | None:
    """The vehicle's word that it let go, after it had said that it holds something."""
    held, row = False, None
    for message in messages:
        if message.name == "GLOBAL_POSITION_INT":
            row = _row(message, offset_s)
        text = message.fields["text"] if message.name == "STATUSTEXT" else None
        held = held or text in (GRABBING, GRABBED)
        if held and text == RELEASED and row is not None:
            return Confirmation(row[0], LonLat(row[1], row[2]), RELEASED, row[_HEIGHT])
    return None
