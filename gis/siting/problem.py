"""A choice of sites read and worked out as far as solvers need it: layers, load, verdicts, ways, cover."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import SkyshadeError
from gis.heat import FloatGrid, HeatMap
from gis.siting.confidence import Cover
from gis.siting.exposure import Exposure, exposure_at, standing_surface
from gis.siting.heatinput import read_heat_for
from gis.siting.load import Load, load_at, measured_values
from gis.siting.model import SitingInputs, SitingParams
from gis.siting.places import Places, masks, read_places
from gis.siting.rules import (
    RuleSet,
    RuleVerdict,
    judge,
    nothing_feasible,
    read_rules,
    rejections,
    shipped_rules,
)
from gis.siting.service import new_cover, walk_network, ways_between
from gis.siting.walk import WalkNetwork
from gis.siting.ways import Distances, Ways


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything about the places before any is chosen.

    `eligible` are the rows of candidates that no rule rejects; solvers number them 0, 1, ... `near` holds the
    ways within the radius from every candidate and, after them, every existing place; `cover` those of the
    eligible ones.
    """

    inputs: SitingInputs
    params: SitingParams
    heat: HeatMap
    surface: FloatGrid
    places: Places
    load: Load
    at_candidates: Exposure
    rules: RuleSet
    verdicts: Sequence[tuple[RuleVerdict, ...]]
    eligible: NDArray[np.int64]
    network: WalkNetwork | None
    ways: Ways
    near: Distances
    cover: Cover

    @property
    def sites(self) -> int:
        """How many candidates may be chosen."""
        return len(self.eligible)


def read_problem(inputs: SitingInputs, params: SitingParams) -> Problem:
    """Read and work out all; raises `SkyshadeError` when no candidate is allowed or nothing weighs."""
    heat = read_heat_for(inputs, params)
    places = read_places(inputs, heat, params)
    surface = standing_surface(heat, masks(inputs))
    load = load_at(places, heat, surface, params)
    at_candidates = exposure_at(heat, surface, places.candidates_m, params.exposure)
    rules = shipped_rules() if inputs.rules is None else read_rules(inputs.rules)
    verdicts = judge(rules, places.candidates.frame, measured_values(inputs, heat, places, at_candidates))
    eligible = np.flatnonzero([not rejections(row) for row in verdicts])
    if eligible.size == 0:
        raise nothing_feasible(inputs.candidates, verdicts, params.language)
    if not load.weights.any():
        raise SkyshadeError(
            f"{inputs.demand}: no demand point lies on ground hotter than {load.reference_C:.1f} C",
            hint="set reference_C lower, or check that the heat map covers the demand",
        )
    network = walk_network(inputs, heat)
    sites_m = np.vstack([places.candidates_m, places.existing_m])
    ways = ways_between(network, sites_m, places.demand_m, snap_m=params.access.snap_m)
    near = ways.within(params.radius_m)
    cover = new_cover(near, eligible, len(places.candidates_m), len(places.demand_m), params, places.slow)
    return Problem(
        inputs, params, heat, surface, places, load, at_candidates, rules, verdicts, eligible, network, ways,
        near, cover,
    )  # fmt: skip
