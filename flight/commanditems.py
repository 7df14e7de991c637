"""dronekit's mission commands as wire items and back: positions stay exact, none passes through float32.

A dronekit `Command` holds degrees as plain numbers; only its own way to the wire rounds them to float32,
which is 0.7 m in longitude at 127 degrees. A `CommandInt` holds 1e7 degrees already.
"""

import math
from typing import Any

from core.errors import SkyshadeError
from core.units import deg_to_e7, e7_to_deg
from flight.wire import WireItem

# Commands whose x and y ArduPilot keeps as a place (AP_Mission, ArduCopter 4.6).
PLACED = frozenset({
    16, 17, 18, 19, 21, 22, 30, 31, 82, 84, 85, 92, 94, 179, 188, 189, 191, 195, 201,
    *range(5000, 5005), 5100,
})  # fmt: skip
WHOLE = "MISSION_ITEM_INT"
BLANK_HOME = WireItem(0, 0, 16)


class CommandItemError(SkyshadeError):
    """A mission command that cannot be sent as it stands."""


def wire_item(command: Any, seq: int) -> WireItem:
    """A `Command` or `CommandInt` as item `seq`; raises `CommandItemError` on a place outside the world."""
    if command.get_type() == WHOLE:
        x, y = int(command.x), int(command.y)
    elif int(command.command) in PLACED:
        x, y = _whole(command.x, 90.0, seq, "latitude"), _whole(command.y, 180.0, seq, "longitude")
    else:
        x, y = _number(command.x, seq), _number(command.y, seq)
    return WireItem(
        seq, int(command.frame), int(command.command),
        (command.param1, command.param2, command.param3, command.param4),
        x, y, float(command.z), autocontinue=int(command.autocontinue),
    )  # fmt: skip


def command_numbers(item: WireItem) -> tuple[float, ...]:
    """An item as the fourteen numbers a dronekit `Command` is made of; x and y of a place in degrees."""
    placed = item.command in PLACED
    x, y = (e7_to_deg(item.x), e7_to_deg(item.y)) if placed else (float(item.x), float(item.y))
    return (
        0,
        0,
        item.seq,
        item.frame,
        item.command,
        item.current,
        item.autocontinue,
        *item.params,
        x,
        y,
        item.z,
    )


def _whole(degrees: float, limit: float, seq: int, name: str) -> int:
    if not (math.isfinite(degrees) and abs(degrees) <= limit):
        raise CommandItemError(f"mission command {seq}: {name} {degrees} is outside the world")
    return deg_to_e7(degrees)


def _number(value: float, seq: int) -> int:
    if not (math.isfinite(value) and abs(value) < 2**31):
        raise CommandItemError(f"mission command {seq}: {value} is no number that can be sent")
    return round(value)
