"""What is on the vehicle after a failed upload, and the old list put back: half an upload destroys it."""

from collections.abc import Sequence

from flight.conversation import Conversation
from flight.protocol import Phase
from flight.readback import compare, compare_item
from flight.transfererrors import name_of
from flight.wire import Kind, WireItem

TRIES = 2
TIME_S = 60.0

Items = Sequence[WireItem]


def put_back(talk: Conversation, kind: Kind, wanted: Items, old: Items | None) -> str:
    """Make the vehicle hold `old` again (None: not known) unless it holds `wanted`; one phrase on what it
    holds now.
    """
    talk.allow(TIME_S)
    held = talk.held(kind)
    if held is None:
        gone = "" if old is None or _empty(kind, old) else f"; {_named(kind, old)} may be gone"
        return f"unknown (it does not answer){gone}"
    if compare(wanted, held).same:
        return "the new one, complete"
    if old is None:
        return f"{describe(kind, wanted, held)}; what it held before is gone"
    if _same(old, held):
        return f"{_named(kind, old)}, unchanged"
    for _ in range(TRIES):
        talk.upload(kind, () if _empty(kind, old) else old, exact=False)
        held = talk.held(kind)
        if held is not None and _same(old, held):
            what = "the part of the new one is removed" if _empty(kind, old) else "put back and verified"
            return f"{_named(kind, old)}, {what}"
    now = "unknown (it does not answer)" if held is None else describe(kind, wanted, held)
    return f"{now}; {_named(kind, old)} could not be put back"


def keep(talk: Conversation, kind: Kind) -> tuple[WireItem, ...] | None:
    """What the vehicle holds before an upload; None when it cannot be read."""
    for _ in range(TRIES):
        state = talk.download(kind)
        if state.phase is Phase.DONE:
            return state.items
    return None


def describe(kind: Kind, wanted: Items, held: Items) -> str:
    """What a vehicle holds after part of an upload."""
    if not held:
        return f"no {name_of(kind)}"
    home = int(kind is Kind.MISSION)
    new = 0
    for want, got in zip(wanted[home:], held[home:], strict=False):
        if not compare_item(want, got).same:
            break
        new += 1
    if new == 0:
        return f"{len(held) - home} items, none of them from this upload"
    return f"{len(held) - home} items, only the first {new} as in this plan: do not fly it"


def _empty(kind: Kind, items: Items) -> bool:
    return len(items) <= int(kind is Kind.MISSION)


def _same(old: Items, held: Items) -> bool:
    kind = (*old, *held)[0].kind if old or held else Kind.MISSION
    return compare(old, held).same or (_empty(kind, old) and _empty(kind, held))


def _named(kind: Kind, old: Items) -> str:
    if _empty(kind, old):
        return f"no {name_of(kind)}, as before"
    return f"the {name_of(kind)} it held before ({len(old) - int(kind is Kind.MISSION)} items)"
