"""Mission, fence and rally values as MAVLink item fields and back; pure, no connection.

Fields and enumerations: MAVLink common.xml (MISSION_ITEM_INT, MAV_FRAME, MAV_CMD, MAV_MISSION_TYPE). In
ArduPilot item 0 of a mission is the vehicle's home, so item n of a `Mission` travels as sequence n + 1.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from core.errors import SkyshadeError
from core.geo import Altitude, Datum, LonLat
from core.units import deg_to_e7, e7_to_deg
from missions.model import (
    Command,
    Fence,
    FenceCircle,
    FencePolygon,
    Home,
    Mission,
    MissionItem,
    RallyPoint,
)

Fields = Mapping[str, Any]

_USES_P4 = frozenset({Command.CONDITION_YAW, Command.DO_WINCH, Command.IMAGE_START_CAPTURE})


@dataclass(frozen=True, slots=True)
class Message:
    """A message from the vehicle: its MAVLink name, its fields, and when it came (UTC seconds)."""

    name: str
    fields: Fields
    utc_s: float = 0.0


class Kind(IntEnum):
    """What is transferred: MAV_MISSION_TYPE."""

    MISSION = 0
    FENCE = 1
    RALLY = 2


class Frame(IntEnum):
    """The MAV_FRAME numbers we meet; the `_INT` ones mean the same as the plain ones in an item with ints."""

    GLOBAL = 0
    MISSION = 2
    GLOBAL_RELATIVE_ALT = 3
    GLOBAL_INT = 5
    GLOBAL_RELATIVE_ALT_INT = 6
    GLOBAL_TERRAIN_ALT = 10
    GLOBAL_TERRAIN_ALT_INT = 11


FENCE_RETURN, FENCE_INSIDE, FENCE_OUTSIDE, FENCE_CIRCLE_INSIDE, FENCE_CIRCLE_OUTSIDE = range(5000, 5005)
RALLY_COMMAND = 5100
MOUNT_MODE_MAVLINK_TARGETING = 2.0
SHOOT = 1

_FRAME_OF = {
    Datum.HOME: Frame.GLOBAL_RELATIVE_ALT_INT,
    Datum.GEOID: Frame.GLOBAL_INT,
    Datum.GROUND: Frame.GLOBAL_TERRAIN_ALT_INT,
}
_DATUM_OF = {
    Frame.GLOBAL: Datum.GEOID,
    Frame.GLOBAL_INT: Datum.GEOID,
    Frame.GLOBAL_RELATIVE_ALT: Datum.HOME,
    Frame.GLOBAL_RELATIVE_ALT_INT: Datum.HOME,
    Frame.GLOBAL_TERRAIN_ALT: Datum.GROUND,
    Frame.GLOBAL_TERRAIN_ALT_INT: Datum.GROUND,
}
_PLACED = frozenset(
    {
        *(c for c in Command if c.name.startswith("NAV_")),
        Command.DO_SET_ROI_LOCATION,
        Command.DO_SET_ROI,
    }
) - {Command.NAV_DELAY, Command.NAV_RETURN_TO_LAUNCH}


class WireError(SkyshadeError):
    """Items that cannot be said on the wire, or that came from it and make no sense."""


@dataclass(frozen=True, slots=True)
class WireItem:
    """The payload of one MISSION_ITEM_INT.

    `x`, `y` are latitude and longitude in 1e7 degrees (or plain numbers for commands without a place), `z`
    metres in `frame`'s datum; `params` are p1..p4, float32 on the wire.
    """

    seq: int
    frame: int
    command: int
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    x: int = 0
    y: int = 0
    z: float = 0.0
    autocontinue: int = 1
    current: int = 0
    kind: Kind = Kind.MISSION

    @property
    def datum(self) -> Datum | None:
        """The datum of `z`, None where the frame has none we know."""
        return _DATUM_OF.get(Frame(self.frame)) if self.frame in Frame._value2member_map_ else None

    @property
    def position(self) -> LonLat | None:
        """The place, None where both coordinates are 0 (which means: here)."""
        if self.x == 0 and self.y == 0:
            return None
        return LonLat(e7_to_deg(self.y), e7_to_deg(self.x))


def float32(value: float) -> float:
    """A number as it comes out of a float32 field."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def has_place(command: int) -> bool:
    """Whether x, y, z of this command are a place."""
    return command in _PLACED or FENCE_RETURN <= command <= RALLY_COMMAND


