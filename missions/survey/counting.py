"""How many photographs hold each cell of a grid: compiled loops over rows of cells.

A photograph's part of a row is bounded first, widely, from the slopes that are in its image; every cell there
is then looked up in the image itself. Arguments are those of `missions.survey.footprints`.
"""

import math

import numba
import numpy as np

from core.geo import FloatArray
from missions.survey.footprints import Counts, Flags, Heights, window

TRIED = 129  # slopes a side, to find those that are in the image


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def slopes_in(lens: FloatArray) -> FloatArray:
    """Least and greatest x and y, over depth, of directions that are in the image, a step wider each."""
    most = lens[10]
    step = 2.0 * most / (TRIED - 1)
    k1, k2, p1, p2, k3 = lens[5], lens[6], lens[7], lens[8], lens[9]
    left, right, top, bottom = np.inf, -np.inf, np.inf, -np.inf
    for i in range(TRIED):
        y = i * step - most
        for k in range(TRIED):
            x = k * step - most
            r2 = x * x + y * y
            radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
            u = lens[0] * (x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)) + lens[1]
            v = lens[0] * (y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y) + lens[2]
            if -0.5 <= u <= lens[3] - 0.5 and -0.5 <= v <= lens[4] - 0.5:
                left, right = min(left, x), max(right, x)
                top, bottom = min(top, y), max(bottom, y)
    wider = 1.5 * step
    return np.array([left - wider, right + wider, top - wider, bottom + wider])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _levels(ground: Heights, c1: int, c2: int, r1: int, r2: int, buffer: Heights) -> tuple[float, float]:
    """The lowest and the highest ground of a window; infinite where all of it is unknown."""
    lows, highs = buffer[0, : max(c2 - c1, 0)], buffer[1, : max(c2 - c1, 0)]
    for k in range(len(lows)):
        lows[k], highs[k] = np.inf, -np.inf
    for row in range(r1, r2):
        level = ground[row, c1:c2]
        for k in range(len(lows)):  # one column beside the other: the compiler takes many at once
            lows[k] = min(lows[k], level[k])
            highs[k] = max(highs[k], level[k])
    low, high = np.inf, -np.inf
    for k in range(len(lows)):
        low, high = min(low, lows[k]), max(high, highs[k])
    return low, high


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def _span(dy: float, low: float, high: float, turn: FloatArray, slopes: FloatArray) -> tuple[float, float]:
    """The least and the greatest dx of a row's points that can be in the image, for heights low to high."""
    first, last = -np.inf, np.inf
    for side in range(4):
        axis, sign = side // 2, 1.0 if side % 2 else -1.0
        px = sign * (turn[0, axis] - slopes[side] * turn[0, 2])
        py = sign * (turn[1, axis] - slopes[side] * turn[1, 2])
        pz = sign * (turn[2, axis] - slopes[side] * turn[2, 2])
        rest = py * dy + min(pz * low, pz * high)
        if px > 1e-9:
            last = min(last, -rest / px)
        elif px < -1e-9:
            first = max(first, -rest / px)
    return first, last


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]  # numba has no types
def _count_row(
    xs: FloatArray,
    dy: float,
    eye: FloatArray,
    turn: FloatArray,
    lens: FloatArray,
    inside: Flags,
    ground: Heights,
    count: Counts,
    depth: Heights,
) -> None:
    """Look up a row's cells in an image. Without branches, so that the compiler takes several at once."""
    f, cx, cy, right, bottom = lens[0], lens[1], lens[2], lens[3] - 0.5, lens[4] - 0.5
    k1, k2, p1, p2, k3 = lens[5], lens[6], lens[7], lens[8], lens[9]
    most2 = lens[10] * lens[10]
    xx, xy, xz = turn[0, 0], turn[0, 1], turn[0, 2]
    zx, zy, zz = turn[2, 0], turn[2, 1], turn[2, 2]
    yx, yy, yz = dy * turn[1, 0], dy * turn[1, 1], dy * turn[1, 2]
    east, up = eye[0], eye[2]
    for k in range(len(xs)):
        dx, dz = xs[k] - east, ground[k] - up
        z = dx * xz + yz + dz * zz
        x = (dx * xx + yx + dz * zx) / z
        y = (dx * xy + yy + dz * zy) / z
        r2 = x * x + y * y
        radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
        u = f * (x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)) + cx
        v = f * (y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y) + cy
        across = (u >= -0.5) & (u <= right) & (v >= -0.5) & (v <= bottom)
        seen = across & (z > 0.0) & (r2 <= most2) & inside[k]
        count[k] += np.uint16(seen)
        depth[k] = z if seen & (z < depth[k]) else depth[k]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def count_cells(
    eyes: FloatArray,
    turns: FloatArray,
    rays: FloatArray,
    lens: FloatArray,
    origin: FloatArray,
    inside: Flags,
    ground: Heights,
    count: Counts,
    depth: Heights,
) -> None:
    """Add to `count` the views that hold each cell, and keep the least depth of each."""
    rows, columns = inside.shape
    xs = np.empty(columns)
    for column in range(columns):
        xs[column] = origin[0] + column * origin[2]
    buffer = np.empty((2, columns), np.float32)
    lowest, highest = _levels(ground, 0, columns, 0, rows, buffer)
    if lowest > highest:
        lowest = 0.0
    slopes = slopes_in(lens)
    for i in range(len(eyes)):
        east, north, up = eyes[i, 0], eyes[i, 1], eyes[i, 2]
        c1, c2, r1, r2 = window(eyes[i], turns[i], rays, lowest, origin, rows, columns)
        low, high = lowest, highest
        if lowest < highest:
            low, high = _levels(ground, c1, c2, r1, r2, buffer)
        if low > high:
            continue
        c1, c2, r1, r2 = window(eyes[i], turns[i], rays, low, origin, rows, columns)
        for row in range(r1, r2):
            dy = origin[1] + row * origin[2] - north
            first, last = _span(dy, low - up, high - up, turns[i], slopes)
            a = max(c1, math.floor(max((first + east - origin[0]) / origin[2], -1.0)) - 1)
            b = min(c2, math.ceil(min((last + east - origin[0]) / origin[2], columns + 1.0)) + 2)
            if a < b:
                _count_row(
                    xs[a:b], dy, eyes[i], turns[i], lens, inside[row, a:b],
                    ground[row, a:b], count[row, a:b], depth[row, a:b],
                )  # fmt: skip
