"""The inner loop of bundle adjustment: eliminating the tie points from the normal equations."""

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from thermal.compiled import kernel, part

IntArray = NDArray[np.int64]


def eliminate(
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
    points, shared = len(starts) - 1, by_shared.shape[2]
    inverse, rest = np.empty((points, 3, 3)), point_pull.astype(float)
    most = int(np.diff(starts).max(initial=0))
    cross, turned = np.empty((2, 6 * most + shared, 3))
    _eliminate(
        band, border, corner, right, shared_right, starts, frame, by_pose, by_shared, by_point, residual,
        point_weight + 1e-9, damping, np.empty((3, 3)), cross, turned, inverse, rest,
    )  # fmt: skip
    return inverse, rest


@part()
def _invert(v: FloatArray, inverse: FloatArray, p: int, damping: float) -> None:
    """The inverse of point p's damped block."""
    for k in range(3):
        v[k, k] *= 1.0 + damping
    det = 0.0
    for i in range(3):
        i1, i2 = (i + 1) % 3, (i + 2) % 3
        for k in range(3):
            k1, k2 = (k + 1) % 3, (k + 2) % 3
            inverse[p, k, i] = v[i1, k1] * v[i2, k2] - v[i1, k2] * v[i2, k1]
            if i == 0:
                det += v[0, k] * inverse[p, k, 0]
    for i in range(3):
        for k in range(3):
            inverse[p, i, k] /= det


@part()
def _absorb(
    band: FloatArray, border: FloatArray, corner: FloatArray, right: FloatArray, shared_right: FloatArray,
    frame: IntArray, first: int, size: int, shared: int, cross: FloatArray, turned: FloatArray,
    rest: FloatArray, p: int,
) -> None:  # fmt: skip
    """Take off what point p absorbs."""
    for a in range(size + shared):
        t0, t1, t2 = turned[a, 0], turned[a, 1], turned[a, 2]
        own = t0 * rest[p, 0] + t1 * rest[p, 1] + t2 * rest[p, 2]
        if a >= size:
            shared_right[a - size] -= own
            for j in range(shared):
                c = size + j
                corner[a - size, j] -= t0 * cross[c, 0] + t1 * cross[c, 1] + t2 * cross[c, 2]
            continue
        row = 6 * frame[first + a // 6] + a % 6
        right[row] -= own
        for c in range(size):
            column = 6 * frame[first + c // 6] + c % 6
            if column <= row:
                band[row - column, column] -= t0 * cross[c, 0] + t1 * cross[c, 1] + t2 * cross[c, 2]
        for j in range(shared):
            c = size + j
            border[j, row] -= t0 * cross[c, 0] + t1 * cross[c, 1] + t2 * cross[c, 2]


@kernel()
def _eliminate(  # noqa: C901, PLR0912  # one kernel, compiled whole
    band: FloatArray, border: FloatArray, corner: FloatArray, right: FloatArray, shared_right: FloatArray,
    starts: IntArray, frame: IntArray, by_pose: FloatArray, by_shared: FloatArray, by_point: FloatArray,
    residual: FloatArray, point_weight: FloatArray, damping: float, v: FloatArray, cross: FloatArray,
    turned: FloatArray, inverse: FloatArray, rest: FloatArray,
) -> None:  # fmt: skip
    """`v` (3, 3), `cross` and `turned` are room to work in. Loops rather than terms: fewer to compile."""
    shared = by_shared.shape[2]
    for p in range(len(starts) - 1):
        first, last = starts[p], starts[p + 1]
        size = 6 * (last - first)
        for i in range(3):
            for k in range(3):
                v[i, k] = point_weight[p, k] if i == k else 0.0
        for i in range(size + shared):
            for k in range(3):
                cross[i, k] = 0.0
        for o in range(first, last):
            at, slot = 6 * frame[o], 6 * (o - first)
            for d in range(2):
                r = residual[o, d]
                for i in range(6):
                    pose = by_pose[o, d, i]
                    right[at + i] += pose * r
                    for j in range(i + 1):
                        band[i - j, at + j] += pose * by_pose[o, d, j]
                    for j in range(shared):
                        border[j, at + i] += pose * by_shared[o, d, j]
                    for k in range(3):
                        cross[slot + i, k] += pose * by_point[o, d, k]
                for i in range(shared):
                    lens = by_shared[o, d, i]
                    shared_right[i] += lens * r
                    for j in range(shared):
                        corner[i, j] += lens * by_shared[o, d, j]
                    for k in range(3):
                        cross[size + i, k] += lens * by_point[o, d, k]
                for i in range(3):
                    place = by_point[o, d, i]
                    rest[p, i] += place * r
                    for k in range(3):
                        v[i, k] += place * by_point[o, d, k]
        _invert(v, inverse, p, damping)
        for i in range(size + shared):
            for k in range(3):
                turned[i, k] = 0.0
                for m in range(3):
                    turned[i, k] += cross[i, m] * inverse[p, m, k]
        _absorb(
            band, border, corner, right, shared_right, frame, first, size, shared, cross, turned, rest, p
        )  # fmt: skip
