"""A mission as a list of map features: what GeoJSON and KML have in common.

Each feature has a role (home, path, item, fence, rally), coordinates and properties that hold the whole item,
so that a file written here reads back without loss.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.geo import Altitude, Datum, LonLat
from missions.formats.frames import frame_of, item_from, seven
from missions.model import Command, Fence, FenceCircle, FencePolygon, Home, Mission, MissionItem, RallyPoint

Coordinates = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing on the map: role, shape (`Point`, `LineString`, `Polygon`, None), lon/lat(/height), facts."""

    role: str
    shape: str | None
    coordinates: Coordinates
    facts: dict[str, Any]


def to_features(mission: Mission) -> list[Feature]:
    """Home, the path as a line, every item, fence and rally points."""
    home = mission.home
    facts = {
        "name": mission.name,
        "cruise_ms": mission.cruise_ms,
        "hover_ms": mission.hover_ms,
        "elevation_m": home.elevation_m,
    }
    back = mission.fence.return_point
    if back is not None:
        facts["fence_return"] = list(back.xy)
    return [
        Feature("home", "Point", (home.position.xy,), facts),
        Feature("path", "LineString", tuple(p.xy for p in mission.places), {}),
        *(_item(i, n) for n, i in enumerate(mission.items, start=1)),
        *(_polygon(p) for p in mission.fence.polygons),
        *(_circle(c) for c in mission.fence.circles),
        *(_rally(p) for p in mission.rally),
    ]


def _item(item: MissionItem, number: int) -> Feature:
    known = item.command in Command.__members__.values()
    facts = {
        "seq": number,
        "command": int(item.command),
        "command_name": Command(item.command).name if known else "",
        "frame": frame_of(item),
        "params": [None if math.isnan(v) else v for v in seven(item)],
        "autocontinue": item.autocontinue,
    }
    if item.position is None:
        return Feature("item", None, (), facts)
    height = item.altitude.value_m if item.altitude else 0.0
    return Feature("item", "Point", ((*item.position.xy, height),), facts)


def _polygon(polygon: FencePolygon) -> Feature:
    ring = tuple(c.xy for c in polygon.corners)
    return Feature("fence", "Polygon", (*ring, ring[0]), {"inclusion": polygon.inclusion})


def _circle(circle: FenceCircle) -> Feature:
    facts = {"inclusion": circle.inclusion, "radius_m": circle.radius_m}
    return Feature("fence", "Point", (circle.centre.xy,), facts)


def _rally(point: RallyPoint) -> Feature:
    facts = {"altitude_m": point.altitude.value_m, "datum": point.altitude.datum.value}
    return Feature("rally", "Point", (point.position.xy,), facts)


def from_features(features: Iterable[Feature]) -> Mission:
    """The mission that `to_features` took apart; raises `ValueError` or `KeyError` for anything else."""
    by_role: dict[str, list[Feature]] = {}
    for feature in features:
        by_role.setdefault(feature.role, []).append(feature)
    if "home" not in by_role or "item" not in by_role:
        raise ValueError("holds no mission of this toolkit (no home or no items)")
    home = by_role["home"][0]
    facts = home.facts
    items = sorted(by_role["item"], key=lambda f: int(f.facts["seq"]))
    elevation = facts.get("elevation_m")
    back = facts.get("fence_return")
    return Mission(
        Home(_place(home.coordinates), None if elevation is None else float(elevation)),
        tuple(_read_item(f.facts) for f in items),
        _read_fence(by_role.get("fence", []), back),
        tuple(_read_rally(f) for f in by_role.get("rally", [])),
        name=str(facts.get("name", "")),
        cruise_ms=float(facts["cruise_ms"]),
        hover_ms=float(facts["hover_ms"]),
    )


def _place(coordinates: Coordinates) -> LonLat:
    return LonLat(*coordinates[0][:2])


def _read_item(facts: dict[str, Any]) -> MissionItem:
    go_on = bool(facts.get("autocontinue", True))
    return item_from(int(facts["command"]), int(facts["frame"]), facts["params"], autocontinue=go_on)


def _read_fence(features: Sequence[Feature], back: Sequence[float] | None) -> Fence:
    polygons = tuple(
        FencePolygon(tuple(LonLat(*c[:2]) for c in f.coordinates[:-1]), bool(f.facts["inclusion"]))
        for f in features
        if f.shape == "Polygon"
    )
    circles = tuple(
        FenceCircle(_place(f.coordinates), float(f.facts["radius_m"]), bool(f.facts["inclusion"]))
        for f in features
        if f.shape == "Point"
    )
    return Fence(polygons, circles, None if back is None else LonLat(*back))


def _read_rally(feature: Feature) -> RallyPoint:
    altitude = Altitude(float(feature.facts["altitude_m"]), Datum(feature.facts["datum"]))
    return RallyPoint(_place(feature.coordinates), altitude)
