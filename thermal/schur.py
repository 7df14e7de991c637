"""The inner loop of bundle adjustment: eliminating the tie points from the normal equations."""

import numba
import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray

IntArray = NDArray[np.int64]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def eliminate(  # noqa: C901, PLR0912, PLR0915  # one kernel, compiled whole
    normal: FloatArray,
    right: FloatArray,
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
    """Add weighted observations to `normal` and `right` in place, less what free points absorb.

    Observations are sorted by point; those of point p are `starts[p]` up to `starts[p + 1]`. Returns the
    inverses (p, 3, 3) of the points' own blocks and their right sides (p, 3), for stepping back.
    """
    points = len(starts) - 1
    shared = by_shared.shape[2]
    base = normal.shape[0] - shared
    width = 6 + shared
    inverse = np.zeros((points, 3, 3))
    rest = np.zeros((points, 3))
    at = np.zeros(width, np.int64)
    row = np.zeros((2, width))
    for p in range(points):
        first, last = starts[p], starts[p + 1]
        v = np.zeros((3, 3))
        for k in range(3):
            v[k, k] = point_weight[p, k] + 1e-9
            rest[p, k] = point_pull[p, k]
        size = 6 * (last - first) + shared
        cross = np.zeros((size, 3))
        where = np.zeros(size, np.int64)
        for k in range(shared):
            where[size - shared + k] = base + k
            at[6 + k] = base + k
        for o in range(first, last):
            for k in range(6):
                at[k] = 6 * frame[o] + k
                where[6 * (o - first) + k] = at[k]
            for e in range(2):
                for k in range(6):
                    row[e, k] = by_pose[o, e, k]
                for k in range(shared):
                    row[e, 6 + k] = by_shared[o, e, k]
            for i in range(width):
                ri0, ri1 = row[0, i], row[1, i]
                right[at[i]] += ri0 * residual[o, 0] + ri1 * residual[o, 1]
                for j in range(i + 1):  # the lower triangle is enough
                    value = ri0 * row[0, j] + ri1 * row[1, j]
                    normal[max(at[i], at[j]), min(at[i], at[j])] += value
                slot = 6 * (o - first) + i if i < 6 else size - shared + i - 6
                for k in range(3):
                    cross[slot, k] += ri0 * by_point[o, 0, k] + ri1 * by_point[o, 1, k]
            for i in range(3):
                rest[p, i] += by_point[o, 0, i] * residual[o, 0] + by_point[o, 1, i] * residual[o, 1]
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
        for i in range(size):
            t0 = cross[i, 0] * inv[0, 0] + cross[i, 1] * inv[1, 0] + cross[i, 2] * inv[2, 0]
            t1 = cross[i, 0] * inv[0, 1] + cross[i, 1] * inv[1, 1] + cross[i, 2] * inv[2, 1]
            t2 = cross[i, 0] * inv[0, 2] + cross[i, 1] * inv[1, 2] + cross[i, 2] * inv[2, 2]
            right[where[i]] -= t0 * rest[p, 0] + t1 * rest[p, 1] + t2 * rest[p, 2]
            for j in range(size):
                if where[j] <= where[i]:
                    value = t0 * cross[j, 0] + t1 * cross[j, 1] + t2 * cross[j, 2]
                    normal[where[i], where[j]] -= value
    return inverse, rest


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})  # type: ignore[untyped-decorator]  # numba has no types
def solve_lower(matrix: FloatArray, right: FloatArray) -> bool:
    """Solve a symmetric positive definite system in place by Cholesky; false when it is not definite.

    Reads the lower triangle of `matrix` only, and leaves its factor there; `right` becomes the solution.
    Leading zeros of a row stay zero and are skipped, which a flight's order of frames makes use of.
    """
    n = len(right)
    lead = np.zeros(n, np.int64)
    for i in range(n):
        first = 0
        while first < i and matrix[i, first] == 0.0:
            first += 1
        lead[i] = first
        for j in range(first, i + 1):
            total = matrix[i, j]
            for k in range(max(first, lead[j]), j):
                total -= matrix[i, k] * matrix[j, k]
            if j < i:
                matrix[i, j] = total / matrix[j, j]
            elif total > 0.0:
                matrix[i, i] = np.sqrt(total)
            else:
                return False
        total = right[i]
        for k in range(first, i):
            total -= matrix[i, k] * right[k]
        right[i] = total / matrix[i, i]
    for i in range(n - 1, -1, -1):
        right[i] /= matrix[i, i]
        for k in range(lead[i], i):
            right[k] -= matrix[i, k] * right[i]
    return True
