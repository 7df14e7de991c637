"""A sortie's passes as one survey item of QGroundControl: its area, spacing and height beside the items.

Source: keys and versions of SurveyComplexItem (5), TransectStyleComplexItem (1) and CameraCalc (1), which old
and new QGroundControl read. It flies the items that stand in the file; only who edits the survey there makes
it draw lines of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import shapely

from core.geo import Datum, LonLat, bearing_deg
from missions.model import Command, Mission, MissionItem, Pattern
from missions.survey.area import Ground
from missions.survey.shooting import Shooting

MANUAL_CAMERA = "Manual (no camera specs)"
KIND = "survey"
CORNERS_MAX = 200
THINNED_M = 1.0

_ON = (Command.DO_SET_CAM_TRIGG_DIST, Command.IMAGE_START_CAPTURE)
_OFF = (Command.DO_SET_CAM_TRIGG_DIST, Command.IMAGE_STOP_CAPTURE)


def as_survey(mission: Mission, ground: Ground, shots: Shooting, pictures: int) -> Mission:
    """The mission with its passes marked as one survey; unchanged where QGroundControl could not hold it.

    That is so for heights over ground, which its survey would compute anew from its own terrain.
    """
    stretch = _stretch(mission.items)
    if stretch is None or any(_over_ground(item) for item in mission.items):
        return mission
    first, end = stretch
    items = mission.items[first:end]
    settings = json.dumps(_settings(items, ground, shots, pictures), ensure_ascii=False)
    return replace(mission, patterns=(Pattern(KIND, first, items, settings),))


def _stretch(items: Sequence[MissionItem]) -> tuple[int, int] | None:
    """From the waypoint where the camera first starts to where it stops for good, end not counted."""
    on = next((i for i, x in enumerate(items) if x.command in _ON and _rate(x) > 0), None)
    if on is None:
        return None
    off = max((i for i, x in enumerate(items) if x.command in _OFF and _rate(x) == 0), default=len(items))
    begin = next((i for i in range(on, -1, -1) if items[i].command == Command.NAV_WAYPOINT), None)
    return None if begin is None or off < on else (begin, off + 1)


def _rate(item: MissionItem) -> float:
    """Metres or seconds between releases, 0 where it stops."""
    if item.command == Command.IMAGE_START_CAPTURE:
        return item.params[1]
    return item.params[0] if item.command == Command.DO_SET_CAM_TRIGG_DIST else 0.0


def _over_ground(item: MissionItem) -> bool:
    return item.altitude is not None and item.altitude.datum is Datum.GROUND


def _settings(
    items: Sequence[MissionItem], ground: Ground, shots: Shooting, pictures: int
) -> dict[str, object]:
    places = [x.position for x in items if x.is_nav and x.position is not None]
    heights = [x.altitude for x in items if x.altitude is not None]
    return {
        "TransectStyleComplexItem": {
            "CameraCalc": {
                "AdjustedFootprintFrontal": shots.swath.shot_m,
                "AdjustedFootprintSide": shots.swath.line_m,
                "CameraName": MANUAL_CAMERA,
                "DistanceToSurface": median(h.value_m for h in heights),
                "DistanceToSurfaceRelative": heights[0].datum is Datum.HOME,
                "version": 1,
            },
            "CameraShots": pictures,
            "CameraTriggerInTurnAround": False,
            "FollowTerrain": False,
            "HoverAndCapture": False,
            "Refly90Degrees": False,
            "TurnAroundDistance": 0.0,
            "VisualTransectPoints": [[p.lat, p.lon] for p in places],
            "version": 1,
        },
        "angle": _course_deg(places),
        "complexItemType": KIND,
        "entryLocation": 0,
        "flyAlternateTransects": False,
        "polygon": [[p.lat, p.lon] for p in _corners(ground)],
        "splitConcavePolygons": False,
        "type": "ComplexItem",
        "version": 5,
    }


def _course_deg(places: Sequence[LonLat]) -> float:
    """The course of the first pass, clockwise from north, 0 to 180."""
    return round(bearing_deg(places[0], places[1]) % 180.0, 2) if len(places) > 1 else 0.0


def _corners(ground: Ground) -> list[LonLat]:
    """The outline of the ground, of its hull where it is in parts; holes are not told."""
    parts = shapely.get_parts(ground.target)
    shape = parts[0] if len(parts) == 1 else ground.target.convex_hull
    outline, step = shapely.Polygon(shapely.get_exterior_ring(shape)), THINNED_M
    while shapely.get_num_coordinates(outline) > CORNERS_MAX:
        outline, step = shapely.simplify(outline, step), 2.0 * step
    return [ground.frame.place(float(x), float(y)) for x, y in shapely.get_coordinates(outline)[:-1]]
