"""Which pixels of a tile a camera cannot see, found block by block when they are asked for."""

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from thermal.compiled import part
from thermal.frame import CelsiusArray
from thermal.sightlines import BLOCK, GRACE_M, hidden, hiding_span

Shadow = NDArray[np.int8]
UNKNOWN, SEEN, HIDDEN = 0, 1, 2


@part()
def cast_shadow(  # noqa: C901  # one compiled loop
    i0: int, j0: int, east: FloatArray, north: FloatArray, up: FloatArray, lowest: float,
    surface: CelsiusArray, tops: CelsiusArray, lattice: FloatArray, to_px: FloatArray, center: FloatArray,
    span: CelsiusArray, shadow: Shadow,
) -> None:  # fmt: skip
    """Fill the block of `shadow` that starts at (`i0`, `j0`); `span` (3,) is room to work in.

    Where nodes of the surface lie several pixels apart, what they hide is as wide: pixels on a lattice a node
    apart at most are followed first, and those between four of them only where these differ, or where the
    ground between them is steep.
    """
    i1, j1 = min(i0 + BLOCK, up.shape[0]), min(j0 + BLOCK, up.shape[1])
    row, col = i0 + (BLOCK - 1) / 2.0, j0 + (BLOCK - 1) / 2.0
    to_row, to_col = _towards(i0, j0, east, north, to_px, center)
    hiding_span(
        (row - lattice[0]) / lattice[2], (col - lattice[1]) / lattice[2], lowest,
        (i0 - row + to_row) / lattice[2], (j0 - col + to_col) / lattice[2], center[2] - lowest, lattice[4],
        tops, int(lattice[3]), span,
    )  # fmt: skip
    if span[0] == -np.inf:
        for i in range(i0, i1):
            for j in range(j0, j1):
                shadow[i, j] = SEEN
        return
    apart = 4 if lattice[2] >= 5.0 else 2 if lattice[2] >= 3.0 else 1
    for i in range(i0, i1, apart):
        for j in range(j0, j1, apart):
            r, c = min(i + apart, i1 - 1), min(j + apart, j1 - 1)
            total, low, high = 0, up[i, j], up[i, j]
            for corner in range(4):
                y, x = (i if corner < 2 else r), (j if corner % 2 == 0 else c)
                if shadow[y, x] == UNKNOWN:
                    shadow[y, x] = _one(y, x, east, north, up, surface, lattice, to_px, center, span)
                total += shadow[y, x]
                low, high = min(low, up[y, x]), max(high, up[y, x])
            alike = high - low < GRACE_M and (total == 4 * SEEN or total == 4 * HIDDEN)
            for y in range(i, r + 1):
                for x in range(j, c + 1):
                    if shadow[y, x] == UNKNOWN:
                        shadow[y, x] = (
                            shadow[i, j]
                            if alike
                            else _one(y, x, east, north, up, surface, lattice, to_px, center, span)
                        )


@part()
def _towards(
    i: int, j: int, east: FloatArray, north: FloatArray, to_px: FloatArray, center: FloatArray
) -> tuple[float, float]:
    """Rows and columns of the map from a pixel to below the camera."""
    dx, dy = center[0] - east[i, j], center[1] - north[i, j]
    return to_px[0, 0] * dx + to_px[0, 1] * dy, to_px[1, 0] * dx + to_px[1, 1] * dy


@part()
def _one(
    i: int, j: int, east: FloatArray, north: FloatArray, up: FloatArray, surface: CelsiusArray,
    lattice: FloatArray, to_px: FloatArray, center: FloatArray, span: CelsiusArray,
) -> int:  # fmt: skip
    to_row, to_col = _towards(i, j, east, north, to_px, center)
    covered = hidden(
        (i - lattice[0]) / lattice[2], (j - lattice[1]) / lattice[2], up[i, j], to_row / lattice[2],
        to_col / lattice[2], center[2] - up[i, j], span, surface, int(lattice[3]),
    )  # fmt: skip
    return HIDDEN if covered else SEEN
