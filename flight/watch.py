"""Watching a mission fly: progress, deviation from the planned path, stalls, failsafes, pilot takeover.

A pure fold over messages: `observe(watch, message, state, commanded) -> (watch, events)`. An item's REACHED
message gets lost or counts one too far, so progress follows MISSION_CURRENT too, and none is waited for.
"""

import math
import re
from dataclasses import dataclass, field, replace

from core.geo import LonLat
from flight.gripper import RELEASED, Gripper
from flight.path import PlannedPath
from flight.state import IN_AIR, MISSION_ACTIVE, MISSION_COMPLETE, MISSION_PAUSED, VehicleState
from flight.vehicletime import Turn, VehicleTime
from flight.wire import Message
from missions.model import Mission

FAILSAFE = re.compile(
    r"failsafe|breach|EKF variance|Battery \d+ is (low|critical)|crash|thrust loss|glitch", re.IGNORECASE
)
PAYLOAD = re.compile(r"^(Gripper load |PayloadPlace: |Winch: )")
OPEN_ALREADY = f"{RELEASED}, but nobody knows what it held: it was not known to be closed"
AUTO_MODES = ("AUTO", "AUTO_RTL")
MOVED_M = 2.0
LANDED_NEAR_M = 5.0
TOLD_JUMP_S = 5.0


@dataclass(frozen=True, slots=True)
class WatchParams:
    """Seconds of the vehicle's time: without movement or progress until a stall is reported; between an
    uncommanded mode change and calling it a takeover (a failsafe explains itself within it).
    """

    stall_s: float = 45.0
    takeover_grace_s: float = 3.0


@dataclass(frozen=True, slots=True)
class FlightEvent:
    """Something worth telling: UTC seconds, a kind (`mode`, `failsafe`, `takeover`, `payload`, `stall`,
    `link`, `warning`, `mission`, `command`, `flight`), and the text.
    """

    time_s: float
    kind: str
    text: str


Events = tuple[FlightEvent, ...]
Modes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """What the watch knows so far; sequence numbers as on the vehicle (home is 0), metres, and the
    vehicle's seconds by `time`, which its clock's jumps do not disturb.
    """

    path: PlannedPath
    params: WatchParams
    active: bool = False
    complete: bool = False
    seq: int = 0
    done: int = 0
    deviation_m: float = 0.0
    max_deviation_m: float = 0.0
    time: VehicleTime = field(default_factory=VehicleTime)
    gripper: Gripper = field(default_factory=Gripper)
    anchor: tuple[float, float, float, float] | None = None  # east, north, up, the vehicle's seconds
    stalled: bool = False
    odd_mode: tuple[str, float] | None = None
    failsafe_s: float = -1e9
    failsafe: str | None = None
    taken_over: str | None = None
    flown: bool = False
    restarted: bool = False

    @property
    def now_s(self) -> float:
        """The vehicle's seconds at its last stamp; they never go back."""
        return self.time.ran_s

    @property
    def reached(self) -> int:
        """How many of the mission's items are behind the vehicle."""
        return self.path.last_seq if self.complete else self.done

    @property
    def stalled_for_s(self) -> float:
        """Vehicle seconds without movement or progress beyond what the item asks for."""
        if self.anchor is None:
            return 0.0
        return self.now_s - self.anchor[3] - self.path.wait_s(self.seq)


def start_watch(
    mission: Mission,
    params: WatchParams | None = None,
    *,
    launched: LonLat | None = None,
    gripper: Gripper | None = None,
) -> Watch:
    """A watch over a mission that is about to start at `launched` with its `gripper` as it is known."""
    path = PlannedPath.of(mission, launched=launched)
    return Watch(path, params or WatchParams(), gripper=gripper or Gripper())


def observe(watch: Watch, message: Message, state: VehicleState, commanded: Modes) -> tuple[Watch, Events]:
    """One message; `state` already holds it, `commanded` are the modes it may be in by our own
    command (none: nothing was commanded yet).
    """
    watch, about_time = _tick(watch, message, state)
    watch, about_load = _load(watch, message, state)
    watch, events = _observe(watch, message, state, commanded)
    return watch, (*about_time, *about_load, *events)


