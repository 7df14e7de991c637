"""A wayline as DJI's two XML documents."""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from xml.etree import ElementTree as ET

from core.geo import distance_m
from missions.formats.waylines import HeightMode, Wayline, WaylinePoint
from missions.formats.xml import KML, child, to_bytes
from missions.model import Home

WPML = "http://www.dji.com/wpmz/1.0.2"
K, W = f"{{{KML}}}", f"{{{WPML}}}"
LOWEST_M, HIGHEST_M = 1.2, 1500.0  # what takeOffSecurityHeight may be
DRONES = {"M3T": (77, 1, 67), "M30T": (67, 1, 53)}
"""Aircraft, its variant and its camera, in DJI's product numbers."""


def template_xml(wayline: Wayline, home: Home, drone: str) -> bytes:
    """wpmz/template.kml: the user's view of the mission, with the take-off reference."""
    root, document = _document()
    child(document, f"{W}author", "skyshade")
    config = _config(document, wayline, drone)
    height = home.elevation_m if home.elevation_m is not None else 0.0
    child(
        config,
        f"{W}takeOffRefPoint",
        f"{_digits(home.position.lat)},{_digits(home.position.lon)},{_digits(height)}",
    )
    child(config, f"{W}takeOffRefPointAGLHeight", 0)
    folder = child(document, f"{K}Folder")
    child(folder, f"{W}templateType", "waypoint")
    child(folder, f"{W}templateId", 0)
    system = child(folder, f"{W}waylineCoordinateSysParam")
    child(system, f"{W}coordinateMode", "WGS84")
    start = wayline.mode is HeightMode.START
    child(system, f"{W}heightMode", "relativeToStartPoint" if start else "aboveGroundLevel")
    child(folder, f"{W}autoFlightSpeed", _digits(wayline.speed_ms))
    child(folder, f"{W}globalHeight", _digits(wayline.points[0].height_m))
    child(folder, f"{W}gimbalPitchMode", "manual")
    _heading(child(folder, f"{W}globalWaypointHeadingParam"))
    child(folder, f"{W}globalWaypointTurnMode", "toPointAndStopWithDiscontinuityCurvature")
    child(folder, f"{W}globalUseStraightLine", 1)
    for index, point in enumerate(wayline.points):
        mark = _mark(folder, index, point)
        child(mark, f"{W}ellipsoidHeight", _digits(point.height_m))
        child(mark, f"{W}height", _digits(point.height_m))
        child(mark, f"{W}useGlobalHeight", 0)
        child(mark, f"{W}useGlobalSpeed", 0)
        child(mark, f"{W}waypointSpeed", _digits(point.speed_ms))
        child(mark, f"{W}useGlobalHeadingParam", 1)
        child(mark, f"{W}useGlobalTurnParam", 1)
        _groups(mark, wayline, index)
    return to_bytes(root)


def waylines_xml(wayline: Wayline, drone: str) -> bytes:
    """wpmz/waylines.wpml: what the aircraft executes."""
    root, document = _document()
    _config(document, wayline, drone)
    folder = child(document, f"{K}Folder")
    child(folder, f"{W}templateId", 0)
    child(folder, f"{W}executeHeightMode", wayline.mode.value)
    child(folder, f"{W}waylineId", 0)
    legs = [(distance_m(a.place, b.place), a.speed_ms) for a, b in itertools.pairwise(wayline.points)]
    child(folder, f"{W}distance", f"{sum(m for m, _ in legs):.1f}")
    child(folder, f"{W}duration", f"{sum(m / max(s, 0.1) for m, s in legs):.1f}")
    child(folder, f"{W}autoFlightSpeed", _digits(wayline.speed_ms))
    for index, point in enumerate(wayline.points):
        mark = _mark(folder, index, point)
        child(mark, f"{W}executeHeight", _digits(point.height_m))
        child(mark, f"{W}waypointSpeed", _digits(point.speed_ms))
        _heading(child(mark, f"{W}waypointHeadingParam"))
        turn = child(mark, f"{W}waypointTurnParam")
        child(turn, f"{W}waypointTurnMode", "toPointAndStopWithDiscontinuityCurvature")
        child(turn, f"{W}waypointTurnDampingDist", 0)
        child(mark, f"{W}useStraightLine", 1)
        _groups(mark, wayline, index)
    return to_bytes(root)


def _digits(value: float) -> str:
    """All digits there are, never with an exponent."""
    return format(Decimal(repr(value)), "f")


