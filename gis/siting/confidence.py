"""How sure a ranking is: draw heat, people, weights and units anew, and see where each site lands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.siting.greedyorder import Cover, GreedyChoice

__all__ = [
    "ConfidenceParams", "Cover", "GreedyChoice", "RankIntervals", "Setting", "draw_weights", "greedy_order",
    "rank_intervals", "ranks_over",
]  # fmt: skip

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_BLOCKS = 4_000_000  # of a dense grid of errors


@dataclass(frozen=True, slots=True)
class ConfidenceParams:
    """`draws` resamplings from `seed`; `people_share` relative standard deviation of head counts, `old_share`
    that of what a person of 65 and older counts against others; the error of the heat is shared within blocks
    of `block_m`. With `units`, each draw counts the people on one of several grids. Intervals hold `level` of
    the draws; two sites are tied when their order turns in more than `tie_share` of the draws.
    """

    draws: int = 1000
    seed: int = 20210601
    people_share: float = 0.1
    old_share: float = 0.25
    block_m: float = 50.0
    level: float = 0.9
    tie_share: float = 0.1
    units: bool = True

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise ValueError(f"draws must be at least 1, got {self.draws}")
        if not 0 < self.level < 1:
            raise ValueError(f"level must be between 0 and 1, got {self.level}")
        for name in ("people_share", "old_share"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        if not self.block_m > 0:
            raise ValueError(f"block_m must be positive, got {self.block_m}")
        if not 0 <= self.tie_share < 0.5:
            raise ValueError(f"tie_share must be in [0, 0.5), got {self.tie_share}")


@dataclass(frozen=True, slots=True)
class RankIntervals:
    """Per chosen site: where it ranks in `level` of the draws, which others it is tied with, and in what
    share of the draws a greedy choice among all candidates takes it `again`.

    `taken` (sites,) is that share for every site. `stability[n - 1]` is how much of the first n sites stay
    the first n, on average over the draws.
    """

    low: IntArray
    high: IntArray
    tied: tuple[tuple[int, ...], ...]
    again: FloatArray
    taken: FloatArray
    stability: FloatArray


@dataclass(frozen=True, slots=True)
class Setting:
    """Demand on one choice of units, and what covers it: n demand points.

    `people` (n,), `excess_K` (n,) kelvins over the reference (signed, NaN = unknown), `sigma_K` (n,) standard
    deviation of that, `places_m` (n, 2), `old` (n,) which share of the people is 65 or older.
    """

    cover: Cover
    people: FloatArray
    excess_K: FloatArray
    sigma_K: FloatArray
    places_m: FloatArray
    old: FloatArray | None = None

    def drawn(self, rng: np.random.Generator, params: ConfidenceParams) -> FloatArray:
        """Weights (n,): people times kelvins over the reference, both disturbed.

        The map's error is normal with `sigma_K` and one value a block (blocks laid anew each draw), because
        its neighbouring pixels err together; people are disturbed log-normally, each point by itself; what
        the old count is disturbed alike for all. What is unknown weighs nothing.
        """
        noise = _block_noise(self.places_m, params.block_m, rng)
        heads = self.people * _lognormal(rng, params.people_share, len(self.people))
        if self.old is not None and params.old_share > 0:
            heads = heads * (1.0 + self.old * (_lognormal(rng, params.old_share, 1) - 1.0))
        return np.nan_to_num(heads * np.maximum(self.excess_K + self.sigma_K * noise, 0.0), nan=0.0)


def greedy_order(cover: Cover, weights: FloatArray, sites: int, count: int) -> list[tuple[int, float]]:
    """The greedy choice for one set of weights (see `GreedyChoice.run`)."""
    return GreedyChoice(cover, sites).run(weights, count)


def draw_weights(
    people: FloatArray, excess_K: FloatArray, sigma_K: FloatArray, places_m: FloatArray,
    params: ConfidenceParams,
) -> FloatArray:  # fmt: skip
    """Weights (draws, n) of one setting (see `Setting.drawn`)."""
    nothing = np.zeros(0, np.int64)
    cover = Cover(nothing, nothing, np.zeros(0), np.zeros(len(people)))
    setting = Setting(cover, people, excess_K, sigma_K, places_m)
    return np.stack([setting.drawn(rng, params) for rng in _generators(params)])


def rank_intervals(
    cover: Cover, chosen: IntArray, sites: int, drawn: FloatArray, params: ConfidenceParams
) -> RankIntervals:
    """Where the `chosen` sites (numbers among `sites`) rank over the drawn weights (draws, n)."""
    mine, everyone = _choices(cover, chosen, sites)
    runs = ((mine, everyone, weights) for weights in drawn)
    return _counted(runs, len(drawn), chosen, sites, params)


def ranks_over(
    settings: Sequence[Setting], chosen: IntArray, sites: int, params: ConfidenceParams
) -> RankIntervals:
    """Where the `chosen` sites rank over draws that take the settings in turn."""
    choices = [_choices(setting.cover, chosen, sites) for setting in settings]

    def runs() -> Iterator[tuple[GreedyChoice, GreedyChoice, FloatArray]]:
        for draw, rng in enumerate(_generators(params)):
            at = draw % len(settings)
            yield (*choices[at], settings[at].drawn(rng, params))

    return _counted(runs(), params.draws, chosen, sites, params)


def _generators(params: ConfidenceParams) -> Iterator[np.random.Generator]:
    """One a draw, so that a draw is the same whatever the others are."""
    return (np.random.default_rng([params.seed, draw]) for draw in range(params.draws))


def _choices(cover: Cover, chosen: IntArray, sites: int) -> tuple[GreedyChoice, GreedyChoice]:
    return GreedyChoice(cover.only(chosen), len(chosen)), GreedyChoice(cover, sites)


def _counted(
    runs: Iterator[tuple[GreedyChoice, GreedyChoice, FloatArray]],
    draws: int,
    chosen: IntArray,
    sites: int,
    params: ConfidenceParams,
) -> RankIntervals:
    count = len(chosen)
    ranks = np.empty((draws, count), np.int64)
    taken = np.zeros(sites)
    for draw, (mine, everyone, weights) in enumerate(runs):
        ranks[draw, mine.order(weights, count)[0]] = np.arange(1, count + 1)
        again, gains = everyone.order(weights, count)
        taken[again[gains > 0]] += 1.0
    edge = (1.0 - params.level) / 2.0
    low, high = np.quantile(ranks, [edge, 1.0 - edge], axis=0)
    tied = tuple(_tied(ranks, site, params.tie_share) for site in range(count))
    taken /= draws
    whole = (np.floor(low).astype(np.int64), np.ceil(high).astype(np.int64))
    return RankIntervals(*whole, tied, taken[chosen], taken, _stability(ranks))


def _stability(ranks: IntArray) -> FloatArray:
    """For n = 1, 2, ...: how much of the n sites first in the mean is among the first n of a draw."""
    order = np.argsort(ranks.mean(axis=0), kind="stable")
    first = range(1, ranks.shape[1] + 1)
    return np.array([float((ranks[:, order[:n]] <= n).mean()) for n in first])


def _tied(ranks: IntArray, site: int, tie_share: float) -> tuple[int, ...]:
    ahead = (ranks[:, [site]] < ranks).mean(axis=0)
    unsure = (ahead > tie_share) & (ahead < 1.0 - tie_share)
    return tuple(int(other) for other in np.flatnonzero(unsure) if other != site)


def _lognormal(rng: np.random.Generator, share: float, size: int) -> FloatArray:
    """Factors of mean 1 and relative standard deviation `share`."""
    spread = np.sqrt(np.log1p(share**2))
    factors: FloatArray = np.exp(spread * rng.standard_normal(size) - spread**2 / 2)
    return factors


def _block_noise(places_m: FloatArray, block_m: float, rng: np.random.Generator) -> FloatArray:
    """A standard normal value for each place, one in each square block of the ground."""
    if len(places_m) == 0:
        return np.zeros(0)
    scaled = (places_m + rng.uniform(0, block_m, 2)) / block_m
    cell = np.floor(scaled - np.floor(scaled.min(axis=0))).astype(np.int64)
    wide, high = (cell.max(axis=0) + 1).tolist()
    key = cell[:, 0] * high + cell[:, 1]
    if wide * high <= MOST_BLOCKS:
        cells, size = key, wide * high
    else:
        _, cells = np.unique(key, return_inverse=True)
        size = int(cells.max()) + 1
    noise: FloatArray = rng.standard_normal(size)[cells.reshape(-1)]
    return noise
