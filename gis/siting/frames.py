"""The layers of a choice with what was worked out beside their own columns."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.heat import FloatGrid, HeatMap
from gis.siting.exposure import Exposure
from gis.siting.layers import read_layer
from gis.siting.load import Load
from gis.siting.model import ChosenSite, SitingParams
from gis.siting.places import Places, labels
from gis.siting.rules import RuleVerdict, rejections, unknowns
from gis.siting.service import cover_share
from gis.siting.ways import Ways


def candidate_frame(
    places: Places,
    heat: HeatMap,
    exposure: Exposure,
    verdicts: Sequence[tuple[RuleVerdict, ...]],
    chosen: Sequence[ChosenSite],
    language: str,
) -> Any:
    ids, names = labels(places.candidates.frame)
    out = places.candidates.frame.to_crs(heat.crs).copy()
    ranks: list[float] = [math.nan] * len(out)
    for site in chosen:
        ranks[site.row] = site.rank
    out["site_id"], out["site_name"], out["site_rank"] = ids, names, ranks
    out["surface_C"], out["sigma_K"] = exposure.celsius, exposure.sigma_K
    for number, first in enumerate(verdicts[0]):
        out[f"rule_{first.rule.id}"] = [row[number].verdict.value for row in verdicts]
    out["rejected"] = [" / ".join(rejections(row, language)) for row in verdicts]
    out["unknown"] = [" / ".join(unknowns(row, language)) for row in verdicts]
    return out


def demand_frame(
    places: Places,
    heat: HeatMap,
    load: Load,
    ways: Ways,
    taken: NDArray[np.int64],
    params: SitingParams,
) -> Any:
    out = places.demand.frame.to_crs(heat.crs).copy()
    old = len(places.candidates_m) + np.arange(len(places.existing_m))
    limit_m = max(params.radius_m, params.fairness_limit_m)
    before, after = (ways.nearest(sites, limit_m) for sites in (old, np.concatenate([old, taken])))
    out["demand_people"], out["surface_C"], out["sigma_K"] = (
        load.heads,
        load.exposure.celsius,
        load.exposure.sigma_K,
    )
    out["load_person_K"] = load.people * load.excess_K
    out["nearest_before_m"] = np.where(np.isfinite(before), before, np.nan)
    out["nearest_after_m"] = np.where(np.isfinite(after), after, np.nan)
    out["cover_before"] = cover_share(before, params, places.slow)
    out["cover_after"] = cover_share(after, params, places.slow)
    return out


def zone_frame(path: Path, crs: str | None, heat: HeatMap, surface: FloatGrid) -> Any:
    """Areas with the mean and 90th percentile of their standing surface, and what share is unknown."""
    from gis.siting.zonal import zonal_stats

    out = read_layer(path, crs=crs).frame.to_crs(heat.crs).copy()
    found = zonal_stats(heat, out.geometry, (90.0,), surface)
    out["mean_C"], out["p90_C"] = found.mean, found.percentiles[:, 0]
    out["unknown_share"] = found.unknown_share
    return out
