"""May a plan be replaced now? In the air only when nothing flies it and the ground below it is known.

ArduPilot takes a new mission while it flies the old one, and goes on in the middle of it; a height above the
ground where it has no terrain data has flown into it. So it is asked for its data at each such place
(TERRAIN_CHECK; a TERRAIN_REPORT whose spacing is 0 means that it has none).
"""

from collections.abc import Collection, Mapping, Sequence
from enum import Enum

from core.errors import SkyshadeError
from core.geo import Datum
from flight.params import ParameterError, get_parameter
from flight.state import VehicleState
from flight.vehicle import Vehicle
from flight.wire import Kind, Message, WireItem

ANSWER_S = 1.0
TRIES = 3
FLOWN_IN = "AUTO"


class Ground(Enum):
    """What the vehicle knows of the ground at a place."""

    KNOWN = "known"
    MISSING = "missing"
    UNKNOWN = "unknown"


class NotReplaceableError(SkyshadeError):
    """A plan that must not be replaced now."""


def check_replacement(vehicle: Vehicle, sets: Mapping[Kind, Sequence[WireItem]]) -> tuple[str, ...]:
    """Raise `NotReplaceableError`, or what is to be said of heights above ground before the plan is flown."""
    flown = not_now(vehicle.state, sets)
    if flown:
        raise NotReplaceableError(flown, hint="pause it first: change to GUIDED, LOITER or BRAKE")
    above = above_ground(sets)
    if not above:
        return ()
    ground = ask_ground(vehicle, above)
    doubts = ground_doubts(ground)
    if doubts and vehicle.state.armed is not False:
        raise NotReplaceableError(
            f"{doubts[0]}: in the air it could fly into the ground", hint="use heights above home"
        )
    return doubts


def not_now(state: VehicleState, kinds: Collection[Kind]) -> str:
    """Why the mission must not be replaced now, empty when it may be."""
    if Kind.MISSION not in kinds or state.armed is False:
        return ""
    if state.armed is None or state.mode is None:
        return "whether the vehicle is flying its mission is unknown: it has not said"
    if state.mode == FLOWN_IN:
        return (
            "the vehicle is armed and flies its mission (AUTO): it would go on in the middle of the new one"
        )
    return ""


def above_ground(sets: Mapping[Kind, Sequence[WireItem]]) -> tuple[WireItem, ...]:
    """The items whose height is above the ground."""
    return tuple(item for items in sets.values() for item in items if item.datum is Datum.GROUND)


def ground_doubts(ground: Mapping[int, Ground]) -> tuple[str, ...]:
    """One sentence for each kind of doubt, naming the items."""
    words = {
        Ground.MISSING: "the vehicle has no terrain data",
        Ground.UNKNOWN: "whether the vehicle has terrain data is unknown",
    }
    doubts = []
    for kind, text in words.items():
        seqs = [seq for seq, known in ground.items() if known is kind]
        if seqs:
            which = f"item {seqs[0]}" + (f" and {len(seqs) - 1} more" if len(seqs) > 1 else "")
            doubts.append(f"{which}: height above ground, and {text}")
    return tuple(doubts)


def ask_ground(vehicle: Vehicle, items: Sequence[WireItem]) -> dict[int, Ground]:
    """What the vehicle knows of the ground at each item, by sequence number."""
    try:
        if get_parameter(vehicle, "TERRAIN_ENABLE") == 0.0:
            return dict.fromkeys((item.seq for item in items), Ground.MISSING)
    except ParameterError:
        return dict.fromkeys((item.seq for item in items), Ground.UNKNOWN)
    return {item.seq: _ground_at(vehicle, item) for item in items}


def _ground_at(vehicle: Vehicle, item: WireItem) -> Ground:
    for _ in range(TRIES):
        vehicle.send("TERRAIN_CHECK", {"lat": item.x, "lon": item.y})
        until_s = vehicle.clock.monotonic_s() + ANSWER_S
        while vehicle.clock.monotonic_s() < until_s:
            spacing = _spacing(vehicle.receive(0.05), item)
            if spacing is not None:
                return Ground.KNOWN if spacing > 0 else Ground.MISSING
    return Ground.UNKNOWN


def _spacing(message: Message | None, item: WireItem) -> int | None:
    """The spacing in a report about this place, None in any other message."""
    if message is None or message.name != "TERRAIN_REPORT":
        return None
    there = (int(message.fields["lat"]), int(message.fields["lon"])) == (item.x, item.y)
    return int(message.fields["spacing"]) if there else None
