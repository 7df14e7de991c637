"""Mission, fence and rally transfer as pure state machines: (state, event) -> (state, messages to send).

ArduPilot asks again only each second and gives up after eight, so the sender here measures the round trip
and resends the outstanding item by itself; up to `Upload.widest` items travel ahead of the requests, falling
to one after a loss. Protocol: MAVLink mission microservice; ArduPilot's side: MissionItemProtocol.cpp.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

from flight.roundtrip import RoundTrip
from flight.wire import Fields, Kind, Message, WireItem, fields_of

SILENCE_S = 10.0  # nothing heard for so long: the transfer has failed
WIDEST = 8
GIVE_UP_BACKOFF = 8.0
GUESSES = 3


class Result(IntEnum):
    """MAV_MISSION_RESULT."""

    ACCEPTED = 0
    ERROR = 1
    UNSUPPORTED_FRAME = 2
    UNSUPPORTED = 3
    NO_SPACE = 4
    INVALID = 5
    INVALID_PARAM1 = 6
    INVALID_PARAM2 = 7
    INVALID_PARAM3 = 8
    INVALID_PARAM4 = 9
    INVALID_LATITUDE = 10
    INVALID_LONGITUDE = 11
    INVALID_ALTITUDE = 12
    INVALID_SEQUENCE = 13
    DENIED = 14
    OPERATION_CANCELLED = 15


MEANING = {
    Result.ERROR: "the vehicle reports an error",
    Result.UNSUPPORTED_FRAME: "its altitude frame is not supported",
    Result.UNSUPPORTED: "its command is not supported by this vehicle",
    Result.NO_SPACE: "there are more items than the vehicle can hold",
    Result.INVALID: "one of its parameters is invalid",
    Result.INVALID_PARAM1: "its parameter 1 is invalid",
    Result.INVALID_PARAM2: "its parameter 2 is invalid",
    Result.INVALID_PARAM3: "its parameter 3 is invalid",
    Result.INVALID_PARAM4: "its parameter 4 is invalid",
    Result.INVALID_LATITUDE: "its latitude is invalid",
    Result.INVALID_LONGITUDE: "its longitude is invalid",
    Result.INVALID_ALTITUDE: "its altitude is invalid",
    Result.INVALID_SEQUENCE: "items arrived out of order",
    Result.DENIED: "the vehicle is busy with another station's transfer, or refuses",
    Result.OPERATION_CANCELLED: "the vehicle gave up waiting",
}


def meaning(result: int) -> str:
    """What a MAV_MISSION_RESULT says, in plain words."""
    known = result in Result._value2member_map_
    return MEANING.get(Result(result), "accepted") if known else f"the vehicle answers {result}"


class Phase(Enum):
    """Where a transfer stands; the last three are ends."""

    ASKING = "asking"
    RUNNING = "running"
    DONE = "done"  # the vehicle says so, or can no longer be asked: read back to know
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send: its MAVLink name and its fields without the target."""

    name: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Event = Message | Tick
