"""How fast an effect fades over several flights."""

import math
from dataclasses import dataclass

import numpy as np

from core.geo import FloatArray


@dataclass(frozen=True, slots=True)
class Decay:
    """effect = `start_K` * 2^(-hours / `half_life_h`), hours from the first flight after.

    `ci95_h` of the half-life; an end that is None is open: the effect may never halve.
    """

    start_K: float
    half_life_h: float | None
    ci95_h: tuple[float | None, float | None]


def fading(
    hours: FloatArray, effects_K: FloatArray, sigma_K: FloatArray, draws_K: FloatArray
) -> Decay | None:
    """The decay through three flights or more, its interval from the bootstrap's draws (b, flights)."""
    if len(hours) < 3 or np.ptp(hours) <= 0:
        return None
    rates = _rates()
    start, rate = _best(hours, effects_K[None, :], sigma_K, rates)
    _, drawn = _best(hours, draws_K, sigma_K, rates)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Decay(float(start[0]), _half(float(rate[0])), (_half(float(high)), _half(float(low))))


def _rates() -> FloatArray:
    """Rates an hour that are tried: from standing still to halving every three minutes."""
    return np.concatenate([[0.0], np.geomspace(1e-3, 14.0, 160)])


def _best(
    hours: FloatArray, effects: FloatArray, sigma: FloatArray, rates: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The start and rate of least weighted squares for each row of effects (b, flights)."""
    shape = np.exp(-rates[:, None] * (hours - hours.min())[None, :])
    weight = 1.0 / np.maximum(sigma, 1e-6) ** 2
    norm = (shape**2 * weight).sum(axis=1)
    start = (effects * weight) @ shape.T / norm
    left = (effects**2 * weight).sum(axis=1)[:, None] - start**2 * norm
    best = left.argmin(axis=1)
    return start[np.arange(len(effects)), best], rates[best]


def _half(rate: float) -> float | None:
    return None if rate <= 1e-3 else math.log(2.0) / rate