def _observe(watch: Watch, message: Message, state: VehicleState, commanded: Modes) -> tuple[Watch, Events]:
    match message.name:
        case "MISSION_CURRENT":
            return _mission_current(watch, message, state)
        case "MISSION_ITEM_REACHED" if watch.active and not watch.complete:
            seq = min(int(message.fields["seq"]), max(watch.seq, watch.done))  # it may count one too far
            return replace(watch, done=max(watch.done, seq)), ()
        case "GLOBAL_POSITION_INT":
            return _position(watch, message, state)
        case "HEARTBEAT":
            return _mode(watch, message, state, commanded)
        case "STATUSTEXT":
            return _text(watch, message, state)
        case _:
            return watch, ()


def _tick(watch: Watch, message: Message, state: VehicleState) -> tuple[Watch, Events]:
    """The vehicle's time, where the message brought a stamp; a clock that began anew is a restart."""
    if state.boot_s is None or state.boot_s == watch.time.boot_s:
        return watch, ()
    before_s = watch.time.boot_s or 0.0
    time = watch.time.heard(state.boot_s, message.utc_s)
    watch = replace(watch, time=time)
    if time.turn is Turn.RESTARTED:
        text = f"the vehicle restarted: its clock went from {before_s:.0f} s back to {state.boot_s:.0f} s"
        watch = replace(watch, restarted=watch.restarted or watch.active, anchor=None)
        return watch, (FlightEvent(_time_s(message, state), "failsafe", text),)
    if time.turn is Turn.JUMPED and abs(state.boot_s - before_s) >= TOLD_JUMP_S:
        text = f"the vehicle's clock jumped by {state.boot_s - before_s:+.0f} s"
        return watch, (FlightEvent(_time_s(message, state), "warning", text),)
    return watch, ()


def _load(watch: Watch, message: Message, state: VehicleState) -> tuple[Watch, Events]:
    """The gripper; a release is told once, when it is certain."""
    gripper, let_go = watch.gripper.follow(message)
    watch = replace(watch, gripper=gripper)
    return watch, (FlightEvent(_time_s(message, state), "payload", RELEASED),) if let_go else ()


def _time_s(message: Message, state: VehicleState) -> float:
    return message.utc_s if state.utc_s is None else state.utc_s


def _mission_current(watch: Watch, message: Message, state: VehicleState) -> tuple[Watch, Events]:
    seq = int(message.fields["seq"])
    if watch.active and not watch.complete and state.mission_state == MISSION_COMPLETE:
        return _completed(watch, message, state)
    if watch.complete or state.mode not in AUTO_MODES or not state.armed or seq == 0:
        return watch, ()
    if not watch.active and state.mission_state not in (MISSION_ACTIVE, None):
        return watch, ()
    watch = replace(watch, active=True)
    if watch.seq == watch.path.landing and seq < watch.seq:
        return _completed(watch, message, state)  # ArduCopter starts over once it has landed and disarmed
    if seq != watch.seq:
        path = watch.path.moved(watch.seq, seq)
        done = max(watch.done, seq - 1)
        watch = replace(watch, seq=seq, done=done, path=path, anchor=None, stalled=False)
    return watch, ()


def _completed(watch: Watch, message: Message, state: VehicleState) -> tuple[Watch, Events]:
    done = FlightEvent(_time_s(message, state), "mission", "mission complete")
    return replace(watch, complete=True, stalled=False), (done,)


def _position(watch: Watch, message: Message, state: VehicleState) -> tuple[Watch, Events]:
    flying = watch.active and state.mode in AUTO_MODES and bool(state.armed) and not watch.complete
    if not flying or state.position is None or state.boot_s is None:
        return replace(watch, anchor=None), ()
    east_m, north_m = watch.path.frame.point(state.position)
    if not watch.flown and not state.on_ground and (state.altitude_home_m or 0.0) > MOVED_M:
        watch = replace(watch, flown=True)
    if state.landed_state == IN_AIR:
        deviation_m = watch.path.deviation_m(east_m, north_m)
        worst_m = max(watch.max_deviation_m, deviation_m)
        watch = replace(watch, deviation_m=deviation_m, max_deviation_m=worst_m)
    here = (east_m, north_m, state.altitude_home_m or 0.0, watch.now_s)
    if watch.anchor is None or math.dist(here[:3], watch.anchor[:3]) > MOVED_M:
        return replace(watch, anchor=here, stalled=False), ()
    return _stall(watch, message, state)


