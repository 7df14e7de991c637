"""Finding a flight again whose program is no more, and watching it to its end; nothing is dropped by it.

What happened to the goods while nobody watched is asked of the vehicle: of its gripper while it flies, of the
recordings that were made, of its own log on board once it has landed. What none of them tells is unknown.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.clock import Clock, RealClock
from core.errors import SkyshadeError
from core.files import writable_folder
from core.geo import LonLat, distance_m
from delivery.flier import Confirmation
from flight import traps
from flight.deck import Deck, FlyParams
from flight.errand import Errand, Recall, not_called
from flight.fly import HOME_M, LOG_NAME, brought_back, return_home
from flight.gripper import Gripper
from flight.interrupts import Interrupts
from flight.link import open_link
from flight.minding import watch_it_land
from flight.readying import identify, learn_gripper
from flight.record import FlightRecord, write_record
from flight.recorder import OnEvent, OnState, Recorder
from flight.vehicle import Vehicle
from flight.watch import start_watch
from missions.model import Command, Mission
from skyshade.boardstory import Story, board_story
from skyshade.sightings import Sightings, sightings

log = logging.getLogger(__name__)

LOOK_S = 3.0  # vehicle seconds until it has told its mission item and its outputs
FIND_S = 600.0  # how long a vehicle is looked for that does not answer
AGAIN_S = 2.0
OPEN_IN_AIR = "found in the air with its gripper open, past its release; when and where it opened is unknown"
LANDED = "it had landed before it was found again"
LOOK = "whether the goods came off is unknown: look at the point and at the aircraft"


@dataclass(frozen=True, slots=True)
class Rejoined:
    """A flight that was found again: its record, the release where one is known, and whether the goods are
    known to have come home aboard.
    """

    record: FlightRecord
    release: Confirmation | None
    aboard: bool | None


@dataclass(frozen=True, slots=True)
class Found:
    """How the vehicle was found: in the air, and its gripper; `past` its release by the mission's item."""

    flying: bool
    gripper: Gripper
    past: bool

    @property
    def held(self) -> bool:
        """Whether the goods were aboard then, in the air."""
        return self.flying and self.gripper.closed is True


def rejoin(
    mission: Mission,
    address: str,
    folder: Path,
    on_event: OnEvent,
    clock: Clock | None = None,
    *,
    on_state: OnState | None = None,
    recall: Recall = not_called,
    find_s: float = FIND_S,
) -> Rejoined:
    """Watch the vehicle at `address` to its end; `on_event` hears a release as in `fly_mission`.

    `folder` is for this watch and lies in that of the flight, with the recordings made before. A vehicle that
    does not answer is looked for `find_s` long. A release that the mission leaves to the watch stays closed.
    """
    clock = clock or RealClock()
    folder = writable_folder(folder)
    with Interrupts() as interrupts, _connected(address, folder, clock, find_s) as copter:
        recorder = Recorder(copter, start_watch(mission), on_event, on_state)
        errand = Errand(recall, may_open=False)
        deck = Deck(mission, copter, recorder, FlyParams(), _silent, return_home, interrupts, errand=errand)
        found = _look(deck)
        watch_it_land(deck)
        record = recorder.record(len(mission.items), folder / LOG_NAME)
        rejoined = _judged(deck, record, found, folder)
    write_record(rejoined.record, folder)
    return rejoined


@contextmanager
def _connected(address: str, folder: Path, clock: Clock, find_s: float) -> Iterator[Vehicle]:
    """The vehicle, once it answers; raises what it last failed with after `find_s`."""
    until_s = clock.monotonic_s() + find_s
    while True:
        try:
            copter = Vehicle(open_link(address, clock, log_path=folder / LOG_NAME, patience_s=5.0), clock)
        except SkyshadeError as error:
            _try_again(error, clock, until_s)
            continue
        with copter:
            try:
                identify(copter)
            except SkyshadeError as error:
                _try_again(error, clock, until_s)
                continue
            yield copter
            return


def _try_again(error: SkyshadeError, clock: Clock, until_s: float) -> None:
    if clock.monotonic_s() > until_s:
        raise error
    log.info("looking again: %s", error)
    clock.sleep(AGAIN_S)


def _look(deck: Deck) -> Found:
    """How it stands; from then on its gripper is followed."""
    deck.spend(LOOK_S)
    copter, recorder = deck.vehicle, deck.recorder
    found = Found(
        flying=copter.state.armed is not False,
        gripper=_gripper(copter),
        past=recorder.watch.seq > _release_seq(deck.mission),
    )
    if found.held:
        recorder.watch = start_watch(deck.mission, gripper=found.gripper)
        deck.spend(LOOK_S)
    return found


def _judged(deck: Deck, record: FlightRecord, found: Found, folder: Path) -> Rejoined:
    """What became of the goods, by what is surest."""
    seen = sightings(folder.parent)
    if not found.flying:
        record = replace(record, aborted=LANDED)
    record = _with_track(record, seen)
    if record.releases:
        return Rejoined(record, None, aboard=False)
    back = brought_back(deck, record) if found.held else None
    if back:
        return Rejoined(record, None, aboard=True)
    if seen is not None and seen.release is not None:
        return Rejoined(record, seen.release, aboard=False)
    story = None
    if seen is not None and deck.vehicle.state.armed is False:
        story = board_story(deck.vehicle, seen, folder)
    if story is not None:
        return _by_log(deck, record, story)
    if found.flying and found.past and found.gripper.closed is False:
        return Rejoined(record, Confirmation(deck.vehicle.clock.utc_s(), None, OPEN_IN_AIR), aboard=False)
    said = f"{record.aborted}; {LOOK}" if record.aborted else LOOK
    return Rejoined(replace(record, aborted=said), None, aboard=None)


def _with_track(record: FlightRecord, seen: Sightings | None) -> FlightRecord:
    """The record with what was seen before it began."""
    if seen is None:
        return record
    begin_s = float(record.track[0, 0]) if len(record.track) else np.inf
    return replace(record, track=np.concatenate([seen.track[seen.track[:, 0] < begin_s], record.track]))


def _by_log(deck: Deck, record: FlightRecord, story: Story) -> Rejoined:
    record = replace(record, track=story.track)
    if story.release is not None:
        return Rejoined(record, story.release, aboard=False)
    last = story.track[-1]
    down = LonLat(float(last[1]), float(last[2]))
    home = distance_m(down, deck.mission.home.position) <= HOME_M
    return Rejoined(record, None, aboard=True if home else None)


def _gripper(copter: Vehicle) -> Gripper:
    """The gripper as it stands; unknown where the vehicle does not say."""
    try:
        return learn_gripper(copter)
    except SkyshadeError:
        return Gripper()


def _release_seq(mission: Mission) -> int:
    """The mission item (counted with home as 0) that lets go."""
    for seq, item in enumerate(mission.items, 1):
        opens = item.command == Command.DO_GRIPPER and item.params[1] == traps.RELEASE
        if opens or item.command == Command.NAV_PAYLOAD_PLACE:
            return seq
    return len(mission.items)


def _silent(_what: str, _done: int, _total: int) -> None:
    return
