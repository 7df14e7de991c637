"""The chosen sites with rank, interval and the reason in words."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gis.siting.confidence import Cover, RankIntervals, greedy_order
from gis.siting.covering import Solution
from gis.siting.exposure import Exposure
from gis.siting.load import Load
from gis.siting.model import ChosenSite, SitingParams
from gis.siting.places import Places, labels
from gis.siting.reasons import SiteFacts
from gis.siting.rules import RuleVerdict, unknowns
from gis.siting.ways import Distances


def would_add(
    solution: Solution,
    cover: Cover,
    eligible: NDArray[np.int64],
    weights: NDArray[np.float64],
    candidates: int,
) -> NDArray[np.float64]:
    """Share of all load that each candidate would add beside the chosen ones; NaN for rejected ones."""
    held = cover.held.copy()
    taken = np.isin(cover.site, np.array(solution.sites, np.int64))
    np.maximum.at(held, cover.demand[taken], cover.share[taken])
    more = np.maximum(cover.share - held[cover.demand], 0.0) * weights[cover.demand]
    out = np.full(candidates, math.nan)
    out[eligible] = np.bincount(cover.site, weights=more, minlength=len(eligible)) / weights.sum()
    return out


def explained(
    solution: Solution,
    intervals: RankIntervals,
    cover: Cover,
    eligible: NDArray[np.int64],
    load: Load,
    places: Places,
    exposure: Exposure,
    verdicts: Sequence[tuple[RuleVerdict, ...]],
    near: Distances,
    params: SitingParams,
) -> tuple[ChosenSite, ...]:
    """Chosen sites best first, with rank, interval and reason."""
    numbers = np.array(solution.sites, np.int64)
    ids, names = labels(places.candidates.frame)
    order = greedy_order(cover.only(numbers), load.weights, len(numbers), len(numbers))
    total = float(load.weights.sum())
    out: list[ChosenSite] = []
    for place, (local, gain) in enumerate(order):
        row = int(eligible[numbers[local]])
        same = bool(out) and math.isclose(out[-1].score, gain, rel_tol=1e-9)
        rank = out[-1].rank if same else place + 1
        tied = tuple(ids[int(eligible[numbers[other]])] for other in intervals.tied[local])
        missing = tuple(unknowns(verdicts[row], params.language))
        facts = _facts(row, gain / total, load, exposure, near, params, tied, verdicts[row])
        out.append(
            ChosenSite(
                id=ids[row],
                name=names[row],
                row=row,
                rank=rank,
                rank_low=min(rank, int(intervals.low[local])),
                rank_high=max(rank, int(intervals.high[local])),
                score=gain,
                why=facts.line(params.language),
                again=float(intervals.again[local]),
                tied_with=tied,
                unknown=missing,
                facts=facts,
            )
        )
    return tuple(out)


def _facts(
    row: int,
    share: float,
    load: Load,
    exposure: Exposure,
    near: Distances,
    params: SitingParams,
    tied: tuple[str, ...],
    verdicts: Sequence[RuleVerdict],
) -> SiteFacts:
    served = near.demand[near.site == row]
    known = bool(exposure.known[row])
    return SiteFacts(
        people=float(np.nansum(load.heads[served])),
        radius_m=params.radius_m,
        kind=near.kind,
        share=share,
        surface_C=float(exposure.celsius[row]) if known else math.nan,
        sigma_K=float(exposure.sigma_K[row]) if known else math.nan,
        tied_with=tied,
        missing=tuple(v.rule for v in verdicts if v.value is None),
    )
