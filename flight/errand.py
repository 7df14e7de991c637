"""Minding a load in the air: called back from outside, a line seen to be out before its hook opens, a release
that never comes.

A mission that jumps past its release leaves it to whoever watches: the vehicle is sent to the release once
WINCH_STATUS shows the line out and the vehicle stands over its place. Else it comes home with the load.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import SkyshadeError
from core.geo import distance_m
from flight import traps
from flight.deck import Deck
from flight.minding import bring_home_whatever
from flight.missionrun import skip_to
from flight.state import VehicleState
from flight.wire import Message
from missions.model import Command, Mission, MissionItem

LINE_NEAR_M = 0.3
LINE_STILL_MS = 0.35  # ArduPilot tells the rate it wants: metres left times WINCH_POS_P
HEALTHY = 1  # MAV_WINCH_STATUS_FLAG
OVER_M, OFF_HEIGHT_M = 4.0, 3.0
RELEASE_S = 15.0  # a servo takes half a second
ASK_S = 1.0
PLACING = "PayloadPlace: Releasing the gripper"

Recall = Callable[[], str | None]


def not_called() -> None:
    """Nobody calls it back."""
    return


@dataclass(slots=True)
class Gate:
    """A release that its mission jumps past: the numbers (from 1) of the jump and of what lets go, the item
    at which is waited for the line, and the metres of line that are to be out.
    """

    jump: int
    release: int
    waiting: MissionItem
    line_m: float


def gate_of(mission: Mission) -> Gate | None:
    """The guarded release of a mission; None where it lets go by itself."""
    items = mission.items
    for n, item in enumerate(items[:-1], 1):
        opens = items[n].command == Command.DO_GRIPPER and items[n].params[1] == traps.RELEASE
        if n > 1 and item.command == Command.DO_JUMP and item.params[0] > n + 1 and opens:
            lines = [i.params[2] for i in items[:n] if i.command == Command.DO_WINCH]
            return Gate(n, n + 1, items[n - 2], lines[-1] if lines else 0.0)
    return None


@dataclass(slots=True)
class Errand:
    """What is done for the load of one flight, a turn at a time; `recall` says why it is to come back, None
    while it is not; only where `may_open` a guarded release is let go.
    """

    recall: Recall = not_called
    may_open: bool = True
    _gate: Gate | None = None
    _begun: bool = False
    _line: tuple[float, float, bool] | None = None  # metres out, m/s, healthy
    _placing_s: float | None = None
    _asked_s: float = field(default=-1e9)
    _sent: bool = False
    _told: bool = False

    def __call__(self, deck: Deck) -> None:
        """One turn, after new messages were taken in."""
        if not self._begun:
            self._begin(deck)
        load = deck.recorder.watch.gripper
        if load.told or self._late(deck):
            return
        if load.opening or self._called_back(deck):
            return
        if self._gate is not None:
            self._mind_gate(deck, self._gate)

    def _begin(self, deck: Deck) -> None:
        self._begun, self._gate = True, gate_of(deck.mission)
        deck.vehicle.listeners.append(lambda message, _: self._hear(message, deck))

    def _hear(self, message: Message, deck: Deck) -> None:
        if message.name == "WINCH_STATUS":
            f = message.fields
            self._line = float(f["line_length"]), float(f["speed"]), bool(int(f["status"]) & HEALTHY)
        elif message.name == "STATUSTEXT" and message.fields["text"] == PLACING:
            self._placing_s = deck.vehicle.now_s

    def _called_back(self, deck: Deck) -> bool:
        if deck.vehicle.now_s - self._asked_s < ASK_S:
            return False
        self._asked_s = deck.vehicle.now_s
        why = self.recall()
        if why is not None:
            _come_back(deck, f"called back: {why}")
        return why is not None

    def _late(self, deck: Deck) -> bool:
        """A placing stands there until its gripper has opened: it is ended."""
        late = self._placing_s is not None and deck.vehicle.now_s - self._placing_s > RELEASE_S
        if late:
            _come_back(deck, f"the release was not confirmed within {RELEASE_S:g} s")
        return late

    def _mind_gate(self, deck: Deck, gate: Gate) -> None:
        seq = deck.recorder.watch.seq
        if seq == gate.jump - 1 and not self._sent and self.may_open and self._ready(deck, gate):
            self._let_go(deck, gate)
        elif seq > gate.release and not self._told:
            self._told = True
            deck.recorder.abort(self._why_not(gate))
            deck.recorder.tell("warning", self._why_not(gate))

    def _ready(self, deck: Deck, gate: Gate) -> bool:
        if self._line is None:
            return False
        out_m, speed_ms, healthy = self._line
        there = abs(out_m - gate.line_m) <= LINE_NEAR_M and abs(speed_ms) <= LINE_STILL_MS
        return there and healthy and _stands(deck.vehicle.state, gate.waiting)

    def _let_go(self, deck: Deck, gate: Gate) -> None:
        deck.recorder.tell("command", f"{gate.line_m:.1f} m of line are out: the hook may open")
        try:
            skip_to(deck.vehicle, gate.release, deck.mission)
        except SkyshadeError as error:
            deck.recorder.tell("warning", str(error))
        else:
            self._sent = True

    def _why_not(self, gate: Gate) -> str:
        if self._sent:
            return "the release was not confirmed; whether the load came off is not known"
        if not self.may_open:
            return "the release was not watched, so the load stayed aboard"
        out = "its length is not known" if self._line is None else f"{self._line[0]:.1f} m are"
        return f"{gate.line_m:.1f} m of line were to be out and {out}: the load stays aboard"


def _stands(state: VehicleState, item: MissionItem) -> bool:
    """Whether it stands over its place, at its height."""
    if state.position is None or state.altitude_home_m is None:
        return False
    if item.position is None or item.altitude is None:
        return False
    near = distance_m(state.position, item.position) <= OVER_M
    return near and abs(state.altitude_home_m - item.altitude.value_m) <= OFF_HEIGHT_M


def _come_back(deck: Deck, why: str) -> None:
    deck.recorder.abort(why)
    bring_home_whatever(deck, why)
