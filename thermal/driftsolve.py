"""Least squares for drift: the scene eliminated, frames sparse, what they share by a Schur complement."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from thermal.overlaps import IntArray, Samples

FLAT_TERMS = 7
_OWN = 3  # unknowns of each frame: offset, ramp right, ramp down
_SHARED = FLAT_TERMS + 1  # unknowns of all: flat field, rate


@dataclass(frozen=True, slots=True)
class SolveParams:
    """`scale_K` robust scale of a disagreement; `offset_K`, `flat_K`, `linear_K`, `ramp_K` (to the corners)
    priors' sigmas; `walk_K` and `ramp_walk_K` how far drift strays from its rate, and a ramp from the last,
    between two frames; `rounds` of reweighting.
    """

    scale_K: float = 0.3
    offset_K: float = 20.0
    flat_K: float = 3.0
    linear_K: float = 1.5
    ramp_K: float = 0.3
    walk_K: float = 0.1
    ramp_walk_K: float = 0.1
    rounds: int = 7


def flat_basis(at: FloatArray | NDArray[np.float32]) -> FloatArray:
    """Flat field terms (..., 7) in the frame: r^2, r^4, r^6, x^2 - y^2, xy, x, y; r = 1 in the corners."""
    p = np.asarray(at, float)
    x, y = p[..., 0], p[..., 1]
    r2 = x * x + y * y
    return np.stack([r2, r2**2, r2**3, x * x - y * y, x * y, x, y], axis=-1)


@dataclass(frozen=True, slots=True)
class Steps:
    """Frames that follow each other: indices `first`, `second` (s,), `intervals` (s,) in usual gaps."""

    first: IntArray
    second: IntArray
    intervals: FloatArray


def steps_in_time(times_s: FloatArray) -> Steps:
    """Each frame and the next one taken."""
    order = np.argsort(times_s, kind="stable").astype(np.int64)
    gaps = np.diff(np.asarray(times_s, float)[order])
    usual = float(np.median(gaps)) if len(gaps) else 1.0
    return Steps(order[:-1], order[1:], np.clip(gaps / max(usual, 1e-3), 0.25, 1e4))


@dataclass(frozen=True, slots=True)
class Solution:
    """`offsets_K` (n,) of mean zero, `ramps_K` (n, 2), `flat` (7,), `rate_K` a usual gap between frames."""

    offsets_K: FloatArray
    ramps_K: FloatArray
    flat: FloatArray
    rate_K: float

    def corrected(self, samples: Samples) -> FloatArray:
        """The samples' temperatures with drift taken off."""
        ramp = (self.ramps_K[samples.frame] * samples.at).sum(axis=1)
        return np.asarray(
            samples.celsius - self.offsets_K[samples.frame] - ramp - flat_basis(samples.at) @ self.flat, float
        )

    @property
    def own(self) -> FloatArray:
        """The frames' unknowns in the order of the design (3 n,)."""
        return np.column_stack([self.offsets_K, self.ramps_K]).ravel()


def residual(values: FloatArray, point: IntArray, weight: FloatArray | None = None) -> FloatArray:
    """Corrected samples less the weighted mean of their point."""
    w = np.ones(len(values)) if weight is None else weight
    total = np.maximum(np.bincount(point, w), 1e-12)
    return np.asarray(values - (np.bincount(point, w * values) / total)[point], float)


def jumps_at(found: Solution, steps: Steps) -> FloatArray:
    """How far each step in time strays from the steady rate, K."""
    gap = found.offsets_K[steps.second] - found.offsets_K[steps.first]
    return np.asarray(gap - found.rate_K * steps.intervals, float)


def solve(samples: Samples, steps: Steps, frames: int, params: SolveParams, noise_K: float) -> Solution:
    """Offsets, ramps, flat field and rate by reweighted least squares; the robust scales fall."""
    design = _Design.of(samples, frames)
    robust, smooth = np.ones(len(samples.frame)), np.ones(len(steps.first))
    found = Solution(np.zeros(frames), np.zeros((frames, 2)), np.zeros(FLAT_TERMS), 0.0)
    for turn in range(params.rounds):
        weight = robust / samples.sigma_K**2
        found = _solved(design, weight, _Priors.of(steps, smooth, frames, params), samples.celsius)
        scale = max(params.scale_K, 8.0 * 0.5**turn) * samples.sigma_K / noise_K
        rest = residual(design.corrected(samples.celsius, found), samples.point, weight)
        robust = 1.0 / (1.0 + (rest / scale) ** 2)
        stray = jumps_at(found, steps) / np.sqrt(steps.intervals)
        smooth = 1.0 / (1.0 + (stray / max(3.0 * params.walk_K, 2.0 * 0.7**turn)) ** 2)
    return found


