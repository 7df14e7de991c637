"""Reading a mission, fence or rally list back, as a pure state machine.

REQUEST_LIST, then items asked for by number, several at once; whatever does not come is asked for again on
the measured round trip; MISSION_ACK at the end. Items of another type, and acknowledgements left over from
an upload, are ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flight.roundtrip import RoundTrip
from flight.transfer import SILENCE_S, Event, Outgoing, Phase, Result, Sends, Tick
from flight.wire import Kind, WireItem, item_of

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Download:
    """A download under way: `count` is None until the vehicle says it; `held` are the items so far;
    `asked_s` when each outstanding item was asked for, and whether again.
    """

    kind: Kind
    phase: Phase = Phase.ASKING
    count: int | None = None
    held: Mapping[int, WireItem] = field(default_factory=dict)
    asked_s: Mapping[int, tuple[float, bool]] = field(default_factory=dict)
    list_s: float = 0.0
    heard_s: float = 0.0
    trip: RoundTrip = field(default_factory=RoundTrip)
    resends: int = 0
    result: int | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will be sent."""
        return self.phase in (Phase.DONE, Phase.SILENT)

    @property
    def items(self) -> tuple[WireItem, ...]:
        """The items in order, once done."""
        return tuple(self.held[seq] for seq in sorted(self.held))


def start_download(kind: Kind, now_s: float) -> tuple[Download, Sends]:
    """Ask for the count."""
    return Download(kind, list_s=now_s, heard_s=now_s), (_list(kind),)


def step_download(state: Download, event: Event, now_s: float) -> tuple[Download, Sends]:
    """Answer one event."""
    if isinstance(event, Tick):
        return _tick(state, now_s)
    if state.ended or int(event.fields.get("mission_type", 0)) != state.kind:
        return state, ()
    if event.name == "MISSION_COUNT" and state.phase is Phase.ASKING:
        return _counted(state, int(event.fields["count"]), now_s)
    if event.name == "MISSION_ITEM_INT" and state.phase is Phase.RUNNING:
        return _took(state, item_of(event.fields), now_s)
    if event.name == "MISSION_ACK" and int(event.fields["type"]) == Result.DENIED:
        state = replace(state, result=int(Result.DENIED))  # busy with an upload: keep asking
    return state, ()


def _list(kind: Kind) -> Outgoing:
    return Outgoing("MISSION_REQUEST_LIST", {"mission_type": int(kind)})


def _ask(kind: Kind, seq: int) -> Outgoing:
    return Outgoing("MISSION_REQUEST_INT", {"seq": seq, "mission_type": int(kind)})


def _finished(state: Download) -> tuple[Download, Sends]:
    ack = Outgoing("MISSION_ACK", {"type": int(Result.ACCEPTED), "mission_type": int(state.kind)})
    return replace(state, phase=Phase.DONE), (ack,)


def _counted(state: Download, count: int, now_s: float) -> tuple[Download, Sends]:
    trip = state.trip.sampled(now_s - state.list_s) if state.resends == 0 else RoundTrip()
    state = replace(state, phase=Phase.RUNNING, count=count, heard_s=now_s, trip=trip)
    return _finished(state) if count == 0 else _ask_more(state, now_s)


def _took(state: Download, item: WireItem | None, now_s: float) -> tuple[Download, Sends]:
    if item is None or state.count is None or item.seq not in state.asked_s:
        return state, ()
    asked_s = dict(state.asked_s)
    at_s, again = asked_s.pop(item.seq)
    trip = replace(state.trip, backoff=1.0) if again else state.trip.sampled(now_s - at_s)
    state = replace(state, held={**state.held, item.seq: item}, asked_s=asked_s, heard_s=now_s, trip=trip)
    return _finished(state) if len(state.held) == state.count else _ask_more(state, now_s)


def _ask_more(state: Download, now_s: float) -> tuple[Download, Sends]:
    free = AT_ONCE - len(state.asked_s)
    missing = [seq for seq in range(state.count or 0) if seq not in state.held and seq not in state.asked_s][
        :free
    ]
    asked_s = {**state.asked_s, **dict.fromkeys(missing, (now_s, False))}
    return replace(state, asked_s=asked_s), tuple(_ask(state.kind, seq) for seq in missing)


def _tick(state: Download, now_s: float) -> tuple[Download, Sends]:
    if state.ended:
        return state, ()
    if now_s - state.heard_s > SILENCE_S:
        return replace(state, phase=Phase.SILENT), ()
    wait = state.trip.timeout_s
    if state.phase is Phase.ASKING:
        if now_s - state.list_s < wait:
            return state, ()
        again = replace(state, list_s=now_s, trip=state.trip.silent(), resends=state.resends + 1)
        return again, (_list(state.kind),)
    late = [seq for seq, (at_s, _) in state.asked_s.items() if now_s - at_s >= wait]
    if not late:
        return state, ()
    asked_s = {**state.asked_s, **dict.fromkeys(late, (now_s, True))}
    again = replace(state, asked_s=asked_s, resends=state.resends + len(late), trip=state.trip.silent())
    return again, tuple(_ask(state.kind, seq) for seq in late)