def _document() -> tuple[ET.Element, ET.Element]:
    ET.register_namespace("", KML)
    ET.register_namespace("wpml", WPML)
    root = ET.Element(f"{K}kml")
    return root, child(root, f"{K}Document")


def _config(document: ET.Element, wayline: Wayline, drone_name: str) -> ET.Element:
    config = child(document, f"{W}missionConfig")
    child(config, f"{W}flyToWaylineMode", "safely")
    child(config, f"{W}finishAction", wayline.finish)
    child(config, f"{W}exitOnRCLost", "executeLostAction")
    child(config, f"{W}executeRCLostAction", "goBack")
    child(config, f"{W}takeOffSecurityHeight", _digits(min(max(wayline.take_off_m, LOWEST_M), HIGHEST_M)))
    child(config, f"{W}globalTransitionalSpeed", _digits(wayline.approach_ms))
    kind, variant, camera = DRONES[drone_name]
    drone = child(config, f"{W}droneInfo")
    child(drone, f"{W}droneEnumValue", kind)
    child(drone, f"{W}droneSubEnumValue", variant)
    payload = child(config, f"{W}payloadInfo")
    child(payload, f"{W}payloadEnumValue", camera)
    child(payload, f"{W}payloadPositionIndex", 0)
    return config


def _heading(parameter: ET.Element) -> None:
    child(parameter, f"{W}waypointHeadingMode", "followWayline")
    child(parameter, f"{W}waypointHeadingAngle", 0)
    child(parameter, f"{W}waypointHeadingPathMode", "followBadArc")


def _mark(folder: ET.Element, index: int, point: WaylinePoint) -> ET.Element:
    mark = child(folder, f"{K}Placemark")
    where = f"{_digits(point.place.lon)},{_digits(point.place.lat)}"
    child(child(mark, f"{K}Point"), f"{K}coordinates", where)
    child(mark, f"{W}index", index)
    return mark


def _groups(mark: ET.Element, wayline: Wayline, index: int) -> None:
    point = wayline.points[index]
    actions = list(_reached(point))
    number = index * 10
    if actions:
        group = _group(mark, number, index, index, "reachPoint")
        for serial, (name, facts) in enumerate(actions):
            _action(group, serial, name, facts)
    for offset, interval in enumerate((i for i in wayline.intervals if i.start == index), start=1):
        group = _group(mark, number + offset, index, interval.end, "multipleDistance", interval.metres)
        _action(group, 0, "takePhoto", PHOTO)


PHOTO = {"payloadPositionIndex": "0", "useGlobalPayloadLensIndex": "0", "payloadLensIndex": "wide,ir"}


def _reached(point: WaylinePoint) -> Iterator[tuple[str, dict[str, str]]]:
    if point.pitch_deg is not None:
        yield (
            "gimbalRotate",
            {
                "gimbalHeadingYawBase": "aircraft",
                "gimbalRotateMode": "absoluteAngle",
                "gimbalPitchRotateEnable": "1",
                "gimbalPitchRotateAngle": _digits(point.pitch_deg),
                "gimbalRollRotateEnable": "0",
                "gimbalRollRotateAngle": "0",
                "gimbalYawRotateEnable": "0",
                "gimbalYawRotateAngle": "0",
                "gimbalRotateTimeEnable": "0",
                "gimbalRotateTime": "0",
                "payloadPositionIndex": "0",
            },
        )
    if point.hover_s > 0:
        yield "hover", {"hoverTime": _digits(point.hover_s)}
    if point.photo:
        yield "takePhoto", PHOTO


def _group(
    mark: ET.Element, number: int, start: int, end: int, trigger: str, parameter: float | None = None
) -> ET.Element:
    group = child(mark, f"{W}actionGroup")
    child(group, f"{W}actionGroupId", number)
    child(group, f"{W}actionGroupStartIndex", start)
    child(group, f"{W}actionGroupEndIndex", end)
    child(group, f"{W}actionGroupMode", "sequence")
    cause = child(group, f"{W}actionTrigger")
    child(cause, f"{W}actionTriggerType", trigger)
    if parameter is not None:
        child(cause, f"{W}actionTriggerParam", _digits(parameter))
    return group


def _action(group: ET.Element, number: int, name: str, facts: dict[str, str]) -> None:
    action = child(group, f"{W}action")
    child(action, f"{W}actionId", number)
    child(action, f"{W}actionActuatorFunc", name)
    parameters = child(action, f"{W}actionActuatorFuncParam")
    for key, value in facts.items():
        child(parameters, f"{W}{key}", value)