Sends = tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload under way.

    `known` is the highest item the vehicle has asked for, `wanted` the first it does not seem to have
    (further on when it answers "out of order" to a resend, which says that it has that item already);
    `sent` one past the last item sent in this round, `ever` in any; `window` how many may be outstanding;
    `sent_s` when each outstanding item was last sent, and whether again.
    `exact` limits the window to one, so that a refusal names its item without doubt.
    """

    kind: Kind
    items: tuple[WireItem, ...]
    exact: bool = False
    phase: Phase = Phase.ASKING
    wanted: int = 0
    known: int = 0
    sent: int = 0
    ever: int = 0
    window: int = 1
    sent_s: dict[int, tuple[float, bool]] = field(default_factory=dict)
    trip: RoundTrip = field(default_factory=RoundTrip)
    asked_s: float = 0.0
    heard_s: float = 0.0
    behind: int | None = None
    resends: int = 0
    result: int | None = None

    @property
    def widest(self) -> int:
        """The most items that may travel ahead of the requests."""
        return 1 if self.exact else WIDEST

    @property
    def ended(self) -> bool:
        """Whether nothing more will be sent."""
        return self.phase in (Phase.DONE, Phase.REFUSED, Phase.SILENT)

    @property
    def suspects(self) -> tuple[int, int]:
        """First and last sequence number that a refusal can mean."""
        return self.wanted, max(self.wanted, self.sent - 1)


def start_upload(
    kind: Kind, items: Sequence[WireItem], now_s: float, *, exact: bool = False
) -> tuple[Upload, Sends]:
    """Announce the count."""
    state = Upload(kind, tuple(items), exact, asked_s=now_s, heard_s=now_s)
    return state, (_count(state),)


def step_upload(state: Upload, event: Event, now_s: float) -> tuple[Upload, Sends]:
    """Answer one event."""
    if state.ended:
        return state, ()
    if isinstance(event, Tick):
        return _upload_tick(state, now_s)
    if int(event.fields.get("mission_type", 0)) != state.kind:
        return state, ()
    if event.name in ("MISSION_REQUEST", "MISSION_REQUEST_INT"):
        return _requested(replace(state, heard_s=now_s), int(event.fields["seq"]), now_s)
    if event.name == "MISSION_ACK":
        return _acknowledged(replace(state, heard_s=now_s), int(event.fields["type"]), now_s)
    return state, ()


def _count(state: Upload) -> Outgoing:
    return Outgoing("MISSION_COUNT", {"count": len(state.items), "mission_type": int(state.kind)})


def _upload_tick(state: Upload, now_s: float) -> tuple[Upload, Sends]:
    if now_s - state.heard_s > SILENCE_S:
        return replace(state, phase=Phase.SILENT), ()
    wait = state.trip.timeout_s
    if state.phase is Phase.ASKING:
        if now_s - state.asked_s < wait:
            return state, ()
        again = replace(state, asked_s=now_s, trip=state.trip.silent(), resends=state.resends + 1)
        return again, (_count(again),)
    oldest_s, _ = state.sent_s.get(state.wanted, (state.heard_s, True))
    if now_s - oldest_s < wait:
        return state, ()
    if state.known >= len(state.items) - 1 and state.trip.backoff >= GIVE_UP_BACKOFF:
        return replace(state, phase=Phase.DONE), ()  # the last acknowledgement is lost
    alone = replace(
        state, window=max(1, state.window // 2), sent=state.wanted, sent_s={}, trip=state.trip.silent()
    )
    return _send_ahead(alone, now_s)


def _send_ahead(state: Upload, now_s: float) -> tuple[Upload, Sends]:
    """Send what the window allows."""
    end = min(len(state.items), state.wanted + state.window)
    if end <= state.sent:
        return state, ()
    fresh = range(max(state.sent, state.wanted), end)
    sent_s = {seq: at for seq, at in state.sent_s.items() if seq >= state.wanted}
    sent_s.update({seq: (now_s, seq < state.ever) for seq in fresh})
    resends = state.resends + sum(seq < state.ever for seq in fresh)
    state = replace(state, sent=end, ever=max(state.ever, end), sent_s=sent_s, resends=resends)
    return state, tuple(Outgoing("MISSION_ITEM_INT", fields_of(state.items[seq])) for seq in fresh)


def _requested(state: Upload, seq: int, now_s: float) -> tuple[Upload, Sends]:
    if seq >= len(state.items):
        return state, ()
    if state.phase is Phase.ASKING:
        trip = state.trip.sampled(now_s - state.asked_s) if state.resends == 0 else RoundTrip()
        return _send_ahead(
            replace(state, phase=Phase.RUNNING, wanted=seq, known=seq, sent=seq, trip=trip), now_s
        )
    if seq > state.wanted:
        return _advance(replace(state, known=seq), seq, now_s)
    if seq < state.wanted:
        return _fell_behind(state, seq, now_s)
    at_s, _ = state.sent_s.get(seq, (-1e9, True))
    if now_s - at_s < state.trip.timeout_s:
        return state, ()  # it is on its way
    return _send_ahead(replace(state, sent=seq, window=1, sent_s={}), now_s)


def _fell_behind(state: Upload, seq: int, now_s: float) -> tuple[Upload, Sends]:
    """A request for an item we took for received: late if it comes once, true when it is repeated."""
    if state.behind != seq:
        return replace(state, behind=seq), ()
    return _back_to(replace(state, known=seq), now_s)


def _back_to(state: Upload, now_s: float) -> tuple[Upload, Sends]:
    """Start again, one at a time, from the item the vehicle last asked for."""
    alone = replace(state, wanted=state.known, sent=state.known, window=1, sent_s={}, behind=None)
    return _send_ahead(alone, now_s)


def _advance(state: Upload, wanted: int, now_s: float) -> tuple[Upload, Sends]:
    at_s, again = state.sent_s.get(wanted - 1, (now_s, True))
    trip = replace(state.trip, backoff=1.0) if again else state.trip.sampled(now_s - at_s)
    window = min(state.widest, state.window + 1)
    ahead = replace(state, wanted=wanted, sent=max(state.sent, wanted), window=window, trip=trip, behind=None)
    return _send_ahead(ahead, now_s)


def _acknowledged(state: Upload, result: int, now_s: float) -> tuple[Upload, Sends]:
    if result == Result.INVALID_SEQUENCE:
        return _out_of_order(state, now_s)
    if result == Result.ACCEPTED:
        complete = state.sent >= len(state.items)
        return (replace(state, phase=Phase.DONE, result=result), ()) if complete else (state, ())
    if result == Result.ERROR and state.phase is Phase.ASKING:
        return replace(state, result=result), ()  # left over from an item sent before
    last = len(state.items) - 1
    if result == Result.ERROR and state.wanted >= last and state.sent_s.get(last, (0.0, False))[1]:
        return replace(state, phase=Phase.DONE, result=result), ()
    return replace(state, phase=Phase.REFUSED, result=result), ()


def _out_of_order(state: Upload, now_s: float) -> tuple[Upload, Sends]:
    if state.phase is Phase.ASKING:
        return state, ()
    at_s, again = state.sent_s.get(state.wanted, (now_s, False))
    alone = state.sent - state.wanted <= 1
    trip_s = 0.8 * (state.trip.mean_s or 0.0)
    if now_s - at_s < trip_s:
        return state, ()
    if alone and again and state.wanted - state.known < GUESSES:
        return _advance(state, min(state.wanted + 1, len(state.items) - 1), now_s)
    if alone:
        return _back_to(state, now_s) if state.wanted > state.known else (state, ())
    gap = replace(state, window=max(1, state.window // 2), sent=state.wanted, sent_s={})
    return _send_ahead(gap, now_s)
