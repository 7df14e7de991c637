"""Plans that an autopilot takes without a word and then does not fly as drawn: ArduCopter's traps.

Facts: measured on ArduCopter 4.6.2; mode_auto.cpp and AP_Mission.cpp of 4.6. What depends on the vehicle's
own parameters is looked at before arming, in the flight room.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from core.geo import Datum
from missions.case import Case
from missions.finding import Finding, Severity, Verdict
from missions.model import Command, MissionItem

FAIL, PASS, UNKNOWN = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN
LONGEST_WAIT_S = 65_535.0
"""The longest wait that ArduPilot's 16 bits keep."""
DO_RETURN_PATH_START, DO_LAND_START = 188, 189
AS_IT_IS = -1.0
"""A speed that asks for no change."""
SAME_HEIGHT_M = 2.0
"""ArduCopter's WPNAV_RADIUS as it comes."""

Items = Sequence[MissionItem]
_PASSED_BY = frozenset({Command.NAV_WAYPOINT, Command.NAV_SPLINE_WAYPOINT})
_PLACED = _PASSED_BY | {Command.NAV_LOITER_TURNS, Command.NAV_PAYLOAD_PLACE}
_WAITS = frozenset(
    {Command.NAV_WAYPOINT, Command.NAV_SPLINE_WAYPOINT, Command.NAV_LOITER_TIME, Command.NAV_DELAY}
)
_ROI = frozenset({Command.DO_SET_ROI_LOCATION, Command.DO_SET_ROI})


def trap_findings(case: Case) -> Iterator[Finding]:
    """One finding for every trap that stands in the plan, or one pass for all."""
    items = case.mission.items
    found = [finding for trap in TRAPS for finding in trap(items)]
    yield from found
    if not any(f.verdict is FAIL for f in found):
        yield Finding("traps", PASS, "none of ArduCopter's known traps is in the plan")


def _failed(rule: str, item: int, message: str, cure: str, **more: Any) -> Finding:
    return Finding(rule, FAIL, message, item=item, cure=cure, **more)


def _never_flown(items: Items) -> Iterator[Finding]:
    """Behind a return or landing the motors stop; only a take-off after a landing goes on."""
    for end, item in enumerate(items):
        if item.command not in {Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND}:
            continue
        later = [i for i in range(end + 1, len(items)) if items[i].is_nav]
        if not later or _reached_past(items, end):
            return
        if item.command == Command.NAV_LAND and items[later[0]].command == Command.NAV_TAKEOFF:
            continue
        why = f"comes after the end at item {end + 1} and is never flown ({len(later)} such places)"
        yield _failed(
            "never_flown", later[0], why, "take the return or landing away, or what follows it",
            value=float(len(later)), limit=0.0,
        )  # fmt: skip
        return


def _reached_past(items: Items, end: int) -> bool:
    """Whether a jump or a landing sequence leads past an end."""
    marks = any(i.command in {DO_RETURN_PATH_START, DO_LAND_START} for i in items[end + 1 :])
    jumps = any(i.command == Command.DO_JUMP and i.params[0] > end + 1 for i in items[: end + 1])
    return marks or jumps


def _take_offs(items: Items) -> Iterator[Finding]:
    """A take-off climbs straight up where it is, its place unread; to 0 m it climbs 1 m."""
    flying = False
    for index, item in enumerate(items):
        if item.command == Command.NAV_LAND:
            flying = False
        elif item.command == Command.NAV_TAKEOFF:
            if flying:
                why = "a second take-off in the air: it climbs where it is and does not fly to its place"
                yield _failed("take_off_again", index, why, "make it a waypoint")
            up_m = 0.0 if item.altitude is None else item.altitude.value_m
            relative = item.altitude is None or item.altitude.datum is not Datum.GEOID
            if relative and up_m <= 0:
                why = f"take-off to {up_m:g} m: it would rise 1 m and fly on from there"
                yield _failed("take_off_height", index, why, "give it a height", value=up_m, limit=0.0)
            flying = True


def _speeds(items: Items) -> Iterator[Finding]:
    for index, item in enumerate(items):
        speed = item.params[1]
        if item.command == Command.DO_CHANGE_SPEED and not (speed > 0 or speed == AS_IT_IS):
            why = f"a speed of {speed:g} m/s is not taken: it flies on as fast as before"
            yield _failed(
                "speed_order", index, why, "give a speed above 0, or take the item away", value=speed,
                limit=0.0,
            )  # fmt: skip