def _stall(watch: Watch, message: Message, state: VehicleState) -> tuple[Watch, Events]:
    waited_s = watch.stalled_for_s
    if watch.stalled or state.mission_state == MISSION_PAUSED or waited_s <= watch.params.stall_s:
        return watch, ()
    text = f"no movement for {waited_s:.0f} s at item {watch.seq}"
    return replace(watch, stalled=True), (FlightEvent(_time_s(message, state), "stall", text),)


def _mode(watch: Watch, message: Message, state: VehicleState, commanded: Modes) -> tuple[Watch, Events]:
    mode, now_s = state.mode or "", watch.now_s
    if watch.active and not watch.complete and not state.armed and _has_landed(watch, state):
        return _completed(watch, message, state)
    expected = mode in commanded or ("AUTO" in commanded and mode in AUTO_MODES)
    if not commanded or expected or not state.armed:
        back = watch.taken_over is not None and expected and bool(state.armed)
        watch = replace(watch, odd_mode=None, taken_over=None if back else watch.taken_over)
        text = f"the vehicle is back in {mode}"
        return watch, (FlightEvent(_time_s(message, state), "mode", text),) if back else ()
    if watch.odd_mode is None or watch.odd_mode[0] != mode:
        text = f"mode {mode}, commanded by nobody here"
        watch = replace(watch, odd_mode=(mode, now_s))
        return watch, (FlightEvent(_time_s(message, state), "mode", text),)
    return _judge_mode(watch, message, state, now_s)


def _has_landed(watch: Watch, state: VehicleState) -> bool:
    """Whether AUTO has brought it down where the mission lands; its last item need not have been heard of."""
    if watch.path.landing is None or not state.on_ground or state.mode not in AUTO_MODES:
        return False
    if watch.seq == watch.path.landing:
        return True
    if not watch.flown or watch.restarted or state.position is None:
        return False
    here, there = watch.path.frame.point(state.position), watch.path.place(watch.path.landing)
    return math.dist(here, there) <= LANDED_NEAR_M


def _judge_mode(watch: Watch, message: Message, state: VehicleState, now_s: float) -> tuple[Watch, Events]:
    mode, since_s = watch.odd_mode or ("", now_s)
    grace_s = watch.params.takeover_grace_s
    if watch.taken_over == mode or now_s - since_s < grace_s:
        return watch, ()
    if abs(watch.failsafe_s - since_s) <= 2 * grace_s:
        return watch, ()
    text = f"the pilot has taken over ({mode}); commanding nothing more, still watching"
    return replace(watch, taken_over=mode), (FlightEvent(_time_s(message, state), "takeover", text),)


def _text(watch: Watch, message: Message, state: VehicleState) -> tuple[Watch, Events]:
    text, severity = str(message.fields["text"]), int(message.fields["severity"])
    at_s = _time_s(message, state)
    if text == RELEASED:
        return _released(watch, at_s)
    if PAYLOAD.match(text):
        return watch, (FlightEvent(at_s, "payload", text),)
    if FAILSAFE.search(text) and "cleared" not in text.lower():
        watch = replace(watch, failsafe_s=watch.now_s, failsafe=watch.failsafe or text)
        return watch, (FlightEvent(at_s, "failsafe", text),)
    if severity <= 4:
        return watch, (FlightEvent(at_s, "warning", text),)
    return watch, ()


def _released(watch: Watch, at_s: float) -> tuple[Watch, Events]:
    """The word alone: certain releases are told by `_load`, one that was told already is not told again."""
    if watch.gripper.told:
        return watch, ()
    return watch, (FlightEvent(at_s, "payload", OPEN_ALREADY),)