def fields_of(item: WireItem) -> dict[str, Any]:
    """MISSION_ITEM_INT fields without the target."""
    p1, p2, p3, p4 = item.params
    return {
        "seq": item.seq, "frame": item.frame, "command": item.command, "current": item.current,
        "autocontinue": item.autocontinue, "param1": p1, "param2": p2, "param3": p3, "param4": p4,
        "x": item.x, "y": item.y, "z": item.z, "mission_type": int(item.kind),
    }  # fmt: skip


def item_of(fields: Fields) -> WireItem | None:
    """A received MISSION_ITEM_INT as a value; None when it names a mission type we do not know."""
    kind = int(fields.get("mission_type", 0))
    if kind not in Kind._value2member_map_:
        return None
    return WireItem(
        seq=int(fields["seq"]), frame=int(fields["frame"]), command=int(fields["command"]),
        params=(fields["param1"], fields["param2"], fields["param3"], fields["param4"]),
        x=int(fields["x"]), y=int(fields["y"]), z=float(fields["z"]),
        autocontinue=int(fields["autocontinue"]), current=int(fields["current"]), kind=Kind(kind),
    )  # fmt: skip


def mission_to_wire(mission: Mission) -> tuple[WireItem, ...]:
    """Home as item 0, then the mission's items from 1 on."""
    home = WireItem(
        seq=0,
        frame=Frame.GLOBAL,
        command=Command.NAV_WAYPOINT,
        x=deg_to_e7(mission.home.position.lat),
        y=deg_to_e7(mission.home.position.lon),
        z=mission.home.elevation_m or 0.0,
    )
    return (home, *(_to_wire(item, seq) for seq, item in enumerate(mission.items, start=1)))


def _to_wire(item: MissionItem, seq: int) -> WireItem:
    datum = Datum.HOME if item.altitude is None else item.altitude.datum
    z = 0.0 if item.altitude is None else item.altitude.value_m
    x = y = 0
    if item.position is not None:
        x, y = deg_to_e7(item.position.lat), deg_to_e7(item.position.lon)
    elif item.command == Command.DO_DIGICAM_CONTROL:
        x = SHOOT
    if item.command == Command.DO_MOUNT_CONTROL and item.altitude is None:
        z = MOUNT_MODE_MAVLINK_TARGETING
    placed = has_place(item.command) or item.position is not None or item.altitude is not None
    return WireItem(
        seq=seq,
        frame=_FRAME_OF[datum] if placed else Frame.MISSION,
        command=int(item.command),
        params=_unset_as_zero(item),
        x=x,
        y=y,
        z=z,
        autocontinue=int(item.autocontinue),
    )


def _unset_as_zero(item: MissionItem) -> tuple[float, float, float, float]:
    """NaN ("leave it to the vehicle") as ArduPilot says it: 0. A NaN that would hide a value stays, and is
    refused by the vehicle.
    """
    p1, p2, p3, p4 = item.params
    if item.is_nav:
        return (_or_zero(p1), _or_zero(p2), _or_zero(p3), _or_zero(p4))
    return (p1, p2, p3, p4 if item.command in _USES_P4 else _or_zero(p4))


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def wire_to_mission(items: Sequence[WireItem], *, name: str = "") -> Mission:
    """What a vehicle holds as a `Mission`; raises `WireError` when it holds none."""
    if len(items) < 2:
        raise WireError("the vehicle holds no mission", hint="upload one first")
    home = items[0].position
    if home is None:
        home = next((i.position for i in items[1:] if i.position is not None), LonLat(0.0, 0.0))
    steps = tuple(_from_wire(item) for item in items[1:])
    return Mission(Home(home, items[0].z if items[0].position else None), steps, name=name)


