"""What can be sent to a vehicle: checked before the first byte goes out, naming the item and the reason.

Ranges and command numbers as ArduCopter 4.6 takes them (AP_Mission.cpp, MissionItemProtocol_*.cpp,
AP_BoardConfig.cpp). What a vehicle holds differs from board to board: so the greatest numbers here are those
that no board reaches, and the real ones are learnt from its refusal.
"""

import math
from collections.abc import Callable, Sequence

from flight.protocol import Result
from flight.transfererrors import RefusedItemError, name_of
from flight.wire import FENCE_CIRCLE_OUTSIDE, FENCE_RETURN, RALLY_COMMAND, Frame, Kind, WireItem, has_place
from missions.model import Command, Mission

MOST = {Kind.MISSION: 4369, Kind.FENCE: 8191, Kind.RALLY: 255}  # 64 kB on a card of 15 (8) bytes an item
HIGHEST_M = 83_000.0
LAT_MOST, LON_MOST = 900_000_000, 1_800_000_000
RALLY_HIGHEST_M = 32_767.0

# The mission commands that ArduCopter 4.6 stores.
KNOWN_COMMANDS = frozenset({
    16, 17, 18, 19, 20, 21, 22, 30, 31, 82, 83, 84, 85, 92, 93, 94, 112, 114, 115, 177, 178, 179, 181, 182,
    183, 184, 188, 189, 191, 193, 194, 195, 197, 201, 202, 203, 205, 206, 207, 208, 210, 211, 212, 213, 215,
    216, 217, 218, 222, 223, 531, 532, 534, 600, 601, 1000, 2000, 2001, 2500, 2501, 3000, 42600, 42702, 42703,
})  # fmt: skip
_FREE_HEADING = frozenset({16, 17, 21, 22, 84, 85})  # their fourth parameter may be left open
_FRAMES = frozenset(
    {0, 2, 3, 5, 6, 10, 11}
)  # MAV_FRAME: above the sea, none, above home, above the ground, plain or with integers
_HEIGHT_NEEDED = frozenset({
    Command.NAV_WAYPOINT, Command.NAV_SPLINE_WAYPOINT, Command.NAV_LOITER_UNLIM, Command.NAV_LOITER_TURNS,
    Command.NAV_LOITER_TIME, Command.NAV_TAKEOFF,
})  # fmt: skip


class UnsendableError(RefusedItemError):
    """Items that are not sent, because no vehicle could use them; `seq` names the item (-1: all of them)."""

    def __init__(self, kind: Kind, item: WireItem | None, why: str, *, result: int = Result.INVALID) -> None:
        which = "list" if item is None else f"item {item.seq} (command {item.command})"
        self._tell(
            f"{name_of(kind)} {which} cannot be sent: {why}", "what it held before, for nothing was sent"
        )
        self.seq = -1 if item is None else item.seq
        self.result = int(result)


def check_items(
    kind: Kind,
    items: Sequence[WireItem],
    *,
    limit: int | None = None,
    commands: frozenset[int] | None = KNOWN_COMMANDS,
) -> None:
    """Raise `UnsendableError` for the first item that cannot be sent.

    `limit` is the number of items this vehicle holds, once it has said so; `commands` None leaves unknown
    commands to the vehicle's own judgement (firmware newer than ours).
    """
    most = MOST[kind] if limit is None else min(limit, MOST[kind])
    if len(items) > most:
        who = "any vehicle" if limit is None else "this vehicle"
        raise UnsendableError(
            kind, None, f"{len(items)} items are more than {who} holds ({most})", result=Result.NO_SPACE
        )
    for seq, item in enumerate(items):
        why = _wrong_place(item, seq, kind) or _wrong(item, len(items), commands)
        if why:
            raise UnsendableError(kind, item, why[1], result=why[0])


def check_heights(mission: Mission) -> None:
    """Raise `UnsendableError` for an item that is flown to at no stated altitude (0 m would be flown).

    An item without a place stays where it is, at the height it has; a take-off always needs one.
    """
    for seq, item in enumerate(mission.items, start=1):
        placed = item.position is not None or item.command == Command.NAV_TAKEOFF
        if placed and item.command in _HEIGHT_NEEDED and item.altitude is None:
            wire = WireItem(seq, Frame.MISSION, item.command)
            why = "it has no altitude (a value and what it is measured from)"
            raise UnsendableError(Kind.MISSION, wire, why, result=Result.INVALID_ALTITUDE)


_Why = tuple[Result, str] | None


def _wrong_place(item: WireItem, seq: int, kind: Kind) -> _Why:
    if item.seq != seq or item.kind is not kind:
        return Result.INVALID_SEQUENCE, f"it stands at place {seq} of a {name_of(kind)} list"
    return None


def _wrong(item: WireItem, count: int, commands: frozenset[int] | None) -> _Why:
    checks: tuple[Callable[[], _Why], ...] = (
        lambda: _command(item, commands),
        lambda: _numbers(item),
        lambda: _place(item),
        lambda: _height(item),
        lambda: _jump(item, count),
    )
    return next((why for why in (check() for check in checks) if why), None)


def _command(item: WireItem, commands: frozenset[int] | None) -> _Why:
    if item.kind is Kind.RALLY and item.command != RALLY_COMMAND:
        return Result.UNSUPPORTED, "it is no rally point"
    if item.kind is Kind.FENCE and not FENCE_RETURN <= item.command <= FENCE_CIRCLE_OUTSIDE:
        return Result.UNSUPPORTED, "it is no part of a fence"
    if item.kind is Kind.MISSION and commands is not None and item.command not in commands:
        return Result.UNSUPPORTED, "no ArduCopter known here flies that command"
    return None


def _numbers(item: WireItem) -> _Why:
    for number, value in enumerate(item.params, start=1):
        open_heading = number == 4 and math.isnan(value) and item.command in _FREE_HEADING
        if not math.isfinite(value) and not open_heading:
            return Result(Result.INVALID_PARAM1 + number - 1), f"its parameter {number} is {value}, no number"
    if not math.isfinite(item.z):
        return Result.INVALID_ALTITUDE, f"its altitude is {item.z}, no number"
    return None


def _place(item: WireItem) -> _Why:
    if not has_place(item.command):
        return None
    if abs(item.x) > LAT_MOST:
        return Result.INVALID_LATITUDE, f"its latitude {item.x / 1e7:.7f} is outside the world"
    if abs(item.y) > LON_MOST:
        return Result.INVALID_LONGITUDE, f"its longitude {item.y / 1e7:.7f} is outside the world"
    return None


def _height(item: WireItem) -> _Why:
    if not has_place(item.command) or item.kind is Kind.FENCE:
        return None
    if item.frame not in _FRAMES or (item.frame == Frame.MISSION and item.position is not None):
        return Result.UNSUPPORTED_FRAME, f"its altitude has no datum we know (frame {item.frame})"
    highest_m = RALLY_HIGHEST_M if item.kind is Kind.RALLY else HIGHEST_M
    if abs(item.z) >= highest_m:
        return Result.INVALID_ALTITUDE, f"its altitude {item.z:g} m is beyond {highest_m:g} m"
    return None


def _jump(item: WireItem, count: int) -> _Why:
    target = item.params[0]
    if item.kind is Kind.MISSION and item.command == Command.DO_JUMP and not 1 <= target < count:
        return Result.INVALID_PARAM1, f"it jumps to item {target:g}; there are items 1 to {count - 1}"
    return None
