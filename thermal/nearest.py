"""Nearest descriptors where the prior expects them: the inner loop of matching.

Compiled rather than a matrix product: only descriptors within the gate are compared, and no second layer of
threads starts below ours.
"""

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from thermal.compiled import kernel

IntArray = NDArray[np.int64]
Descriptors = NDArray[np.float32]


def guided(
    first: Descriptors,
    second: Descriptors,
    expected: FloatArray,
    pixels: FloatArray,
    rows: IntArray,
    gate2: float,
) -> tuple[IntArray, FloatArray, FloatArray, IntArray]:
    """For each of `rows` of `first` (n, 128): the most alike of `second` (k, 128) within the gate.

    `expected` (n, 2) is where each should lie among `pixels` (k, 2), `gate2` the squared gate, px^2. Returns
    the index (-1: none), its likeness (cosine) and the second best's (-1: none), all (rows,), and for each of
    `second` the place in `rows` that is most like it (-1: none).
    """
    best, back = np.full(len(rows), -1, np.int64), np.full(len(second), -1, np.int64)
    top, runner_up, back_top = np.full(len(rows), -1.0), np.full(len(rows), -1.0), np.full(len(second), -1.0)
    _compared(first, second, expected, pixels, rows, gate2, best, top, runner_up, back, back_top)
    return best, top, runner_up, back


@kernel(fastmath=True)
def _compared(
    first: Descriptors, second: Descriptors, expected: FloatArray, pixels: FloatArray, rows: IntArray,
    gate2: float, best: IntArray, top: FloatArray, runner_up: FloatArray, back: IntArray,
    back_top: FloatArray,
) -> None:  # fmt: skip
    size = first.shape[1]
    for i in range(len(rows)):
        row = rows[i]
        for j in range(second.shape[0]):
            dx = expected[row, 0] - pixels[j, 0]
            dy = expected[row, 1] - pixels[j, 1]
            if dx * dx + dy * dy > gate2:
                continue
            alike = np.float32(0.0)
            for c in range(size):
                alike += first[row, c] * second[j, c]
            if alike > top[i]:
                runner_up[i] = top[i]
                top[i] = alike
                best[i] = j
            elif alike > runner_up[i]:
                runner_up[i] = alike
            if alike > back_top[j]:
                back_top[j] = alike
                back[j] = i
