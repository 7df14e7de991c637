"""Finding a flight again whose program is no more, and watching it to its end; nothing is dropped by it."""

from dataclasses import dataclass
from pathlib import Path

from core.clock import Clock, RealClock
from core.errors import SkyshadeError
from core.files import writable_folder
from flight import traps
from flight.deck import Deck, FlyParams
from flight.fly import LOG_NAME, return_home
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

LOOK_S = 3.0  # vehicle seconds until it has told its mission item and its outputs


@dataclass(frozen=True, slots=True)
class Rejoined:
    """A flight that was found again: its record from then on; whether the goods are known to be aboard."""

    record: FlightRecord
    aboard: bool | None


def rejoin(
    mission: Mission,
    address: str,
    folder: Path,
    on_event: OnEvent,
    clock: Clock | None = None,
    *,
    on_state: OnState | None = None,
) -> Rejoined:
    """Watch the vehicle at `address` to its end; `on_event` hears a release as in `fly_mission`.

    A gripper that stands open though the mission's release is behind the vehicle has let go, as the vehicle's
    own output says. One that stands on the ground before its release never dropped.
    """
    clock = clock or RealClock()
    folder = writable_folder(folder)
    link = open_link(address, clock, log_path=folder / LOG_NAME, patience_s=5.0)
    with Interrupts() as interrupts, Vehicle(link, clock) as copter:
        recorder = Recorder(copter, start_watch(mission), on_event, on_state)
        deck = Deck(mission, copter, recorder, FlyParams(), _silent, return_home, interrupts)
        identify(copter)
        deck.spend(LOOK_S)
        gripper = _gripper(copter)
        past = recorder.watch.seq > _release_seq(mission)
        flying = copter.state.armed is not False
        # Closed until its output says otherwise: past the release an open one is then told as a release.
        known = Gripper(gripper.channel, gripper.grab_us, gripper.release_us, closed=True)
        if past or (flying and gripper.closed):
            recorder.watch = start_watch(mission, gripper=known)
        deck.spend(LOOK_S)
        watch_it_land(deck)
        record = recorder.record(len(mission.items), folder / LOG_NAME)
        aboard = _aboard(record, closed=_gripper(copter).closed)
    write_record(record, folder)
    return Rejoined(record, aboard)


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


def _aboard(record: FlightRecord, *, closed: bool | None) -> bool | None:
    """Whether the goods came back: nothing was let go, and the gripper stands closed."""
    return False if record.releases else (True if closed else None)


def _silent(_what: str, _done: int, _total: int) -> None:
    return
