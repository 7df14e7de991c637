"""Reading a mission, fence or rally list back, as a pure state machine.

REQUEST_LIST, then items asked for by number, as many at once as the link bears; whatever does not come is
asked for again on the measured round trip, twice where answers get lost; MISSION_ACK at the end. Items of
another type, and acknowledgements left over from an upload, are ignored.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flight.pace import Pace
from flight.protocol import Event, Outgoing, Phase, Result, Sends, Tick, why_end
from flight.wire import Kind, WireItem, item_of

OVERTAKEN = 3  # so many later answers, and an item is taken for lost
FEW = 4  # missing at the end: asked for twice where answers get lost


@dataclass(frozen=True, slots=True)
class Asked:
    """When an item was asked for, its place in the order of questions, whether again, and how many later
    questions have been answered since.
    """

    at_s: float
    order: int
    again: bool = False
    overtaken: int = 0


@dataclass(frozen=True, slots=True)
class Download:
    """A download under way: `count` is None until the vehicle says it; `held` are the items so far; `asked`
    the outstanding ones; `next` the first never asked for.
    """

    kind: Kind
    phase: Phase = Phase.ASKING
    count: int | None = None
    held: Mapping[int, WireItem] = field(default_factory=dict)
    asked: Mapping[int, Asked] = field(default_factory=dict)
    next: int = 0
    order: int = 0
    list_s: float = 0.0
    heard_s: float = 0.0
    pace: Pace = field(default_factory=Pace)
    resends: int = 0
    result: int | None = None
    moved_s: float = 0.0
    until_s: float = math.inf
    trouble: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will be sent."""
        return self.phase in (Phase.DONE, Phase.SILENT)

    @property
    def items(self) -> tuple[WireItem, ...]:
        """The items in order, once done."""
        return tuple(self.held[seq] for seq in sorted(self.held))


def start_download(
    kind: Kind, now_s: float, *, pace: Pace | None = None, until_s: float = math.inf
) -> tuple[Download, Sends]:
    """Ask for the count; `pace` is what an earlier transfer found out about this link, `until_s` the time at
    which it must be over.
    """
    state = Download(kind, list_s=now_s, heard_s=now_s, moved_s=now_s, pace=pace or Pace(), until_s=until_s)
    return state, _list(state)


def step_download(state: Download, event: Event, now_s: float) -> tuple[Download, Sends]:
    """Answer one event."""
    if state.ended:
        return state, ()
    if isinstance(event, Tick):
        return _tick(state, now_s)
    if int(event.fields.get("mission_type", 0)) != state.kind:
        return state, ()
    if event.name == "MISSION_COUNT" and state.phase is Phase.ASKING:
        return _counted(state, int(event.fields["count"]), now_s)
    if event.name == "MISSION_ITEM_INT" and state.phase is Phase.RUNNING:
        return _took(state, item_of(event.fields), now_s)
    if event.name == "MISSION_ACK" and int(event.fields["type"]) == Result.DENIED:
        state = replace(state, result=int(Result.DENIED))  # busy with an upload: keep asking
    return state, ()


def _list(state: Download) -> Sends:
    return (Outgoing("MISSION_REQUEST_LIST", {"mission_type": int(state.kind)}),) * state.pace.copies


def _ask(kind: Kind, seq: int) -> Outgoing:
    return Outgoing("MISSION_REQUEST_INT", {"seq": seq, "mission_type": int(kind)})


def _finished(state: Download) -> tuple[Download, Sends]:
    ack = Outgoing("MISSION_ACK", {"type": int(Result.ACCEPTED), "mission_type": int(state.kind)})
    return replace(state, phase=Phase.DONE), (ack,)


def _counted(state: Download, count: int, now_s: float) -> tuple[Download, Sends]:
    pace = state.pace.answered(now_s - state.list_s if state.resends == 0 else None, now_s)
    state = replace(state, phase=Phase.RUNNING, count=count, heard_s=now_s, moved_s=now_s, pace=pace)
    return _finished(state) if count == 0 else _ask_more(state, now_s)


def _took(state: Download, item: WireItem | None, now_s: float) -> tuple[Download, Sends]:
    if item is None or state.count is None or item.seq not in state.asked:
        return state, ()
    one = state.asked[item.seq]
    asked = {
        seq: replace(a, overtaken=a.overtaken + 1) if a.order < one.order else a
        for seq, a in state.asked.items()
        if seq != item.seq
    }
    pace = state.pace.answered(None if one.again else now_s - one.at_s, now_s)
    held = {**state.held, item.seq: item}
    state = replace(state, held=held, asked=asked, heard_s=now_s, moved_s=now_s, pace=pace)
    if len(state.held) == state.count:
        return _finished(state)
    lost = [seq for seq, a in asked.items() if a.overtaken >= OVERTAKEN]
    state = replace(state, pace=pace.gap(now_s)) if lost else state
    state, again = _ask_for(state, lost, now_s, again=True)
    state, more = _ask_more(state, now_s)
    return state, (*again, *more)


def _ask_more(state: Download, now_s: float) -> tuple[Download, Sends]:
    free = max(0, state.pace.messages - len(state.asked))
    fresh = range(state.next, min(state.count or 0, state.next + free))
    return _ask_for(replace(state, next=fresh.stop if fresh else state.next), fresh, now_s, again=False)


def _ask_for(state: Download, seqs: Sequence[int], now_s: float, *, again: bool) -> tuple[Download, Sends]:
    if not seqs:
        return state, ()
    fresh = {seq: Asked(now_s, state.order + i, again) for i, seq in enumerate(seqs)}
    few = len(seqs) <= FEW and len(state.held) + len(state.asked) + FEW >= (state.count or 0)
    copies = state.pace.copies if few else 1
    resends = state.resends + copies * len(seqs) - (0 if again else len(seqs))
    order = state.order + len(seqs)
    state = replace(state, asked={**state.asked, **fresh}, order=order, resends=resends)
    return state, tuple(_ask(state.kind, seq) for seq in seqs for _ in range(copies))


def _tick(state: Download, now_s: float) -> tuple[Download, Sends]:
    why = why_end(now_s, heard_s=state.heard_s, moved_s=state.moved_s, until_s=state.until_s)
    if why:
        return replace(state, phase=Phase.SILENT, trouble=why), ()
    if state.phase is Phase.ASKING:
        if now_s - state.list_s < state.pace.ask_wait_s:
            return state, ()
        again = replace(state, list_s=now_s, pace=state.pace.unanswered(), resends=state.resends + 1)
        return again, _list(state)
    wait_s = state.pace.trip.timeout_s
    late = [seq for seq, a in state.asked.items() if now_s - a.at_s >= wait_s]
    if not late:
        return state, ()
    quiet = now_s - state.heard_s >= wait_s
    pace = state.pace.silent() if quiet else state.pace.gap(now_s)
    return _ask_for(replace(state, pace=pace), late[: pace.messages], now_s, again=True)
