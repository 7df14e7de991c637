"""Sending a mission, fence or rally list, as a pure state machine: (state, event) -> (state, messages).

ArduPilot takes items in order only, asks again each second and gives up after eight. So items go out ahead of
its requests, as many as the link bears (`flight.pace`), and the sender finds gaps by itself: an answer "out
of order" to a later item, or no answer within the measured round trip. Then it starts again from the item
that was asked for last. Protocol: MAVLink mission microservice; ArduPilot's side: MissionItemProtocol.cpp.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flight.pace import Pace
from flight.protocol import Event, Outgoing, Phase, Result, Sends, Tick, why_end
from flight.wire import Kind, WireItem, fields_of

GIVE_UP_BACKOFF = 8.0
GUESSES = 3
PROBE = 4  # items sent after a silence
MISSED_REQUESTS = 3  # in a row, until copies' answers mean a gap
WASTED_FREE = 4  # answers that bring nothing, an item that gets through
TOO_MANY_WASTED = 150
SURE_SHARE = 0.8  # of a round trip: an answer that comes sooner was meant for an earlier message


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload under way.

    `known` is the highest item the vehicle has asked for, `wanted` the first it does not seem to have
    (further on when it answers "out of order" to a resend, which says that it has that item already);
    `sent` one past the last item sent in this round, `ever` in any; `sent_s` when each outstanding item was
    last sent, and whether again; `moved_s` when an item last got further; `odd` answers "out of order" since
    the last request; `open` messages not answered yet, `owed` of them from before this round;
    `wasted` answers that brought nothing further, and `narrow` once there are too many of them: the link is
    full of what is sent twice, and one item at a time goes out.
    `exact` sends one item at a time, so that a refusal names its item without doubt.
    """

    kind: Kind
    items: tuple[WireItem, ...]
    exact: bool = False
    phase: Phase = Phase.ASKING
    wanted: int = 0
    known: int = 0
    sent: int = 0
    ever: int = 0
    sent_s: dict[int, tuple[float, bool]] = field(default_factory=dict)
    open: int = 0
    owed: int = 0
    wasted: int = 0
    narrow: bool = False
    pace: Pace = field(default_factory=Pace)
    asked_s: float = 0.0
    heard_s: float = 0.0
    behind: int | None = None
    odd: int = 0
    resends: int = 0
    result: int | None = None
    moved_s: float = 0.0
    until_s: float = math.inf
    trouble: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will be sent."""
        return self.phase in (Phase.DONE, Phase.REFUSED, Phase.SILENT)

    @property
    def window(self) -> int:
        """How many items may be outstanding."""
        return 1 if self.exact or self.narrow else max(1, self.pace.messages // self.copies)

    @property
    def copies(self) -> int:
        """How often each item is said."""
        return 1 if self.exact or self.narrow else self.pace.copies

    @property
    def suspects(self) -> tuple[int, int]:
        """First and last sequence number that a refusal can mean."""
        return self.wanted, max(self.wanted, self.sent - 1)


def start_upload(
    kind: Kind,
    items: Sequence[WireItem],
    now_s: float,
    *,
    exact: bool = False,
    pace: Pace | None = None,
    until_s: float = math.inf,
) -> tuple[Upload, Sends]:
    """Announce the count; `pace` is what an earlier transfer found out about this link, `until_s` the time at
    which it must be over.
    """
    state = Upload(
        kind, tuple(items), exact,
        pace=pace or Pace(), asked_s=now_s, heard_s=now_s, moved_s=now_s, until_s=until_s,
    )  # fmt: skip
    return state, _count(state)


def step_upload(state: Upload, event: Event, now_s: float) -> tuple[Upload, Sends]:
    """Answer one event."""
    if state.ended:
        return state, ()
    if isinstance(event, Tick):
        return _tick(state, now_s)
    if int(event.fields.get("mission_type", 0)) != state.kind:
        return state, ()
    if event.name in ("MISSION_REQUEST", "MISSION_REQUEST_INT"):
        return _requested(_heard(state, now_s), int(event.fields["seq"]), now_s)
    if event.name == "MISSION_ACK":
        return _acknowledged(_heard(state, now_s), int(event.fields["type"]), now_s)
    return state, ()


def _heard(state: Upload, now_s: float) -> Upload:
    """Each message is answered once, in order."""
    return replace(state, heard_s=now_s, open=max(0, state.open - 1), owed=max(0, state.owed - 1))


def _count(state: Upload) -> Sends:
    count = Outgoing("MISSION_COUNT", {"count": len(state.items), "mission_type": int(state.kind)})
    return (count,) * state.copies


def _tick(state: Upload, now_s: float) -> tuple[Upload, Sends]:
    why = why_end(now_s, heard_s=state.heard_s, moved_s=state.moved_s, until_s=state.until_s)
    if why:
        return replace(state, phase=Phase.SILENT, trouble=why), ()
    if state.phase is Phase.ASKING:
        if now_s - state.asked_s < state.pace.ask_wait_s:
            return state, ()
        again = replace(state, asked_s=now_s, pace=state.pace.unanswered(), resends=state.resends + 1)
        return again, _count(again)
    at_s, _ = state.sent_s.get(state.wanted, (state.heard_s, True))
    if now_s - max(at_s, state.heard_s) < state.pace.trip.timeout_s:
        return state, ()  # while answers come, the link is not silent but full
    if state.known >= len(state.items) - 1 and state.pace.trip.backoff >= GIVE_UP_BACKOFF:
        return replace(state, phase=Phase.DONE), ()  # the last acknowledgement is lost
    return _probe(replace(state, pace=state.pace.silent(), open=0), now_s)


def _again(state: Upload, now_s: float, *, most: int) -> tuple[Upload, Sends]:
    """Start a round from the first item the vehicle does not have."""
    owed = round(state.open * (1.0 - state.pace.loss))
    return _send_ahead(replace(state, sent=state.wanted, sent_s={}, odd=0, owed=owed), now_s, most=most)


def _probe(state: Upload, now_s: float) -> tuple[Upload, Sends]:
    """Start a round carefully: nothing is known of the vehicle now."""
    return _again(state, now_s, most=min(PROBE, state.window))


def _send_ahead(state: Upload, now_s: float, *, most: int | None = None) -> tuple[Upload, Sends]:
    """Send what the window allows, each item as often as the link needs."""
    end = min(len(state.items), state.wanted + (most or state.window))
    if end <= state.sent:
        return state, ()
    copies = state.copies
    fresh = range(max(state.sent, state.wanted), end)
    sent_s = {seq: at for seq, at in state.sent_s.items() if seq >= state.wanted}
    sent_s.update({seq: (now_s, seq < state.ever) for seq in fresh})
    resends = state.resends + sum(seq < state.ever for seq in fresh) + (copies - 1) * len(fresh)
    unanswered = state.open + copies * len(fresh)
    state = replace(
        state, sent=end, ever=max(state.ever, end), sent_s=sent_s, resends=resends, open=unanswered
    )
    items = (Outgoing("MISSION_ITEM_INT", fields_of(state.items[seq])) for seq in fresh)
    return state, tuple(item for item in items for _ in range(copies))


def _requested(state: Upload, seq: int, now_s: float) -> tuple[Upload, Sends]:
    if seq >= len(state.items):
        return state, ()
    if state.phase is Phase.ASKING:
        pace = state.pace.answered(now_s - state.asked_s if state.resends == 0 else None, now_s)
        running = replace(
            state, phase=Phase.RUNNING, wanted=seq, known=seq, sent=seq, pace=pace, moved_s=now_s
        )
        return _send_ahead(running, now_s)
    if seq > state.wanted:
        return _advance(replace(state, known=seq, moved_s=now_s), seq, now_s)
    if seq < state.wanted:
        return _fell_behind(state, seq, now_s)
    at_s, _ = state.sent_s.get(seq, (-1e9, True))
    if now_s - at_s < state.pace.trip.timeout_s:
        return state, ()  # it is on its way
    return _probe(state, now_s)


def _fell_behind(state: Upload, seq: int, now_s: float) -> tuple[Upload, Sends]:
    """A request for an item we took for received: late if it comes once, true when it is repeated."""
    if state.behind != seq:
        return replace(state, behind=seq), ()
    return _back_to(replace(state, known=seq), now_s)


def _back_to(state: Upload, now_s: float) -> tuple[Upload, Sends]:
    """Start again from the item the vehicle last asked for."""
    return _probe(replace(state, wanted=state.known, behind=None), now_s)


def _advance(state: Upload, wanted: int, now_s: float) -> tuple[Upload, Sends]:
    at_s, again = state.sent_s.get(wanted - 1, (now_s, True))
    pace = state.pace.answered(None if again else now_s - at_s, now_s)
    settled = (
        state.copies * max(0, state.sent - wanted) + state.copies - 1
    )  # all before it is answered or lost
    ahead = replace(
        state, wanted=wanted, sent=max(state.sent, wanted), pace=pace, behind=None, odd=0,
        open=min(state.open, settled), owed=0, wasted=max(0, state.wasted - WASTED_FREE),
    )  # fmt: skip
    return _send_ahead(ahead, now_s)


def _acknowledged(state: Upload, result: int, now_s: float) -> tuple[Upload, Sends]:
    if result == Result.INVALID_SEQUENCE:
        return _out_of_order(state, now_s)
    if result == Result.ACCEPTED:
        complete = state.sent >= len(state.items)
        return (replace(state, phase=Phase.DONE, result=result), ()) if complete else (state, ())
    if result == Result.ERROR and state.phase is Phase.ASKING:
        return replace(state, result=result), ()  # left over from an item sent before
    if result == Result.ERROR and state.ever == len(state.items) and not state.exact:
        return replace(state, phase=Phase.DONE, result=result), ()  # sent after the end, or refused
    last = len(state.items) - 1
    if result == Result.ERROR and state.wanted >= last and state.sent_s.get(last, (0.0, False))[1]:
        return replace(state, phase=Phase.DONE, result=result), ()
    return replace(state, phase=Phase.REFUSED, result=result), ()


def _out_of_order(state: Upload, now_s: float) -> tuple[Upload, Sends]:
    """An item came that the vehicle did not want: a copy, one it has already, or one after a gap."""
    if state.phase is Phase.ASKING:
        return state, ()
    state = replace(state, wasted=state.wasted + 1)
    if state.wasted >= TOO_MANY_WASTED and not state.narrow:
        return replace(state, narrow=True, owed=state.open), ()
    at_s, again = state.sent_s.get(state.wanted, (now_s, False))
    if state.owed or now_s - at_s < SURE_SHARE * (state.pace.trip.mean_s or 0.0):
        return state, ()  # the answer to a message of an earlier round
    if state.sent - state.wanted <= 1:
        return _only_one_was_out(state, now_s) if again else (state, ())
    if state.odd < MISSED_REQUESTS * (state.copies - 1):
        return replace(state, odd=state.odd + 1), ()  # copies, or a request that was lost on its way here
    return _again(replace(state, pace=state.pace.gap(now_s)), now_s, most=state.window)


def _only_one_was_out(state: Upload, now_s: float) -> tuple[Upload, Sends]:
    if state.wanted - state.known < GUESSES:
        return _advance(state, min(state.wanted + 1, len(state.items) - 1), now_s)
    return _back_to(state, now_s)
