"""A mission as a list of map features: what GeoJSON and KML have in common.

Each feature has a role (home, path, item, fence, rally), coordinates and properties that hold the whole item,
so that a file written here reads back without loss.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadFileError
from core.geo import Altitude, Datum, LonLat
from missions.formats.frames import FASTEST_MS, HIGHEST_M, WIDEST_M, frame_of, item_from, seven
from missions.formats.qgc_write import patterns_of
from missions.formats.text import few_enough
from missions.formats.values import listed, number, shown, table, text, truth, whole
from missions.model import (
    Command,
    Fence,
    FenceCircle,
    FencePolygon,
    Home,
    Mission,
    MissionItem,
    Pattern,
    RallyPoint,
)

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
    facts: dict[str, Any] = {
        "name": mission.name,
        "cruise_ms": mission.cruise_ms,
        "hover_ms": mission.hover_ms,
        "elevation_m": home.elevation_m,
    }
    if mission.patterns:
        facts["patterns"] = [_pattern(p) for p in patterns_of(mission)]
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


def _pattern(pattern: Pattern) -> dict[str, Any]:
    settings = json.loads(pattern.settings)
    return {"kind": pattern.kind, "first": pattern.first, "count": len(pattern.items), "settings": settings}


def _rally(point: RallyPoint) -> Feature:
    facts = {"altitude_m": point.altitude.value_m, "datum": point.altitude.datum.value}
    return Feature("rally", "Point", (point.position.xy,), facts)


def from_features(features: Iterable[Feature]) -> Mission:
    """The mission that `to_features` took apart; raises `ValueError` for anything else."""
    by_role: dict[str, list[Feature]] = {}
    for feature in features:
        by_role.setdefault(feature.role, []).append(feature)
    if "home" not in by_role or "item" not in by_role:
        raise ValueError("holds no mission of this toolkit (no home or no items)")
    few_enough(len(by_role["item"]))
    home = by_role["home"][0]
    items = tuple(_read_items(by_role["item"]))
    return Mission(
        _read_home(home),
        items,
        _read_fence(by_role.get("fence", []), home.facts.get("fence_return")),
        tuple(_read_rally(f) for f in by_role.get("rally", [])),
        name=text(home.facts.get("name", ""), "name"),
        cruise_ms=number(home.facts.get("cruise_ms"), "cruise_ms", 1e-3, FASTEST_MS),
        hover_ms=number(home.facts.get("hover_ms"), "hover_ms", 0.0, FASTEST_MS),
        patterns=tuple(_read_patterns(home.facts.get("patterns", []), items)),
    )


def _read_home(feature: Feature) -> Home:
    elevation = feature.facts.get("elevation_m")
    if elevation is not None:
        elevation = number(elevation, "elevation_m", -HIGHEST_M, HIGHEST_M)
    return Home(_place(feature, "home"), elevation)


def _place(feature: Feature, what: str) -> LonLat:
    if len(feature.coordinates) != 1:
        raise ValueError(f"{what} needs one point, got {len(feature.coordinates)}")
    return _lonlat(feature.coordinates[0], what)


def _lonlat(value: Any, what: str) -> LonLat:
    if not isinstance(value, list | tuple) or len(value) < 2:
        raise ValueError(f"{what} needs longitude and latitude, got {shown(value)}")
    return LonLat(number(value[0], f"{what}: longitude"), number(value[1], f"{what}: latitude"))


def _read_items(features: Sequence[Feature]) -> Iterator[MissionItem]:
    found = [(whole(f.facts.get("seq"), "seq of an item", 0, 10**9), f.facts) for f in features]
    for seq, facts in sorted(found, key=lambda pair: pair[0]):
        try:
            values = listed(facts.get("params"), "params")
            go_on = truth(facts.get("autocontinue", True), "autocontinue")
            yield item_from(facts.get("command"), facts.get("frame"), values, autocontinue=go_on)
        except ValueError as error:
            raise ValueError(f"item {seq} {error}") from error


def _read_fence(features: Sequence[Feature], back: Any) -> Fence:
    polygons = tuple(
        FencePolygon(
            tuple(_lonlat(c, "a fence corner") for c in f.coordinates[:-1]),
            truth(f.facts.get("inclusion"), "inclusion of a fence"),
        )
        for f in features
        if f.shape == "Polygon"
    )
    circles = tuple(
        FenceCircle(
            _place(f, "a fence circle"),
            number(f.facts.get("radius_m"), "radius_m of a fence circle", 0.0, WIDEST_M),
            truth(f.facts.get("inclusion"), "inclusion of a fence"),
        )
        for f in features
        if f.shape == "Point"
    )
    return Fence(polygons, circles, None if back is None else _lonlat(back, "fence_return"))


def _read_rally(feature: Feature) -> RallyPoint:
    height = number(feature.facts.get("altitude_m"), "altitude_m of a rally point", -HIGHEST_M, HIGHEST_M)
    datum = text(feature.facts.get("datum"), "datum of a rally point")
    return RallyPoint(_place(feature, "a rally point"), Altitude(height, Datum(datum)))


def _read_patterns(entries: Any, items: tuple[MissionItem, ...]) -> Iterator[Pattern]:
    for entry in listed(entries, "patterns"):
        facts = table(entry, "a pattern")
        first = whole(facts.get("first"), "first of a pattern", 0, len(items))
        count = whole(facts.get("count"), "count of a pattern", 0, len(items))
        settings = json.dumps(table(facts.get("settings"), "settings of a pattern"), ensure_ascii=False)
        yield Pattern(text(facts.get("kind"), "kind"), first, items[first : first + count], settings)


def read_features(path: Path, features: Iterable[Feature]) -> Mission:
    """`from_features` of a file; raises `BadFileError` with the way out."""
    try:
        return from_features(features)
    except ValueError as error:
        raise BadFileError(path, str(error), hint="an area is planned with `skyshade survey plan`") from error
