"""The service's flights: sent up at their time, found again after a restart, shown while they fly."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SkyshadeError
from core.geo import Altitude, Datum
from delivery.crew import Crew
from delivery.desk import Desk, Position
from delivery.flights import Flight
from flight.state import VehicleState
from skyshade.flier import FlightRoom
from skyshade.tower import Tower

LOOK_S = 0.5
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Vehicles:
    """Which vehicle flies for which aircraft of the fleet: an address each, or one name for all.

    `confirm_real` as on the command line: without it no vehicle is armed that was not started here.
    """

    default: str | None = "embedded"
    of: Mapping[str, str] = field(default_factory=dict)
    confirm_real: bool = False
    speedup: float | None = None

    def named(self, craft: str) -> str:
        """The vehicle of an aircraft; raises `SkyshadeError` when none was named."""
        found = self.of.get(craft, self.default)
        if found is None:
            hint = f"name one: --vehicle {craft}=tcp:HOST:PORT"
            raise SkyshadeError(f"aircraft {craft} has no vehicle", hint=hint)
        return found


@dataclass(slots=True)
class Flying:
    """Flies the desk's flights in threads of this program until `stop`.

    Flights in the air by the record are watched first: nobody sends an aircraft up that is already there.
    """

    desk: Desk
    folder: Path
    vehicles: Vehicles
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin; returns at once."""
        crew = Crew(self.desk, self.folder)
        tower = Tower(self.desk, crew, self.room, self._spawn)
        for flight in crew.lost():
            log.info("flight %s is in the air by the record: looking for it", flight.id)
            self._spawn(lambda flight=flight: self._watched(crew, flight))  # type: ignore[misc]
        thread = threading.Thread(target=self._run, args=(tower,), name="tower", daemon=True)
        thread.start()

    def stop(self) -> None:
        """Send no more up. Flights in the air go on by themselves and are found again at the next start."""
        self._ended.set()

    def room(self, flight: Flight) -> FlightRoom:
        """Who flies a flight."""
        return FlightRoom(
            self.vehicles.named(flight.aircraft),
            confirm_real=self.vehicles.confirm_real,
            speedup=self.vehicles.speedup,
            on_state=lambda state: self._heard(flight.id, state),
        )

    def _run(self, tower: Tower) -> None:
        seen = -1
        while not self._ended.wait(LOOK_S):
            try:
                tower.look()
                if self.desk.store.seq != seen:
                    seen = self.desk.store.seq
                    tower.review()
            except SkyshadeError:
                log.exception("the tower could not look")

    def _watched(self, crew: Crew, flight: Flight) -> None:
        try:
            crew.watch(flight.id, self.room(flight))
        except SkyshadeError:
            log.exception("flight %s was not found again", flight.id)

    def _heard(self, flight: str, state: VehicleState) -> None:
        if state.position is None:
            return
        height_m = state.altitude_geoid_m
        height = None if height_m is None else Altitude(height_m, Datum.GEOID)
        course_deg = state.heading_deg
        now_s = self.desk.clock.utc_s()
        with suppress(ValueError):
            self.desk.heard(flight, Position(now_s, state.position, height, course_deg))

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()
