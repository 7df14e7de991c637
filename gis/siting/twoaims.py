"""The frontier of a problem: plans between the most cover and the shortest way of the worst-off."""

from typing import Any

import numpy as np

from gis.siting.aims import rows_of
from gis.siting.columns import labels
from gis.siting.coverrows import Stopwatch
from gis.siting.equity import equity_of
from gis.siting.model import Plan
from gis.siting.problem import Problem
from gis.siting.solution import Solution
from gis.siting.ways import Distances
from gis.siting.worstoff import WorstOff, frontier


def plans_of(problem: Problem, efficient: Solution, areas: Any, *, now: Stopwatch) -> tuple[Plan, ...]:
    """As many plans as `params.frontier` asks for, the `efficient` one first, each with its equity."""
    params = problem.params
    if params.frontier < 2 or params.aim != "cover":
        return ()
    ids, _ = labels(problem.places.candidates.frame)
    rows = rows_of(problem)
    out = []
    found = frontier(
        rows, worst_off(problem), params.count, efficient, points=params.frontier, seconds=params.seconds,
        now=now,
    )  # fmt: skip
    for point in found:
        taken = problem.eligible[np.array(point.solution.sites, np.int64)]
        equity = equity_of(problem.ways, problem.near, taken, problem.load, problem.places, params, areas)
        names = tuple(ids[int(row)] for row in taken)
        out.append(Plan(point.within_m, point.metres, names, point.solution, equity))
    return tuple(out)


def worst_off(problem: Problem) -> WorstOff:
    """How far people walk, by the eligible sites and by what stands already."""
    many = len(problem.places.candidates_m)
    limit_m = max(problem.params.radius_m, problem.params.fairness_limit_m)
    ways = problem.ways.within(limit_m)
    place = np.full(many + len(problem.places.existing_m), -1, np.int64)
    place[problem.eligible] = np.arange(problem.sites)
    mine = place[ways.site] >= 0
    near = Distances(
        place[ways.site[mine]], ways.demand[mine], ways.metres[mine], limit_m, ways.kind, ways.notes
    )
    held = problem.ways.nearest(many + np.arange(len(problem.places.existing_m)), limit_m)
    return WorstOff(near, held, np.nan_to_num(problem.load.people), problem.params.worst_share)
