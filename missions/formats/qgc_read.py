"""A .plan's JSON object as a mission."""

import json
from collections.abc import Iterator
from typing import Any

from core.geo import Altitude, Datum, LonLat
from missions.formats.frames import FASTEST_MS, HIGHEST_M, WIDEST_M, item_from
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

_TRANSECTS = "TransectStyleComplexItem"


def parse(document: dict[str, Any]) -> Mission:
    """A .plan's JSON object as a mission; raises `ValueError` naming the place that cannot be used."""
    mission = table(document.get("mission"), "mission")
    own = table(document.get("skyshade", {}), "skyshade")
    entries = listed(mission.get("items"), "mission.items")
    few_enough(len(entries))
    items, patterns = _Reader().read(entries)
    if not items:
        raise ValueError("holds no mission items")
    return Mission(
        _home(mission.get("plannedHomePosition"), known=own.get("homeElevationKnown", True)),
        items,
        _fence(table(document.get("geoFence", {}), "geoFence")),
        tuple(_rally(table(document.get("rallyPoints", {}), "rallyPoints"), own)),
        name=text(own.get("name", ""), "skyshade.name"),
        cruise_ms=_speed(mission, "cruiseSpeed", 10.0),
        hover_ms=_speed(mission, "hoverSpeed", 5.0),
        patterns=patterns,
    )


def _speed(mission: dict[str, Any], key: str, default: float) -> float:
    """A planned speed; null, absent and 0 mean that none was planned."""
    value = mission.get(key)
    none_planned = value is None or value == 0
    return default if none_planned else number(value, key, 1e-3, FASTEST_MS)


def _home(value: Any, *, known: Any) -> Home:
    what = "mission.plannedHomePosition"
    found = listed(value, what)
    if len(found) < 2:
        raise ValueError(f"{what} needs latitude and longitude, got {len(found)} values")
    height = found[2] if len(found) > 2 and known is True else None
    elevation = None if height is None else number(height, f"{what} altitude", -HIGHEST_M, HIGHEST_M)
    return Home(_place(found, what), elevation)


def _place(value: Any, what: str) -> LonLat:
    """[latitude, longitude, ...] in degrees."""
    found = listed(value, what)
    if len(found) < 2:
        raise ValueError(f"{what} needs latitude and longitude, got {len(found)} values")
    return LonLat(
        number(found[1], f"{what} longitude", -180, 180), number(found[0], f"{what} latitude", -90, 90)
    )


class _Reader:
    """Items one after the other; jumps are settled when all numbers are known."""

    def __init__(self) -> None:
        self.items: list[MissionItem] = []
        self.patterns: list[tuple[str, int, int, str]] = []
        self.numbers: dict[int, int] = {}

    def read(self, entries: list[Any]) -> tuple[tuple[MissionItem, ...], tuple[Pattern, ...]]:
        for number_, entry in enumerate(entries, start=1):
            try:
                self._entry(table(entry, "the entry"))
            except ValueError as error:
                raise ValueError(f"item {number_} {error}") from error
            few_enough(len(self.items))
        items = tuple(self._jumped(n, item) for n, item in enumerate(self.items, start=1))
        return items, tuple(Pattern(k, first, items[first:end], s) for k, first, end, s in self.patterns)

    def _entry(self, entry: dict[str, Any]) -> None:
        kind = entry.get("type", "SimpleItem")
        if kind == "ComplexItem":
            self._complex(entry)
        elif kind == "SimpleItem":
            self._simple(entry)
        else:
            raise ValueError(f"has type {shown(kind)}; SimpleItem and ComplexItem are known")

    def _simple(self, entry: dict[str, Any]) -> None:
        for key in ("command", "frame"):
            if key not in entry:
                raise ValueError(f"lacks '{key}'")
        go_on = truth(entry.get("autoContinue", True), "autoContinue")
        item = item_from(entry["command"], entry["frame"], _seven(entry), autocontinue=go_on)
        self.items.append(item)
        if "doJumpId" in entry:
            self.numbers.setdefault(whole(entry["doJumpId"], "doJumpId", -1, 10**9), len(self.items))

    def _complex(self, entry: dict[str, Any]) -> None:
        kind = text(entry.get("complexItemType", "unknown"), "complexItemType")
        style = table(entry.get(_TRANSECTS, {}), _TRANSECTS)
        embedded = listed(style.get("Items", []), f"{_TRANSECTS}.Items")
        if not embedded:
            raise ValueError(
                f"is a {kind!r} whose flight path is not in the file (upload it to a vehicle and download"
                " it, then it stands there item by item)"
            )
        first = len(self.items)
        for number_, inner in enumerate(embedded, start=1):
            try:
                self._simple(table(inner, "the entry"))
            except ValueError as error:
                raise ValueError(f"({kind}) part {number_} {error}") from error
        settings = entry | {_TRANSECTS: {k: v for k, v in style.items() if k != "Items"}}
        self.patterns.append((kind, first, len(self.items), json.dumps(settings, ensure_ascii=False)))

    def _jumped(self, number_: int, item: MissionItem) -> MissionItem:
        """A jump to a doJumpId as a jump to the item's number."""
        if item.command != Command.DO_JUMP:
            return item
        target = self.numbers.get(int(item.params[0])) if item.params[0].is_integer() else None
        if target is None:
            raise ValueError(f"item {number_} jumps to doJumpId {item.params[0]:g}, which no item has")
        return MissionItem(
            item.command, (float(target), *item.params[1:]), autocontinue=item.autocontinue, extra=item.extra
        )


