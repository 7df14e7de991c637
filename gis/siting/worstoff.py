"""Two aims at once: how much is covered, and how far the worst-off walk; the frontier between them."""

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.siting.coverhunt import cover_model
from gis.siting.coverrows import CoverRows, Stopwatch, objective_of
from gis.siting.exact import Settled, settle
from gis.siting.linear import LinearModel
from gis.siting.solution import Solution, snapped
from gis.siting.ways import Distances

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WorstOff:
    """How far `share` of the people walk at most to the nearest place.

    `near` the ways of every site, numbered as in the cover rows; `held_m` (demands,) to the nearest place
    that stands already (inf = none); `people` (demands,) heads. Beyond `near.limit_m` all is one: far.
    """

    near: Distances
    held_m: FloatArray
    people: FloatArray
    share: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be in (0, 1], got {self.share}")

    def metres(self, sites: IntArray) -> float:
        """What `share` of the people walk at most with these sites open; inf = beyond the limit."""
        nearest = self.held_m.copy()
        mine = np.isin(self.near.site, sites)
        np.minimum.at(nearest, self.near.demand[mine], self.near.metres[mine])
        order = np.argsort(nearest, kind="stable")
        heaped = np.cumsum(self.people[order])
        at = int(np.searchsorted(heaped, self.share * heaped[-1] * (1 - 1e-12)))
        return float(nearest[order][min(at, len(order) - 1)])

    def levels(self) -> FloatArray:
        """Every distance that occurs, ascending."""
        return np.unique(np.concatenate([self.near.metres, self.held_m[np.isfinite(self.held_m)]]))


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """A plan that covers the most among those in which the worst-off walk `within_m` or less.

    `metres` is what they walk in it; `solution` holds sites, what is covered, and the proved bound for that.
    """

    within_m: float
    metres: float
    solution: Solution


def frontier(
    rows: CoverRows,
    worst: WorstOff,
    count: int,
    efficient: Solution,
    *,
    points: int = 6,
    seconds: float = 60.0,
    now: Stopwatch = time.monotonic,
) -> tuple[FrontierPoint, ...]:
    """Plans from the `efficient` one to that kindest to the worst-off, at most `points` of them.

    Epsilon constraints (Haimes, Lasdon and Wismer 1971): each next plan must bring the worst-off nearer than
    the one before, in steps over the distances that occur, until no choice does or `seconds` are over.
    """
    until = now() + seconds
    metres = worst.metres(np.array(efficient.sites, np.int64))
    out = [FrontierPoint(metres, metres, efficient)]
    for limit_m in _limits(worst, metres, _nearest_possible(worst, rows.sites), points - 1):
        if limit_m >= out[-1].metres or now() >= until:
            continue
        found = most_within(rows, worst, count, limit_m, seconds=(until - now()) / 2, now=now)
        if found is not None:
            out.append(FrontierPoint(limit_m, worst.metres(np.array(found.sites, np.int64)), found))
    return tuple(out)


def most_within(
    rows: CoverRows, worst: WorstOff, count: int, limit_m: float, *, seconds: float, now: Stopwatch
) -> Solution | None:
    """The best cover with a place within `limit_m` of `worst.share` of the people; None = none found."""
    began = now()

    def judge(sites: IntArray) -> float:
        fits = len(sites) <= count and worst.metres(sites) <= limit_m
        return -objective_of(rows, sites) + rows.always if fits else math.inf

    found = settle(_model(rows, worst, count, limit_m), judge, step=_step(rows), seconds=seconds, now=now)
    return None if found.sites is None else _solution(found, rows, now() - began)


def _solution(found: Settled, rows: CoverRows, wall_s: float) -> Solution:
    value, bound = rows.always - found.cost, rows.always - found.bound
    how = f"HiGHS, branch and bound, {found.nodes} nodes"
    sites = [] if found.sites is None else found.sites.tolist()
    return Solution(tuple(sites), value, snapped(value, bound), how, wall_s)


def _step(rows: CoverRows) -> float:
    return 1.0 if np.array_equal(rows.weights, np.round(rows.weights)) else 0.0


def _nearest_possible(worst: WorstOff, sites: int) -> float:
    """What the worst-off walk when every site is open."""
    return worst.metres(np.arange(sites))


def _limits(worst: WorstOff, most_m: float, least_m: float, points: int) -> list[float]:
    """At most `points` distances that occur, falling evenly between the two ends."""
    levels = worst.levels()
    inside = levels[(levels >= least_m) & (levels < most_m)]
    if inside.size == 0 or points < 1:
        return []
    if inside.size <= points:
        return [float(one) for one in inside[::-1]]
    wanted = np.linspace(inside[-1], inside[0], points)
    nearest = [int(np.argmin(np.abs(inside - metres))) for metres in wanted]
    return sorted({float(inside[at]) for at in nearest}, reverse=True)


def _model(rows: CoverRows, worst: WorstOff, count: int, limit_m: float) -> LinearModel:
    """The covering model with a row more for each demand that stands too far from what exists.

    Further columns: which of those demands come within `limit_m`; together they must hold the people wanted.
    """
    from scipy.sparse import block_array, csr_array, eye_array, hstack, vstack

    base = cover_model(rows, count)
    far = np.flatnonzero(~(worst.held_m <= limit_m) & (worst.people > 0))
    place = np.full(len(worst.people), -1, np.int64)
    place[far] = np.arange(len(far))
    mine = (worst.near.metres <= limit_m) & (place[worst.near.demand] >= 0)
    entries = (place[worst.near.demand[mine]], worst.near.site[mine])
    reach = csr_array((-np.ones(mine.sum()), entries), shape=(len(far), base.columns))
    heads = float(worst.people.sum())
    missing = worst.share * heads * (1 - 1e-12) - (heads - float(worst.people[far].sum()))
    if missing <= 0:
        return base
    served = hstack([reach, eye_array(len(far))])
    needed = np.concatenate([np.zeros(base.columns), -worst.people[far] / missing])
    old: csr_array = csr_array(block_array([[base.matrix, csr_array((len(base.limit), len(far)))]]))
    matrix: csr_array = csr_array(vstack([old, served, csr_array(needed[None, :])]))
    return LinearModel(
        np.concatenate([base.cost, np.zeros(len(far))]),
        matrix,
        np.concatenate([base.limit, np.zeros(len(far)), [-1.0]]),
        base.sites,
    )