@dataclass(frozen=True, slots=True)
class _Design:
    """`own` (m, 3 n) sparse and `shared` (m, 8) dense columns of the samples, `point` (m,) where they lie."""

    own: Any
    shared: FloatArray
    point: IntArray

    @classmethod
    def of(cls, samples: Samples, frames: int) -> "_Design":
        from scipy.sparse import csr_array

        m = len(samples.frame)
        columns = (samples.frame[:, None] * _OWN + np.arange(_OWN)).astype(np.int32)
        values = np.column_stack([np.ones(m), samples.at])
        rows = np.arange(m + 1, dtype=np.int32) * _OWN
        own = csr_array((values.ravel(), columns.ravel(), rows), shape=(m, _OWN * frames))
        return cls(own, np.column_stack([flat_basis(samples.at), np.zeros(m)]), samples.point)

    def corrected(self, celsius: FloatArray, found: Solution) -> FloatArray:
        """The samples' temperatures with drift taken off."""
        return np.asarray(celsius - self.own @ found.own - self.shared[:, :FLAT_TERMS] @ found.flat, float)


@dataclass(frozen=True, slots=True)
class _Priors:
    """Normal blocks of what is held before any overlap: frames (3 n, 3 n) sparse, mixed (3 n, 8), shared."""

    own: Any
    mixed: FloatArray
    shared: FloatArray

    @classmethod
    def of(cls, steps: Steps, smooth: FloatArray, frames: int, params: SolveParams) -> "_Priors":
        """Sigmas of all unknowns, offsets steady in time but for the rate, ramps slow."""
        from scipy.sparse import csr_array, diags_array

        size, count = _OWN * frames, len(steps.first)
        index = np.tile(np.arange(count * _OWN), 2)
        ends = [(s[:, None] * _OWN + np.arange(_OWN)).ravel() for s in (steps.second, steps.first)]
        signs = np.repeat([1.0, -1.0], count * _OWN)
        rows = csr_array((signs, (index, np.concatenate(ends))), shape=(count * _OWN, size))
        ramp = 1.0 / (params.ramp_walk_K**2 * steps.intervals)
        weight = np.column_stack([smooth / (params.walk_K**2 * steps.intervals), ramp, ramp]).ravel()
        rate = np.zeros((count * _OWN, _SHARED))
        rate[::_OWN, -1] = -steps.intervals
        heavy = weight[:, None] * rate
        own = rows.T @ diags_array(weight) @ rows + diags_array(_sigmas(frames, params) ** -2.0)
        flat = [params.flat_K] * (FLAT_TERMS - 2) + [params.linear_K] * 2 + [params.offset_K]
        return cls(own, np.asarray(rows.T @ heavy), rate.T @ heavy + np.diag(np.array(flat) ** -2.0))


def _sigmas(frames: int, params: SolveParams) -> FloatArray:
    return np.tile([params.offset_K, params.ramp_K, params.ramp_K], frames)


def _solved(design: _Design, weight: FloatArray, priors: _Priors, celsius: FloatArray) -> Solution:
    """One weighted solution: the scene eliminated point by point, then the frames."""
    from scipy.sparse import csr_array, diags_array
    from scipy.sparse.linalg import splu

    m, points = len(weight), int(design.point.max()) + 1
    gather = csr_array((weight, (design.point, np.arange(m))), shape=(points, m))
    per_point = 1.0 / np.maximum(np.asarray(gather.sum(axis=1)).ravel(), 1e-12)
    dense = np.column_stack([design.shared, celsius])
    own_sum, dense_sum = gather @ design.own, gather @ dense
    heavy = diags_array(weight) @ design.own
    own = heavy.T @ design.own - own_sum.T @ (diags_array(per_point) @ own_sum) + priors.own
    mixed = heavy.T @ dense - own_sum.T @ (per_point[:, None] * dense_sum)
    shared = dense.T @ (weight[:, None] * dense) - dense_sum.T @ (per_point[:, None] * dense_sum)
    mixed[:, :-1] += priors.mixed
    factor = splu(own.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0)
    through = factor.solve(mixed)
    left = shared[:-1, :-1] + priors.shared - mixed[:, :-1].T @ through[:, :-1]
    common = np.linalg.solve(left, shared[:-1, -1] - mixed[:, :-1].T @ through[:, -1])
    frames = (through[:, -1] - through[:, :-1] @ common).reshape(-1, _OWN)
    return Solution(frames[:, 0] - frames[:, 0].mean(), frames[:, 1:], common[:FLAT_TERMS], float(common[-1]))
