"""MAV_FRAME numbers and the seven parameters of a mission item, both ways."""

import math
from collections.abc import Sequence

from core.geo import Altitude, Datum, LonLat
from missions.model import MissionItem

FRAME_MISSION = 2
_FRAME_OF = {Datum.GEOID: 0, Datum.HOME: 3, Datum.GROUND: 10}
_DATUM_OF = {0: Datum.GEOID, 5: Datum.GEOID, 3: Datum.HOME, 6: Datum.HOME, 10: Datum.GROUND, 11: Datum.GROUND}


def frame_of(item: MissionItem) -> int:
    """The MAV_FRAME of an item: by its altitude's datum, 2 for one without a place."""
    return FRAME_MISSION if item.altitude is None else _FRAME_OF[item.altitude.datum]


def seven(item: MissionItem) -> tuple[float, ...]:
    """p1..p7 of an item: p5 latitude, p6 longitude in degrees, p7 altitude in metres."""
    if item.altitude is None and item.position is None:
        return (*item.params, *item.extra)
    lat, lon = (item.position.lat, item.position.lon) if item.position else (0.0, 0.0)
    return (*item.params, lat, lon, item.altitude.value_m if item.altitude else 0.0)


def item_from(
    command: int, frame: int, values: Sequence[float | None], *, autocontinue: bool = True
) -> MissionItem:
    """An item from a MAV_FRAME and p1..p7 (None or NaN = leave to the vehicle).

    Latitude and longitude both 0 mean "here": no position. Raises `ValueError` for a frame that is no global
    one, or a place that cannot be.
    """
    if len(values) != 7:
        raise ValueError(f"needs 7 parameters, got {len(values)}")
    numbers = [math.nan if v is None else float(v) for v in values]
    params = numbers[0], numbers[1], numbers[2], numbers[3]
    lat, lon, height = (0.0 if math.isnan(v) else v for v in numbers[4:])
    if frame == FRAME_MISSION:
        return MissionItem(command, params, autocontinue=autocontinue, extra=(lat, lon, height))
    if frame not in _DATUM_OF:
        raise ValueError(f"frame {frame} is not supported (0, 3 and 10 are)")
    position = None if lat == 0 and lon == 0 else LonLat(lon, lat)
    altitude = Altitude(height, _DATUM_OF[frame])
    if position is None and height == 0:
        return MissionItem(command, params, autocontinue=autocontinue)
    return MissionItem(command, params, position, altitude, autocontinue)
