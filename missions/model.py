"""A mission as a value: what a vehicle is to do, whatever file or wire it travels on."""

import math
from dataclasses import dataclass, field
from enum import IntEnum

from core.geo import Altitude, Datum, LonLat


class Command(IntEnum):
    """The MAV_CMD numbers this toolkit plans with (MAVLink common.xml)."""

    NAV_WAYPOINT = 16
    NAV_LOITER_UNLIM = 17
    NAV_LOITER_TURNS = 18
    NAV_LOITER_TIME = 19
    NAV_RETURN_TO_LAUNCH = 20
    NAV_LAND = 21
    NAV_TAKEOFF = 22
    NAV_SPLINE_WAYPOINT = 82
    NAV_DELAY = 93
    NAV_PAYLOAD_PLACE = 94
    CONDITION_DELAY = 112
    CONDITION_DISTANCE = 114
    CONDITION_YAW = 115
    DO_JUMP = 177
    DO_CHANGE_SPEED = 178
    DO_SET_ROI_LOCATION = 195
    DO_SET_ROI_NONE = 197
    DO_SET_ROI = 201
    DO_DIGICAM_CONTROL = 203
    DO_MOUNT_CONTROL = 205
    DO_SET_CAM_TRIGG_DIST = 206
    DO_FENCE_ENABLE = 207
    DO_GRIPPER = 211
    DO_WINCH = 42600
    IMAGE_START_CAPTURE = 2000
    IMAGE_STOP_CAPTURE = 2001


NAV_COMMANDS = frozenset(c for c in Command if c < 100)


@dataclass(frozen=True, slots=True)
class MissionItem:
    """One step.

    `command` is a MAV_CMD number (a `Command` where we know it, any other number is carried through);
    `params` are MAVLink's p1..p4 (NaN = leave to the vehicle); `position` and `altitude` are None for
    commands that have no place. Altitude datum: HOME, GROUND or GEOID. `extra` are p5..p7 of a command
    without a place (a gimbal mode, a channel); zeros where they mean nothing.
    """

    command: int
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    position: LonLat | None = None
    altitude: Altitude | None = None
    autocontinue: bool = True
    extra: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if not 0 <= self.command <= 65535:
            raise ValueError(f"command must be a MAV_CMD number in 0..65535, got {self.command}")
        if len(self.params) != 4:
            raise ValueError(f"params must be p1..p4, got {len(self.params)} of them")
        if len(self.extra) != 3:
            raise ValueError(f"extra must be p5..p7, got {len(self.extra)} of them")
        if self.altitude is not None and self.altitude.datum is Datum.ELLIPSOID:
            raise ValueError("a mission item cannot use ellipsoid heights; convert to HOME, GROUND or GEOID")

    @property
    def is_nav(self) -> bool:
        """Whether the vehicle goes somewhere (or waits) for it, rather than doing it in passing."""
        return self.command in NAV_COMMANDS


@dataclass(frozen=True, slots=True)
class FencePolygon:
    """A fence polygon: at least three corners (ring not closed); `inclusion` keeps the vehicle inside."""

    corners: tuple[LonLat, ...]
    inclusion: bool = True

    def __post_init__(self) -> None:
        if len(self.corners) < 3:
            raise ValueError(f"a fence polygon needs 3 corners or more, got {len(self.corners)}")


@dataclass(frozen=True, slots=True)
class FenceCircle:
    """A fence circle round `centre`."""

    centre: LonLat
    radius_m: float
    inclusion: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.radius_m) and self.radius_m > 0):
            raise ValueError(f"fence radius must be > 0 m, got {self.radius_m}")


@dataclass(frozen=True, slots=True)
class Fence:
    """The geofence that goes up with a mission."""

    polygons: tuple[FencePolygon, ...] = ()
    circles: tuple[FenceCircle, ...] = ()
    return_point: LonLat | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to upload."""
        return not (self.polygons or self.circles)


@dataclass(frozen=True, slots=True)
class RallyPoint:
    """A place to come down at when home is not wanted."""

    position: LonLat
    altitude: Altitude


@dataclass(frozen=True, slots=True)
class Home:
    """The take-off place and its ground height above mean sea level in metres (None = unknown)."""

    position: LonLat
    elevation_m: float | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A stretch of items that was drawn as one thing: a survey of an area, a corridor.

    The mission's `items` from index `first` on belong to it; `kind` is QGroundControl's name for it,
    `settings` its area, camera and the rest as JSON text for formats that can hold it.
    """

    kind: str
    first: int
    items: tuple[MissionItem, ...]
    settings: str

    def stands_in(self, items: tuple[MissionItem, ...]) -> bool:
        """Whether `items` still hold the stretch, unchanged and in its place."""
        return bool(self.items) and items[self.first : self.first + len(self.items)] == self.items


@dataclass(frozen=True, slots=True)
class Mission:
    """A whole plan: items in flying order (home is not among them), fence, rally points.

    `cruise_ms` and `hover_ms` are the planned speeds in m/s; `patterns` in order of their items.
    """

    home: Home
    items: tuple[MissionItem, ...]
    fence: Fence = field(default_factory=Fence)
    rally: tuple[RallyPoint, ...] = ()
    name: str = ""
    cruise_ms: float = 10.0
    hover_ms: float = 5.0
    patterns: tuple[Pattern, ...] = ()

    def __post_init__(self) -> None:
        if not self.items:
            raise ValueError("a mission needs at least one item, got none")
        if not self.cruise_ms > 0:
            raise ValueError(f"cruise speed must be > 0 m/s, got {self.cruise_ms}")

    @property
    def places(self) -> tuple[LonLat, ...]:
        """Home and every place flown to, in order."""
        flown = tuple(i.position for i in self.items if i.is_nav and i.position is not None)
        return (self.home.position, *flown)
