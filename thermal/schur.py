"""The inner loop of bundle adjustment: eliminating the tie points from the normal equations."""

import numba
import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray

IntArray = NDArray[np.int64]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def eliminate(  # noqa: C901, PLR0912, PLR0915  # one kernel, compiled whole
    band: FloatArray,
    border: FloatArray,
    corner: FloatArray,
    right: FloatArray,
    shared_right: FloatArray,
    starts: IntArray,
    frame: IntArray,
    by_pose: FloatArray,
    by_shared: FloatArray,
    by_point: FloatArray,
    residual: FloatArray,
    point_weight: FloatArray,
    point_pull: FloatArray,
    damping: float,
) -> tuple[FloatArray, FloatArray]:
    """Add weighted observations to a bordered system (`banded.Bordered`) in place, less what points absorb.

    `by_shared` holds the first of the shared values only: those that pixels depend on. Observations are
    sorted by point; those of point p are `starts[p]` up to `starts[p + 1]`. Returns the inverses (p, 3, 3) of
    the points' own blocks and their right sides (p, 3), for stepping back.
    """
    points = len(starts) - 1
    shared = by_shared.shape[2]
    inverse = np.zeros((points, 3, 3))
    rest = np.zeros((points, 3))
    most = 0
    for p in range(points):
        most = max(most, starts[p + 1] - starts[p])
    cross = np.zeros((6 * most + shared, 3))
    turned = np.zeros((6 * most + shared, 3))
    for p in range(points):
        first, last = starts[p], starts[p + 1]
        v = np.zeros((3, 3))
        for k in range(3):
            v[k, k] = point_weight[p, k] + 1e-9
            rest[p, k] = point_pull[p, k]
        size = 6 * (last - first)
        cross[: size + shared] = 0.0
        for o in range(first, last):
            at, slot = 6 * frame[o], 6 * (o - first)
            r0, r1 = residual[o, 0], residual[o, 1]
            for i in range(6):
                p0, p1 = by_pose[o, 0, i], by_pose[o, 1, i]
                right[at + i] += p0 * r0 + p1 * r1
                for j in range(i + 1):
                    band[i - j, at + j] += p0 * by_pose[o, 0, j] + p1 * by_pose[o, 1, j]
                for j in range(shared):
                    border[j, at + i] += p0 * by_shared[o, 0, j] + p1 * by_shared[o, 1, j]
                for k in range(3):
                    cross[slot + i, k] += p0 * by_point[o, 0, k] + p1 * by_point[o, 1, k]
            for i in range(shared):
                s0, s1 = by_shared[o, 0, i], by_shared[o, 1, i]
                shared_right[i] += s0 * r0 + s1 * r1
                for j in range(shared):
                    corner[i, j] += s0 * by_shared[o, 0, j] + s1 * by_shared[o, 1, j]
                for k in range(3):
                    cross[size + i, k] += s0 * by_point[o, 0, k] + s1 * by_point[o, 1, k]
            for i in range(3):
                rest[p, i] += by_point[o, 0, i] * r0 + by_point[o, 1, i] * r1
                for j in range(3):
                    v[i, j] += by_point[o, 0, i] * by_point[o, 0, j] + by_point[o, 1, i] * by_point[o, 1, j]
        for k in range(3):
            v[k, k] *= 1.0 + damping
        c00 = v[1, 1] * v[2, 2] - v[1, 2] * v[2, 1]
        c01 = v[1, 2] * v[2, 0] - v[1, 0] * v[2, 2]
        c02 = v[1, 0] * v[2, 1] - v[1, 1] * v[2, 0]
        det = v[0, 0] * c00 + v[0, 1] * c01 + v[0, 2] * c02
        inv = inverse[p]
        inv[0, 0] = c00 / det
        inv[0, 1] = (v[0, 2] * v[2, 1] - v[0, 1] * v[2, 2]) / det
        inv[0, 2] = (v[0, 1] * v[1, 2] - v[0, 2] * v[1, 1]) / det
        inv[1, 0] = c01 / det
        inv[1, 1] = (v[0, 0] * v[2, 2] - v[0, 2] * v[2, 0]) / det
        inv[1, 2] = (v[0, 2] * v[1, 0] - v[0, 0] * v[1, 2]) / det
        inv[2, 0] = c02 / det
        inv[2, 1] = (v[0, 1] * v[2, 0] - v[0, 0] * v[2, 1]) / det
        inv[2, 2] = (v[0, 0] * v[1, 1] - v[0, 1] * v[1, 0]) / det
        for i in range(size + shared):
            for k in range(3):
                turned[i, k] = cross[i, 0] * inv[0, k] + cross[i, 1] * inv[1, k] + cross[i, 2] * inv[2, k]
        for a in range(first, last):
            for i in range(6):
                t0, t1, t2 = turned[6 * (a - first) + i]
                row = 6 * frame[a] + i
                right[row] -= t0 * rest[p, 0] + t1 * rest[p, 1] + t2 * rest[p, 2]
                for b in range(first, last):
                    if frame[b] > frame[a]:
                        continue
                    for j in range(i + 1 if frame[b] == frame[a] else 6):
                        c, column = 6 * (b - first) + j, 6 * frame[b] + j
                        band[row - column, column] -= t0 * cross[c, 0] + t1 * cross[c, 1] + t2 * cross[c, 2]
                for j in range(shared):
                    c = size + j
                    border[j, row] -= t0 * cross[c, 0] + t1 * cross[c, 1] + t2 * cross[c, 2]
        for i in range(shared):
            t0, t1, t2 = turned[size + i]
            shared_right[i] -= t0 * rest[p, 0] + t1 * rest[p, 1] + t2 * rest[p, 2]
            for j in range(shared):
                c = size + j
                corner[i, j] -= t0 * cross[c, 0] + t1 * cross[c, 1] + t2 * cross[c, 2]
    return inverse, rest
