"""The join between delivery and the flight room: delivery's `Flier`, flown on any VEHICLE."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.geo import LonLat
from delivery.flier import Confirmation, Outcome
from flight.fly import InterruptedFlightError, OnInterrupt, Progress, fly_mission, return_home
from flight.gripper import RELEASED
from flight.record import FlightRecord
from flight.recorder import OnEvent
from flight.vehicle import Vehicle
from flight.watch import FlightEvent
from missions.model import Mission
from skyshade.vehicles import vehicle_at


@dataclass(slots=True)
class FlightRoom:
    """Flies delivery's missions on `vehicle`; `record` and `mission` are the last flight's."""

    vehicle: str = "embedded"
    confirm_real: bool = False
    speedup: float | None = None
    seed: int = 0
    on_progress: Progress | None = None
    on_interrupt: Callable[[Vehicle], OnInterrupt] = return_home
    record: FlightRecord | None = None
    mission: Mission | None = None

    def fly(self, mission: Mission, folder: Path, on_release: Callable[[Confirmation], None]) -> Outcome:
        """Fly, and pass on the release at the moment the vehicle confirms it."""

        def hear(event: FlightEvent, position: LonLat | None) -> None:
            if event.kind == "payload" and event.text == RELEASED:
                on_release(Confirmation(event.time_s, position, event.text))

        self.mission = mission
        try:
            return outcome_of(self._flown(mission, folder, hear))
        except KeyboardInterrupt:  # while the vehicle is started: in the air `fly_mission` asks
            raise InterruptedFlightError("interrupted before take-off") from None

    def _flown(self, mission: Mission, folder: Path, hear: OnEvent) -> FlightRecord:
        with vehicle_at(self.vehicle, mission.home, speedup=self.speedup, seed=self.seed) as target:
            self.record = fly_mission(
                mission,
                target,
                folder,
                confirm_real=self.confirm_real,
                on_progress=self.on_progress,
                on_interrupt=self.on_interrupt,
                on_event=hear,
            )
        return self.record


def outcome_of(record: FlightRecord) -> Outcome:
    """A flight record as delivery wants it; the release only if the vehicle confirmed it."""
    first = next(iter(record.releases), None)
    word = None if first is None else Confirmation(first.time_s, place_at(record, first.time_s), first.text)
    return Outcome(record.completed, record.flown_s, word, str(record.log), record.aborted)


def place_at(record: FlightRecord, time_s: float) -> LonLat | None:
    """Where the vehicle was at a UTC time, between two position messages; None outside the track."""
    times = record.track[:, 0]
    if not (len(times) and times[0] <= time_s <= times[-1]):
        return None
    lon, lat = (float(np.interp(time_s, times, record.track[:, column])) for column in (1, 2))
    return LonLat(lon, lat)
