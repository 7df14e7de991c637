"""The join between delivery and the flight room: delivery's `Flier`, flown on any VEHICLE."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import SkyshadeError
from core.geo import LonLat
from delivery.flier import Confirmation, Outcome
from flight.errand import Errand, Recall, not_called
from flight.fly import InterruptedFlightError, OnInterrupt, Progress, fly_mission, return_home
from flight.gripper import RELEASED
from flight.record import TRACK_COLUMNS, FlightRecord
from flight.recorder import OnState
from flight.state import VehicleState
from flight.vehicle import Vehicle
from flight.watch import FlightEvent
from missions.model import Mission
from skyshade.rejoin import FIND_S, rejoin
from skyshade.vehicles import SIMULATED, vehicle_at


@dataclass(slots=True)
class _Hearing:
    """Passes on a release as the vehicle confirms it, with the height it last told."""

    on_release: Callable[[Confirmation], None]
    on_state: OnState | None
    height_m: float | None = None

    def state(self, state: VehicleState) -> None:
        self.height_m = state.altitude_home_m
        if self.on_state is not None:
            self.on_state(state)

    def event(self, event: FlightEvent, position: LonLat | None) -> None:
        if event.kind == "payload" and event.text == RELEASED:
            self.on_release(Confirmation(event.time_s, position, event.text, self.height_m))


@dataclass(slots=True)
class FlightRoom:
    """Flies delivery's missions on `vehicle`; `record` and `mission` are the last flight's.

    `recall` is asked each second why the flight is to come back with its goods; None while it is not. A
    flight that is to be found again is looked for `find_s` long.
    """

    vehicle: str = "embedded"
    confirm_real: bool = False
    speedup: float | None = None
    seed: int = 0
    on_progress: Progress | None = None
    on_interrupt: Callable[[Vehicle], OnInterrupt] = return_home
    on_state: OnState | None = None
    recall: Recall = not_called
    find_s: float = FIND_S
    record: FlightRecord | None = None
    mission: Mission | None = None

    def fly(self, mission: Mission, folder: Path, on_release: Callable[[Confirmation], None]) -> Outcome:
        """Fly, and pass on the release at the moment the vehicle confirms it."""
        self.mission = mission
        try:
            return outcome_of(self._flown(mission, folder, _Hearing(on_release, self.on_state)))
        except KeyboardInterrupt:  # while the vehicle is started: in the air `fly_mission` asks
            raise InterruptedFlightError("interrupted before take-off") from None

    def watch(self, mission: Mission, folder: Path, on_release: Callable[[Confirmation], None]) -> Outcome:
        """Find the vehicle at this address in the air and watch it to its end."""
        if self.vehicle in SIMULATED:
            raise SkyshadeError(f"a vehicle of {self.vehicle!r} ended with the program that started it")
        self.mission = mission
        hearing = _Hearing(on_release, self.on_state)
        found = rejoin(
            mission,
            self.vehicle,
            folder,
            hearing.event,
            on_state=hearing.state,
            recall=self.recall,
            find_s=self.find_s,
        )
        self.record = found.record
        known = outcome_of(found.record)
        return replace(known, release=known.release or found.release, aboard=found.aboard)

    def _flown(self, mission: Mission, folder: Path, hearing: _Hearing) -> FlightRecord:
        with vehicle_at(self.vehicle, mission.home, speedup=self.speedup, seed=self.seed) as target:
            self.record = fly_mission(
                mission,
                target,
                folder,
                confirm_real=self.confirm_real,
                on_progress=self.on_progress,
                on_interrupt=self.on_interrupt,
                on_event=hearing.event,
                on_state=hearing.state,
                errand=Errand(self.recall),
            )
        return self.record


def outcome_of(record: FlightRecord) -> Outcome:
    """A flight record as delivery wants it; the release only if the vehicle confirmed it."""
    first = next(iter(record.releases), None)
    word = None
    if first is not None:
        height = value_at(record, first.time_s, "alt_home_m")
        word = Confirmation(first.time_s, place_at(record, first.time_s), first.text, height)
    back = True if record.brought_back else None
    return Outcome(record.completed, record.flown_s, word, str(record.log), record.aborted, back)


def place_at(record: FlightRecord, time_s: float) -> LonLat | None:
    """Where the vehicle was at a UTC time, between two position messages; None outside the track."""
    lon, lat = (value_at(record, time_s, column) for column in ("lon", "lat"))
    return None if lon is None or lat is None else LonLat(lon, lat)


def value_at(record: FlightRecord, time_s: float, column: str) -> float | None:
    """A column of the track at a UTC time, between two rows; None outside it or where it is not known."""
    times = record.track[:, 0]
    if not (len(times) and times[0] <= time_s <= times[-1]):
        return None
    value = float(np.interp(time_s, times, record.track[:, TRACK_COLUMNS.index(column)]))
    return value if math.isfinite(value) else None
