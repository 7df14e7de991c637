"""Planning anew while others fly: orders that may go together, and who flies what, for all flights at once.

Promised times bound every visit, so a new plan keeps each promise or is not taken; flights about to take off
stay as they are. What PyVRP finds is a proposal: it knows neither the air nor the batteries. It is tried in
blocks, then flight by flight, and what finds its air and its battery and is worth it stays.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
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
STEP_S = 10.0  # and what moving one flight, or a block of them
BLOCK, LEAST = 100, 20  # flights tried together
TRIES = 3
SPARE_S = 75.0  # a release is moved no nearer to the end of its promise
EACH = 1  # times that a flight is tried on average, before the rest stays as it is
SOONER = 0.25  # a second of waiting within what is promised, beside one of flying


@dataclass(frozen=True, slots=True)
class Replanned:
    """A new plan: what to write down, how much sooner releases come (summed over orders), the flights moved
    and tried, seconds and watt-hours of flying saved, how many flights fewer.
    """

    events: tuple[Event, ...] = ()
    sooner_s: float = 0.0
    moved: int = 0
    tried: int = 0
    saved_s: float = 0.0
    saved_Wh: float = 0.0
    fewer: int = 0


@dataclass(frozen=True, slots=True)
class _Proposal:
    """Who should fly a flight, and about when."""

    time_s: float
    craft: str
    flight: str


def replan(work: Desired, effort: Effort | None = None) -> Replanned:
    """Assign all flights that may still be moved anew; nothing where no better plan keeps every promise."""
    flights = work.movable()
    fleet = [c for c in work.board.world.aircraft.values() if not c.grounded]
    if not flights or not fleet:
        return Replanned()
    with work.board.trial():
        kept = _together(work, flights)
        proposals = _proposed(work, kept, fleet, effort or Effort(iterations=200))
        kept = _in_blocks(work, kept, proposals)
        new = _one_by_one(work, kept, proposals)
    return _better(work, flights, new)


def _together(work: Desired, flights: Sequence[Flight]) -> list[Flight]:
    """Orders for one place go in one flight where one aircraft carries them and all promises are kept."""
    kept: list[Flight] = []
    for flight in sorted(flights, key=lambda f: (f.place, f.release_s or 0.0)):
        both = _both(work, kept[-1], flight) if kept and kept[-1].place == flight.place else None
        if both is None:
            kept.append(flight)
        else:
            kept[-1] = both
    return sorted(kept, key=lambda f: f.takeoff_s or 0.0)


def _both(work: Desired, one: Flight, other: Flight) -> Flight | None:
    """Both loads in one flight, on the board in their place; None leaves the board as it was."""
    load = replace(
        one,
        orders=(*one.orders, *other.orders),
        payload_kg=round(one.payload_kg + other.payload_kg, 6),
        priority=max(one.priority, other.priority),
    )
    window = _window(work, load, 0.0)
    most_kg = max(aircraft_of(c.type).payload_max_kg for c in work.board.world.aircraft.values())
    if load.payload_kg > most_kg or window[0] > window[1]:
        return None
    with work.board.trial() as trial:
        for flight in (one, other):
            work.board.remove(flight.id)
        found = [replaced(work, load, window, craft) for craft in sorted({one.aircraft, other.aircraft})]
        options = [(_worth_s((one, other), (new,)), new) for new in found if new is not None]
        worth_s, best = max(options, key=lambda option: option[0], default=(0.0, None))
        if best is not None and worth_s >= STEP_S:
            work.board.put(best)
            trial.keep()
            return best
    return None


def _window(work: Desired, flight: Flight, present_s: float) -> tuple[float, float]:
    """Where a flight's release may move, UTC seconds: within its promises, with time to spare or as it is."""
    low, high = promised_window(work.orders(flight), work.now_s)
    return low, max(high - SPARE_S, min(present_s, high))


def _proposed(
    work: Desired, flights: Sequence[Flight], fleet: Sequence[Craft], effort: Effort
) -> list[_Proposal]:
    """What would be best if air and batteries were always free, in order of time."""
    problem = _problem(work, flights, fleet)
    routes = solve(problem, replace(effort, first=_present(flights, fleet)))
    if not routes.feasible:
        return []
    order = _in_order(routes, problem)
    return [_Proposal(time_s, fleet[craft].id, flights[number].id) for time_s, craft, number in order]


