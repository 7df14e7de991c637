"""Comparing what was sent with what a vehicle reads back.

ArduCopter stores a command's own parameters only, some of them as whole numbers, altitudes in centimetres
and rally altitudes in metres (AP_Mission.cpp, AP_Rally, 4.6). What it keeps must come back; what it drops or
rounds is listed, never hidden. Commands that are not in the table are compared in full.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flight.wire import Kind, WireItem, float32, has_place
from missions.model import Command

ALTITUDE_STEP_M = 0.011  # stored in centimetres, cut off
RALLY_ALTITUDE_STEP_M = 1.0  # stored in metres
HOME_SEQ = 0

EXACT, WHOLE, SIGN, DROPPED = "exact", "whole", "sign", "dropped"
_Keeps = tuple[str, str, str, str]

_NOTHING: _Keeps = (DROPPED, DROPPED, DROPPED, DROPPED)
_FIRST: _Keeps = (EXACT, DROPPED, DROPPED, DROPPED)
_DELAY: _Keeps = (WHOLE, DROPPED, DROPPED, DROPPED)
_TWO: _Keeps = (EXACT, EXACT, DROPPED, DROPPED)
_THREE: _Keeps = (EXACT, EXACT, EXACT, DROPPED)
_FOUR: _Keeps = (EXACT, EXACT, EXACT, EXACT)
_KEEPS: dict[int, _Keeps] = {
    Command.NAV_WAYPOINT: _DELAY,
    Command.NAV_SPLINE_WAYPOINT: _DELAY,
    Command.NAV_TAKEOFF: _DELAY,
    Command.NAV_LAND: (WHOLE, DROPPED, DROPPED, DROPPED),
    Command.NAV_RETURN_TO_LAUNCH: _NOTHING,
    Command.NAV_LOITER_UNLIM: (DROPPED, DROPPED, WHOLE, DROPPED),
    Command.NAV_LOITER_TURNS: (EXACT, DROPPED, WHOLE, DROPPED),
    Command.NAV_LOITER_TIME: (WHOLE, DROPPED, SIGN, DROPPED),
    Command.NAV_DELAY: _FOUR,
    Command.NAV_PAYLOAD_PLACE: (EXACT, DROPPED, DROPPED, DROPPED),
    Command.CONDITION_DELAY: _FIRST,
    Command.CONDITION_DISTANCE: _FIRST,
    Command.CONDITION_YAW: _FOUR,
    Command.DO_JUMP: _TWO,
    Command.DO_CHANGE_SPEED: _THREE,
    Command.DO_SET_ROI_LOCATION: _FIRST,
    Command.DO_SET_ROI_NONE: _FIRST,
    Command.DO_SET_ROI: _FIRST,
    Command.DO_DIGICAM_CONTROL: _FOUR,
    Command.DO_MOUNT_CONTROL: _THREE,
    Command.DO_SET_CAM_TRIGG_DIST: (EXACT, DROPPED, EXACT, DROPPED),
    Command.DO_FENCE_ENABLE: _FIRST,
    Command.DO_GRIPPER: _TWO,
    Command.DO_WINCH: _FOUR,
    Command.IMAGE_START_CAPTURE: _FOUR,
    Command.IMAGE_STOP_CAPTURE: _FIRST,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`different`: fields that matter and do not match; `adjusted`: what is rounded or not kept."""

    different: tuple[str, ...] = ()
    adjusted: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the vehicle holds what was sent."""
        return not self.different


def compare(sent: Sequence[WireItem], held: Sequence[WireItem]) -> Comparison:
    """Compare item by item; of a mission's item 0 only its presence, because it is the vehicle's own home."""
    different: list[str] = []
    adjusted: list[str] = []
    if len(sent) != len(held):
        different.append(f"{len(sent)} items were sent, the vehicle holds {len(held)}")
    for want, got in zip(sent, held, strict=False):
        if want.kind is Kind.MISSION and want.seq == HOME_SEQ:
            continue
        one = compare_item(want, got)
        different += one.different
        adjusted += one.adjusted
    return Comparison(tuple(different), tuple(adjusted))


def compare_item(want: WireItem, got: WireItem) -> Comparison:
    """Compare one item."""
    name = f"item {want.seq}"
    if (want.seq, want.command, want.kind) != (got.seq, got.command, got.kind):
        return Comparison((f"{name}: command {want.command} was sent, {got.command} is held",))
    different = _place_differences(want, got, name)
    adjusted: list[str] = []
    keeps = _KEEPS.get(want.command, _FOUR) if want.kind is Kind.MISSION else _FIRST
    for number, (keep, sent, held) in enumerate(zip(keeps, want.params, got.params, strict=True), start=1):
        verdict = _judge(keep, float32(sent), held)
        line = f"{name}: p{number} {sent:g} was sent, {held:g} is held"
        if verdict is None:
            different.append(line)
        elif not verdict:
            adjusted.append(line)
    return Comparison(tuple(different), tuple(adjusted))


def _judge(keep: str, sent: float, held: float) -> bool | None:
    """True = kept, False = dropped or rounded as the vehicle does, None = different."""
    if sent == held or math.isnan(sent):
        return True
    if keep == EXACT:
        return True if math.isclose(sent, held, rel_tol=1e-6, abs_tol=1e-6) else None
    if keep == WHOLE:
        return False if abs(sent - held) < 1.0 or (abs(sent) > 255.0 and abs(sent - held) < 10.0) else None
    if keep == SIGN:
        same_way = sent == 0.0 or (sent < 0.0) == (held < 0.0)
        return sent == 0.0 if same_way else None
    return sent == 0.0


def _place_differences(want: WireItem, got: WireItem, name: str) -> list[str]:
    if not has_place(want.command):
        return []
    different = []
    if (want.x, want.y) != (got.x, got.y):
        different.append(
            f"{name}: position {want.x / 1e7:.7f}, {want.y / 1e7:.7f} was sent, "
            f"{got.x / 1e7:.7f}, {got.y / 1e7:.7f} is held"
        )
    if want.kind is not Kind.FENCE:
        different += _altitude_differences(want, got, name)
    return different


def _altitude_differences(want: WireItem, got: WireItem, name: str) -> list[str]:
    step = RALLY_ALTITUDE_STEP_M if want.kind is Kind.RALLY else ALTITUDE_STEP_M
    if want.datum is not got.datum:
        return [f"{name}: altitude frame {want.frame} was sent, {got.frame} is held"]
    if abs(want.z - got.z) >= step:
        return [f"{name}: altitude {want.z:g} m was sent, {got.z:g} m is held"]
    return []