def _jumps(items: Items) -> Iterator[Finding]:
    for index, item in enumerate(items):
        if item.command != Command.DO_JUMP:
            continue
        target, times = item.params[0], item.params[1]
        if not (1 <= target <= len(items)):
            why = f"jumps to item {target:g}; there are items 1 to {len(items)}"
            yield _failed(
                "jump_target", index, why, "jump to an item of the plan", value=target, limit=len(items)
            )
        elif not times >= 0:
            yield _failed(
                "jump_endless", index, f"jumps for ever ({times:g} times), until the battery ends it",
                "say how many times", value=times, limit=0.0,
            )  # fmt: skip
        elif target <= index + 1 and not any(i.is_nav for i in items[int(target) - 1 : index]):
            why = f"jumps back to item {target:g} with nothing to fly in between"
            yield _failed("jump_target", index, why, "jump to a place before it", value=target)


def _waits(items: Items) -> Iterator[Finding]:
    """Waits without an end, and those that ArduPilot cannot keep."""
    last = max((i for i, x in enumerate(items) if x.is_nav), default=-1)
    for index, item in enumerate(items):
        if item.command == Command.NAV_LOITER_UNLIM and index < last:
            why = "circles or waits there for ever: what follows is never flown"
            yield _failed("wait_endless", index, why, "give it a time (loiter time)")
        seconds = item.params[0]
        if item.command in _WAITS and seconds > LONGEST_WAIT_S:
            why = f"waits {seconds:g} s; ArduPilot keeps {LONGEST_WAIT_S:.0f} s at most and cuts the rest"
            yield _failed("wait_endless", index, why, "wait shorter", value=seconds, limit=LONGEST_WAIT_S)
        if item.command == Command.NAV_DELAY and not seconds > 0 and _clock_time(item):
            why = "waits in the air for a time of day: up to 24 hours if that has just passed"
            yield _failed("wait_endless", index, why, "wait a number of seconds", limit=LONGEST_WAIT_S)


def _clock_time(item: MissionItem) -> bool:
    """Whether a delay names hour, minute or second (-1 = any)."""
    return any(math.isfinite(v) and v >= 0 for v in item.params[1:]) and any(v > 0 for v in item.params[1:])


def _nowhere(items: Items) -> Iterator[Finding]:
    """Places left out: latitude and longitude 0 mean "here"."""
    for index, item in enumerate(items):
        if item.command in _PLACED and item.position is None:
            why = "has no place (0, 0): it stays over the place before"
            yield _failed("no_place", index, why, "give it a place, or take it away")
        elif item.command in _ROI and item.position is None:
            why = "has no place to look at (0, 0): it lets the last one go"
            cure = "give it a place, or say 'look at nothing' (197)"
            yield _failed("roi_no_place", index, why, cure, severity=Severity.WARNING)


def _payload_places(items: Items) -> Iterator[Finding]:
    """ArduCopter waits at the place for a height that it never comes to, or comes down without a bound."""
    for index, item in enumerate(items):
        if item.command != Command.NAV_PAYLOAD_PLACE:
            continue
        if _hovers(items, index):
            why = "would hover over the place for ever: it is reached in passing from another height"
            cure = "let the waypoint before it wait 1 s (p1 = 1)"
            yield _failed("place_hovers", index, why, cure, value=0.0, limit=1.0)
        if not item.params[0] > 0:
            why = "comes down without a bound until something is touched"
            cure = "give the greatest descent (p1) in metres"
            yield _failed("place_descent", index, why, cure, value=0.0, severity=Severity.WARNING)


def _hovers(items: Items, index: int) -> bool:
    """Whether a payload place follows a waypoint that is passed without a stop at another height."""
    before = next((i for i in reversed(items[:index]) if i.is_nav), None)
    here = items[index].altitude
    if before is None or before.command not in _PASSED_BY or before.params[0] > 0:
        return False
    if before.altitude is None or here is None:
        return before.altitude is not here
    apart = abs(before.altitude.value_m - here.value_m)
    return before.altitude.datum is not here.datum or apart > SAME_HEIGHT_M


def _splines(items: Items) -> Iterator[Finding]:
    """A curve needs a flight to begin from."""
    for index, item in enumerate(items):
        if item.command in {Command.NAV_TAKEOFF, Command.NAV_WAYPOINT}:
            return
        if item.command == Command.NAV_SPLINE_WAYPOINT:
            yield _failed("spline_first", index, "a curve before any take-off", "take off before it")
            return


def _above_ground(items: Items) -> Iterator[Finding]:
    """Heights over ground need the vehicle's own terrain data; without them it flew into the ground."""
    index = next((i for i, x in enumerate(items) if x.altitude and x.altitude.datum is Datum.GROUND), None)
    if index is not None:
        why = "a height over ground: whether the vehicle has the ground's heights there is not known"
        cure = "load terrain onto the vehicle and see it before arming, or give heights over home"
        yield Finding("terrain_frame", UNKNOWN, why, severity=Severity.WARNING, item=index, cure=cure)


TRAPS: tuple[Callable[[Items], Iterator[Finding]], ...] = (
    _never_flown,
    _take_offs,
    _speeds,
    _jumps,
    _waits,
    _nowhere,
    _payload_places,
    _splines,
    _above_ground,
)
