"""A frame's broad temperatures: means of blocks, smoothed, missing pixels left out."""

import numpy as np

from thermal.compiled import kernel
from thermal.frame import CelsiusArray

LOW_PX = 8
"""A blurred copy's pixel stands for LOW_PX x LOW_PX of the frame."""


def lowpass(celsius: CelsiusArray) -> CelsiusArray:
    """The frame's block means, smoothed over their neighbours (1 2 1): float32, NaN where nothing is known.

    Spread of about 7 of the frame's pixels. Never smaller than 2 x 2.
    """
    rows, cols = (max(-(-n // LOW_PX), 2) for n in celsius.shape)
    total, count = np.zeros((rows, cols), np.float32), np.zeros((rows, cols), np.float32)
    _blocks(
        np.ascontiguousarray(celsius, np.float32), *np.empty((2, celsius.shape[1]), np.float32), total, count
    )
    share = _smooth(count)
    with np.errstate(invalid="ignore"):
        out: CelsiusArray = _smooth(total) / share
    return out


@kernel()
def _blocks(
    celsius: CelsiusArray, sums: CelsiusArray, known: CelsiusArray, total: CelsiusArray, count: CelsiusArray
) -> None:
    """Sums and numbers of the known pixels of each block; columns first, eight at a time.

    `sums` and `known` (columns,) are room to work in.
    """
    rows, cols = celsius.shape
    for r in range(-(-rows // LOW_PX)):
        for j in range(cols):
            sums[j] = known[j] = 0.0
        for i in range(r * LOW_PX, min((r + 1) * LOW_PX, rows)):
            line = celsius[i]
            for j in range(cols):
                there = abs(line[j]) < np.float32(np.inf)
                sums[j] += line[j] if there else np.float32(0.0)
                known[j] += np.float32(1.0) if there else np.float32(0.0)
        for j in range(cols):
            total[r, j // LOW_PX] += sums[j]
            count[r, j // LOW_PX] += known[j]


def _smooth(values: CelsiusArray) -> CelsiusArray:
    """1 2 1 both ways; nothing lies beyond the border."""
    down = 2.0 * values
    down[1:] += values[:-1]
    down[:-1] += values[1:]
    across = 2.0 * down
    across[:, 1:] += down[:, :-1]
    across[:, :-1] += down[:, 1:]
    smooth: CelsiusArray = across
    return smooth
