"""How sure a ranking is: draw the heat and the people again and again, and see where each site lands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ConfidenceParams:
    """`draws` resamplings from `seed`; `people_share` relative standard deviation of head counts; the error
    of the heat is shared within blocks of `block_m`; intervals hold `level` of the draws; two sites are tied
    when their order turns in more than `tie_share` of the draws.
    """

    draws: int = 200
    seed: int = 20210601
    people_share: float = 0.1
    block_m: float = 50.0
    level: float = 0.9
    tie_share: float = 0.1

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise ValueError(f"draws must be at least 1, got {self.draws}")
        if not 0 < self.level < 1:
            raise ValueError(f"level must be between 0 and 1, got {self.level}")


@dataclass(frozen=True, slots=True)
class Cover:
    """Pairs (site, demand) with the share of the demand that the site covers; `held` is covered already.

    `site`, `demand` int64 (k,), `share` float64 (k,) in (0, 1], `held` float64 (demands,).
    """

    site: IntArray
    demand: IntArray
    share: FloatArray
    held: FloatArray

    def only(self, sites: IntArray) -> "Cover":
        """The pairs of some sites, renumbered 0, 1, ... in their order; demands keep their numbers."""
        place = np.full(int(max(self.site.max(initial=0), sites.max(initial=0))) + 1, -1, np.int64)
        place[sites] = np.arange(len(sites))
        kept = place[self.site] >= 0
        return Cover(place[self.site[kept]], self.demand[kept], self.share[kept], self.held)


@dataclass(frozen=True, slots=True)
class RankIntervals:
    """Per chosen site: where it ranks in `level` of the draws, which others it is tied with, and in what
    share of the draws a greedy choice among all candidates takes it again.
    """

    low: IntArray
    high: IntArray
    tied: tuple[tuple[int, ...], ...]
    again: FloatArray


class GreedyChoice:
    """The greedy choice among a cover's sites, prepared once and run for many weights."""

    def __init__(self, cover: Cover, sites: int) -> None:
        order = np.argsort(cover.demand, kind="stable")
        self._site, self._share = cover.site[order], cover.share[order]
        self._demand = cover.demand[order]
        self._held, self._sites = cover.held, sites
        self._first = np.searchsorted(self._demand, np.arange(len(cover.held) + 1))
        by_site = np.argsort(self._site, kind="stable")
        self._of_site = np.split(by_site, np.searchsorted(self._site[by_site], np.arange(1, sites)))

    def run(self, weights: FloatArray, count: int) -> list[tuple[int, float]]:
        """Sites in greedy order with what each adds; ties go to the lower number, and nothing may be added.

        After each site only the gains of those that share a demand with it are worked out again.
        """
        held = self._held.copy()
        more = self._more(held, weights)
        gain: FloatArray = np.bincount(self._site, weights=more, minlength=self._sites).astype(float)
        waiting = np.zeros(self._sites)
        out: list[tuple[int, float]] = []
        for _ in range(min(count, self._sites)):
            best = int(np.argmax(gain + waiting))
            waiting[best] = -np.inf
            out.append((best, max(0.0, float(gain[best]))))
            self._open(best, held, gain, weights)
        return out

    def _more(self, held: FloatArray, weights: FloatArray) -> FloatArray:
        more: FloatArray = np.maximum(self._share - held[self._demand], 0.0) * weights[self._demand]
        return more

    def _open(self, site: int, held: FloatArray, gain: FloatArray, weights: FloatArray) -> None:
        """Raise what is held by `site` and lower the gains of the sites beside it."""
        pairs = self._of_site[site]
        raised = pairs[self._share[pairs] > held[self._demand[pairs]]]
        demand, to = self._demand[raised], self._share[raised]
        first, last = self._first[demand], self._first[demand + 1]
        size = last - first
        owner = np.repeat(np.arange(len(demand)), size)
        touched = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size) + first[owner]
        share = self._share[touched]
        lost = np.maximum(share - held[demand][owner], 0.0) - np.maximum(share - to[owner], 0.0)
        np.subtract.at(gain, self._site[touched], lost * weights[demand][owner])
        held[demand] = to


def greedy_order(cover: Cover, weights: FloatArray, sites: int, count: int) -> list[tuple[int, float]]:
    """The greedy choice for one set of weights (see `GreedyChoice.run`)."""
    return GreedyChoice(cover, sites).run(weights, count)


def draw_weights(
    people: FloatArray,
    excess_K: FloatArray,
    sigma_K: FloatArray,
    places_m: FloatArray,
    params: ConfidenceParams,
) -> FloatArray:
    """Weights (draws, n): people times kelvins over the reference, both disturbed.

    The map's error is normal with `sigma_K` and one value a block (blocks laid anew each draw), because its
    neighbouring pixels err together; people are disturbed log-normally, each point by itself. What is
    unknown (NaN) weighs nothing, as in the nominal weights.
    """
    rng = np.random.default_rng(params.seed)
    spread = np.sqrt(np.log1p(params.people_share**2))
    out = np.empty((params.draws, len(people)))
    for draw in range(params.draws):
        shifted = np.floor((places_m + rng.uniform(0, params.block_m, 2)) / params.block_m).astype(np.int64)
        _, block = np.unique(shifted, axis=0, return_inverse=True)
        noise = rng.standard_normal(int(block.max(initial=0)) + 1)[block.reshape(-1)]
        heads = people * np.exp(spread * rng.standard_normal(len(people)) - spread**2 / 2)
        out[draw] = np.nan_to_num(heads * np.maximum(excess_K + sigma_K * noise, 0.0), nan=0.0)
    return out


def rank_intervals(
    cover: Cover, chosen: IntArray, sites: int, drawn: FloatArray, params: ConfidenceParams
) -> RankIntervals:
    """Where the `chosen` sites (numbers among `sites`) rank over the drawn weights (draws, n)."""
    count = len(chosen)
    mine, everyone = GreedyChoice(cover.only(chosen), count), GreedyChoice(cover, sites)
    ranks = np.empty((len(drawn), count), np.int64)
    again = np.zeros(sites)
    for draw, weights in enumerate(drawn):
        for rank, (site, _) in enumerate(mine.run(weights, count), start=1):
            ranks[draw, site] = rank
        for site, gain in everyone.run(weights, count):
            again[site] += gain > 0
    edge = (1.0 - params.level) / 2.0
    low, high = np.quantile(ranks, [edge, 1.0 - edge], axis=0)
    tied = tuple(_tied(ranks, site, params.tie_share) for site in range(count))
    return RankIntervals(
        np.floor(low).astype(np.int64), np.ceil(high).astype(np.int64), tied, again[chosen] / len(drawn)
    )


def _tied(ranks: IntArray, site: int, tie_share: float) -> tuple[int, ...]:
    ahead = (ranks[:, [site]] < ranks).mean(axis=0)
    unsure = (ahead > tie_share) & (ahead < 1.0 - tie_share)
    return tuple(int(other) for other in np.flatnonzero(unsure) if other != site)
