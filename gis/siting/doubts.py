"""How sure a choice is: the draws over its own demand and over other units, and other ways to weigh."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.siting.confidence import RankIntervals, Setting, ranks_over
from gis.siting.grids import usual_units
from gis.siting.load import unit_loads
from gis.siting.problem import Problem
from gis.siting.service import new_cover, ways_between
from gis.siting.solution import Solution
from gis.siting.weights import CRITERIA, Ahp, Weighing, component_weights, entropy_weights, ranked, scaled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def intervals_of(problem: Problem, solution: Solution) -> RankIntervals:
    """Where the chosen sites rank over draws of heat, people, weights and units."""
    chosen = np.array(solution.sites, np.int64)
    return ranks_over(settings_of(problem), chosen, problem.sites, problem.params.confidence)


def settings_of(problem: Problem) -> list[Setting]:
    """The demand as it is used, then the same people on other units no coarser than the radius."""
    load, places = problem.load, problem.places
    excess = load.exposure.celsius - load.reference_C
    sigma = np.nan_to_num(load.exposure.sigma_K, nan=0.0)
    own = Setting(problem.cover, load.people, excess, sigma, places.demand_m, places.slow)
    if not problem.params.confidence.units:
        return [own]
    units = [u for u in usual_units(problem.params.demand.unit_m) if u.size_m <= problem.params.radius_m]
    return [own, *_on_units(problem, units)]


def _on_units(problem: Problem, units: Sequence[Any]) -> list[Setting]:
    params, places = problem.params, problem.places
    sites_m = np.vstack([places.candidates_m, places.existing_m])
    out = []
    loads = unit_loads(places, problem.heat, problem.surface, problem.load, params, units) if units else ()
    for one in loads:
        ways = ways_between(problem.network, sites_m, one.places_m, snap_m=params.access.snap_m)
        near, count = ways.within(params.radius_m), len(one.places_m)
        cover = new_cover(near, problem.eligible, len(places.candidates_m), count, params, one.slow_share)
        sigma = np.nan_to_num(one.sigma_K, nan=0.0)
        out.append(Setting(cover, one.people, one.excess_K, sigma, one.places_m, one.slow_share))
    return out


def criteria_table(problem: Problem) -> FloatArray:
    """What each eligible candidate has of each of `CRITERIA`: (sites, 4); unknown heat counts as none."""
    cover, load, places = problem.cover, problem.load, problem.places
    reached = np.nan_to_num(load.people[cover.demand]) * cover.share

    def heaped(values: FloatArray) -> FloatArray:
        return np.bincount(cover.site, weights=values, minlength=problem.sites).astype(float)

    heat = problem.at_candidates.celsius[problem.eligible] - load.reference_C
    return np.column_stack(
        [
            np.nan_to_num(np.maximum(heat, 0.0)),
            heaped(reached),
            heaped(reached * places.slow[cover.demand]),
            heaped(reached * (1.0 - cover.held[cover.demand])),
        ]
    )


def weighings(problem: Problem) -> tuple[Weighing, ...]:
    """Orders of the candidates by judgement (where it is given), by entropy, by component and all alike."""
    params = problem.params.weights
    table = criteria_table(problem)[:, [CRITERIA.index(name) for name in params.criteria]]
    alone = np.bincount(
        problem.cover.site,
        weights=np.maximum(problem.cover.share - problem.cover.held[problem.cover.demand], 0.0)
        * problem.load.weights[problem.cover.demand],
        minlength=problem.sites,
    ).astype(float)
    judged = params.judged() if params.judgements else None
    ways = {} if judged is None else {"judged": judged.weights}
    even = np.full(table.shape[1], 1.0 / table.shape[1])
    ways |= {"entropy": entropy_weights(table), "component": component_weights(table), "even": even}
    return tuple(
        _weighing(name, weights, params.criteria, table, alone, judged) for name, weights in ways.items()
    )


def _weighing(
    name: str, weights: FloatArray, criteria: Sequence[str], table: FloatArray, alone: FloatArray,
    judged: Ahp | None,
) -> Weighing:  # fmt: skip
    ranks, by_load = ranked(scaled(table) @ weights), ranked(alone)
    agreement = None
    if np.ptp(ranks) > 0 and np.ptp(by_load) > 0:
        agreement = float(np.corrcoef(_middle_ranks(ranks), _middle_ranks(by_load))[0, 1])
    ratio = judged.ratio if judged is not None and name == "judged" else None
    return Weighing(name, dict(zip(criteria, weights.tolist(), strict=True)), ranks, agreement, ratio)


def _middle_ranks(ranks: IntArray) -> FloatArray:
    """Ranks in which equals share the middle of their places, as Spearman's correlation has them."""
    _, place, size = np.unique(ranks, return_inverse=True, return_counts=True)
    middle: FloatArray = ranks + (size[place] - 1) / 2.0
    return middle