def _seven(entry: dict[str, Any]) -> list[Any]:
    """p1..p7, also of the first version's four parameters and a coordinate."""
    values = listed(entry.get("params"), "params")
    if len(values) == 4 and "coordinate" in entry:
        return [*values, *listed(entry["coordinate"], "coordinate")]
    return values


def _fence(entry: dict[str, Any]) -> Fence:
    back = entry.get("breachReturn")
    polygons = list(_numbered(entry.get("polygons", []), "fence polygon"))
    old = listed(entry.get("polygon", []), "geoFence.polygon")  # the first version's one keep-in polygon
    return Fence(
        tuple(
            _polygon(what, p)
            for what, p in [*polygons, *([("fence polygon", {"polygon": old})] if old else [])]
        ),
        tuple(_circle(what, c) for what, c in _numbered(entry.get("circles", []), "fence circle")),
        _place(back, "breachReturn") if back else None,
    )


def _numbered(entries: Any, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number_, entry in enumerate(listed(entries, f"{what}s"), start=1):
        yield f"{what} {number_}", table(entry, f"{what} {number_}")


def _polygon(what: str, entry: dict[str, Any]) -> FencePolygon:
    corners = listed(entry.get("polygon"), f"{what}: polygon")
    if len(corners) < 3:
        raise ValueError(f"{what} needs 3 corners or more, got {len(corners)}")
    return FencePolygon(
        tuple(_place(c, what) for c in corners), truth(entry.get("inclusion", True), f"{what}: inclusion")
    )


def _circle(what: str, entry: dict[str, Any]) -> FenceCircle:
    circle = table(entry.get("circle"), f"{what}: circle")
    radius = number(circle.get("radius"), f"{what}: radius", 1e-3, WIDEST_M)
    return FenceCircle(
        _place(circle.get("center"), what), radius, truth(entry.get("inclusion", False), f"{what}: inclusion")
    )


def _rally(entry: dict[str, Any], own: dict[str, Any]) -> Iterator[RallyPoint]:
    """Rally points; QGroundControl's are above home."""
    datums = listed(own.get("rallyDatums", []), "skyshade.rallyDatums")
    for number_, point in enumerate(listed(entry.get("points", []), "rallyPoints.points")):
        what = f"rally point {number_ + 1}"
        values = listed(point, what)
        if len(values) < 3:
            raise ValueError(f"{what} needs latitude, longitude and altitude, got {len(values)} values")
        datum = Datum(datums[number_]) if number_ < len(datums) else Datum.HOME
        height = number(values[2], f"{what} altitude", -HIGHEST_M, HIGHEST_M)
        yield RallyPoint(_place(values, what), Altitude(height, datum))