def _in_blocks(work: Desired, flights: Sequence[Flight], proposals: Sequence[_Proposal]) -> list[Flight]:
    """The proposal for so many flights at once, the soonest first; where a block does not fit, its halves."""
    found, budget = {f.id: f for f in flights}, EACH * len(flights)
    blocks = [proposals[n : n + BLOCK] for n in range(0, len(proposals), BLOCK)]
    while blocks and budget > 0:
        block = blocks.pop(0)
        new, tries = _block(work, [found[p.flight] for p in block], block)
        budget -= tries
        if new is not None:
            found |= {f.id: f for f in new}
        elif len(block) >= 2 * LEAST:
            blocks[:0] = [block[: len(block) // 2], block[len(block) // 2 :]]
    return list(found.values())


def _block(
    work: Desired, flights: Sequence[Flight], proposals: Sequence[_Proposal]
) -> tuple[Sequence[Flight] | None, int]:
    """The flights as proposed, on the board, if each finds its place and it is worth it; how many were tried.

    One that found none goes first in the next try.
    """
    pairs, tried = list(zip(flights, proposals, strict=True)), 0
    for _ in range(TRIES):
        with work.board.trial() as trial:
            for flight in flights:
                work.board.remove(flight.id)
            new = list(_placed(work, pairs))
            tried += len(new) + 1
            if len(new) == len(pairs):
                if _worth_s(flights, new) < STEP_S:
                    return None, tried
                trial.keep()
                return new, tried
        pairs.insert(0, pairs.pop(len(new)))
    return None, tried


def _placed(work: Desired, pairs: Sequence[tuple[Flight, _Proposal]]) -> Iterator[Flight]:
    """The flights as they are put on the board, until one finds no place."""
    for flight, proposal in pairs:
        window = _window(work, flight, flight.release_s or 0.0)
        new = replaced(work, flight, window, proposal.craft) or replaced(work, flight, window)
        if new is None:
            return
        work.board.put(new)
        yield new


def _one_by_one(work: Desired, flights: Sequence[Flight], proposals: Sequence[_Proposal]) -> list[Flight]:
    """Each flight as proposed where that is worth it by itself."""
    board, found = work.board, {f.id: f for f in flights}
    for proposal in proposals:
        flight = found[proposal.flight]
        if not _promising(work, flight, proposal):
            continue
        with board.trial() as trial:
            board.remove(flight.id)
            window = _window(work, flight, flight.release_s or 0.0)
            new = replaced(work, flight, window, proposal.craft)
            if new is not None and _worth_s((flight,), (new,)) >= STEP_S:
                board.put(new)
                found[flight.id] = new
                trial.keep()
    return list(found.values())


def _promising(work: Desired, flight: Flight, proposal: _Proposal) -> bool:
    """Whether the proposal's aircraft flies it in less time, or could be there sooner."""
    craft = work.board.world.aircraft[proposal.craft]
    way = _way(work, craft, flight)
    shorter = way.total_s < _air_s(flight) - STEP_S
    sooner = craft.id != flight.aircraft and proposal.time_s + _base_s(work) < (flight.takeoff_s or 0.0)
    return shorter or sooner


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
    low, high = _window(work, flight, flight.release_s or 0.0)
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
            if way.open:
                seconds[n, m] = way.to_release_s
                seconds[m, n] = way.total_s - way.to_release_s
    return seconds


def _way(work: Desired, craft: Craft, flight: Flight) -> Way:
    places = work.board.world.places
    when_s = work.now_s + work.conditions.prepare_s
    return work.planner.ways.way(craft, places[craft.depot], places[flight.place], work.day, when_s)


def _better(work: Desired, old: Sequence[Flight], new: Sequence[Flight]) -> Replanned:
    """What is written down if the new plan is worth it."""
    before, after = {f.id: f for f in old}, {f.id: f for f in new}
    changed = [f for f in new if f != before[f.id]]
    if not changed or _worth_s(old, new) < WORTH_S:
        return Replanned(tried=len(old))
    events = [event for flight in changed for event in told(work, flight)]
    events += [Event(work.now_s, "flight.withdrawn", name) for name in before if name not in after]
    return Replanned(
        tuple(events),
        _sooner_s(old, new),
        len(changed) + len(old) - len(new),
        len(old),
        _sum(map(_air_s, old)) - _sum(map(_air_s, new)),
        _sum(f.energy_Wh for f in old) - _sum(f.energy_Wh for f in new),
        len(old) - len(new),
    )


def _sum(values: Iterable[float | None]) -> float:
    return sum(value or 0.0 for value in values)


def _worth_s(old: Sequence[Flight], new: Sequence[Flight]) -> float:
    """Less flying first, then sooner releases: later ones within the promise must be paid for."""
    saved_s = _sum(map(_air_s, old)) - _sum(map(_air_s, new))
    return saved_s + SOONER * _sooner_s(old, new)


def _sooner_s(old: Sequence[Flight], new: Sequence[Flight]) -> float:
    """Over the orders of both."""
    after = {order: flight.release_s or 0.0 for flight in new for order in flight.orders}
    return sum((f.release_s or 0.0) - after[o] for f in old for o in f.orders)


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
