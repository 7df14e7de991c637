"""MAV_FRAME numbers and the seven parameters of a mission item, both ways."""

import math
from collections.abc import Sequence
from typing import Any

from core.geo import Altitude, Datum, LonLat
from missions.formats.values import number, number_or_nan, whole
from missions.model import Command, MissionItem

FRAME_MISSION = 2
HIGHEST_M = 100_000.0
WIDEST_M = 1_000_000.0
FASTEST_MS = 1000.0
"""Figures beyond these are no plan of this world."""
_FRAME_OF = {Datum.GEOID: 0, Datum.HOME: 3, Datum.GROUND: 10}
_DATUM_OF = {0: Datum.GEOID, 5: Datum.GEOID, 3: Datum.HOME, 6: Datum.HOME, 10: Datum.GROUND, 11: Datum.GROUND}
_NAMES = ("p1", "p2", "p3", "p4", "latitude (p5)", "longitude (p6)", "altitude (p7)")
_PLACED = frozenset(
    {
        Command.NAV_WAYPOINT,
        Command.NAV_LOITER_UNLIM,
        Command.NAV_LOITER_TURNS,
        Command.NAV_LOITER_TIME,
        Command.NAV_LAND,
        Command.NAV_TAKEOFF,
        Command.NAV_SPLINE_WAYPOINT,
        Command.NAV_PAYLOAD_PLACE,
    }
)


def frame_of(item: MissionItem) -> int:
    """The MAV_FRAME of an item: by its altitude's datum, 2 for one without a place."""
    return FRAME_MISSION if item.altitude is None else _FRAME_OF[item.altitude.datum]


def seven(item: MissionItem) -> tuple[float, ...]:
    """p1..p7 of an item: p5 latitude, p6 longitude in degrees, p7 altitude in metres."""
    if item.altitude is None and item.position is None:
        return (*item.params, *item.extra)
    lat, lon = (item.position.lat, item.position.lon) if item.position else (0.0, 0.0)
    return (*item.params, lat, lon, item.altitude.value_m if item.altitude else 0.0)


def item_from(command: Any, frame: Any, values: Sequence[Any], *, autocontinue: bool = True) -> MissionItem:
    """An item from a MAV_FRAME and p1..p7 (None or NaN = leave to the vehicle).

    Latitude and longitude both 0 (or both left out) mean "here": no position. Raises `ValueError` for a frame
    that is no global one, a place that cannot be, or a value that is no number.
    """
    if len(values) != 7:
        raise ValueError(f"needs 7 parameters, got {len(values)}")
    number_ = whole(command, "command", 0, 65535)
    frame = whole(frame, "frame", 0, 255)
    numbers = [number_or_nan(v, name) for v, name in zip(values, _NAMES, strict=True)]
    params = numbers[0], numbers[1], numbers[2], numbers[3]
    lat, lon, height = (0.0 if math.isnan(v) else v for v in numbers[4:])
    if frame == FRAME_MISSION:
        return _placeless(number_, params, (lat, lon, height), autocontinue=autocontinue)
    if frame not in _DATUM_OF:
        raise ValueError(f"frame {frame} is not supported (0, 3 and 10 are)")
    if math.isnan(numbers[4]) != math.isnan(numbers[5]):
        raise ValueError("has only one of latitude and longitude")
    number(height, "altitude (p7)", -HIGHEST_M, HIGHEST_M)
    position = None if lat == 0 and lon == 0 else LonLat(lon, lat)
    if position is None and height == 0:
        return MissionItem(number_, params, autocontinue=autocontinue)
    return MissionItem(number_, params, position, Altitude(height, _DATUM_OF[frame]), autocontinue)


def _placeless(
    command: int,
    params: tuple[float, float, float, float],
    rest: tuple[float, float, float],
    *,
    autocontinue: bool,
) -> MissionItem:
    """An item of frame 2; one that needs a place and has it cannot be flown there."""
    if command in _PLACED and (rest[0] or rest[1]):
        raise ValueError(f"command {command} names a place, but frame {FRAME_MISSION} has none")
    return MissionItem(command, params, autocontinue=autocontinue, extra=rest)
