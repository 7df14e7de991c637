"""A DJI wayline as a value, and a mission as one."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from core.geo import Altitude, Datum, LonLat
from missions.model import Command, Home, Mission, MissionItem


class HeightMode(Enum):
    """What a wayline's heights are measured from (executeHeightMode)."""

    START = "relativeToStartPoint"
    SURFACE = "realTimeFollowSurface"
    ELLIPSOID = "WGS84"


@dataclass(frozen=True, slots=True)
class WaylinePoint:
    """A waypoint: height in metres, speed of the leg that follows, hover, gimbal pitch, one photograph."""

    place: LonLat
    height_m: float
    speed_ms: float
    hover_s: float = 0.0
    pitch_deg: float | None = None
    photo: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """Photographs every `metres` from waypoint `start` to waypoint `end`."""

    start: int
    end: int
    metres: float


@dataclass(frozen=True, slots=True)
class Wayline:
    """A whole wayline.

    `finish` is goHome, autoLand or noAction; `take_off_m` the safe take-off height, `approach_ms` the speed
    to the first waypoint; `unsaid` what the file holds besides that a mission cannot say.
    """

    points: tuple[WaylinePoint, ...]
    intervals: tuple[Interval, ...]
    mode: HeightMode
    take_off_m: float
    finish: str
    speed_ms: float
    approach_ms: float
    unsaid: tuple[str, ...] = ()


DATUM = {HeightMode.START: Datum.HOME, HeightMode.SURFACE: Datum.GROUND, HeightMode.ELLIPSOID: Datum.GEOID}
"""Heights over the ellipsoid are turned into heights over the sea when they are read."""
FINISH = {Command.NAV_RETURN_TO_LAUNCH: "goHome", Command.NAV_LAND: "autoLand"}


@dataclass(slots=True)
class _Builder:
    """Collects a wayline while the mission's items pass by."""

    mission: Mission
    mode: HeightMode
    points: list[WaylinePoint]
    intervals: list[Interval]
    speed_ms: float
    approach_ms: float
    take_off_m: float
    finish: str = "noAction"
    pitch_deg: float | None = None
    trigger_m: float = 0.0
    since: int = 0

    def take(self, item: MissionItem) -> None:
        if item.command == Command.NAV_TAKEOFF and item.altitude is not None:
            self.take_off_m = self._height(item.altitude)
        elif item.command == Command.DO_CHANGE_SPEED and item.params[1] > 0:
            self._speed(item.params[1])
        elif item.command == Command.DO_MOUNT_CONTROL:
            self._pitch(item.params[0])
        elif item.command == Command.DO_SET_CAM_TRIGG_DIST:
            self._trigger(item.params[0])
        elif item.command in {Command.DO_DIGICAM_CONTROL, Command.IMAGE_START_CAPTURE} and self.points:
            self._amend(photo=True)
        elif item.command in FINISH:
            self._end(item)
        elif item.is_nav and item.position is not None and item.altitude is not None:
            self._point(item)

    def _speed(self, metres_a_second: float) -> None:
        self.speed_ms = metres_a_second
        self._amend(speed_ms=metres_a_second)
        if not self.points:
            self.approach_ms = metres_a_second

    def _amend(self, **changes: float | bool) -> None:
        if self.points:
            self.points[-1] = replace(self.points[-1], **changes)  # type: ignore[arg-type]  # names are its own

    def _pitch(self, degrees: float) -> None:
        if self.points:
            self._amend(pitch_deg=degrees)
        else:
            self.pitch_deg = degrees

    def _trigger(self, metres: float) -> None:
        last = max(0, len(self.points) - 1)
        if self.trigger_m > 0 and last > self.since:
            self.intervals.append(Interval(self.since, last, self.trigger_m))
        self.trigger_m, self.since = metres, last

    def _end(self, item: MissionItem) -> None:
        self.finish = FINISH[Command(item.command)]
        if item.command == Command.NAV_LAND and item.position is not None and self.points:
            self.points.append(replace(self.points[-1], place=item.position, hover_s=0.0, photo=False))

    def _point(self, item: MissionItem) -> None:
        if item.position is None or item.altitude is None:
            return
        hover = item.params[0] if math.isfinite(item.params[0]) and item.params[0] > 0 else 0.0
        pitch, self.pitch_deg = self.pitch_deg, None
        height = self._height(item.altitude)
        self.points.append(WaylinePoint(item.position, height, self.speed_ms, hover, pitch))

    def _height(self, altitude: Altitude) -> float:
        if altitude.datum is Datum.GEOID:
            if self.mission.home.elevation_m is None:
                raise ValueError(
                    "a height above sea level needs home's elevation, which the plan does not say"
                )
            return altitude.value_m - self.mission.home.elevation_m
        return altitude.value_m


