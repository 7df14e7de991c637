"""Running a transfer's state machine over a connection, and remembering what the vehicle said meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.clock import Clock
from flight.download import Download, start_download, step_download
from flight.pace import Pace
from flight.protocol import Event, Outgoing, Phase, Result, Tick
from flight.transfer import Upload, start_upload, step_upload
from flight.wire import Fields, Kind, Message, WireItem

TICK_S = 0.01
LINGER_S = 0.3
MOST_AT_ONCE = 200
WORDS_KEPT = 3
WARNING = 4  # MAV_SEVERITY

# Results that are about the transfer, not about an item.
PASSING = frozenset(
    {Result.ACCEPTED, Result.ERROR, Result.INVALID_SEQUENCE, Result.DENIED, Result.OPERATION_CANCELLED}
)

Progress = Callable[[int, int], None]
"""Called with (items done, all items)."""


class Wire(Protocol):
    """What a transfer needs of a connection."""

    def send(self, name: str, fields: Fields) -> None:
        """Send one message to the vehicle."""
        ...

    def receive(self, timeout_s: float) -> Message | None:
        """The vehicle's next message, None when none comes in time."""
        ...


@dataclass(slots=True)
class LinkMemory:
    """What transfers have found out about one link: the pace it bears, how many items the vehicle holds."""

    pace: Pace = field(default_factory=Pace)
    limits: dict[Kind, int] = field(default_factory=dict)


class Conversation:
    """Transfers over one connection; `words` are the vehicle's last warnings, `refusal` the last result that
    it gave an item (a lost refusal is only followed by a plain error).
    """

    def __init__(self, wire: Wire, clock: Clock, memory: LinkMemory, total_s: float) -> None:
        self.wire, self.clock, self.memory = wire, clock, memory
        self.words: list[str] = []
        self.refusal: int | None = None
        self.until_s = clock.monotonic_s() + total_s

    def allow(self, seconds: float) -> None:
        """At least so much more time in total."""
        self.until_s = max(self.until_s, self.clock.monotonic_s() + seconds)

    @property
    def late(self) -> bool:
        """Whether the time for all of it is over."""
        return self.clock.monotonic_s() >= self.until_s

    def upload(
        self, kind: Kind, items: Sequence[WireItem], *, exact: bool, on_progress: Progress | None = None
    ) -> Upload:
        """One attempt, to its end."""
        state, sends = start_upload(
            kind, items, self.clock.monotonic_s(),
            exact=exact, pace=self.memory.pace.rested(), until_s=self.until_s,
        )  # fmt: skip
        while True:
            self._send(sends)
            if state.ended:
                self.memory.pace = state.pace
                return state
            before, sends = state.known, ()
            for event in self._next_events():
                state, more = step_upload(state, event, self.clock.monotonic_s())
                sends += more
            if on_progress is not None and state.known != before:
                on_progress(state.known, len(items))

    def download(self, kind: Kind, on_progress: Progress | None = None) -> Download:
        """One attempt, to its end."""
        state, sends = start_download(
            kind, self.clock.monotonic_s(), pace=self.memory.pace.rested(), until_s=self.until_s
        )
        while True:
            self._send(sends)
            if state.ended:
                self.memory.pace = state.pace
                return state
            before, sends = len(state.held), ()
            for event in self._next_events():
                state, more = step_download(state, event, self.clock.monotonic_s())
                sends += more
            if on_progress is not None and len(state.held) != before:
                on_progress(len(state.held), state.count or 0)

    def held(self, kind: Kind) -> tuple[WireItem, ...] | None:
        """What the vehicle holds, None when it does not say."""
        state = self.download(kind)
        return state.items if state.phase is Phase.DONE else None

    def linger(self) -> None:
        """Listen a moment: the text that explains a refusal may come after it."""
        until_s = self.clock.monotonic_s() + LINGER_S
        while self.clock.monotonic_s() < until_s:
            self._receive(TICK_S)

    def said(self) -> str:
        """The vehicle's last warnings, in brackets."""
        return f" ({'; '.join(dict.fromkeys(self.words))})" if self.words else ""

    def _send(self, sends: Sequence[Outgoing]) -> None:
        for message in sends:
            self.wire.send(message.name, message.fields)

    def _next_events(self) -> tuple[Event, ...]:
        """Everything that has arrived, then a tick."""
        came: list[Event] = []
        message = self._receive(TICK_S)
        while message is not None and len(came) < MOST_AT_ONCE:
            came.append(message)
            message = self._receive(0.0)
        return (*came, Tick())

    def _receive(self, timeout_s: float) -> Message | None:
        message = self.wire.receive(timeout_s)
        if message is None:
            return None
        if message.name == "STATUSTEXT" and int(message.fields["severity"]) <= WARNING:
            self.words = [*self.words[1 - WORDS_KEPT :], str(message.fields["text"])]
        if message.name == "MISSION_ACK" and int(message.fields["type"]) not in PASSING:
            self.refusal = int(message.fields["type"])
        return message
