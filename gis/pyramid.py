"""Overviews of a map: each band halved in the way its values allow."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

BlockArray = NDArray[np.float32]
Halving = Literal["mean", "rms", "first"]
"""How four pixels become one: their mean, their root mean square (sigmas), or the first that is known.

Numbers that name something (a source frame) or count must not be averaged.
"""


def halved(values: BlockArray, ways: Sequence[Halving]) -> BlockArray:
    """(bands, rows, columns) of even sizes to half of them; NaN only where all four pixels are."""
    bands, rows, cols = values.shape
    out = np.empty((bands, rows // 2, cols // 2), np.float32)
    for band, way in enumerate(ways):
        if np.isfinite(values[band]).all():
            out[band] = _whole(values[band], way)
        else:
            fours = np.stack([values[band, r::2, c::2] for r in (0, 1) for c in (0, 1)])
            known = np.isfinite(fours)
            out[band] = _one(fours, known, known.sum(axis=0), way)
    return out


def _whole(values: BlockArray, way: Halving) -> BlockArray:
    """One band without gaps."""
    if way == "first":
        return values[::2, ::2]
    powers = values * values if way == "rms" else values
    half = powers[::2] + powers[1::2]
    mean: BlockArray = (half[:, ::2] + half[:, 1::2]) * np.float32(0.25)
    return np.sqrt(mean) if way == "rms" else mean


def _one(fours: BlockArray, known: NDArray[np.bool_], count: NDArray[np.int64], way: Halving) -> BlockArray:
    if way == "first":
        first = np.argmax(known, axis=0)[None]
        one: BlockArray = np.take_along_axis(fours, first, axis=0)[0]
        return one
    filled = np.where(known, fours, np.float32(0.0)).astype(np.float64)
    power = 2 if way == "rms" else 1
    total = (filled**power).sum(axis=0)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    root: BlockArray = (mean ** (1.0 / power)).astype(np.float32)
    return root
