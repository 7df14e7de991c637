"""Flying a mission: preflight, upload and read back, arm, fly, watch, land, record.

A vehicle that the toolkit did not start itself is armed only when its operator confirms it. Once it is in the
air the watch is never dropped silently: Ctrl-C asks what to do, a pilot who takes over is left in command.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from core.clock import Clock, RealClock
from core.files import writable_folder
from core.geo import distance_m
from flight.deck import Deck, FlyParams, InterruptedFlightError, NotConfirmedError, OnInterrupt, Progress
from flight.interrupts import Interrupts
from flight.launch import start
from flight.link import open_link
from flight.minding import watch_it_land
from flight.readying import prepare
from flight.record import FlightRecord, write_record
from flight.recorder import OnEvent, OnState, Recorder
from flight.sitl import RunningVehicle
from flight.vehicle import Vehicle
from flight.watch import start_watch
from missions.model import Mission

LOG_NAME = "flight.tlog"
HOME_M = 20.0

__all__ = [
    "FlyParams", "InterruptedFlightError", "NotConfirmedError", "OnInterrupt", "Progress", "fly_mission",
    "return_home",
]  # fmt: skip


def return_home(_vehicle: Vehicle) -> OnInterrupt:
    """The answer where nobody can be asked."""
    return OnInterrupt.RETURN


def fly_mission(
    mission: Mission,
    vehicle: str | RunningVehicle,
    out_dir: Path,
    *,
    own_vehicle: bool | None = None,
    confirm_real: bool = False,
    clock: Clock | None = None,
    params: FlyParams | None = None,
    settings: Mapping[str, float] | None = None,
    on_progress: Progress | None = None,
    on_interrupt: Callable[[Vehicle], OnInterrupt] = return_home,
    on_event: OnEvent | None = None,
    on_state: OnState | None = None,
    errand: Callable[[Deck], None] | None = None,
) -> FlightRecord:
    """Fly `mission` and write `out_dir`/flight.json, shots.csv, track.geojson and flight.tlog.

    `own_vehicle` says that the toolkit started the vehicle itself (a `RunningVehicle` is always our own); any
    other needs `confirm_real`, and refuses `settings` (parameters set before the flight). Raises
    `SkyshadeError` when the flight does not start; once it flies, troubles are told in the record. `on_event`
    hears each event as it happens, with the vehicle's position: what must survive a crash is stored there.
    `on_state` hears the state at each position told in the air; `errand` minds its load.
    """
    running = vehicle if isinstance(vehicle, RunningVehicle) else None
    own = running is not None if own_vehicle is None else own_vehicle
    address = running.address if running is not None else str(vehicle)
    _confirm(address, own=own, confirm_real=confirm_real, settings=settings or {})
    clock, params = clock or RealClock(), params or FlyParams()
    out_dir = writable_folder(out_dir)
    alive = None if running is None else lambda: running.running
    log_path = out_dir / LOG_NAME
    link = open_link(address, clock, log_path=log_path, patience_s=5.0 if own else 0.0, alive=alive)
    told = on_progress or _no_progress
    with Interrupts() as interrupts, Vehicle(link, clock) as copter:
        recorder = Recorder(copter, start_watch(mission, params.watch), on_event, on_state)
        deck = Deck(mission, copter, recorder, params, told, on_interrupt, interrupts, errand=errand)
        prepare(deck, settings or {})
        start(deck)
        watch_it_land(deck)
        record = _record_of(deck, out_dir / LOG_NAME)
        write_record(record, out_dir)
    return record


def _record_of(deck: Deck, log: Path) -> FlightRecord:
    """The flight, with what its vehicle cannot tell marked as unknown."""
    record = deck.recorder.record(len(deck.mission.items), log)
    known = deck.shots_known or bool(record.shots)
    back = brought_back(deck, record)
    return replace(record, shots_known=known, unknown_releases=deck.unknown_releases, brought_back=back)


def brought_back(deck: Deck, record: FlightRecord) -> bool | None:
    """Whether its load is known to be home again, aboard, brought by the vehicle itself; None: not known."""
    watch, here = deck.recorder.watch, deck.vehicle.state.position
    if record.releases:
        return False
    by_itself = not (deck.by_hand or deck.left or watch.taken_over or watch.restarted)
    home = here is not None and distance_m(here, deck.mission.home.position) <= HOME_M
    landed = deck.vehicle.state.armed is False
    held = watch.gripper.closed and not watch.gripper.opening
    return True if by_itself and landed and home and held else None


def _no_progress(_what: str, _done: int, _total: int) -> None:
    return


def _confirm(address: str, *, own: bool, confirm_real: bool, settings: Mapping[str, float]) -> None:
    if own:
        return
    if not confirm_real:
        raise NotConfirmedError(
            f"{address} may be a real vehicle and would be armed",
            hint="add --confirm-real when its pilot is ready and the area is clear",
        )
    if settings:
        names = ", ".join(sorted(settings))
        raise NotConfirmedError(f"{address} was not started here: {names} will not be set on it")
