"""The plan as it stands: flights by aircraft, the air they hold, and what would fit between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from delivery.charging import Use, supplied
from delivery.flights import Flight, FlightState
from delivery.sky import Ledger
from delivery.world import World

FOREVER_S = 1e12


@dataclass(slots=True)
class Board:
    """Planned and flying flights; changes within `trial` are taken back unless they are kept."""

    world: World = field(default_factory=World)
    flights: dict[str, Flight] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)

    def follow(self, world: World, frozen_s: float, now_s: float) -> None:
        """Take over what the store knows; flights that take off before UTC second `frozen_s` are fixed."""
        self.world = world
        self.flights = {f.id: f for f in world.active_flights()}
        self.ledger.follow(world, frozen_s, now_s)

    def put(self, flight: Flight) -> None:
        """Plan a flight, in place of its earlier self."""
        self.flights[flight.id] = flight
        self.ledger.hold(flight)

    def remove(self, flight_id: str) -> Flight:
        """Take a flight from the plan."""
        self.ledger.give_back(flight_id)
        return self.flights.pop(flight_id)

    @contextmanager
    def trial(self) -> Iterator["Trial"]:
        """Try changes: they are taken back at the end unless `keep` was said."""
        before, trial = dict(self.flights), Trial()
        try:
            yield trial
        finally:
            if not trial.kept:
                self._restore(before)

    def _restore(self, before: dict[str, Flight]) -> None:
        for name in [n for n in self.flights if n not in before]:
            self.remove(name)
        for flight in before.values():
            if self.flights.get(flight.id) != flight:
                self.put(flight)

    def of_craft(self, craft: str) -> list[Flight]:
        """An aircraft's flights in order of time."""
        return sorted((f for f in self.flights.values() if f.aircraft == craft), key=_takeoff_s)

    def gaps(self, craft: str, from_s: float, turnaround_s: float) -> Iterator[tuple[float, float]]:
        """When an aircraft is free: (first take-off, last landing) UTC seconds."""
        free_s = from_s
        for flight in self.of_craft(craft):
            if flight.state is FlightState.PLANNED:
                yield free_s, _takeoff_s(flight) - turnaround_s
            free_s = max(free_s, _land_s(flight) + turnaround_s)
        yield free_s, FOREVER_S

    def uses(self, depot: str) -> list[Use]:
        """What the flights of a depot's aircraft take from its batteries."""
        crafts = {c.id for c in self.world.aircraft.values() if c.depot == depot}
        return [_use(f) for f in self.flights.values() if f.aircraft in crafts]

    def batteries_for(self, flight: Flight) -> bool:
        """Whether the depot's batteries carry all its flights with this one among them."""
        uses = [use for use in self.uses(flight.depot) if use.flight != flight.id]
        return supplied(self.world, flight.depot, [*uses, _use(flight)]) is not None

    def battery_of(self, flight: Flight) -> str | None:
        """The battery that a flight takes off with; None = the aircraft's own charge, or none is enough."""
        before = [use for use in self.uses(flight.depot) if use.takeoff_s <= _takeoff_s(flight)]
        return (supplied(self.world, flight.depot, before) or {}).get(flight.id) or None

    def next_number(self) -> str:
        """A flight id that nobody has."""
        count = len(self.world.flights) + 1
        while (name := f"F-{count:05d}") in self.world.flights or name in self.flights:
            count += 1
        return name


@dataclass(slots=True)
class Trial:
    """Whether what was tried is kept."""

    kept: bool = False

    def keep(self) -> None:
        """Let the changes stand."""
        self.kept = True


def _takeoff_s(flight: Flight) -> float:
    started = flight.started_s if flight.started_s is not None else flight.takeoff_s
    return started if started is not None else 0.0


def _land_s(flight: Flight) -> float:
    return flight.land_s if flight.land_s is not None else FOREVER_S


def _use(flight: Flight) -> Use:
    return Use(
        flight.id,
        flight.aircraft,
        _takeoff_s(flight),
        _land_s(flight),
        flight.energy_Wh or 0.0,
        started=flight.state is FlightState.FLYING,
    )
