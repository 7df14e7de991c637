"""Who has which air among our own flights: kept in step with the store, asked for the next free slot."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely

from core.geo import FloatArray
from delivery.air import outlines_of, volumes_at
from delivery.flights import Flight, FlightState, Piece
from delivery.model import OrderState, Priority
from delivery.world import World
from gis.vector import Area
from missions.volumes.intent import Answer, Intent, IntentState, Sky
from missions.volumes.volume import Volume4D

RANKS = {Priority.REGULAR: 0, Priority.RESERVED: 1, Priority.URGENT: 2}
"""Priority of a flight by its most important order; emergencies stand above."""

LOWEST = 0
"""Rank that comes over nobody's air."""

FIXED = 9
"""Rank of a flight that is in the air, or about to be."""

LATE_S = 15.0
"""So far behind its plan a flight holds its air for longer: nobody knows when it will be through."""

_LATE_STEP_S = 30.0
_STEP_S = 0.5
_TRIES = 60


@dataclass(slots=True)
class Ledger:
    """Reserved air by flight id."""

    sky: Sky = field(default_factory=Sky)
    _held: dict[str, tuple[Flight, tuple[Area, ...], int]] = field(default_factory=dict)
    _late: dict[str, float] = field(default_factory=dict)
    _frozen_s: float = 0.0

    def follow(self, world: World, frozen_s: float, now_s: float) -> None:
        """Make the reservations those of the world's planned and flying flights.

        Those that fly, or take off before UTC second `frozen_s`, give way to nobody. Those that are behind
        their plan hold all their air for so much longer.
        """
        self._frozen_s = frozen_s
        late, self._late = self._late, {f.id: late_s(world, f, now_s) for f in world.active_flights()}
        active = {f.id: f for f in world.active_flights() if f.pieces}
        for name in [n for n in self._held if n not in active]:
            self.give_back(name)
        for flight in active.values():
            held = self._held.get(flight.id)
            same = held is not None and held[2] == self._rank(flight) and _air(held[0]) == _air(flight)
            if not same or late.get(flight.id, 0.0) != self._late[flight.id]:
                self.hold(flight)

    def hold(self, flight: Flight) -> None:
        """Write a flight's air down, whatever it meets: what is on record stands."""
        held = self._held.get(flight.id)
        areas = (
            held[1] if held is not None and held[0].pieces == flight.pieces else outlines_of(flight.pieces)
        )
        rank = self._rank(flight)
        self._held[flight.id] = (flight, areas, rank)
        late = self._late.get(flight.id, 0.0)
        pieces = [replace(p, end_s=p.end_s + late) for p in flight.pieces] if late else flight.pieces
        volumes = volumes_at(pieces, areas, flight.takeoff_s or 0.0)
        self.sky.end(flight.id)
        # One that is out of its volumes is never refused, and what is on record stands.
        self.sky.put(Intent(flight.id, volumes, rank, IntentState.NONCONFORMING))

    def _rank(self, flight: Flight) -> int:
        fixed = flight.state is FlightState.FLYING or (flight.takeoff_s or 0.0) < self._frozen_s
        return FIXED if fixed else flight.priority

    def give_back(self, flight_id: str) -> None:
        """A flight is over, or given up."""
        self._held.pop(flight_id, None)
        self.sky.end(flight_id)

    def volumes_of(self, flight_id: str) -> tuple[Volume4D, ...]:
        """What a flight holds."""
        return self.sky.book.volumes_of(flight_id)

    def ask(
        self, name: str, pieces: Sequence[Piece], areas: Sequence[Area], takeoff_s: float, priority: int
    ) -> Answer:
        """Whether a flight of that priority could take off then."""
        volumes = volumes_at(pieces, areas, takeoff_s)
        return self.sky.ask(Intent(name, volumes, priority))

    def free_for(self, flight: Flight) -> bool:
        """Whether a flight could have its air as it is planned, if it were written down now."""
        volumes = volumes_at(flight.pieces, outlines_of(flight.pieces), flight.takeoff_s or 0.0)
        return self.sky.ask(Intent(flight.id, volumes, LOWEST)).accepted

    def first_slot(
        self,
        name: str,
        pieces: Sequence[Piece],
        areas: Sequence[Area],
        between_s: tuple[float, float],
        priority: int = 0,
    ) -> float | None:
        """The first take-off in a while at which the flight meets nobody it must give way to; None = none.

        Each refusal says how long those in the way stay, so nothing free is jumped over.
        """
        takeoff_s, last_s = between_s
        boxes = boxes_of(pieces, areas)
        for _ in range(_TRIES):
            if takeoff_s > last_s:
                return None
            if not self.sky.book.meets_boxes(boxes + takeoff_s * _TIMES):
                return takeoff_s
            answer = self.ask(name, pieces, areas, takeoff_s, priority)
            if answer.accepted:
                return takeoff_s
            waits = [m.volume.end_s - takeoff_s - pieces[m.index].begin_s for m in answer.against]
            takeoff_s += max(*waits, 0.0) + _STEP_S
        return None

    def displaced_by(self, flight: Flight) -> tuple[str, ...]:
        """The planned flights of lower priority that a flight's air came over."""
        met = {m.holder for m in self.sky.overlaps(flight.id)}
        return tuple(sorted(name for name in met if self._held[name][2] < flight.priority))


def late_s(world: World, flight: Flight, now_s: float) -> float:
    """How much longer a flight in the air holds its air: 0 while it is on time, else in steps of half a
    minute, one more than it is behind.
    """
    if flight.state is not FlightState.FLYING:
        return 0.0
    aboard = any(world.orders[name].state is OrderState.FLYING for name in flight.orders)
    due_s = flight.release_s if aboard else flight.land_s
    behind_s = 0.0 if due_s is None else now_s - due_s
    return 0.0 if behind_s <= LATE_S else (math.ceil(behind_s / _LATE_STEP_S) + 1.0) * _LATE_STEP_S


_TIMES = np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
"""Which columns of a box are times."""


def boxes_of(pieces: Sequence[Piece], areas: Sequence[Area]) -> FloatArray:
    """The boxes (n, 8) of a flight's air as `Book` has them, counted from take-off."""
    flat = shapely.bounds(np.array([*areas, None], object)[:-1])
    low = np.array([(p.floor_m, p.begin_s) for p in pieces])
    high = np.array([(p.ceiling_m, p.end_s) for p in pieces])
    return np.column_stack([flat[:, :2], low, flat[:, 2:], high])


def _air(flight: Flight) -> tuple[object, ...]:
    return flight.takeoff_s, flight.pieces