def _from_wire(item: WireItem) -> MissionItem:
    placed = has_place(item.command)
    known = item.command in Command._value2member_map_
    altitude = None
    if placed and not (item.position is None and item.z == 0.0):
        altitude = Altitude(item.z, item.datum or Datum.HOME)
    return MissionItem(
        Command(item.command) if known else item.command,
        item.params,
        item.position if placed else None,
        altitude,
        bool(item.autocontinue),
    )


def fence_to_wire(fence: Fence) -> tuple[WireItem, ...]:
    """Fence items: each corner carries its polygon's corner count, each circle its radius, in p1."""
    rows: list[tuple[int, float, LonLat]] = []
    if fence.return_point is not None:
        rows.append((FENCE_RETURN, 0.0, fence.return_point))
    for polygon in fence.polygons:
        command = FENCE_INSIDE if polygon.inclusion else FENCE_OUTSIDE
        rows += [(command, float(len(polygon.corners)), corner) for corner in polygon.corners]
    for circle in fence.circles:
        command = FENCE_CIRCLE_INSIDE if circle.inclusion else FENCE_CIRCLE_OUTSIDE
        rows.append((command, circle.radius_m, circle.centre))
    return tuple(_fence_item(seq, *row) for seq, row in enumerate(rows))


def _fence_item(seq: int, command: int, p1: float, place: LonLat) -> WireItem:
    x, y = deg_to_e7(place.lat), deg_to_e7(place.lon)
    return WireItem(seq, Frame.GLOBAL, command, (p1, 0.0, 0.0, 0.0), x, y, 0.0, kind=Kind.FENCE)


def wire_to_fence(items: Sequence[WireItem]) -> Fence:
    """Fence items as a `Fence`; raises `WireError` on missing corners or an unknown command."""
    polygons: list[FencePolygon] = []
    circles: list[FenceCircle] = []
    back: LonLat | None = None
    left = list(items)
    while left:
        item = left[0]
        place = item.position or LonLat(0.0, 0.0)
        count = 1
        if item.command in (FENCE_INSIDE, FENCE_OUTSIDE):
            count = max(1, round(item.params[0]))
            polygons.append(_polygon(left[:count], count))
        elif item.command in (FENCE_CIRCLE_INSIDE, FENCE_CIRCLE_OUTSIDE):
            circles.append(FenceCircle(place, item.params[0], item.command == FENCE_CIRCLE_INSIDE))
        elif item.command == FENCE_RETURN:
            back = place
        else:
            raise WireError(f"fence item {item.seq}: command {item.command} is no fence command")
        del left[:count]
    return Fence(tuple(polygons), tuple(circles), back)


def _polygon(items: Sequence[WireItem], count: int) -> FencePolygon:
    first = items[0]
    corners = [item.position for item in items if item.command == first.command]
    if len(corners) != count or count < 3 or None in corners:
        raise WireError(f"fence item {first.seq}: a polygon of {count} corners has {len(corners)}")
    return FencePolygon(tuple(c for c in corners if c is not None), first.command == FENCE_INSIDE)


def rally_to_wire(points: Sequence[RallyPoint]) -> tuple[WireItem, ...]:
    """Rally items, altitudes in their own datum."""
    return tuple(_rally_item(seq, point) for seq, point in enumerate(points))


def _rally_item(seq: int, point: RallyPoint) -> WireItem:
    if point.altitude.datum not in _FRAME_OF:
        raise WireError(f"rally point {seq + 1}: ellipsoid heights cannot be uploaded")
    x, y = deg_to_e7(point.position.lat), deg_to_e7(point.position.lon)
    frame = (
        Frame.GLOBAL_RELATIVE_ALT if point.altitude.datum is Datum.HOME else _FRAME_OF[point.altitude.datum]
    )
    return WireItem(seq, frame, RALLY_COMMAND, x=x, y=y, z=point.altitude.value_m, kind=Kind.RALLY)


def wire_to_rally(items: Sequence[WireItem]) -> tuple[RallyPoint, ...]:
    """Rally items as points; raises `WireError` on another command."""
    for item in items:
        if item.command != RALLY_COMMAND:
            raise WireError(f"rally item {item.seq}: command {item.command} is no rally point")
    return tuple(
        RallyPoint(item.position or LonLat(0.0, 0.0), Altitude(item.z, item.datum or Datum.HOME))
        for item in items
    )
