"""The service's flights: sent up at their time, found again after a restart, shown while they fly."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SkyshadeError
from core.geo import Altitude, Datum
from delivery.crew import Crew
from delivery.desk import Desk, Position
from delivery.flights import Flight, FlightState
from flight.state import VehicleState
from skyshade.flier import FlightRoom
from skyshade.recall import why_back
from skyshade.tower import Tower
from skyshade.vehicles import SIMULATED

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

    def finish(self, say: Callable[[str], None]) -> None:
        """Send no more up, and watch what is in the air until it is down; an interrupt leaves it there.

        What becomes of aircraft that are left is said.
        """
        self.stop()
        if not self.in_the_air():
            return
        try:
            say(f"in the air: {self._names()}; watching until they are down, Ctrl-C leaves them")
            while self.in_the_air() and any(thread.is_alive() for thread in self._threads):
                time.sleep(LOOK_S)
        except KeyboardInterrupt:
            self._say_left(say)
        else:
            say("all aircraft are down")

    def in_the_air(self) -> list[Flight]:
        """Flights in the air by the record."""
        return [f for f in self.desk.world().active_flights() if f.state is FlightState.FLYING]

    def _names(self, flights: Sequence[Flight] | None = None) -> str:
        named = self.in_the_air() if flights is None else flights
        return ", ".join(f"{f.aircraft} ({f.id})" for f in named)

    def _say_left(self, say: Callable[[str], None]) -> None:
        up = self.in_the_air()
        ours = [f for f in up if self.vehicles.named(f.aircraft) in SIMULATED]
        others = [f for f in up if f not in ours]
        if others:
            say(
                f"NOT WATCHED ANY MORE: {self._names(others)} fly on by themselves, hand over what needs no "
                "watching and come home; start the service again to find them"
            )
        if ours:
            say(f"simulated aircraft end with this program: {self._names(ours)}")

    def room(self, flight: Flight) -> FlightRoom:
        """Who flies a flight."""
        return FlightRoom(
            self.vehicles.named(flight.aircraft),
            confirm_real=self.vehicles.confirm_real,
            speedup=self.vehicles.speedup,
            on_state=lambda state: self._heard(flight.id, state),
            recall=lambda: self._recalled(flight.id),
        )

    def _recalled(self, name: str) -> str | None:
        world = self.desk.store.known()
        flight = world.flights.get(name)
        return None if flight is None else why_back(world, flight, self.desk.clock.utc_s())

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
