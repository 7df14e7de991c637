"""Walking distances and capacity before and after a plan, from its layers."""

import math

import numpy as np
from numpy.typing import NDArray

from gis.siting.columns import CAPACITY_NAMES, VULNERABLE_NAMES, find_column, named_column, numbers
from gis.siting.fairness import capacity_in_reach, correlation, reach
from gis.siting.load import Load
from gis.siting.model import SitingParams
from gis.siting.places import Places
from gis.siting.ways import Distances, Ways


def equity_of(
    ways: Ways, near: Distances, taken: NDArray[np.int64], load: Load, places: Places, params: SitingParams
) -> dict[str, float | None]:
    limit_m, candidates = max(params.radius_m, params.fairness_limit_m), len(places.candidates_m)
    old = candidates + np.arange(len(places.existing_m))
    out: dict[str, float | None] = {}
    for when, sites in (("before", old), ("after", np.concatenate([old, taken]))):
        found = reach(ways.nearest(sites, limit_m), load.people, radius_m=params.radius_m, limit_m=limit_m)
        for key in ("mean_m", "p90_m", "within", "beyond_limit"):
            known = found is not None and (len(sites) > 0 or key in {"within", "beyond_limit"})
            out[f"{key}_{when}"] = float(getattr(found, key)) if known else None
    return out | _capacity(near, taken, places, params)


def _capacity(
    near: Distances, taken: NDArray[np.int64], places: Places, params: SitingParams
) -> dict[str, float | None]:
    """Correlation of capacity in reach with vulnerable people; nothing without columns for both."""
    frame = places.demand.frame
    need = named_column(places.demand.path, frame, params.vulnerable, VULNERABLE_NAMES)
    if need is None or places.existing is None:
        return {}
    column = named_column(places.existing.path, places.existing.frame, params.capacity, CAPACITY_NAMES)
    if column is None:
        return {}
    new = find_column(places.candidates.frame.columns, (params.capacity or column, *CAPACITY_NAMES))
    own = np.full(len(places.candidates_m), math.nan)
    if new is not None:
        own[taken] = numbers(places.candidates.frame, new)[taken]
    old = numbers(places.existing.frame, column)
    people, count = numbers(frame, need), len(frame)
    out: dict[str, float | None] = {"capacity_unknown": float((~np.isfinite(old)).sum())}
    for when, first in (("before", np.full(len(own), math.nan)), ("after", own)):
        within = capacity_in_reach(near, np.concatenate([first, old]), params.radius_m, count)
        out[f"capacity_vs_vulnerable_r_{when}"] = correlation(within, people)
    return out
