"""Normal equations of a flight: a band of frames beside each other, a border of values they all share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bordered:
    """A symmetric positive definite system of b own and s shared unknowns, its lower parts stored.

    `band` (width, b): element (i, j) of the own block, i >= j, lies at [i - j, j]; `border` (s, b);
    `corner` (s, s) full; right sides `right` (b,) and `shared_right` (s,). Changed in place while it is made.
    """

    band: FloatArray
    border: FloatArray
    corner: FloatArray
    right: FloatArray
    shared_right: FloatArray

    def solve(self, damping: float) -> tuple[FloatArray, FloatArray] | None:
        """The own (b,) and shared (s,) unknowns with the diagonal raised by `damping`; None where singular.

        The band is factored by Cholesky (LAPACK pbtrf), the border eliminated into the corner.
        """
        from scipy.linalg import LinAlgError, cho_factor, cho_solve, cho_solve_banded, cholesky_banded

        band = self.band.copy()
        band[0] *= 1.0 + damping
        corner = self.corner + damping * np.diag(np.diag(self.corner))
        both = np.column_stack([self.right, self.border.T])
        if not (np.isfinite(band).all() and np.isfinite(both).all()):
            return None
        try:
            factor = cholesky_banded(band, lower=True, overwrite_ab=True, check_finite=False)
            solved = cho_solve_banded((factor, True), both, check_finite=False)
            rest = corner - self.border @ solved[:, 1:]
            right = self.shared_right - self.border @ solved[:, 0]
            shared = cho_solve(cho_factor(rest, lower=True), right)
        except LinAlgError:
            return None
        return np.asarray(solved[:, 0] - solved[:, 1:] @ shared, float), np.asarray(shared, float)


def empty(own: int, shared: int, width: int) -> Bordered:
    """A system of zeros; `width` diagonals of the own block are kept."""
    return Bordered(
        np.zeros((min(width, own), own)),
        np.zeros((shared, own)),
        np.zeros((shared, shared)),
        np.zeros(own),
        np.zeros(shared),
    )


def frame_order(frame: IntArray, point: IntArray, frames: int) -> IntArray:
    """An order of frames (n,) in which those that share points stand close (Cuthill and McKee 1969)."""
    from scipy.sparse import coo_array, csr_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    shape = (frames, int(point.max()) + 1 if len(point) else 0)
    seen = csr_array(coo_array((np.ones(len(frame), np.int32), (frame, point)), shape=shape))
    together = csr_array(seen @ seen.T)
    return np.asarray(reverse_cuthill_mckee(together, symmetric_mode=True), np.int64)


def reach(frame: IntArray, starts: Sequence[int] | IntArray) -> int:
    """How far apart, in frames, one point's observations lie at most; point p's are `starts[p]` and on."""
    first = np.asarray(starts)[:-1]
    if len(frame) == 0:
        return 0
    return int((np.maximum.reduceat(frame, first) - np.minimum.reduceat(frame, first)).max())
