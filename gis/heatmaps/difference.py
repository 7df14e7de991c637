"""Difference in differences with an interval: treated less control, blocks drawn anew in each."""

from dataclasses import dataclass

import numpy as np

from core.geo import FloatArray
from gis.heatmaps.blocks import block_px, resampled
from gis.heatmaps.variogram import AreaValues, fitted, shells

_LEAST_FREEDOM = 6.0  # the variogram is known from more than a few blocks


@dataclass(frozen=True, slots=True)
class Difference:
    """Changes of treated and control (k,), effects (k,) with intervals (k, 2) and draws (b, k).

    `blocks` that each area is worth, `side` of a block in cells.
    """

    treated_K: FloatArray
    control_K: FloatArray
    effect_K: FloatArray
    ci95_K: FloatArray
    draws_K: FloatArray
    blocks: tuple[float, float]
    side: int


def difference(
    treated: AreaValues, control: AreaValues, *, side: int | None = None, draws: int = 4000, seed: int = 1
) -> Difference:
    """Difference in differences of two areas' changes, with blocks of `side` cells drawn anew in each.

    Blocks (None: from the variogram) are spread to the variance that the variogram says, and the interval is
    widened by Student's t for the number of blocks (Welch, Satterthwaite).
    """
    rng = np.random.default_rng(seed)
    flights = range(treated.values.shape[1])
    pairs = [[shells(area, k) for k in flights] for area in (treated, control)]
    models = [fitted([own[k] for own in pairs]) for k in flights]
    cells = side or block_px((treated, control), models)
    least = [np.array([m.variance_of_mean(own[k]) for k, m in enumerate(models)]) for own in pairs]
    one, blocks_one = resampled(treated, cells, draws, rng, least[0])
    other, blocks_other = resampled(control, cells, draws, rng, least[1])
    means = treated.values.mean(axis=0), control.values.mean(axis=0)
    effect, drawn = means[0] - means[1], one - other
    wider = _wider((one.var(axis=0), other.var(axis=0)), (blocks_one, blocks_other))
    ends = effect + (np.percentile(drawn, [2.5, 97.5], axis=0) - effect) * wider
    return Difference(*means, effect, ends.T, drawn, (blocks_one, blocks_other), cells)


def _wider(variances: tuple[FloatArray, FloatArray], blocks: tuple[float, float]) -> FloatArray:
    """How much wider Student's interval is than the normal one, for the blocks that there are."""
    from scipy.stats import t as student

    total = np.maximum(variances[0] + variances[1], 1e-300)
    shares = [v / total for v in variances]
    free = 1.0 / sum(s**2 / max(b - 1.0, 1.0) for s, b in zip(shares, blocks, strict=True))
    return np.asarray(student.ppf(0.975, np.maximum(free, _LEAST_FREEDOM)) / 1.96, float)
