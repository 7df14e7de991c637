"""Which ground a camera cannot see: sight lines followed over a surface model."""

import math

import numba
import numpy as np

from core.geo import FloatArray
from thermal.frame import CelsiusArray

GRACE_M = 0.3
"""A surface hides only what lies this far below it: models are no better."""
BLOCK = 8


def block_tops(surface_m: CelsiusArray) -> CelsiusArray:
    """The highest value of each BLOCK x BLOCK of a surface, -inf where nothing is known."""
    rows, cols = (-(-n // BLOCK) * BLOCK for n in surface_m.shape)
    padded = np.full((rows, cols), -np.inf, np.float32)
    padded[: surface_m.shape[0], : surface_m.shape[1]] = np.where(np.isnan(surface_m), -np.inf, surface_m)
    tops: CelsiusArray = padded.reshape(rows // BLOCK, BLOCK, cols // BLOCK, BLOCK).max(axis=(1, 3))
    return tops


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def hidden(
    row: float, col: float, up: float, to_row: float, to_col: float, climb_m: float, ceiling: float,
    surface: CelsiusArray, reach: int,
) -> bool:  # fmt: skip
    """Whether the surface stands between a point and the camera.

    The point lies at `row`, `col` of the surface's lattice, `reach` nodes or more from its border, and at
    height `up`; the camera `to_row`, `to_col` nodes and `climb_m` metres away. The line is followed node by
    node until it is above `ceiling`, the highest that may hide anything here.
    """
    length = math.sqrt(to_row * to_row + to_col * to_col)
    if not (length > 1.0 and climb_m > 0.0):
        return False
    climb, dr, dc = climb_m / length, to_row / length, to_col / length
    last = min(length, float(reach), (ceiling - up - GRACE_M) / climb + 1.0)
    for k in range(1, int(last) + 1):
        r = int(row + dr * k + 0.5)
        c = int(col + dc * k + 0.5)
        if surface[r, c] > up + climb * k + GRACE_M:
            return True
    return False


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def ceiling_of(
    row: float, col: float, low: float, to_row: float, to_col: float, climb_m: float, top: float,
    tops: CelsiusArray, reach: int,
) -> float:  # fmt: skip
    """The highest that may hide any of the 8 x 8 map pixels about `row`, `col`; -inf where nothing can.

    `low` is the lowest of the pixels. A sight line stays within 5 nodes of the one from the middle at the
    same share of the way, and steps of 4 nodes leave 2 between; so what could hide lies in the block met by
    the middle line or in those around it.
    """
    found = -np.inf
    length = math.sqrt(to_row * to_row + to_col * to_col)
    steps = int(min(length, reach + 8.0) / 4.0) + 1
    for k in range(steps + 1):
        share = min(4.0 * k / max(length, 1e-9), 1.0)
        ray = low + climb_m * max((4.0 * k - 2.0) / max(length, 4.0), 0.0) + GRACE_M
        if ray >= top:
            break
        r = math.floor(row + to_row * share + 0.5) // BLOCK
        c = math.floor(col + to_col * share + 0.5) // BLOCK
        for i in range(max(r - 1, 0), min(r + 2, tops.shape[0])):
            for j in range(max(c - 1, 0), min(c + 2, tops.shape[1])):
                if tops[i, j] > ray:
                    found = max(found, tops[i, j])
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def lowest(up: FloatArray, i: int, j: int) -> float:
    """The lowest known height of the block of 8 x 8 pixels that starts at (i, j); inf where none is."""
    least = np.inf
    for r in range(i, min(i + BLOCK, up.shape[0])):
        for c in range(j, min(j + BLOCK, up.shape[1])):
            if up[r, c] < least:  # noqa: PLR1730  # `min` would let a missing height win
                least = up[r, c]
    return least
