"""A track as mission items, the shots it should take, and the fence round it."""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import Polygon

from core.geo import Altitude, Datum, LocalFrame, LonLat
from core.shot import CameraAttitude, Shot
from core.units import wrap_deg_360
from gis.vector import as_area
from missions.model import Command, Fence, FencePolygon, MissionItem
from missions.survey.area import Ground
from missions.survey.lines import Run
from missions.survey.track import Camera, Flyer, TrackPoint

MOUNT_MODE_TARGET = 2.0  # MAV_MOUNT_MODE_MAVLINK_TARGETING
FENCE_CORNERS_MAX = 68  # ArduCopter's stock fence store holds 70 points


def item_count(track: Sequence[TrackPoint]) -> int:
    """How many items `track_items` will make of a track."""
    switches = sum(p.camera is not Camera.KEEP for p in track)
    return len(track) - 1 + switches + 6


def track_items(
    track: Sequence[TrackPoint], frame: LocalFrame, *, trigger_m: float, survey_ms: float, transit_ms: float
) -> tuple[MissionItem, ...]:
    """Take off, look down, fly the track, return to launch.

    Cruising speed outside the passes, survey speed on them; the first shot of a pass is taken at once (p3),
    the others every `trigger_m`. Altitudes are above home.
    """
    places = frame.to_lonlat(np.array([p.xy for p in track]))
    lonlats = [LonLat(float(lon), float(lat)) for lon, lat in places]
    passes = [i for i, p in enumerate(track) if p.on_pass]
    items = [
        _at(Command.NAV_TAKEOFF, lonlats[0], track[0].up_m),
        MissionItem(Command.DO_MOUNT_CONTROL, (-90.0, 0.0, 0.0, 0.0), extra=(0.0, 0.0, MOUNT_MODE_TARGET)),
        _speed(transit_ms),
    ]
    for i, point in enumerate(track[1:], start=1):
        items.append(_at(Command.NAV_WAYPOINT, lonlats[i], point.up_m))
        if passes and i == max(passes[0] - 1, 1):
            items.append(_speed(survey_ms))
        if point.camera is not Camera.KEEP:
            items.append(_trigger(trigger_m if point.camera is Camera.START else 0.0))
        if passes and i == passes[-1]:
            items.append(_speed(transit_ms))
    return (*items, MissionItem(Command.NAV_RETURN_TO_LAUNCH))


def _at(command: Command, place: LonLat, up_m: float) -> MissionItem:
    return MissionItem(command, position=place, altitude=Altitude(round(up_m, 3), Datum.HOME))


def _speed(ground_ms: float) -> MissionItem:
    return MissionItem(Command.DO_CHANGE_SPEED, (1.0, round(ground_ms, 2), -1.0, 0.0))


def _trigger(distance_m: float) -> MissionItem:
    start = 1.0 if distance_m > 0 else 0.0
    return MissionItem(Command.DO_SET_CAM_TRIGG_DIST, (round(distance_m, 2), 0.0, start, 0.0))


def run_shots(runs: Sequence[Run], flyer: Flyer, first_index: int = 0) -> tuple[Shot, ...]:
    """Where the camera should release, looking straight down with the image's top along the course."""
    if not runs:
        return ()
    xy = np.array([run.place(x) for run in runs for x in run.shots])
    courses = [run.course_deg for run in runs for _ in run.shots]
    lonlat = flyer.surface.frame.to_lonlat(xy)
    heights = flyer.surface.up_m(xy)
    return tuple(
        Shot(
            first_index + i,
            LonLat(float(lonlat[i, 0]), float(lonlat[i, 1])),
            Altitude(float(heights[i]), Datum.HOME),
            attitude=CameraAttitude(wrap_deg_360(courses[i]), -90.0),
        )
        for i in range(len(xy))
    )


def make_fence(ground: Ground, fence_m: float) -> Fence:
    """Keep-in polygon `fence_m` outside the flight space, keep-out polygons on its no-fly zones.

    Corners are thinned outwards (never into the flight space) until the autopilot's store can hold them.
    """
    for tolerance in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0):
        fence = _fence(ground, fence_m, tolerance)
        if sum(len(p.corners) for p in fence.polygons) <= FENCE_CORNERS_MAX:
            return fence
    return _fence(ground, fence_m, 64.0)


def _fence(ground: Ground, fence_m: float, tolerance: float) -> Fence:
    grown = ground.flight.buffer(fence_m + tolerance, join_style="mitre", mitre_limit=2.0)
    outer = as_area(shapely.union_all([Polygon(p.exterior) for p in shapely.get_parts(grown)]))
    keep_in = shapely.get_parts(outer.simplify(tolerance))
    near = [z for z in shapely.get_parts(ground.closed) if z.intersects(outer)]
    keep_out = [z.intersection(outer.buffer(50.0, join_style="mitre")).simplify(tolerance / 2) for z in near]
    flat = shapely.get_parts(as_area(shapely.union_all(keep_out)))
    frame = ground.frame
    return Fence(
        (
            *(_corners(p, frame, inclusion=True) for p in keep_in),
            *(_corners(p, frame, inclusion=False) for p in flat if not p.is_empty),
        )
    )


def _corners(polygon: Polygon, frame: LocalFrame, *, inclusion: bool) -> FencePolygon:
    lonlat = frame.to_lonlat(np.asarray(polygon.exterior.coords)[:-1])
    return FencePolygon(tuple(LonLat(float(x), float(y)) for x, y in lonlat), inclusion)
