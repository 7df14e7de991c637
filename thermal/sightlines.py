"""Which ground a camera cannot see: sight lines followed over a surface model."""

import math

import numpy as np

from core.geo import FloatArray
from thermal.compiled import kernel, part
from thermal.frame import CelsiusArray

GRACE_M = 0.3
"""A surface hides only what lies this far below it: models are no better."""
BLOCK = 8


def block_tops(surface_m: CelsiusArray) -> CelsiusArray:
    """The highest value of each BLOCK x BLOCK of a surface, -inf where nothing is known."""
    tops: CelsiusArray = (-block_lowest(-surface_m.astype(float))).astype(np.float32)
    return tops


def block_lowest(up_m: FloatArray) -> FloatArray:
    """The lowest known height of each BLOCK x BLOCK pixels, inf where none is."""
    low: FloatArray = np.full([-(-n // BLOCK) for n in up_m.shape], np.inf)
    _lowest(np.ascontiguousarray(up_m, float), low)
    return low


@kernel()
def _lowest(up: FloatArray, low: FloatArray) -> None:
    for i in range(up.shape[0]):
        for j in range(up.shape[1]):
            if up[i, j] < low[i // BLOCK, j // BLOCK]:  # noqa: PLR1730  # `min` would let a missing height win
                low[i // BLOCK, j // BLOCK] = up[i, j]


@part()
def hidden(
    row: float, col: float, up: float, to_row: float, to_col: float, climb_m: float, span: CelsiusArray,
    surface: CelsiusArray, reach: int,
) -> bool:  # fmt: skip
    """Whether the surface stands between a point and the camera.

    The point lies at `row`, `col` of the surface's lattice, `reach` nodes or more from its border, and at
    height `up`; the camera `to_row`, `to_col` nodes and `climb_m` metres away. The line is followed node by
    node over the `span` of `hiding_span`, until it is above all that may hide anything here.
    """
    length = math.sqrt(to_row * to_row + to_col * to_col)
    if not (length > 1.0 and climb_m > 0.0):
        return False
    climb, dr, dc = climb_m / length, to_row / length, to_col / length
    last = min(length, float(reach), (span[0] - up - GRACE_M) / climb + 1.0, span[2])
    for k in range(max(int(span[1]), 1), int(last) + 1):
        r = int(row + dr * k + 0.5)
        c = int(col + dc * k + 0.5)
        if surface[r, c] > up + climb * k + GRACE_M:
            return True
    return False


@part()
def hiding_span(
    row: float, col: float, low: float, to_row: float, to_col: float, climb_m: float, top: float,
    tops: CelsiusArray, reach: int, span: CelsiusArray,
) -> None:  # fmt: skip
    """What may hide any of the 8 x 8 map pixels about `row`, `col`.

    `span` (3,) becomes its greatest height, -inf where nothing can hide, and its first and last distance in
    nodes. `low` is the lowest of the pixels. A sight line stays within 5 nodes of the one from the middle at
    the same share of the way, and steps of 4 nodes leave 2 between; so what could hide lies in the block met
    by the middle line or in those around it.
    """
    found, first, last = -np.inf, -1, 0
    length = math.sqrt(to_row * to_row + to_col * to_col)
    steps = int(min(length, reach + 8.0) / 4.0) + 1
    for k in range(steps + 1):
        share = min(4.0 * k / max(length, 1e-9), 1.0)
        ray = low + climb_m * max((4.0 * k - 2.0) / max(length, 4.0), 0.0) + GRACE_M
        if ray >= top:
            break
        r = math.floor(row + to_row * share + 0.5) // BLOCK
        c = math.floor(col + to_col * share + 0.5) // BLOCK
        highest = -np.inf
        for i in range(max(r - 1, 0), min(r + 2, tops.shape[0])):
            for j in range(max(c - 1, 0), min(c + 2, tops.shape[1])):
                highest = max(highest, tops[i, j])
        if highest > ray:
            found, last = max(found, highest), k
            if first < 0:
                first = k
    span[0], span[1], span[2] = found, 4.0 * first - 9.0, 4.0 * last + 9.0
