"""What is to be best about a choice: load covered, with or without room, few sites, short or no long ways."""

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.errors import SkyshadeError
from gis.siting.capacitated import Served, solve_capacitated
from gis.siting.columns import CAPACITY_NAMES, find_column, named_column, numbers
from gis.siting.covering import solve_mclp
from gis.siting.coverrows import CoverRows, Stopwatch, cover_rows
from gis.siting.pcenter import solve_pcenter
from gis.siting.pmedian import solve_pmedian
from gis.siting.problem import Problem
from gis.siting.service import cover_share
from gis.siting.setcover import solve_set_cover
from gis.siting.solution import Solution

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_WAYS = 60_000_000  # entries of a table of distances held at once


def pick(problem: Problem, *, now: Stopwatch = time.monotonic) -> Solution:
    """The choice that is best by `params.aim`; its sites number the eligible candidates.

    Raises `SkyshadeError` when more sites are asked for than are allowed, or what the aim needs is missing.
    """
    return AIMS[problem.params.aim](problem, now)


def rows_of(problem: Problem) -> CoverRows:
    """The load as cover rows."""
    cover = problem.cover
    weights = problem.load.weights
    return cover_rows(
        weights, cover.site, cover.demand, cover.share, sites=problem.sites, existing=cover.held
    )


def _cover(problem: Problem, now: Stopwatch) -> Solution:
    return solve_mclp(rows_of(problem), _count(problem), seconds=problem.params.seconds, now=now)


def _fewest(problem: Problem, now: Stopwatch) -> Solution:
    params = problem.params
    return solve_set_cover(rows_of(problem), share=params.share, seconds=params.seconds, now=now)


def _capacity(problem: Problem, now: Stopwatch) -> Solution:
    params, places, eligible = problem.params, problem.places, problem.eligible
    new = _room(problem, "candidates", None)[eligible]
    old = np.zeros(0) if places.existing is None else _room(problem, "existing", CAPACITY_NAMES)
    near = problem.near
    place = np.full(len(places.candidates_m) + len(old), -1, np.int64)
    place[eligible] = len(old) + np.arange(len(eligible))
    place[len(places.candidates_m) :] = np.arange(len(old))
    share = cover_share(near.metres, params, places.slow[near.demand])
    weights = problem.load.weights
    kept = (place[near.site] >= 0) & (share > 0) & (weights[near.demand] > 0)
    served = Served(
        place[near.site[kept]], near.demand[kept], share[kept], problem.load.people, weights,
        np.concatenate([old, new]), standing=len(old),
    )  # fmt: skip
    count = _count(problem)
    found = solve_capacitated(served, count, seconds=params.seconds, now=now)
    sites = tuple(site - len(old) for site in found.sites)
    return Solution(sites, found.objective, found.bound, found.method, found.wall_s)


def _room(problem: Problem, which: str, usual: tuple[str, ...] | None) -> FloatArray:
    """Capacities of a layer; unknown ones count as none, for nobody can be promised a place there."""
    layer = getattr(problem.places, which)
    if usual is None:
        column = find_column(layer.frame.columns, (problem.params.capacity or "", *CAPACITY_NAMES))
    else:
        column = named_column(layer.path, layer.frame, problem.params.capacity, usual)
    if column is None:
        raise SkyshadeError(
            f"{layer.path}: has no column of capacities, which aim 'capacity' needs",
            hint="name it with capacity = '...' under [siting]",
        )
    room = numbers(layer.frame, column)
    if (room < 0).any():
        raise SkyshadeError(f"{layer.path}: column {column!r} holds a negative capacity")
    return np.nan_to_num(room, nan=0.0)


def _median(problem: Problem, now: Stopwatch) -> Solution:
    metres, weights = _ways(problem)
    count = _count(problem)
    return solve_pmedian(metres * weights[:, None], count, seconds=problem.params.seconds, now=now)


def _center(problem: Problem, now: Stopwatch) -> Solution:
    metres, _ = _ways(problem)
    return solve_pcenter(metres, _count(problem), seconds=problem.params.seconds, now=now)


def _count(problem: Problem) -> int:
    if problem.params.count > problem.sites:
        raise SkyshadeError(
            f"{problem.inputs.candidates}: {problem.params.count} sites were asked for, "
            f"{problem.sites} of {len(problem.places.candidates_m)} candidates are allowed",
            hint="ask for fewer, or bring more candidates",
        )
    return problem.params.count


def _ways(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """Metres (loaded demands, eligible sites), no longer than to an existing place, and the loads."""
    loaded = np.flatnonzero(problem.load.weights > 0)
    if len(loaded) * problem.sites > MOST_WAYS:
        raise SkyshadeError(
            f"{len(loaded)} demand points and {problem.sites} sites are too many for aim "
            f"{problem.params.aim!r}",
            hint="count the people on larger cells (unit_m under [siting.demand]), or use aim 'cover'",
        )
    limit_m = max(problem.params.radius_m, problem.params.fairness_limit_m)
    ways, many = problem.ways.within(limit_m), len(problem.places.candidates_m)
    row = np.full(len(problem.load.weights), -1, np.int64)
    row[loaded] = np.arange(len(loaded))
    column = np.full(many + len(problem.places.existing_m), -1, np.int64)
    column[problem.eligible] = np.arange(problem.sites)
    held = np.full(len(loaded), limit_m)
    old = (ways.site >= many) & (row[ways.demand] >= 0)
    np.minimum.at(held, row[ways.demand[old]], ways.metres[old])
    mine = (column[ways.site] >= 0) & (row[ways.demand] >= 0)
    metres = np.full((len(loaded), problem.sites), math.inf)
    metres[row[ways.demand[mine]], column[ways.site[mine]]] = ways.metres[mine]
    return np.minimum(metres, held[:, None]), problem.load.weights[loaded]


AIMS: dict[str, Callable[[Problem, Stopwatch], Solution]] = {
    "cover": _cover,
    "capacity": _capacity,
    "fewest": _fewest,
    "median": _median,
    "center": _center,
}