def to_wayline(mission: Mission) -> Wayline:
    """A mission as a wayline; raises `ValueError` for mixed datums or fewer than two waypoints."""
    datums = {i.altitude.datum for i in mission.items if i.altitude and i.command != Command.NAV_TAKEOFF}
    if Datum.GROUND in datums and len(datums) > 1:
        raise ValueError("heights above ground and above home cannot be mixed in one wayline")
    mode = HeightMode.SURFACE if Datum.GROUND in datums else HeightMode.START
    builder = _Builder(mission, mode, [], [], mission.cruise_ms, mission.cruise_ms, 20.0)
    for item in mission.items:
        builder.take(item)
    builder._trigger(0.0)  # noqa: SLF001  # its own builder: a trigger left on runs to the last waypoint
    if len(builder.points) < 2:
        raise ValueError("a wayline needs two waypoints or more")
    return Wayline(
        tuple(builder.points),
        tuple(builder.intervals),
        mode,
        builder.take_off_m,
        builder.finish,
        mission.cruise_ms,
        builder.approach_ms,
    )


def from_wayline(wayline: Wayline, home: Home, name: str) -> Mission:
    """A wayline as a mission: take off, waypoints with speeds, pitch and triggers, the way down."""
    take_off = Altitude(wayline.take_off_m, Datum.HOME)
    items = [MissionItem(Command.NAV_TAKEOFF, position=home.position, altitude=take_off)]
    speed = wayline.speed_ms
    if wayline.approach_ms != speed:
        speed = wayline.approach_ms
        items.append(_paced(speed))
    for index, point in enumerate(wayline.points):
        items.append(_waypoint(point, DATUM[wayline.mode]))
        if point.speed_ms != speed:
            speed = point.speed_ms
            items.append(_paced(speed))
        items += _actions(point)
        items += [_distance(0.0) for i in wayline.intervals if i.end == index]
        items += [_distance(i.metres) for i in wayline.intervals if i.start == index]
    down = {v: k for k, v in FINISH.items()}.get(wayline.finish)
    if down is not None:
        items.append(MissionItem(down))
    return Mission(home, tuple(items), name=name, cruise_ms=wayline.speed_ms)


def _paced(speed_ms: float) -> MissionItem:
    return MissionItem(Command.DO_CHANGE_SPEED, (1.0, speed_ms, -1.0, 0.0))


def _waypoint(point: WaylinePoint, datum: Datum) -> MissionItem:
    altitude = Altitude(point.height_m, datum)
    return MissionItem(Command.NAV_WAYPOINT, (point.hover_s, 0.0, 0.0, 0.0), point.place, altitude)


def _actions(point: WaylinePoint) -> Iterator[MissionItem]:
    if point.pitch_deg is not None:
        yield MissionItem(Command.DO_MOUNT_CONTROL, (point.pitch_deg, 0.0, 0.0, 0.0), extra=(0.0, 0.0, 2.0))
    if point.photo:
        yield MissionItem(Command.DO_DIGICAM_CONTROL, extra=(1.0, 0.0, 0.0))


def _distance(metres: float) -> MissionItem:
    return MissionItem(Command.DO_SET_CAM_TRIGG_DIST, (metres, 0.0, 1.0 if metres > 0 else 0.0, 0.0))
