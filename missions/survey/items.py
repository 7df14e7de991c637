"""A track as mission items, and the fence round it."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LocalFrame, LonLat
from gis.vector import as_area
from missions.aircraft import Aircraft
from missions.model import Command, Fence, FencePolygon, MissionItem
from missions.survey.area import Ground
from missions.survey.terrainfollow import Surface, climbing_ms
from missions.survey.track import Camera, TrackPoint

MOUNT_MODE_TARGET = 2.0  # MAV_MOUNT_MODE_MAVLINK_TARGETING
FENCE_CORNERS_MAX = 68  # ArduCopter's stock fence store holds 70 points


def item_count(track: Sequence[TrackPoint]) -> int:
    """How many items `track_items` will make of a track."""
    switches = sum(p.camera is not Camera.KEEP for p in track)
    slopes = sum(abs(b.up_m - a.up_m) > 0.2 * math.dist(a.xy, b.xy) for a, b in itertools.pairwise(track))
    aims = sum(a.aim != b.aim for a, b in itertools.pairwise(track))
    return len(track) - 1 + switches + 2 * slopes + aims + 6


@dataclass(frozen=True, slots=True)
class Orders:
    """How a track becomes items.

    Trigger in metres, or in seconds where `trigger_s` > 0; gimbal pitch; speeds; the datum of altitudes. Of
    the place it takes off from: `ground_m` over the frame's origin, `elevation_m` over the sea (None =
    unknown).
    """

    surface: Surface
    aircraft: Aircraft
    trigger_m: float
    survey_ms: float
    trigger_s: float = 0.0
    pitch_deg: float = -90.0
    datum: Datum = Datum.HOME
    ground_m: float = 0.0
    elevation_m: float | None = None


def track_items(track: Sequence[TrackPoint], orders: Orders) -> tuple[MissionItem, ...]:
    """Take off, point the camera, fly the track, return to launch.

    Cruising speed outside the passes, survey speed on them, less where a leg would climb or descend faster
    than the aircraft does; the first shot of a pass is taken at once (p3), the others by the trigger.
    """
    lonlats = _lonlats(track, orders.surface.frame)
    altitudes = _altitudes(track, orders)
    speeds = _speeds(track, orders)
    items = [
        _take_off(lonlats[0], track[0].up_m - orders.ground_m),
        MissionItem(
            Command.DO_MOUNT_CONTROL, (orders.pitch_deg, 0.0, 0.0, 0.0), extra=(0.0, 0.0, MOUNT_MODE_TARGET)
        ),
    ]
    flying = 0.0
    for i, point in enumerate(track[1:], start=1):
        if abs(speeds[i] - flying) > 0.005:
            items.append(_speed(speeds[i]))
            flying = speeds[i]
        if point.aim != track[i - 1].aim:
            items.append(_look_at(point, orders))
        items.append(MissionItem(Command.NAV_WAYPOINT, position=lonlats[i], altitude=altitudes[i]))
        if point.camera is not Camera.KEEP:
            items.append(_trigger(orders) if point.camera is Camera.START else _stop(orders))
    if abs(flying - orders.aircraft.cruise_ms) > 0.005:
        items.append(_speed(orders.aircraft.cruise_ms))
    return (*items, MissionItem(Command.NAV_RETURN_TO_LAUNCH))


def _look_at(point: TrackPoint, orders: Orders) -> MissionItem:
    if point.aim is None:
        return MissionItem(Command.DO_SET_ROI_NONE)
    east, north, up = point.aim
    return MissionItem(
        Command.DO_SET_ROI_LOCATION,
        position=orders.surface.frame.place(east, north),
        altitude=Altitude(round(up - orders.ground_m, 3), Datum.HOME),
    )


def _lonlats(track: Sequence[TrackPoint], frame: LocalFrame) -> list[LonLat]:
    places = frame.to_lonlat(np.array([p.xy for p in track]))
    return [LonLat(float(lon), float(lat)) for lon, lat in places]


def _altitudes(track: Sequence[TrackPoint], orders: Orders) -> list[Altitude]:
    """Each point's altitude in the datum ordered."""
    if orders.datum is Datum.GROUND:
        rises = orders.surface.rise_m(np.array([p.xy for p in track]))
        return [
            Altitude(round(p.up_m - float(r), 3), Datum.GROUND) for p, r in zip(track, rises, strict=True)
        ]
    if orders.datum is Datum.HOME:
        return [Altitude(round(p.up_m - orders.ground_m, 3), Datum.HOME) for p in track]
    if orders.elevation_m is None:
        raise SkyshadeError(
            "altitudes over the sea need the take-off place's, which is not known",
            hint="give a DEM (--dem FILE), or another --frame",
        )
    zero = orders.elevation_m - orders.ground_m
    return [Altitude(round(p.up_m + zero, 3), Datum.GEOID) for p in track]


def _speeds(track: Sequence[TrackPoint], orders: Orders) -> list[float]:
    """The speed towards each point, m/s to the hundredth."""
    passes = [i for i, p in enumerate(track) if p.on_pass]
    speeds = [orders.aircraft.cruise_ms]
    for i, (a, b) in enumerate(itertools.pairwise(track), start=1):
        inside = bool(passes) and passes[0] <= i <= passes[-1]
        wanted = orders.survey_ms if inside else orders.aircraft.cruise_ms
        slowed = climbing_ms((a.xy, a.up_m), (b.xy, b.up_m), wanted, orders.aircraft)
        speeds.append(math.floor(slowed * 100 + 1e-6) / 100)
    return speeds


def _take_off(place: LonLat, up_m: float) -> MissionItem:
    return MissionItem(Command.NAV_TAKEOFF, position=place, altitude=Altitude(round(up_m, 3), Datum.HOME))


def _speed(ground_ms: float) -> MissionItem:
    return MissionItem(Command.DO_CHANGE_SPEED, (1.0, round(ground_ms, 2), -1.0, 0.0))


def _trigger(orders: Orders) -> MissionItem:
    if orders.trigger_s > 0:
        return MissionItem(Command.IMAGE_START_CAPTURE, (0.0, round(orders.trigger_s, 2), 0.0, 0.0))
    return MissionItem(Command.DO_SET_CAM_TRIGG_DIST, (round(orders.trigger_m, 2), 0.0, 1.0, 0.0))


def _stop(orders: Orders) -> MissionItem:
    if orders.trigger_s > 0:
        return MissionItem(Command.IMAGE_STOP_CAPTURE)
    return MissionItem(Command.DO_SET_CAM_TRIGG_DIST)


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
