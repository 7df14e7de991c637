"""Sends planned flights up when their time comes, and plans anew what the day has made impossible."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from delivery.crew import Crew
from delivery.desk import Desk
from delivery.errors import DeliveryError
from delivery.flier import Flier
from delivery.flights import Flight, FlightState

log = logging.getLogger(__name__)

MEND_S = 10.0  # a flight whose time went by has lost its air
IMPROVE_S = 300.0  # how often a better plan for all flights is looked for

Spawn = Callable[[Callable[[], None]], None]


@dataclass(slots=True)
class Tower:
    """Flies the desk's flights with `flier_of`, each in what `spawn` starts: a thread, or a simulated
    one; `after` hears of each that has ended. Every `improve_s` the plan of all flights that may still be
    moved is looked at anew.
    """

    desk: Desk
    crew: Crew
    flier_of: Callable[[Flight], Flier]
    spawn: Spawn
    after: Callable[[Flight], None] = lambda _: None
    improve_s: float = IMPROVE_S
    _up: set[str] = field(default_factory=set)
    _mended_s: float = -1e9
    _improved_s: float | None = None

    def look(self) -> None:
        """Send up what is due; an aircraft flies one flight at a time."""
        if self.desk.clock.monotonic_s() - self._mended_s >= MEND_S:
            self.review()
            self._improve()
        now_s = self.desk.clock.utc_s()
        world = self.desk.world()
        busy = {
            f.aircraft for f in world.active_flights() if f.state is FlightState.FLYING or f.id in self._up
        }
        for flight in sorted(world.active_flights(), key=lambda f: (f.takeoff_s or 0.0, f.id)):
            due = flight.state is FlightState.PLANNED and (flight.takeoff_s or 0.0) <= now_s
            if due and flight.id not in self._up and flight.aircraft not in busy:
                busy.add(flight.aircraft)
                self._up.add(flight.id)
                self.spawn(lambda flight=flight: self._flown(flight))  # type: ignore[misc]

    def review(self) -> None:
        """Plan anew what cannot fly as planned: after each change of the day, and now and then."""
        self._mended_s = self.desk.clock.monotonic_s()
        self.desk.mend()

    def _improve(self) -> None:
        now_s = self.desk.clock.monotonic_s()
        if self._improved_s is None:
            self._improved_s = now_s
        if now_s - self._improved_s >= self.improve_s:
            self._improved_s = now_s
            self.desk.improve()

    def _flown(self, flight: Flight) -> None:
        try:
            self.after(self.crew.fly(flight.id, self.flier_of(flight)))
        except DeliveryError as error:
            log.info("flight %s stays down: %s", flight.id, error)
        finally:
            self._up.discard(flight.id)
        self.review()
