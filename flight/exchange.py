"""Uploading, downloading and clearing over a connection: run the state machines, read back, compare.

An upload either ends verified, which means that the vehicle has read back what was sent, or raises and says
what the vehicle holds now: half an upload destroys what was there before.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.clock import Clock
from core.errors import SkyshadeError
from flight.download import Download, start_download, step_download
from flight.readback import Comparison, compare, compare_item
from flight.transfer import (
    MEANING,
    Event,
    Outgoing,
    Phase,
    Result,
    Tick,
    Upload,
    meaning,
    start_upload,
    step_upload,
)
from flight.wire import Fields, Kind, Message, WireItem

log = logging.getLogger(__name__)

ATTEMPTS = 5
BUSY_PAUSE_S = 2.0
TICK_S = 0.01
STARTING = "Only 0 items"  # ArduPilot in its first seconds, before it has looked at its storage

_PASSING = (
    Result.ACCEPTED, Result.ERROR, Result.INVALID_SEQUENCE, Result.DENIED, Result.OPERATION_CANCELLED
)  # fmt: skip

Progress = Callable[[int, int], None]


class Wire(Protocol):
    """What a transfer needs of a connection."""

    def send(self, name: str, fields: Fields) -> None:
        """Send one message to the vehicle."""
        ...

    def receive(self, timeout_s: float) -> Message | None:
        """The vehicle's next message, None when none comes in time."""
        ...


class TransferError(SkyshadeError):
    """An upload or download that failed; `on_vehicle` says what the vehicle holds now."""

    def __init__(self, message: str, *, on_vehicle: str = "unknown", hint: str | None = None) -> None:
        super().__init__(f"{message}; on the vehicle now: {on_vehicle}", hint=hint)
        self.on_vehicle = on_vehicle


class RefusedItemError(TransferError):
    """The vehicle refuses one item: `seq` (as the vehicle counts: home is 0 in a mission) and `result`."""

    def __init__(self, kind: Kind, item: WireItem, result: int, *, said: str, on_vehicle: str) -> None:
        text = f"{_name(kind)} item {item.seq} (command {item.command}) was refused: {meaning(result)}"
        super().__init__(text + said, on_vehicle=on_vehicle, hint="change that item and upload again")
        self.seq = item.seq
        self.result = result


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


def upload(
    wire: Wire,
    kind: Kind,
    items: Sequence[WireItem],
    clock: Clock,
    *,
    on_progress: Progress | None = None,
) -> TransferReport:
    """Upload `items`, read them back and compare; returns only when verified.

    Raises `RefusedItemError` when the vehicle refuses an item, `TransferError` otherwise.
    """
    began_s = clock.monotonic_s()
    exact, resends, trouble, texts = False, 0, "", _Words(wire)
    for attempt in range(1, ATTEMPTS + 1):
        state = _run_upload(texts, kind, items, clock, exact=exact, on_progress=on_progress)
        resends += state.resends
        unclear = state.result == Result.ERROR and not exact  # also said to an item after the end
        if state.phase is Phase.REFUSED and not unclear:
            trouble = meaning(state.result or 0)
            exact = _after_refusal(texts, state, clock)
            continue
        held = _try_download(texts, kind, clock)
        if held is None:
            trouble = "it could not be read back"
            continue
        found = compare(items, held)
        if found.same:
            count = max(0, len(items) - (kind is Kind.MISSION))
            seconds = clock.monotonic_s() - began_s
            return TransferReport(kind, count, attempt, resends, seconds, found.adjusted)
        trouble, exact = found.different[0], exact or unclear
    raise TransferError(
        f"{_name(kind)} upload failed after {ATTEMPTS} attempts: {trouble}",
        on_vehicle=_describe(texts, kind, items, clock),
        hint="check the radio link and upload again before flying",
    )


def download(wire: Wire, kind: Kind, clock: Clock) -> tuple[WireItem, ...]:
    """What the vehicle holds; raises `TransferError`."""
    for _ in range(2):
        state = _run_download(wire, kind, clock)
        if state.phase is Phase.DONE:
            return state.items
    why = "the vehicle does not answer" if state.result is None else meaning(state.result)
    raise TransferError(f"{_name(kind)} download failed: {why}")


def clear(wire: Wire, kind: Kind, clock: Clock) -> None:
    """Remove everything of that kind; raises `TransferError` when something is still there."""
    upload(wire, kind, (), clock)


def _name(kind: Kind) -> str:
    return kind.name.lower()


