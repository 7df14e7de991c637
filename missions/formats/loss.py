"""What a plan loses in a file: measured by reading the file back, not promised."""

import math
from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from core.geo import Altitude, LonLat
from missions.model import Command, FenceCircle, FencePolygon, Home, Mission, MissionItem

DEGREES, METRES, PLACES = 9, 4, 6
"""Digits after the point that count: 0.1 mm on the ground and up, a millionth of a parameter."""
MOST_COMPARED = 3000
_Key = tuple[object, ...]


def lost_between(before: Mission, after: Mission) -> tuple[str, ...]:
    """One line for everything of `before` that `after` does not say the same way."""
    return (
        *_items(before.items, after.items),
        *_home(before.home, after.home),
        *_fence(before, after),
        *_rally(before, after),
        *_speeds(before, after),
        *_patterns(before, after),
        *(["the plan's name"] if before.name and before.name != after.name else []),
    )


def leaves_to_vehicle(mission: Mission) -> bool:
    """Whether any parameter is NaN: the vehicle does as it likes there."""
    return any(math.isnan(v) for item in mission.items for v in item.params)


def without_nan(mission: Mission) -> Mission:
    """The mission with 0 for what is left to the vehicle, as files without NaN say it."""
    patterns = tuple(replace(p, items=_zeroed(p.items)) for p in mission.patterns)
    return replace(mission, items=_zeroed(mission.items), patterns=patterns)


def _zeroed(items: tuple[MissionItem, ...]) -> tuple[MissionItem, ...]:
    return tuple(replace(i, params=_numbers(i.params)) if math.isnan(sum(i.params)) else i for i in items)


def _numbers(params: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    a, b, c, d = (0.0 if math.isnan(v) else v for v in params)
    return a, b, c, d


def item_key(item: MissionItem) -> _Key:
    """What an item says, rounded; equal keys fly alike."""
    return (
        int(item.command),
        tuple(_number(v) for v in item.params),
        _place(item.position),
        _height(item.altitude),
        item.autocontinue,
        tuple(_number(v) for v in item.extra),
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, PLACES) + 0.0


def _place(place: LonLat | None) -> _Key | None:
    return None if place is None else (round(place.lon, DEGREES), round(place.lat, DEGREES))


def _height(altitude: Altitude | None) -> _Key | None:
    return None if altitude is None else (round(altitude.value_m, METRES) + 0.0, altitude.datum)


def _items(before: tuple[MissionItem, ...], after: tuple[MissionItem, ...]) -> Iterator[str]:
    """A line for each item that is gone or changed."""
    old, new = [item_key(i) for i in before], [item_key(i) for i in after]
    if old == new:
        return
    kept = _kept(old, new)
    left = set(new) - {old[i] for i in kept}
    for number, (item, key) in enumerate(zip(before, old, strict=True), start=1):
        if number - 1 not in kept:
            yield f"item {number}: {_name(item)}{_change(key, left)}"
    added = len(new) - len(kept)
    if added > 0:
        yield f"order: {added} other items stand in their place"


def _kept(old: list[_Key], new: list[_Key]) -> set[int]:
    """Indexes of `old` that stand in `new` in the same order."""
    if max(len(old), len(new)) > MOST_COMPARED:
        return {i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a == b}
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {block.a + k for block in blocks for k in range(block.size)}


def _name(item: MissionItem) -> str:
    known = item.command in Command.__members__.values()
    return f"command {int(item.command)}" + (f" ({Command(item.command).name})" if known else "")


def _change(key: _Key, left: set[_Key]) -> str:
    """What became of an item, where one that was put in says part of it."""
    command, _, place, height, *_ = key
    if key in left:
        return ", its place in the order"
    if place is None:
        return ", its parameters" if any(other[0] == command for other in left) else ""
    near = [other for other in left if other[2] == place]
    if not near:
        return " and its place"
    if not any(other[3] == height for other in near):
        return ", what its height is measured from"
    return ", its parameters" if any(o[0] == command for o in near) else " (flown as a plain waypoint)"


def _home(before: Home, after: Home) -> Iterator[str]:
    if _place(before.position) != _place(after.position):
        yield "home's place"
    known, told = before.elevation_m, after.elevation_m
    if known is None and told is not None:
        yield f"that home's elevation is unknown (written as {told:g})"
    elif known is not None and (told is None or round(known, METRES) != round(told, METRES)):
        yield "home's elevation"


def _fence(before: Mission, after: Mission) -> Iterator[str]:
    if before.fence.empty and before.fence.return_point is None:
        return
    old, new = before.fence, after.fence
    if new.empty and not old.empty:
        yield "the geofence"
        return
    if [_polygon(p) for p in old.polygons] != [_polygon(p) for p in new.polygons]:
        yield "fence polygons"
    if [_circle(c) for c in old.circles] != [_circle(c) for c in new.circles]:
        yield "fence circles"
    back, told = old.return_point, new.return_point
    if back is not None and _place(back) != _place(told):
        yield "the fence's return point"


def _polygon(polygon: FencePolygon) -> _Key:
    return (polygon.inclusion, *(_place(c) for c in polygon.corners))


def _circle(circle: FenceCircle) -> _Key:
    return _place(circle.centre), round(circle.radius_m, METRES), circle.inclusion


def _rally(before: Mission, after: Mission) -> Iterator[str]:
    old, new = (
        [(_place(r.position), _height(r.altitude)) for r in mission.rally] for mission in (before, after)
    )
    if old != new:
        gone = sum(r not in new for r in old)
        yield f"{gone} rally points"


def _speeds(before: Mission, after: Mission) -> Iterator[str]:
    changed = [
        name
        for name, old, new in (
            ("cruise", before.cruise_ms, after.cruise_ms),
            ("hover", before.hover_ms, after.hover_ms),
        )
        if round(old, PLACES) != round(new, PLACES)
    ]
    if changed:
        yield f"the planned {' and '.join(changed)} speed{'s' if len(changed) > 1 else ''}"


def _patterns(before: Mission, after: Mission) -> Iterator[str]:
    kept = {(p.kind, p.first) for p in after.patterns}
    for pattern in before.patterns:
        if pattern.stands_in(before.items) and (pattern.kind, pattern.first) not in kept:
            last = pattern.first + len(pattern.items)
            yield f"that items {pattern.first + 1} to {last} are one {pattern.kind} (they stand one by one)"
