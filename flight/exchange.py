"""Uploading, downloading and clearing over a connection: run the state machines, read back, compare.

An upload either ends verified, which means that the vehicle has read back what was sent, or raises and says
what the vehicle holds now. Half an upload destroys what was there before: so that is read first, and put back
when the upload fails for good.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.clock import Clock
from flight.conversation import Conversation, LinkMemory, Progress, Wire
from flight.protocol import MEANING, Phase, Result, meaning
from flight.readback import compare
from flight.restore import keep, put_back
from flight.sendable import KNOWN_COMMANDS, UnsendableError, check_items
from flight.transfer import Upload
from flight.transfererrors import RefusedItemError, TransferError, name_of
from flight.wire import Kind, WireItem

__all__ = [
    "LinkMemory", "Progress", "RefusedItemError", "TransferError", "TransferReport",
    "UnsendableError", "Wire", "clear", "download", "upload",
]  # fmt: skip

ATTEMPTS = 5
BUSY_PAUSE_S = 2.0
TOTAL_S = 300.0
LIMIT = re.compile(r"Only (\d+) items are supported")  # ArduPilot's words


@dataclass(frozen=True, slots=True)
class TransferReport:
    """A verified upload: `items` on the vehicle (home not counted), `attempts`, `resends`, wall `seconds`;
    `adjusted` lists what the vehicle rounds or does not keep.
    """

    kind: Kind
    items: int
    attempts: int
    resends: int
    seconds: float
    adjusted: tuple[str, ...] = ()
    verified: bool = True


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an upload failed for good: the `item` where it is certain, with the vehicle's `result`."""

    text: str
    hint: str | None = None
    item: WireItem | None = None
    result: int = 0


def upload(
    wire: Wire,
    kind: Kind,
    items: Sequence[WireItem],
    clock: Clock,
    *,
    on_progress: Progress | None = None,
    keep_old: bool = True,
    total_s: float = TOTAL_S,
    memory: LinkMemory | None = None,
    commands: frozenset[int] | None = KNOWN_COMMANDS,
) -> TransferReport:
    """Upload `items`, read them back and compare; returns only when verified.

    `keep_old` reads what the vehicle holds first, to put it back after a failure; `total_s` limits it all
    but that; `memory` carries what was found out about this link from one transfer to the next; `commands` as
    in `flight.sendable.check_items`. Raises `UnsendableError` before anything is sent, `RefusedItemError`
    when the vehicle refuses an item, `TransferError` otherwise.
    """
    memory = memory or LinkMemory()
    check_items(kind, items, limit=memory.limits.get(kind), commands=commands)
    return _replace(Conversation(wire, clock, memory, total_s), kind, items, on_progress, keep_old=keep_old)


def _replace(
    talk: Conversation, kind: Kind, items: Sequence[WireItem], told: Progress | None, *, keep_old: bool
) -> TransferReport:
    began_s = talk.clock.monotonic_s()
    old = keep(talk, kind) if keep_old else None
    if keep_old and old is None:
        raise TransferError(
            f"{name_of(kind)} upload not begun: the vehicle does not answer, or is busy",
            on_vehicle="what it held before, for nothing was sent",
            hint="check the radio link, and that no other station is uploading",
        )
    outcome = _attempts(talk, kind, items, told, began_s)
    if isinstance(outcome, TransferReport):
        return outcome
    now = put_back(talk, kind, items, old)
    if outcome.item is not None:
        raise RefusedItemError(kind, outcome.item, outcome.result, said=talk.said(), on_vehicle=now)
    raise TransferError(outcome.text, on_vehicle=now, hint=outcome.hint)


def _attempts(
    talk: Conversation, kind: Kind, items: Sequence[WireItem], told: Progress | None, began_s: float
) -> TransferReport | _Failure:
    exact, doubts, resends, trouble, attempt = False, 0, 0, "", 0
    while attempt < ATTEMPTS and not talk.late:
        attempt += 1
        state = talk.upload(kind, items, exact=exact, on_progress=told)
        resends += state.resends
        unclear = state.result == Result.ERROR and not exact  # also said to an item after the end
        if state.phase is Phase.REFUSED and not unclear:
            trouble = meaning(state.result or 0)
            refused = _refusal(talk, state)
            if isinstance(refused, _Failure):
                return refused
            exact = refused
            continue
        held = talk.held(kind)
        if held is None:
            trouble = state.trouble or "it could not be read back"
            continue
        found = compare(items, held)
        if found.same:
            count = max(0, len(items) - (kind is Kind.MISSION))
            seconds = talk.clock.monotonic_s() - began_s
            return TransferReport(kind, count, attempt, resends, seconds, found.adjusted)
        doubts += unclear
        trouble, exact = state.trouble or found.different[0], exact or doubts > 1
    return _Failure(
        f"{name_of(kind)} upload failed after {attempt} attempts: {trouble}",
        hint="check the radio link and upload again before flying",
    )


def _refusal(talk: Conversation, state: Upload) -> _Failure | bool:
    """A final failure, or whether to try again with one item at a time."""
    result = state.result or 0
    if result == Result.DENIED:
        talk.clock.sleep(BUSY_PAUSE_S)
        return state.exact
    if result == Result.OPERATION_CANCELLED:
        return state.exact
    talk.linger()
    if result == Result.NO_SPACE:
        return _no_space(talk, state)
    first, last = state.suspects
    if not state.items or (state.kind is Kind.FENCE and first >= len(state.items) - 1 and result == 1):
        whole = f"the {name_of(state.kind)} was refused as a whole"
        return (
            _Failure(f"{whole}: {meaning(result)}{talk.said()}")
            if result != 1
            else _Failure(whole + talk.said())
        )
    if first != last and not state.exact:
        return True
    item = state.items[min(first, len(state.items) - 1)]
    return _Failure("", item=item, result=talk.refusal or result)


def _no_space(talk: Conversation, state: Upload) -> _Failure | bool:
    """More items than the vehicle holds; how many it holds stands in its words."""
    found = [int(m.group(1)) for m in map(LIMIT.search, talk.words) if m]
    if found and found[-1] == 0:  # ArduPilot in its first seconds, before it has looked at its storage
        talk.words.clear()
        talk.clock.sleep(BUSY_PAUSE_S)
        return state.exact
    why = MEANING[Result.NO_SPACE]
    if found:
        talk.memory.limits[state.kind] = found[-1]
        why = f"the vehicle holds at most {found[-1]}"
    text = f"{name_of(state.kind)} upload of {len(state.items)} items was refused: {why}{talk.said()}"
    return _Failure(text, hint="split the plan")


def download(
    wire: Wire,
    kind: Kind,
    clock: Clock,
    *,
    on_progress: Progress | None = None,
    total_s: float = TOTAL_S,
    memory: LinkMemory | None = None,
) -> tuple[WireItem, ...]:
    """What the vehicle holds; raises `TransferError`."""
    talk = Conversation(wire, clock, memory or LinkMemory(), total_s)
    for _ in range(2):
        state = talk.download(kind, on_progress)
        if state.phase is Phase.DONE:
            return state.items
    why = state.trouble if state.result is None else meaning(state.result)
    raise TransferError(f"{name_of(kind)} download failed: {why}", on_vehicle="unchanged")


def clear(wire: Wire, kind: Kind, clock: Clock) -> None:
    """Remove everything of that kind; raises `TransferError` when something is still there."""
    talk = Conversation(wire, clock, LinkMemory(), TOTAL_S)
    _replace(talk, kind, (), None, keep_old=False)
