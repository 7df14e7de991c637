"""Flying what is planned: the order follows what the vehicle really did, and nothing is dropped twice."""

import dataclasses
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import SkyshadeError
from delivery.aftermath import ended, released, started
from delivery.conditions import Conditions
from delivery.desk import Desk
from delivery.errors import DeliveryError
from delivery.flier import Confirmation, Flier, Outcome, Watcher
from delivery.flights import Flight, FlightState
from delivery.model import OrderState
from delivery.offer import planned
from delivery.planner import Task
from delivery.reasons import Reason
from delivery.world import World
from missions.formats import read_plan, write_plan
from missions.model import Mission

log = logging.getLogger(__name__)

PLAN_NAME = "mission.plan"
SOON_S = 5.0  # a flight so near its time takes off as planned

Fly = Callable[[Mission, Path, Callable[[Confirmation], None]], Outcome]


@dataclass(slots=True)
class Crew:
    """Flies the desk's flights, each in its own folder under `folder`."""

    desk: Desk
    folder: Path

    def fly(self, flight_id: str, flier: Flier) -> Flight:
        """Fly a planned flight now, to its end; raises `DeliveryError` with the reasons when it cannot.

        What the vehicle confirms is written at once: a crash of this program loses no order and drops nothing
        twice.
        """
        flight, mission = self._ready(flight_id)
        folder = self.folder / flight.id
        write_plan(mission, folder / PLAN_NAME)
        now_s = self.desk.clock.utc_s()
        battery = self.desk.board.battery_of(flight)
        self.desk.decide(lambda world: started(world, world.flights[flight.id], battery, now_s))
        return self._flown(flight.id, flier.fly, mission, folder)

    def watch(self, flight_id: str, watcher: Watcher) -> Flight:
        """Find a flight again that was in the air when its program ended, and watch it to its end."""
        flight = self.desk.world().flights[flight_id]
        if flight.state is not FlightState.FLYING:
            raise DeliveryError(f"flight {flight_id} is {flight.state.value}, not in the air")
        folder = self.folder / flight_id
        mission = read_plan(folder / PLAN_NAME)
        again = next(f for n in range(2, 1000) if not (f := folder / f"watch-{n}").exists())
        return self._flown(flight_id, watcher.watch, mission, again)

    def lost(self) -> tuple[Flight, ...]:
        """Flights that are in the air by the record: to be watched after a restart."""
        return tuple(f for f in self.desk.world().active_flights() if f.state is FlightState.FLYING)

    def _flown(self, flight_id: str, fly: Fly, mission: Mission, folder: Path) -> Flight:
        clock = self.desk.clock
        heard: list[Confirmation] = []

        def hear(word: Confirmation) -> None:
            if not heard:
                heard.append(word)
                self.desk.decide(lambda world: released(world, flight_id, word, clock.utc_s()))

        start_s = clock.monotonic_s()
        try:
            outcome = fly(mission, folder, hear)
        except (SkyshadeError, OSError, KeyboardInterrupt) as error:
            flown_s, problem = clock.monotonic_s() - start_s, str(error) or type(error).__name__
            outcome = Outcome(completed=False, flown_s=flown_s, release=None, problem=problem)
        if outcome.release is not None:
            hear(outcome.release)
        outcome = dataclasses.replace(outcome, release=heard[0] if heard else None)
        world = self.desk.decide(lambda world: ended(world, flight_id, outcome, clock.utc_s()))
        self._again(world, world.flights[flight_id])
        return self.desk.world().flights[flight_id]

    def _again(self, world: World, flight: Flight) -> None:
        """Orders whose goods came back are planned once more."""
        for name in flight.orders:
            if world.orders[name].state is OrderState.ACCEPTED:
                self.desk.plan_again(name)

    def _ready(self, flight_id: str) -> tuple[Flight, Mission]:
        """The flight as it can be flown now, judged once more, and its mission."""
        with self.desk.planning():
            world, now_s = self.desk.world(), self.desk.clock.utc_s()
            flight = world.flights.get(flight_id)
            if flight is None or flight.state is not FlightState.PLANNED:
                raise DeliveryError(f"flight {flight_id} is not planned")
            day = self.desk.conditions().at(world, now_s)
            reasons = self.desk.against(flight, day, now_s)
            self.desk.follow(world, now_s)
            against: tuple[Reason | str, ...] = (*reasons, *self._still_there(flight, world))
            if against:
                raise _cannot(flight, against)
            if abs((flight.takeoff_s or 0.0) - now_s) > SOON_S:
                flight = self._moved(flight, day, now_s)
            return flight, self.desk.mission_of(flight, day)

    def _still_there(self, flight: Flight, world: World) -> tuple[str, ...]:
        """Who flies in the flight's air, being behind its own plan."""
        met = {m.holder for m in self.desk.board.ledger.sky.overlaps(flight.id)}
        late = sorted(name for name in met if world.flights[name].state is FlightState.FLYING)
        return tuple(f"flight {name} is behind its plan and still in its air" for name in late)

    def _moved(self, flight: Flight, day: Conditions, now_s: float) -> Flight:
        """The same flight by the same aircraft, taking off now."""
        board = self.desk.board
        self.desk.follow(self.desk.world(), now_s)
        board.remove(flight.id)
        now = dataclasses.replace(day, prepare_s=0.0)
        window = now_s, now_s + day.operations.max_wait_s
        place = board.world.places[flight.place]
        task = Task(flight.orders, place, flight.payload_kg, window, flight.priority)
        found = self.desk.planner.place(board, task, now, now_s, flight.id)
        if found.flight is None or (found.flight.takeoff_s or 0.0) > now_s + SOON_S:
            board.put(flight)
            raise _cannot(flight, found.reasons or (_NOT_NOW,))
        moved = found.flight
        self.desk.decide(lambda _: [planned(moved, now_s)])
        return moved


_NOT_NOW = "its aircraft or its air is taken now; wait for its time"


def _cannot(flight: Flight, reasons: tuple[Reason | str, ...]) -> DeliveryError:
    said = "; ".join(map(str, reasons))
    return DeliveryError(f"order {', '.join(flight.orders)} cannot take off: {said}")
