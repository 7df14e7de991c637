"""Sends planned flights up when their time comes, and plans anew what the day has made impossible."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from delivery.crew import Crew
from delivery.desk import Desk
from delivery.errors import DeliveryError
from delivery.flier import Flier
from delivery.flights import Flight, FlightState
from delivery.model import OrderState
from delivery.world import Event

log = logging.getLogger(__name__)

Spawn = Callable[[Callable[[], None]], None]


@dataclass(slots=True)
class Tower:
    """Flies the desk's flights with `flier_of`, each in what `spawn` starts: a thread, or a simulated
    one; `after` hears of each that has ended.
    """

    desk: Desk
    crew: Crew
    flier_of: Callable[[Flight], Flier]
    spawn: Spawn
    after: Callable[[Flight], None] = lambda _: None
    _up: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Send up what is due; an aircraft flies one flight at a time."""
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
        """Look at every planned flight again, after the weather, a closure or a point has changed."""
        now_s = self.desk.clock.utc_s()
        for flight in list(self.desk.world().active_flights()):
            if flight.state is not FlightState.PLANNED or flight.id in self._up:
                continue
            when_s = max(now_s, flight.takeoff_s or now_s)
            day = self.desk.conditions().at(self.desk.world(), when_s)
            if self.desk.against(flight, day, when_s):
                self._anew(flight)

    def _flown(self, flight: Flight) -> None:
        try:
            self.after(self.crew.fly(flight.id, self.flier_of(flight)))
        except DeliveryError as error:
            log.info("flight %s stays down: %s", flight.id, error)
            self._anew(flight)
        finally:
            self._up.discard(flight.id)

    def _anew(self, flight: Flight) -> None:
        """A planned flight is withdrawn and its orders are planned once more, or fail with the reason."""
        now_s = self.desk.clock.utc_s()
        if self.desk.world().flights[flight.id].state is not FlightState.PLANNED:
            return
        self.desk.append([Event(now_s, "flight.withdrawn", flight.id)])
        for name in self.desk.world().flights[flight.id].orders:
            order = self.desk.world().orders[name]
            if order.state is OrderState.ACCEPTED and order.flight == flight.id:
                self.desk.plan_again(name)
