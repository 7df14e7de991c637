"""DJI's XML documents as a wayline; any 1.0.x namespace is understood."""

import math
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from core.geo import LonLat
from missions.formats.frames import FASTEST_MS, HIGHEST_M
from missions.formats.text import few_enough
from missions.formats.values import number, shown
from missions.formats.waylines import HeightMode, Interval, Wayline, WaylinePoint
from missions.model import Home

KNOWN_ACTIONS = frozenset({"gimbalRotate", "hover", "takePhoto"})
KNOWN_TRIGGERS = frozenset({"reachPoint", "multipleDistance"})


def read_waylines(root: ET.Element) -> Wayline:
    """The one wayline of a waylines.wpml; raises `ValueError` for several, or for heights it cannot hold."""
    folders = list(_all(root, "Folder"))
    if len(folders) != 1:
        raise ValueError(f"holds {len(folders)} waylines, one is supported")
    folder = folders[0]
    mode = _text(folder, "executeHeightMode")
    if mode not in {m.value for m in HeightMode}:
        raise ValueError(f"heights are {mode!r}; {', '.join(m.value for m in HeightMode)} are supported")
    speed = _number(folder, "autoFlightSpeed", 0.1, FASTEST_MS)
    marks = sorted(_all(folder, "Placemark"), key=lambda m: _number(m, "index"))
    few_enough(len(marks))
    points = tuple(_point(m, speed) for m in marks)
    intervals = tuple(i for m in marks for i in _intervals(m, len(points)))
    take_off = points[0].height_m if points and HeightMode(mode) is HeightMode.START else 20.0
    return Wayline(
        points,
        intervals,
        HeightMode(mode),
        _number(root, "takeOffSecurityHeight", -HIGHEST_M, HIGHEST_M, default=take_off),
        _text(root, "finishAction"),
        speed,
        _number(root, "globalTransitionalSpeed", 0.1, FASTEST_MS, default=speed),
        tuple(_unsaid(root, marks)),
    )


def _unsaid(root: ET.Element, marks: list[ET.Element]) -> Iterator[str]:
    """What the file asks for that a mission cannot say."""
    for place, mark in enumerate(marks, start=1):
        for group in _all(mark, "actionGroup"):
            trigger = _text(group, "actionTriggerType")
            names = [_text(a, "actionActuatorFunc") for a in _all(group, "action")]
            known = KNOWN_ACTIONS if trigger in KNOWN_TRIGGERS else frozenset()
            yield from (f"action {n} ({trigger}) at waypoint {place}" for n in names if n not in known)
    finish = _text(root, "finishAction")
    if finish not in {"goHome", "autoLand", "noAction"}:
        yield f"finishAction {finish}"


def take_off_reference(root: ET.Element) -> Home | None:
    """The take-off reference point of a template.kml as home, if it has one."""
    found = next(_all(root, "takeOffRefPoint"), None)
    if found is None or not found.text:
        return None
    values = _floats(found.text, "takeOffRefPoint")
    if len(values) < 2:
        raise ValueError("takeOffRefPoint needs latitude and longitude")
    height = values[2] if len(values) > 2 else 0.0
    return Home(
        LonLat(values[1], values[0]), number(height, "takeOffRefPoint", -HIGHEST_M, HIGHEST_M) or None
    )


def _local(element: ET.Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _all(root: ET.Element, name: str) -> Iterator[ET.Element]:
    return (e for e in root.iter() if _local(e) == name)


def _text(root: ET.Element, name: str) -> str:
    found = next(_all(root, name), None)
    if found is None or found.text is None:
        raise ValueError(f"lacks {name}")
    return found.text.strip()


def _number(
    root: ET.Element, name: str, low: float = -math.inf, high: float = math.inf, default: float | None = None
) -> float:
    """The number in the first element of that name; `default` where there is none."""
    if default is not None and next(_all(root, name), None) is None:
        return default
    values = _floats(_text(root, name), name)
    if len(values) != 1:
        raise ValueError(f"{name} must be one number, got {len(values)}")
    return number(values[0], name, low, high)


def _floats(text: str, name: str) -> list[float]:
    try:
        return [float(v) for v in text.strip().split(",")]
    except ValueError as error:
        raise ValueError(f"{name} must be numbers, got {shown(text.strip())}") from error


def _point(mark: ET.Element, speed: float) -> WaylinePoint:
    where = _floats(_text(mark, "coordinates"), "coordinates")
    if len(where) < 2:
        raise ValueError("coordinates need longitude and latitude")
    pace = _number(mark, "waypointSpeed", 0.0, FASTEST_MS, default=speed) or speed
    height = _number(mark, "executeHeight", -HIGHEST_M, HIGHEST_M)
    point = WaylinePoint(LonLat(number(where[0], "longitude"), number(where[1], "latitude")), height, pace)
    for group in _all(mark, "actionGroup"):
        if _text(group, "actionTriggerType") == "reachPoint":
            for action in _all(group, "action"):
                point = _acted(point, action)
    return point


def _acted(point: WaylinePoint, action: ET.Element) -> WaylinePoint:
    name = _text(action, "actionActuatorFunc")
    if name == "gimbalRotate":
        return replace(point, pitch_deg=_number(action, "gimbalPitchRotateAngle", -360.0, 360.0))
    if name == "hover":
        return replace(point, hover_s=_number(action, "hoverTime", 0.0, 1e6))
    return replace(point, photo=True) if name == "takePhoto" else point


def _intervals(mark: ET.Element, count: int) -> Iterator[Interval]:
    for group in _all(mark, "actionGroup"):
        names = {_text(a, "actionActuatorFunc") for a in _all(group, "action")}
        if _text(group, "actionTriggerType") == "multipleDistance" and "takePhoto" in names:
            start, end = (_number(group, f"actionGroup{k}Index", 0, count - 1) for k in ("Start", "End"))
            yield Interval(int(start), int(end), _number(group, "actionTriggerParam", 0.0, 1e6))
