"""Planning anew while others fly: who flies what is worked out for all flights at once.

Promised times bound every visit, so a new plan keeps each promise or is not taken; flights about to take off
stay as they are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.geo import FloatArray
from delivery.flights import Flight, FlightState
from delivery.model import Craft
from delivery.moving import Desired, promised_window, replaced, told
from delivery.routing import Effort, Fleet, Problem, Route, Routes, Stop, solve
from delivery.ways import Way, aircraft_of
from delivery.world import Event

GRAMS = 1000.0
MOST_TRIPS = 100
WORTH_S = 60.0  # what a new plan must be worth


@dataclass(frozen=True, slots=True)
class Replanned:
    """A new plan: what to write down, how much sooner releases come, the flights moved and tried."""

    events: tuple[Event, ...] = ()
    sooner_s: float = 0.0
    moved: int = 0
    tried: int = 0
    saved_s: float = 0.0


def replan(work: Desired, effort: Effort | None = None) -> Replanned:
    """Assign all flights that may still be moved anew; nothing where no better plan keeps every promise."""
    flights = work.movable()
    fleet = [c for c in work.board.world.aircraft.values() if not c.grounded]
    if not flights or not fleet:
        return Replanned()
    problem = _problem(work, flights, fleet)
    effort = replace(effort or Effort(iterations=300), first=_present(flights, fleet))
    routes = solve(problem, effort)
    if not routes.feasible:
        return Replanned(tried=len(flights))
    return _decoded(work, flights, fleet, routes, problem)


def _problem(work: Desired, flights: Sequence[Flight], fleet: Sequence[Craft]) -> Problem:
    """Places are the aircraft's pads, then one for each flight; a trip makes one visit."""
    stops = tuple(_stop(work, flight, len(fleet) + n) for n, flight in enumerate(flights))
    seconds = _seconds(work, flights, fleet)
    return Problem(stops, tuple(_fleet(work, c, n) for n, c in enumerate(fleet)), (seconds,), (seconds,))


def _present(flights: Sequence[Flight], fleet: Sequence[Craft]) -> tuple[Route, ...]:
    """The plan as it stands, to begin with."""
    trips: dict[str, list[int]] = {craft.id: [] for craft in fleet}
    for n, flight in enumerate(flights):
        if flight.aircraft not in trips:
            return ()
        trips[flight.aircraft].append(n)
    return tuple(Route(n, tuple((m,) for m in trips[craft.id])) for n, craft in enumerate(fleet))


def _base_s(work: Desired) -> float:
    """The second from which the problem counts: a turnaround before now, for what stands ready is loaded."""
    return work.now_s - work.conditions.operations.turnaround_s


def _stop(work: Desired, flight: Flight, place: int) -> Stop:
    low, high = promised_window(work.orders(flight), work.now_s)
    base_s = _base_s(work)
    load = 1, math.ceil(flight.payload_kg * GRAMS)
    return Stop(place, load, (max(0.0, low - base_s), max(0.0, high - base_s)))


def _fleet(work: Desired, craft: Craft, place: int) -> Fleet:
    turnaround = work.conditions.operations.turnaround_s
    fixed_s = work.now_s + work.conditions.operations.freeze_s
    free_s = fixed_s
    for flight in work.board.of_craft(craft.id):
        if flight.state is FlightState.FLYING or (flight.takeoff_s or 0.0) < fixed_s:
            free_s = max(free_s, (flight.land_s or 0.0) + turnaround)
    capacity = 1, math.floor(aircraft_of(craft.type).payload_max_kg * GRAMS)
    window = free_s - turnaround - _base_s(work), math.inf
    return Fleet(place, 1, capacity, window, again=MOST_TRIPS, turnaround_s=turnaround)


def _seconds(work: Desired, flights: Sequence[Flight], fleet: Sequence[Craft]) -> FloatArray:
    """From pads to releases and back; nothing leads from one visit to another."""
    count = len(fleet) + len(flights)
    seconds = np.full((count, count), np.inf)
    np.fill_diagonal(seconds, 0.0)
    for n, craft in enumerate(fleet):
        for m, flight in enumerate(flights, start=len(fleet)):
            way = _way(work, craft, flight)
            if way.plan is not None and not way.reasons:
                seconds[n, m] = way.to_release_s
                seconds[m, n] = way.total_s - way.to_release_s
    return seconds


def _way(work: Desired, craft: Craft, flight: Flight) -> Way:
    places = work.board.world.places
    when_s = work.now_s + work.conditions.prepare_s
    return work.planner.ways.way(craft, places[craft.depot], places[flight.place], work.day, when_s)


def _decoded(
    work: Desired, flights: Sequence[Flight], fleet: Sequence[Craft], routes: Routes, problem: Problem
) -> Replanned:
    """The routes as flights with air and batteries of their own, if they keep all promises and are sooner."""
    board, new = work.board, []
    with board.trial():
        for flight in flights:
            board.remove(flight.id)
        for _, craft, number in _in_order(routes, problem):
            flight = flights[number]
            window = promised_window(work.orders(flight), work.now_s)
            again = replaced(work, flight, window, fleet[craft].id) or replaced(work, flight, window)
            if again is None:
                return Replanned(tried=len(flights))
            board.put(again)
            new.append(again)
    return _better(work, flights, new)


def _better(work: Desired, old: Sequence[Flight], new: Sequence[Flight]) -> Replanned:
    """Sooner releases and less flying count alike; later ones must be paid for."""
    before = {f.id: f for f in old}
    sooner = sum((before[f.id].release_s or 0.0) - (f.release_s or 0.0) for f in new)
    saved = sum(_air_s(before[f.id]) - _air_s(f) for f in new)
    changed = [f for f in new if f != before[f.id]]
    if not changed or sooner + saved < WORTH_S:
        return Replanned(tried=len(old))
    events = tuple(event for flight in changed for event in told(work, flight))
    return Replanned(events, sooner, len(changed), len(old), saved)


def _air_s(flight: Flight) -> float:
    return (flight.land_s or 0.0) - (flight.takeoff_s or 0.0)


def _in_order(routes: Routes, problem: Problem) -> list[tuple[float, int, int]]:
    """(estimated second of the take-off, fleet, stop) of every trip, in order of time."""
    found = []
    for route in routes.routes:
        fleet = problem.fleets[route.fleet]
        free_s = fleet.window_s[0]
        for trip in route.trips:
            for number in trip:
                stop = problem.stops[number]
                seconds = problem.seconds[0]
                way, back = seconds[fleet.place, stop.place], seconds[stop.place, fleet.place]
                begin = max(free_s + fleet.turnaround_s, stop.window_s[0] - way)
                found.append((float(begin), route.fleet, number))
                free_s = begin + way + back
    return sorted(found)
