"""QGroundControl .plan files (JSON): mission with home, geofence, rally points."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from core.files import write_text
from core.geo import Altitude, Datum, LonLat
from missions.formats.frames import frame_of, item_from, seven
from missions.formats.text import read_json
from missions.model import Fence, FenceCircle, FencePolygon, Home, Mission, MissionItem, RallyPoint

ALTITUDE_MODE = {0: 2, 3: 1, 10: 4}  # QGroundControl's own numbers for absolute, relative, terrain frame


def read(path: Path) -> Mission:
    """Read a .plan; simple items, and the items embedded in survey and corridor items.

    Raises `BadFileError` naming the item that cannot be used.
    """
    document = read_json(path)
    if document.get("fileType") != "Plan":
        raise BadFileError(path, f"fileType is {document.get('fileType')!r}, not 'Plan'")
    try:
        return parse(document)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise BadFileError(path, what, hint="open and save it again in QGroundControl") from error


def parse(document: dict[str, Any]) -> Mission:
    """A .plan's JSON object as a mission; raises `ValueError`, `KeyError` or `TypeError` for a bad one."""
    mission = document["mission"]
    home = mission["plannedHomePosition"]
    own = document.get("skyshade", {})
    elevation = home[2] if len(home) > 2 and own.get("homeElevationKnown", True) else None
    return Mission(
        Home(LonLat(home[1], home[0]), elevation),
        tuple(_items(mission["items"])),
        _fence(document.get("geoFence", {})),
        tuple(_rally(document.get("rallyPoints", {}).get("points", []), own.get("rallyDatums", []))),
        name=str(own.get("name", "")),
        cruise_ms=float(mission.get("cruiseSpeed") or 10.0),
        hover_ms=float(mission.get("hoverSpeed") or 5.0),
    )


def write(mission: Mission, path: Path) -> tuple[str, ...]:
    """Write a .plan that QGroundControl opens; returns what it cannot say (nothing)."""
    write_text(path, json.dumps(document(mission), indent=4, ensure_ascii=False) + "\n")
    return ()


def document(mission: Mission) -> dict[str, Any]:
    """The mission as a .plan's JSON object; `skyshade` keeps what QGroundControl has no field for."""
    home = mission.home
    return {
        "fileType": "Plan",
        "geoFence": _fence_json(mission.fence),
        "groundStation": "QGroundControl",
        "mission": {
            "cruiseSpeed": mission.cruise_ms,
            "firmwareType": 3,
            "globalPlanAltitudeMode": 0,
            "hoverSpeed": mission.hover_ms,
            "items": [_item_json(i, n) for n, i in enumerate(mission.items, start=1)],
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


def _item_json(item: MissionItem, number: int) -> dict[str, Any]:
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


def _fence_json(fence: Fence) -> dict[str, Any]:
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


def _items(entries: list[dict[str, Any]]) -> Iterator[MissionItem]:
    for number, entry in enumerate(entries, start=1):
        try:
            yield from _item(entry)
        except (ValueError, KeyError, TypeError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"item {number} {what}") from error


def _item(entry: dict[str, Any]) -> Iterator[MissionItem]:
    if entry.get("type") == "ComplexItem":
        style = entry.get("TransectStyleComplexItem")
        if not style or not style.get("Items"):
            kind = entry.get("complexItemType", "unknown")
            raise ValueError(f"is a {kind!r} whose flight path is not in the file")
        for embedded in style["Items"]:
            yield from _item(embedded)
        return
    go_on = bool(entry.get("autoContinue", True))
    yield item_from(int(entry["command"]), int(entry["frame"]), entry["params"], autocontinue=go_on)


def _fence(entry: dict[str, Any]) -> Fence:
    back = entry.get("breachReturn")
    return Fence(
        tuple(
            FencePolygon(tuple(LonLat(c[1], c[0]) for c in p["polygon"]), bool(p["inclusion"]))
            for p in entry.get("polygons", [])
        ),
        tuple(
            FenceCircle(
                LonLat(c["circle"]["center"][1], c["circle"]["center"][0]),
                float(c["circle"]["radius"]),
                bool(c["inclusion"]),
            )
            for c in entry.get("circles", [])
        ),
        LonLat(back[1], back[0]) if back else None,
    )


def _rally(points: list[list[float]], datums: list[str]) -> Iterator[RallyPoint]:
    """Rally points; QGroundControl's are above home."""
    for number, (lat, lon, height) in enumerate(points):
        datum = Datum(datums[number]) if number < len(datums) else Datum.HOME
        yield RallyPoint(LonLat(lon, lat), Altitude(float(height), datum))
