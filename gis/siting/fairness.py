"""Who is served how well: mean and worst-off walking distance, and whether capacity stands where need is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.siting.ways import Distances

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far people walk to the nearest place; distances beyond the search limit count as the limit.

    `mean_m`, `p90_m` weighted by people; `within` the share of people inside the radius; `beyond_limit` the
    share beyond the search limit, for whom the two distances are only "at least".
    """

    mean_m: float
    p90_m: float
    within: float
    beyond_limit: float


def reach(nearest_m: FloatArray, people: FloatArray, *, radius_m: float, limit_m: float) -> Reach | None:
    """Reach of `people` (n,) whose nearest place is `nearest_m` (n,) away; None when there are no people."""
    known = np.isfinite(people) & (people > 0)
    if not known.any():
        return None
    metres, heads = np.minimum(nearest_m[known], limit_m), people[known]
    return Reach(
        mean_m=float(np.average(metres, weights=heads)),
        p90_m=weighted_percentile(metres, heads, 90.0),
        within=float(heads[nearest_m[known] <= radius_m].sum() / heads.sum()),
        beyond_limit=float(heads[nearest_m[known] > limit_m].sum() / heads.sum()),
    )


def share_within(nearest_m: FloatArray, people: FloatArray, radius_m: float) -> float | None:
    """Share of `people` (n,) whose nearest place is within `radius_m`; None when there are no people."""
    known = np.isfinite(people) & (people > 0)
    if not known.any():
        return None
    return float(people[known & (nearest_m <= radius_m)].sum() / people[known].sum())


def weighted_percentile(values: FloatArray, weights: FloatArray, percentile: float) -> float:
    """The smallest value that at least `percentile` % of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    heaped = np.cumsum(weights[order])
    at = int(np.searchsorted(heaped, percentile / 100.0 * heaped[-1] * (1 - 1e-12)))
    return float(values[order][min(at, len(values) - 1)])


def capacity_in_reach(distances: Distances, capacity: FloatArray, radius_m: float, count: int) -> FloatArray:
    """Places people could use from each of `count` demand points: capacities summed within the radius.

    A site of unknown capacity (NaN) adds nothing; say how many there are beside the figure.
    """
    near = (distances.metres <= radius_m) & np.isfinite(capacity[distances.site])
    return np.bincount(
        distances.demand[near], weights=capacity[distances.site[near]], minlength=count
    ).astype(float)


def correlation(a: FloatArray, b: FloatArray) -> float | None:
    """Pearson's r over the pairs both known; None when it is undefined (under three, or no spread)."""
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 3 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return None
    return float(np.corrcoef(a[both], b[both])[0, 1])
