"""From a heat map and layers to ranked, explained sites: the whole way in one recipe."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.errors import SkyshadeError
from gis.heat import HeatMap
from gis.siting.background import background_frames
from gis.siting.confidence import Cover, RankIntervals, draw_weights, rank_intervals
from gis.siting.covering import Solution, solve_mclp
from gis.siting.coverrows import cover_rows
from gis.siting.equity import equity_of
from gis.siting.explain import explained, would_add
from gis.siting.exposure import exposure_at, standing_surface
from gis.siting.frames import candidate_frame, demand_frame, zone_frame
from gis.siting.heatinput import read_heat_for
from gis.siting.load import Load, load_at, measured_values
from gis.siting.model import SitingInputs, SitingParams, SitingResult
from gis.siting.places import Places, masks, read_places
from gis.siting.rules import judge, nothing_feasible, read_rules, rejections, shipped_rules
from gis.siting.service import new_cover, service_ways
from gis.siting.ways import Ways

__all__ = ["SitingInputs", "SitingParams", "SitingResult", "choose_sites"]


def choose_sites(
    inputs: SitingInputs, params: SitingParams | None = None, *, now: Callable[[], float] = time.monotonic
) -> SitingResult:
    """Choose the sites that take the most heat load off people within walking distance, and say why.

    Reads the layers, takes the surface temperature round each place with roofs and water out, drops
    candidates that break a required rule, solves maximal covering exactly, draws the uncertainty again for
    the ranks, and compares walking distances before and after. Raises `SkyshadeError` subclasses.
    """
    params = params or SitingParams()
    heat = read_heat_for(inputs, params)
    places = read_places(inputs, heat, params)
    surface = standing_surface(heat, masks(inputs))
    load = load_at(places, heat, surface, params)
    at_candidates = exposure_at(heat, surface, places.candidates_m, params.exposure)
    rules = shipped_rules() if inputs.rules is None else read_rules(inputs.rules)
    measured = measured_values(inputs, heat, places, at_candidates)
    verdicts = judge(rules, places.candidates.frame, measured)
    eligible = np.flatnonzero([not rejections(row) for row in verdicts])
    if eligible.size == 0:
        raise nothing_feasible(inputs.candidates, verdicts, params.language)
    ways = service_ways(inputs, heat, places, params)
    near = ways.within(params.radius_m)
    cover = new_cover(near, eligible, len(places.candidates_m), len(places.demand_m), params, places.slow)
    if not load.weights.any():
        raise SkyshadeError(
            f"{inputs.demand}: no demand point lies on ground hotter than {load.reference_C:.1f} C",
            hint="set reference_C lower, or check that the heat map covers the demand",
        )
    solution = _solve(cover, load.weights, len(eligible), params, now)
    intervals = _intervals(cover, solution, load, places, len(eligible), params)
    chosen = explained(
        solution, intervals, cover, eligible, load, places, at_candidates, verdicts, near, params
    )
    taken = np.array([site.row for site in chosen], np.int64)
    zones = None if inputs.zones is None else zone_frame(inputs.zones, inputs.crs, heat, surface)
    return SitingResult(
        chosen=chosen,
        solution=solution,
        equity=equity_of(ways, near, taken, load, places, params, None if zones is None else zones.geometry),
        candidates=candidate_frame(places, heat, at_candidates, verdicts, chosen, params.language).assign(
            would_add=would_add(solution, cover, eligible, load.weights, len(places.candidates_m))
        ),
        demand=demand_frame(places, heat, load, ways, taken, params),
        existing=None if places.existing is None else places.existing.frame.to_crs(heat.crs),
        zones=zones,
        background=background_frames(inputs, heat.crs),
        verdicts=verdicts,
        rules=rules,
        heat=heat,
        surface=surface,
        reference_C=load.reference_C,
        distances=ways.kind,
        notes=_all_notes(heat, places, load, ways),
        params=params,
        inputs=inputs,
    )


def _solve(
    cover: Cover, weights: NDArray[np.float64], sites: int, params: SitingParams, now: Callable[[], float]
) -> Solution:
    rows = cover_rows(weights, cover.site, cover.demand, cover.share, sites=sites, existing=cover.held)
    return solve_mclp(rows, params.count, seconds=params.seconds, now=now)


def _intervals(
    cover: Cover, solution: Solution, load: Load, places: Places, sites: int, params: SitingParams
) -> RankIntervals:
    sigma = np.nan_to_num(load.exposure.sigma_K, nan=0.0)
    excess = load.exposure.celsius - load.reference_C
    drawn = draw_weights(load.people, excess, sigma, places.demand_m, params.confidence)
    return rank_intervals(cover, np.array(solution.sites, np.int64), sites, drawn, params.confidence)


def _all_notes(heat: HeatMap, places: Places, load: Load, ways: Ways) -> tuple[str, ...]:
    layers = [layer for layer in (places.demand, places.candidates, places.existing) if layer is not None]
    repairs = [f"{layer.path.name}: {text}" for layer in layers for text in layer.repairs]
    return (*heat.notes, *repairs, *load.notes, *ways.notes)