class _Words:
    """A connection that remembers what explains a refusal: the vehicle's last warnings, and the result it
    gave (a lost refusal is only followed by a plain error).
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.last: list[str] = []
        self.refusal: int | None = None

    def send(self, name: str, fields: Fields) -> None:
        self.wire.send(name, fields)

    def receive(self, timeout_s: float) -> Message | None:
        message = self.wire.receive(timeout_s)
        if message is None:
            return None
        if message.name == "STATUSTEXT" and int(message.fields["severity"]) <= 4:
            self.last = [*self.last[-2:], str(message.fields["text"])]
        if message.name == "MISSION_ACK" and int(message.fields["type"]) not in _PASSING:
            self.refusal = int(message.fields["type"])
        return message


def _run_upload(
    wire: Wire,
    kind: Kind,
    items: Sequence[WireItem],
    clock: Clock,
    *,
    exact: bool,
    on_progress: Progress | None,
) -> Upload:
    state, sends = start_upload(kind, items, clock.monotonic_s(), exact=exact)
    while True:
        _send_all(wire, sends)
        if state.ended:
            return state
        before, sends = state.wanted, ()
        for event in _next_events(wire):
            state, more = step_upload(state, event, clock.monotonic_s())
            sends += more
        if on_progress is not None and state.wanted != before:
            on_progress(state.wanted, len(items))


def _run_download(wire: Wire, kind: Kind, clock: Clock) -> Download:
    state, sends = start_download(kind, clock.monotonic_s())
    while True:
        _send_all(wire, sends)
        if state.ended:
            return state
        sends = ()
        for event in _next_events(wire):
            state, more = step_download(state, event, clock.monotonic_s())
            sends += more


def _next_events(wire: Wire) -> tuple[Event, ...]:
    message = wire.receive(TICK_S)
    return (Tick(),) if message is None else (message, Tick())


def _send_all(wire: Wire, sends: Sequence[Outgoing]) -> None:
    for message in sends:
        wire.send(message.name, message.fields)


def _after_refusal(wire: _Words, state: Upload, clock: Clock) -> bool:
    """Whether to try again with one item at a time; raises when the refusal is final and its item certain."""
    result = state.result or 0
    if result == Result.DENIED:
        clock.sleep(BUSY_PAUSE_S)
        return state.exact
    if result == Result.OPERATION_CANCELLED:
        return state.exact
    _linger(wire, clock)
    if result == Result.NO_SPACE and any(STARTING in text for text in wire.last):
        wire.last.clear()
        clock.sleep(BUSY_PAUSE_S)
        return state.exact
    said = f" ({'; '.join(dict.fromkeys(wire.last))})" if wire.last else ""
    if result == Result.NO_SPACE or not state.items:
        why = MEANING[Result.NO_SPACE] if result == Result.NO_SPACE else meaning(result)
        raise TransferError(
            f"{_name(state.kind)} upload of {len(state.items)} items was refused: {why}{said}",
            on_vehicle=_describe(wire, state.kind, state.items, clock),
        )
    first, last = state.suspects
    if first != last and not state.exact:
        return True
    if state.kind is Kind.FENCE and first >= len(state.items) - 1 and result == Result.ERROR:
        raise TransferError(
            f"the fence was refused as a whole{said}",
            on_vehicle=_describe(wire, state.kind, state.items, clock),
        )
    raise RefusedItemError(
        state.kind,
        state.items[min(first, len(state.items) - 1)],
        wire.refusal or result,
        said=said,
        on_vehicle=_describe(wire, state.kind, state.items, clock),
    )


def _linger(wire: _Words, clock: Clock) -> None:
    """Listen a moment: the text that explains a refusal may come after it."""
    until_s = clock.monotonic_s() + 0.3
    while clock.monotonic_s() < until_s:
        wire.receive(TICK_S)


def _try_download(wire: Wire, kind: Kind, clock: Clock) -> tuple[WireItem, ...] | None:
    state = _run_download(wire, kind, clock)
    return state.items if state.phase is Phase.DONE else None


def _describe(wire: Wire, kind: Kind, wanted: Sequence[WireItem], clock: Clock) -> str:
    """One phrase on what the vehicle holds after a failed upload."""
    held = _try_download(wire, kind, clock)
    if held is None:
        return "unknown (it does not answer)"
    if not held:
        return f"no {_name(kind)}"
    found: Comparison = compare(wanted, held)
    if found.same:
        return "the new one, complete"
    home = int(kind is Kind.MISSION)
    new = 0
    for want, got in zip(wanted[home:], held[home:], strict=False):
        if not compare_item(want, got).same:
            break
        new += 1
    if new == 0:
        return f"{len(held) - home} items, none of them from this upload"
    return f"{len(held) - home} items, only the first {new} as in this plan: do not fly it"
