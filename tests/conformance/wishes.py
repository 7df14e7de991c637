"""The station's messages by their purpose: commands, modes, parameters, transfers, as steps at a time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.cases import HOME, Step

STABILIZE, ALT_HOLD, AUTO, GUIDED, LOITER, RTL, LAND, BRAKE = 0, 2, 3, 4, 5, 6, 9, 17
MISSION, FENCE, RALLY = 0, 1, 2
RELATIVE = 6
METRES_A_DEGREE = 111_195.0
Params = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """A mission, fence or rally item as it goes over the wire: `x`, `y` 1e7 degrees, `z` metres."""

    command: int
    params: Params = (0.0, 0.0, 0.0, 0.0)
    x: int = 0
    y: int = 0
    z: float = 0.0
    frame: int = RELATIVE


def place(north_m: float, east_m: float) -> tuple[int, int]:
    """1e7 degrees of a point so many metres from home (a plain sphere: both vehicles get the same)."""
    lat = HOME[0] + north_m / METRES_A_DEGREE
    lon = HOME[1] + east_m / (METRES_A_DEGREE * math.cos(math.radians(HOME[0])))
    return round(lat * 1e7), round(lon * 1e7)


def row(
    command: int, north_m: float, east_m: float, z_m: float, *params: float, frame: int = RELATIVE
) -> Row:
    """An item with a place."""
    first, second, third, fourth = (*params, *[0.0] * (4 - len(params)))
    return Row(command, (first, second, third, fourth), *place(north_m, east_m), z_m, frame)


def deed(command: int, *params: float, z: float = 0.0) -> Row:
    """An item without a place."""
    first, second, third, fourth = (*params, *[0.0] * (4 - len(params)))
    return Row(command, (first, second, third, fourth), z=z)


def home_row() -> Row:
    """Item 0."""
    return row(16, 0.0, 0.0, HOME[2], frame=0)


def command(at_s: float, number: int, *params: float) -> Step:
    """COMMAND_LONG."""
    values = [*map(float, params), *[0.0] * (7 - len(params))]
    fields = {f"param{index}": value for index, value in enumerate(values, 1)}
    who = {"target_system": 1, "target_component": 1, "command": number, "confirmation": 0}
    return Step(at_s, "COMMAND_LONG", {**who, **fields})


def command_int(at_s: float, number: int, row_: Row) -> Step:
    """COMMAND_INT with a row's place and parameters."""
    fields = {f"param{index}": value for index, value in enumerate(row_.params, 1)}
    who = {"target_system": 1, "target_component": 1, "command": number, "current": 0, "autocontinue": 0}
    return Step(
        at_s, "COMMAND_INT", {**who, **fields, "frame": row_.frame, "x": row_.x, "y": row_.y, "z": row_.z}
    )


def mode(at_s: float, number: int) -> Step:
    """DO_SET_MODE."""
    return command(at_s, 176, 1, number)


def set_param(at_s: float, name: str, value: float) -> Step:
    """PARAM_SET."""
    fields = {"param_id": name, "param_value": float(value), "param_type": 9}
    return Step(at_s, "PARAM_SET", {"target_system": 1, "target_component": 1, **fields})


def read_param(at_s: float, name: str) -> Step:
    """PARAM_REQUEST_READ by name."""
    return Step(
        at_s,
        "PARAM_REQUEST_READ",
        {"target_system": 1, "target_component": 1, "param_id": name, "param_index": -1},
    )


def _mission(at_s: float, name: str, kind: int, after: str = "", **fields: float) -> Step:
    who = {"target_system": 1, "target_component": 1, "mission_type": kind}
    return Step(at_s, name, {**who, **fields}, after)


def count(at_s: float, number: int, kind: int = MISSION) -> Step:
    """MISSION_COUNT."""
    return _mission(at_s, "MISSION_COUNT", kind, count=number)


def clear(at_s: float, kind: int = MISSION) -> Step:
    """MISSION_CLEAR_ALL."""
    return _mission(at_s, "MISSION_CLEAR_ALL", kind)


def set_current(at_s: float, seq: int) -> Step:
    """The message MISSION_SET_CURRENT."""
    return Step(at_s, "MISSION_SET_CURRENT", {"target_system": 1, "target_component": 1, "seq": seq})


def item(at_s: float, seq: int, row_: Row, kind: int = MISSION, after: str = "") -> Step:
    """MISSION_ITEM_INT."""
    fields = {f"param{index}": value for index, value in enumerate(row_.params, 1)}
    fields |= {"frame": row_.frame, "command": row_.command, "x": row_.x, "y": row_.y, "z": row_.z}
    return _mission(at_s, "MISSION_ITEM_INT", kind, after, seq=seq, current=0, autocontinue=1, **fields)


def upload(at_s: float, rows: Sequence[Row], kind: int = MISSION, *, sent: int | None = None) -> list[Step]:
    """A transfer to the vehicle, each item when it is asked for; only the first `sent` items, if given."""
    some = rows if sent is None else rows[:sent]
    items = [item(at_s, seq, r, kind, f"asks for item {kind}/{seq}") for seq, r in enumerate(some)]
    return [count(at_s, len(rows), kind), *items]


def download(at_s: float, number: int, kind: int = MISSION) -> list[Step]:
    """Read back `number` items."""
    asks = [
        _mission(at_s, "MISSION_REQUEST_INT", kind, _reply_before(seq, kind), seq=seq)
        for seq in range(number)
    ]
    return [_mission(at_s, "MISSION_REQUEST_LIST", kind), *asks]


def _reply_before(seq: int, kind: int) -> str:
    return f"*count {kind}" if seq == 0 else f"*item {kind}/{seq - 1} "


def go_to(at_s: float, north_m: float, east_m: float, z_m: float) -> Step:
    """SET_POSITION_TARGET_GLOBAL_INT with a position."""
    x, y = place(north_m, east_m)
    fields = dict.fromkeys(("vx", "vy", "vz", "afx", "afy", "afz", "yaw", "yaw_rate"), 0.0)
    fields |= {"lat_int": x, "lon_int": y, "alt": z_m, "type_mask": 0xDF8, "coordinate_frame": RELATIVE}
    who = {"time_boot_ms": 0, "target_system": 1, "target_component": 1}
    return Step(at_s, "SET_POSITION_TARGET_GLOBAL_INT", {**who, **fields})


def streams(at_s: float, rate_hz: int = 4) -> list[Step]:
    """Telemetry: all streams at a rate, and the landed state."""
    who = {"target_system": 1, "target_component": 1}
    all_of_it = {**who, "req_stream_id": 0, "req_message_rate": rate_hz, "start_stop": 1}
    return [Step(at_s, "REQUEST_DATA_STREAM", all_of_it), command(at_s, 511, 245, 1e6 / rate_hz)]
