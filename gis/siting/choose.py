"""From a heat map and layers to ranked, explained sites: the whole way in one recipe."""

import time
from collections.abc import Callable

import numpy as np

from gis.siting.aims import pick
from gis.siting.background import background_frames
from gis.siting.doubts import intervals_of, weighings
from gis.siting.equity import equity_of
from gis.siting.explain import explained, would_add
from gis.siting.frames import candidate_frame, demand_frame, zone_frame
from gis.siting.model import SitingInputs, SitingParams, SitingResult
from gis.siting.problem import Problem, read_problem
from gis.siting.twoaims import plans_of

__all__ = ["SitingInputs", "SitingParams", "SitingResult", "choose_sites"]


def choose_sites(
    inputs: SitingInputs, params: SitingParams | None = None, *, now: Callable[[], float] = time.monotonic
) -> SitingResult:
    """Choose the sites that take the most heat load off people within walking distance, and say why.

    Reads the layers, takes the surface temperature round each place with roofs and water out, drops
    candidates that break a required rule, solves by `params.aim` with a proved bound, draws the uncertainty
    again for the ranks, and compares walking distances before and after. Raises `SkyshadeError` subclasses.
    """
    problem = read_problem(inputs, params or SitingParams())
    heat, places, load, near = problem.heat, problem.places, problem.load, problem.near
    solution = pick(problem, now=now)
    intervals = intervals_of(problem, solution)
    chosen = explained(
        solution, intervals, problem.cover, problem.eligible, load, places, problem.at_candidates,
        problem.verdicts, near, problem.params,
    )  # fmt: skip
    taken = np.array([site.row for site in chosen], np.int64)
    zones = None if inputs.zones is None else zone_frame(inputs.zones, inputs.crs, heat, problem.surface)
    areas = None if zones is None else zones.geometry
    candidates = candidate_frame(
        places, heat, problem.at_candidates, problem.verdicts, chosen, problem.params.language
    )
    adds = would_add(solution, problem.cover, problem.eligible, load.weights, len(candidates))
    return SitingResult(
        chosen=chosen,
        solution=solution,
        equity=equity_of(problem.ways, near, taken, load, places, problem.params, areas),
        candidates=candidates.assign(would_add=adds),
        demand=demand_frame(places, heat, load, problem.ways, taken, problem.params),
        existing=None if places.existing is None else places.existing.frame.to_crs(heat.crs),
        zones=zones,
        background=background_frames(inputs, heat.crs),
        verdicts=problem.verdicts,
        rules=problem.rules,
        heat=heat,
        surface=problem.surface,
        reference_C=load.reference_C,
        distances=problem.ways.kind,
        notes=_all_notes(problem),
        params=problem.params,
        inputs=inputs,
        intervals=intervals,
        weighings=weighings(problem),
        frontier=plans_of(problem, solution, areas, now=now),
    )


def _all_notes(problem: Problem) -> tuple[str, ...]:
    places = problem.places
    layers = [layer for layer in (places.demand, places.candidates, places.existing) if layer is not None]
    repairs = [f"{layer.path.name}: {text}" for layer in layers for text in layer.repairs]
    return (*problem.heat.notes, *repairs, *problem.load.notes, *problem.ways.notes)
