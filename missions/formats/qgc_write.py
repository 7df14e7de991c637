"""A mission as a .plan's JSON object."""

import json
import math
from collections.abc import Iterator
from typing import Any

from missions.formats.frames import frame_of, seven
from missions.model import Fence, Mission, MissionItem, Pattern

ALTITUDE_MODE = {0: 2, 3: 1, 10: 4}  # QGroundControl's own numbers for absolute, relative, terrain frame
_TRANSECTS = "TransectStyleComplexItem"


def document(mission: Mission) -> dict[str, Any]:
    """The mission as a .plan's JSON object; `skyshade` keeps what QGroundControl has no field for."""
    home = mission.home
    return {
        "fileType": "Plan",
        "geoFence": _fence(mission.fence),
        "groundStation": "QGroundControl",
        "mission": {
            "cruiseSpeed": mission.cruise_ms,
            "firmwareType": 3,
            "globalPlanAltitudeMode": 0,
            "hoverSpeed": mission.hover_ms,
            "items": list(_entries(mission)),
            "plannedHomePosition": [home.position.lat, home.position.lon, home.elevation_m or 0.0],
            "vehicleType": 2,
            "version": 2,
        },
        "rallyPoints": {
            "points": [[p.position.lat, p.position.lon, p.altitude.value_m] for p in mission.rally],
            "version": 2,
        },
        "skyshade": {
            "name": mission.name,
            "homeElevationKnown": home.elevation_m is not None,
            "rallyDatums": [p.altitude.datum.value for p in mission.rally],
        },
        "version": 1,
    }


def patterns_of(mission: Mission) -> tuple[Pattern, ...]:
    """The patterns that still stand among the items, without those that run into one before them."""
    found: list[Pattern] = []
    for pattern in sorted(mission.patterns, key=lambda p: p.first):
        free = not found or found[-1].first + len(found[-1].items) <= pattern.first
        if free and pattern.stands_in(mission.items):
            found.append(pattern)
    return tuple(found)


def _entries(mission: Mission) -> Iterator[dict[str, Any]]:
    """Simple items, and each pattern as one complex item that carries its own."""
    begun = {p.first: p for p in patterns_of(mission)}
    index = 0
    while index < len(mission.items):
        pattern = begun.get(index)
        if pattern is None:
            yield _item(mission.items[index], index + 1)
            index += 1
        else:
            yield _complex(pattern)
            index += len(pattern.items)


def _complex(pattern: Pattern) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(pattern.settings)
    style = entry.get(_TRANSECTS, {})
    items = [_item(item, n) for n, item in enumerate(pattern.items, start=pattern.first + 1)]
    return entry | {
        "type": "ComplexItem",
        "complexItemType": pattern.kind,
        _TRANSECTS: style | {"Items": items},
    }


def _item(item: MissionItem, number: int) -> dict[str, Any]:
    values = [None if math.isnan(v) else v for v in seven(item)]
    frame = frame_of(item)
    entry: dict[str, Any] = {
        "autoContinue": item.autocontinue,
        "command": int(item.command),
        "doJumpId": number,
        "frame": frame,
        "params": values,
        "type": "SimpleItem",
    }
    if item.altitude is not None:
        height, mode = item.altitude.value_m, ALTITUDE_MODE[frame]
        entry |= {"AMSLAltAboveTerrain": None, "Altitude": height, "AltitudeMode": mode}
    return entry


def _fence(fence: Fence) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "circles": [
            {
                "circle": {"center": [c.centre.lat, c.centre.lon], "radius": c.radius_m},
                "inclusion": c.inclusion,
                "version": 1,
            }
            for c in fence.circles
        ],
        "polygons": [
            {"inclusion": p.inclusion, "polygon": [[c.lat, c.lon] for c in p.corners], "version": 1}
            for p in fence.polygons
        ],
        "version": 2,
    }
    if fence.return_point is not None:
        entry["breachReturn"] = [fence.return_point.lat, fence.return_point.lon, 0.0]
    return entry
