"""Which vehicle visits whom, in which order: routing with time windows, several depots and several trips.

A model of our own; PyVRP (an iterated local search, MIT licence) finds the routes. Numbers are scaled to
whole ones for it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.geo import FloatArray
from delivery.errors import DeliveryError

if TYPE_CHECKING:
    from pyvrp import ProblemData, Result, Solution

NEVER = 2**40
"""Stands for a way that nobody goes, and for a time that never comes."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit at `place` (an index): what it loads, the window of its begin, how long it takes, seconds.

    `prize` is what a visit is worth that may be left out; None = it must be made.
    """

    place: int
    load: tuple[int, ...] = ()
    window_s: tuple[float, float] = (0.0, math.inf)
    service_s: float = 0.0
    prize: float | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """`count` alike vehicles of the depot at `place`: what they carry and when they work.

    They go `again` for further trips, each of which begins with `turnaround_s` at the depot; `matrix` chooses
    among the problem's.
    """

    place: int
    count: int = 1
    capacity: tuple[int, ...] = ()
    window_s: tuple[float, float] = (0.0, math.inf)
    again: int = 0
    turnaround_s: float = 0.0
    matrix: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Stops and fleets; (n, n) matrices between places of costs and of seconds, inf = no way.

    `per_second` is what a second of a vehicle's day costs. `scale` makes whole numbers of them all.
    """

    stops: tuple[Stop, ...]
    fleets: tuple[Fleet, ...]
    costs: tuple[FloatArray, ...]
    seconds: tuple[FloatArray, ...]
    per_second: int = 0
    scale: float = 10.0

    def __post_init__(self) -> None:
        if not self.stops or not self.fleets:
            raise DeliveryError("routes need stops and vehicles, got none")


@dataclass(frozen=True, slots=True)
class Route:
    """A vehicle's day: the index of its fleet, and the stops of each trip."""

    fleet: int
    trips: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Routes:
    """A solution: its cost, the stops left out, whether it keeps every window and capacity."""

    routes: tuple[Route, ...]
    cost: float
    left_out: tuple[int, ...]
    feasible: bool
    iterations: int


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search: seconds of the wall's clock, or iterations (the same on every machine).

    `first` are routes to begin with.
    """

    seconds: float | None = None
    iterations: int = 500
    seed: int = 0
    first: tuple[Route, ...] = ()


def solve(problem: Problem, effort: Effort | None = None) -> Routes:
    """Find routes."""
    from pyvrp import solve as search
    from pyvrp.stop import MaxIterations, MaxRuntime

    effort = effort or Effort()
    stop = MaxIterations(effort.iterations) if effort.seconds is None else MaxRuntime(effort.seconds)
    data = _data(problem)
    first = _solution(data, effort.first) if effort.first else None
    result = search(data, stop, seed=effort.seed, collect_stats=False, display=False, initial_solution=first)
    return _routes(problem, result)


def _data(problem: Problem) -> "ProblemData":
    """The problem as PyVRP takes it: a depot for each fleet, since a turnaround belongs to a depot there."""
    from pyvrp import Client, Depot, Location, ProblemData, VehicleType

    def whole(value: float) -> int:
        return round(min(value * problem.scale, NEVER))

    clients = [
        Client(
            stop.place,
            delivery=list(stop.load),
            service_duration=whole(stop.service_s),
            tw_early=whole(stop.window_s[0]),
            tw_late=whole(stop.window_s[1]),
            prize=0 if stop.prize is None else whole(stop.prize),
            required=stop.prize is None,
        )
        for stop in problem.stops
    ]
    depots = [Depot(f.place, service_duration=whole(f.turnaround_s)) for f in problem.fleets]
    types = [
        VehicleType(
            f.count,
            list(f.capacity),
            n,
            n,
            tw_early=whole(f.window_s[0]),
            tw_late=whole(f.window_s[1]),
            profile=f.matrix,
            reload_depots=[n] if f.again else [],
            max_reloads=f.again,
            unit_duration_cost=problem.per_second,
        )
        for n, f in enumerate(problem.fleets)
    ]
    places = [Location(0, 0) for _ in problem.costs[0]]
    costs, seconds = (_whole(m, problem.scale) for m in (problem.costs, problem.seconds))
    return ProblemData(places, clients, depots, types, costs, seconds)


def _solution(data: "ProblemData", routes: Sequence[Route]) -> "Solution":
    """Routes as PyVRP takes them: visits, with the depot between trips."""
    import pyvrp

    def activities(route: Route) -> list[Any]:
        steps = []
        for number, trip in enumerate(route.trips):
            if number:
                steps.append(pyvrp.Activity(pyvrp.ActivityType.DEPOT, route.fleet))
            steps += [pyvrp.Activity(pyvrp.ActivityType.CLIENT, stop) for stop in trip]
        return steps

    return pyvrp.Solution(data, [pyvrp.Route(data, activities(r), r.fleet) for r in routes if r.trips])


def _whole(matrices: Sequence[FloatArray], scale: float) -> Any:
    return [np.rint(np.minimum(m * scale, NEVER)).astype(np.int64) for m in matrices]


def _routes(problem: Problem, result: "Result") -> Routes:
    routes = tuple(Route(r.vehicle_type(), _trips(r)) for r in result.best.routes())
    visited = {stop for route in routes for trip in route.trips for stop in trip}
    left = tuple(i for i in range(len(problem.stops)) if i not in visited)
    feasible = result.is_feasible()
    cost = float(result.cost()) / problem.scale if feasible else math.inf
    return Routes(routes, cost, left, feasible, int(result.num_iterations))


def _trips(route: Any) -> tuple[tuple[int, ...], ...]:
    """The stops of a PyVRP route, cut where it comes back to a depot."""
    trips: list[list[int]] = [[]]
    for step in route.schedule():
        if step.is_depot():
            trips.append([])
        elif step.is_client():
            trips[-1].append(int(step.idx))
    return tuple(tuple(trip) for trip in trips if trip)
