"""A frame's broad temperatures: means of blocks, smoothed, missing pixels left out."""

import numba
import numpy as np

from thermal.frame import CelsiusArray

LOW_PX = 8
"""A blurred copy's pixel stands for LOW_PX x LOW_PX of the frame."""


def lowpass(celsius: CelsiusArray) -> CelsiusArray:
    """The frame's block means, smoothed over their neighbours (1 2 1): float32, NaN where nothing is known.

    Spread of about 7 of the frame's pixels. Never smaller than 2 x 2.
    """
    rows, cols = (max(-(-n // LOW_PX), 2) for n in celsius.shape)
    total, count = np.zeros((rows, cols)), np.zeros((rows, cols))
    _blocks(np.ascontiguousarray(celsius, np.float32), total, count)
    share = _smooth(count)
    known = share > 0
    out: CelsiusArray = np.full((rows, cols), np.nan, np.float32)
    out[known] = _smooth(total)[known] / share[known]
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _blocks(celsius: CelsiusArray, total: np.ndarray, count: np.ndarray) -> None:
    for i in range(celsius.shape[0]):
        for j in range(celsius.shape[1]):
            t = celsius[i, j]
            if np.isfinite(t):
                total[i // LOW_PX, j // LOW_PX] += t
                count[i // LOW_PX, j // LOW_PX] += 1.0


def _smooth(values: np.ndarray) -> np.ndarray:
    """1 2 1 both ways; nothing lies beyond the border."""
    for axis in (0, 1):
        side = np.pad(values, [(1, 1) if a == axis else (0, 0) for a in (0, 1)])
        n = values.shape[axis]
        low, middle, high = (side.take(range(s, s + n), axis=axis) for s in (0, 1, 2))
        values = low + 2.0 * middle + high
    return values
