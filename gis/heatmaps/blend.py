"""One block of several maps blended: the surer map counts more, and each fades towards its edge."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gis.heatmaps.source import FloatGrid
from gis.pyramid import Halving

BANDS = (
    ("temperature", "degC"),
    ("count", "1"),
    ("sigma", "K"),
    ("source frame", "1"),
    ("source map", "1"),
)
WAYS: tuple[Halving, ...] = ("mean", "first", "rms", "first", "first")
"""How each band is halved for overviews."""

_SIGMA_K = 0.5  # of a map that does not say
_LEAST_K = 0.1


@dataclass(frozen=True, slots=True)
class Piece:
    """A block of map `number`: Celsius with a margin around, sigma, frame count and source frame without."""

    number: int
    celsius: FloatGrid
    sigma_K: FloatGrid | None
    count: FloatGrid | None
    frame: FloatGrid | None


def blended(pieces: Sequence[Piece], shape: tuple[int, int], margin: int) -> FloatGrid | None:
    """Temperature, count, sigma, source frame and source map (5, rows, columns), NaN where no map knows.

    A map weighs by count / sigma^2 and by its distance from where it ends, up to `margin` pixels. Sigma is
    that of the weighted mean, never less than how far the maps lie apart there. None: nothing here.
    """
    if not pieces:
        return None
    inner = (slice(margin, margin + shape[0]), slice(margin, margin + shape[1]))
    total, weighted, squared, variance = (np.zeros(shape) for _ in range(4))
    count, best = np.zeros(shape), np.zeros(shape)
    frame, number = (np.full(shape, np.nan) for _ in range(2))
    for piece in pieces:
        value = piece.celsius[inner].astype(float)
        known = np.isfinite(value)
        sigma = _filled(piece.sigma_K, known, _SIGMA_K)
        frames = _filled(piece.count, known, 1.0)
        weight = np.where(known, _fade(piece.celsius, margin)[inner] * frames / (sigma**2 + _LEAST_K**2), 0.0)
        value = np.where(known, value, 0.0)
        total += weight
        weighted += weight * value
        squared += weight * value**2
        variance += (weight * sigma) ** 2
        count += np.where(known, frames, 0.0)
        ahead = weight > best
        best = np.where(ahead, weight, best)
        number = np.where(ahead, piece.number + 1.0, number)
        frame = np.where(ahead, np.nan if piece.frame is None else piece.frame, frame)
    seen = total > 0
    if not seen.any():
        return None
    share = np.where(seen, total, np.nan)
    mean = weighted / share
    spread = np.sqrt(np.maximum(squared / share - mean**2, 0.0))
    sigma = np.maximum(np.sqrt(variance) / share, spread)
    return np.stack([mean, np.where(seen, count, np.nan), sigma, frame, number]).astype(np.float32)


def _filled(band: FloatGrid | None, known: np.ndarray, usual: float) -> np.ndarray:
    if band is None:
        return np.full(known.shape, usual)
    return np.where(np.isfinite(band) & (band > 0), band, usual).astype(float)


def _fade(celsius: FloatGrid, margin: int) -> np.ndarray:
    """1 inside the map, falling to nearly nothing where it ends; a block's own border is no end."""
    from scipy.ndimage import distance_transform_edt

    known = np.isfinite(celsius)
    if margin == 0 or known.all():
        return np.ones(celsius.shape)
    away = distance_transform_edt(np.pad(known, 1, mode="edge"))[1:-1, 1:-1]
    return np.asarray(np.clip(away / margin, 1e-3, 1.0))
