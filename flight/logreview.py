"""A recorded flight against its plan: what was reached, how far off it was, how long each item took.

The recording is played through the same watch that looks after a flight in the air.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import BadFileError
from flight.readback import compare
from flight.state import IN_AIR, LANDING, TAKING_OFF, VehicleState, fold
from flight.texts import Texts
from flight.tlog import LoggedMessage, messages
from flight.watch import FlightEvent, Watch, observe, start_watch
from flight.wire import Kind, Message, WireItem, item_of, mission_to_wire
from missions.model import Mission

LISTENED = (
    "HEARTBEAT", "SYSTEM_TIME", "GLOBAL_POSITION_INT", "ATTITUDE", "EXTENDED_SYS_STATE", "MISSION_CURRENT",
    "MISSION_ITEM_REACHED", "STATUSTEXT", "CAMERA_FEEDBACK", "HOME_POSITION",
)  # fmt: skip
AIRBORNE = (IN_AIR, TAKING_OFF, LANDING)


@dataclass(frozen=True, slots=True)
class ItemFlown:
    """One item of the plan (counted from 1) as it was flown: from which UTC second, for how many of the
    vehicle's seconds it was the current one, how far off the path at most, whether it was reached.
    """

    item: int
    command: int
    start_s: float
    duration_s: float
    deviation_m: float
    reached: bool


@dataclass(frozen=True, slots=True)
class Review:
    """A flight beside its plan; `same_plan` says whether the mission that the recording shows on its way to
    the vehicle is this plan, None where it shows none. `completed`, `reached`, `flown_s` as in a record.
    """

    completed: bool
    reached: int
    items: int
    flown_s: float
    max_deviation_m: float
    shots: int
    same_plan: bool | None
    flown: tuple[ItemFlown, ...]
    events: tuple[FlightEvent, ...]


@dataclass(slots=True)
class _Replay:
    watch: Watch
    state: VehicleState = field(default_factory=VehicleState)
    texts: Texts = field(default_factory=Texts)
    events: list[FlightEvent] = field(default_factory=list)
    shots: set[tuple[int, int]] = field(default_factory=set)
    off_s: float | None = None
    down_s: float = 0.0
    flown: dict[int, ItemFlown] = field(default_factory=dict)
    since: tuple[int, float] = (0, 0.0)  # the current item, and the vehicle's second when it began

    def take(self, logged: LoggedMessage) -> None:
        """One message of the vehicle."""
        wholes = [logged.fields] if logged.name != "STATUSTEXT" else self.texts.take(logged.fields)
        for fields in wholes:
            message = Message(logged.name, fields, logged.utc_s)
            self.state = fold(self.state, message)
            self.watch, events = observe(self.watch, message, self.state, ())
            self.events += events
        if logged.name == "CAMERA_FEEDBACK":
            self.shots.add((int(logged.fields["cam_idx"]), int(logged.fields["img_idx"])))
        self._in_the_air()
        self._item(logged.utc_s)

    def _in_the_air(self) -> None:
        if self.off_s is None and self.state.armed and self.state.landed_state in AIRBORNE:
            self.off_s = self.watch.now_s
        if self.off_s is not None and self.state.armed:
            self.down_s = self.watch.now_s

    def _item(self, utc_s: float) -> None:
        """The current item's time and deviation; a repeated item goes on where it was."""
        seq, now_s = self.watch.seq, self.watch.now_s
        if not self.watch.active or self.watch.complete or seq == 0 or not self.state.armed:
            self.since = (0, now_s)
            return
        one = self.flown.get(seq) or ItemFlown(seq, 0, utc_s, 0.0, 0.0, reached=False)
        passed_s = now_s - self.since[1] if self.since[0] == seq else 0.0
        off_m = max(one.deviation_m, self.watch.deviation_m if passed_s else 0.0)
        self.flown[seq] = replace(one, duration_s=one.duration_s + passed_s, deviation_m=off_m)
        self.since = (seq, now_s)


def review(path: Path, mission: Mission, *, system: int) -> Review:
    """Play the recording of vehicle `system`; raises `BadFileError` when it holds nothing of that vehicle."""
    replay = _Replay(start_watch(mission))
    heard = False
    for logged in messages(path, LISTENED, system=system):
        heard = True
        replay.take(logged)
    if not heard:
        raise BadFileError(path, f"holds nothing of system {system}", hint="skyshade log info lists them")
    watch = replay.watch
    rows = (
        replace(row, command=int(mission.items[seq - 1].command), reached=seq <= watch.reached)
        for seq, row in sorted(replay.flown.items())
        if seq <= len(mission.items)
    )
    return Review(
        completed=watch.complete and replay.state.armed is False,
        reached=min(watch.reached, len(mission.items)),
        items=len(mission.items),
        flown_s=0.0 if replay.off_s is None else replay.down_s - replay.off_s,
        max_deviation_m=watch.max_deviation_m,
        shots=len(replay.shots),
        same_plan=_same_plan(path, mission, system),
        flown=tuple(rows),
        events=tuple(replay.events),
    )


def _same_plan(path: Path, mission: Mission, system: int) -> bool | None:
    """Whether the last mission that was sent to the vehicle is this one; home is the vehicle's own."""
    sent = (m for m in messages(path, {"MISSION_COUNT", "MISSION_ITEM_INT"}) if m.system != system)
    items = _last_upload(sent, system)
    if not items:
        return None
    wanted = mission_to_wire(mission)
    if set(items) != set(range(len(wanted))):
        return False
    return compare(wanted[1:], [items[seq] for seq in range(1, len(wanted))]).same


def _last_upload(sent: Iterable[LoggedMessage], system: int) -> Mapping[int, WireItem]:
    items: dict[int, WireItem] = {}
    for message in sent:
        for_it = int(message.fields["target_system"]) in (0, system)
        if not for_it or int(message.fields.get("mission_type", 0)) != Kind.MISSION:
            continue
        if message.name == "MISSION_COUNT":
            items.clear()
            continue
        item = item_of(message.fields)
        if item is not None:
            items[item.seq] = item
    return items
