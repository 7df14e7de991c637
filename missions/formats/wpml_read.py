"""DJI's XML documents as a wayline; any 1.0.x namespace is understood."""

from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from core.geo import LonLat
from missions.formats.waylines import HeightMode, Interval, Wayline, WaylinePoint
from missions.model import Home


def read_waylines(root: ET.Element) -> Wayline:
    """The one wayline of a waylines.wpml; raises `ValueError` for several, or for heights it cannot hold."""
    folders = list(_all(root, "Folder"))
    if len(folders) != 1:
        raise ValueError(f"holds {len(folders)} waylines, one is supported")
    folder = folders[0]
    mode = _text(folder, "executeHeightMode")
    if mode not in {m.value for m in HeightMode}:
        raise ValueError(
            f"heights are {mode!r}; relativeToStartPoint and realTimeFollowSurface are supported"
        )
    speed = float(_text(folder, "autoFlightSpeed"))
    marks = sorted(_all(folder, "Placemark"), key=lambda m: int(_text(m, "index")))
    points = tuple(_point(m, speed) for m in marks)
    intervals = tuple(i for m in marks for i in _intervals(m))
    take_off = float(_text(root, "takeOffSecurityHeight"))
    return Wayline(points, intervals, HeightMode(mode), take_off, _text(root, "finishAction"), speed)


def take_off_reference(root: ET.Element) -> Home | None:
    """The take-off reference point of a template.kml as home, if it has one."""
    found = next(_all(root, "takeOffRefPoint"), None)
    if found is None or not found.text:
        return None
    lat, lon, height = (float(v) for v in found.text.split(","))
    return Home(LonLat(lon, lat), height or None)


def _local(element: ET.Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _all(root: ET.Element, name: str) -> Iterator[ET.Element]:
    return (e for e in root.iter() if _local(e) == name)


def _text(root: ET.Element, name: str) -> str:
    found = next(_all(root, name), None)
    if found is None or found.text is None:
        raise ValueError(f"lacks {name}")
    return found.text.strip()


def _point(mark: ET.Element, speed: float) -> WaylinePoint:
    lon, lat = (float(v) for v in _text(mark, "coordinates").split(",")[:2])
    own = next(_all(mark, "waypointSpeed"), None)
    pace = float(own.text) if own is not None and own.text else speed
    point = WaylinePoint(LonLat(lon, lat), float(_text(mark, "executeHeight")), pace)
    for group in _all(mark, "actionGroup"):
        if _text(group, "actionTriggerType") == "reachPoint":
            for action in _all(group, "action"):
                point = _acted(point, action)
    return point


def _acted(point: WaylinePoint, action: ET.Element) -> WaylinePoint:
    name = _text(action, "actionActuatorFunc")
    if name == "gimbalRotate":
        return replace(point, pitch_deg=float(_text(action, "gimbalPitchRotateAngle")))
    if name == "hover":
        return replace(point, hover_s=float(_text(action, "hoverTime")))
    return replace(point, photo=True) if name == "takePhoto" else point


def _intervals(mark: ET.Element) -> Iterator[Interval]:
    for group in _all(mark, "actionGroup"):
        if _text(group, "actionTriggerType") == "multipleDistance":
            start, end = int(_text(group, "actionGroupStartIndex")), int(_text(group, "actionGroupEndIndex"))
            yield Interval(start, end, float(_text(group, "actionTriggerParam")))
