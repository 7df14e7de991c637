"""Robust bundle adjustment: poses, lens and free 3D tie points from pixels and priors.

Levenberg-Marquardt on reweighted least squares; the tie points are eliminated (Schur complement; Triggs et
al. 2000, Bundle Adjustment: A Modern Synthesis). Rotations are updated on the right: R exp(w).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.geo import FloatArray
from thermal.banded import Bordered, empty, reach
from thermal.schur import eliminate

PLACE_SCALE, TURN_SCALE, POINT_SCALE = 6.0, 2.0, 3.0
"""Priors count by Cauchy's weights on this many sigmas: a wrong tag gives way, a gimbal sooner than RTK."""
SHARED, LENS = 13, 7
"""Values all frames share: f, cx, cy, k1, k2, p1, p2; mount rotation (3); offset of all positions (3)."""

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Observations:
    """Pixels (m, 2) at which `frame` (m,) saw `point` (m,), sorted by point; `sigma_px` (m,)."""

    frame: IntArray
    point: IntArray
    pixel: FloatArray
    sigma_px: FloatArray

    def select(self, keep: NDArray[np.bool_]) -> "Observations":
        """The observations where `keep` is true."""
        return Observations(self.frame[keep], self.point[keep], self.pixel[keep], self.sigma_px[keep])


@dataclass(frozen=True, slots=True)
class BundlePriors:
    """What is known before: centres (n, 3) and rotations (n, 3, 3) with sigmas (n, 3) m and (n, 3) rad.

    `shared` (13,) and its sigmas; `point` (p, 3) and `point_sigma` (p, 3) m, infinite where nothing is known.
    """

    center: FloatArray
    rotation: FloatArray
    center_sigma: FloatArray
    rotation_sigma: FloatArray
    shared: FloatArray
    shared_sigma: FloatArray
    point: FloatArray
    point_sigma: FloatArray


@dataclass(frozen=True, slots=True)
class BundleState:
    """Centres (n, 3), rotations (n, 3, 3), shared values (13,), tie points (p, 3); k3 is kept as it was."""

    center: FloatArray
    rotation: FloatArray
    shared: FloatArray
    point: FloatArray
    k3: float


def exponential(w: FloatArray) -> FloatArray:
    """Rotation vectors (..., 3) to matrices (..., 3, 3) (Rodrigues)."""
    angle = np.linalg.norm(w, axis=-1)[..., None, None]
    k = _cross(w)
    safe = np.maximum(angle, 1e-12)
    eye = np.eye(3)
    out: FloatArray = eye + np.sin(angle) / safe * k + (1.0 - np.cos(angle)) / safe**2 * (k @ k)
    return out


def logarithm(rotation: FloatArray) -> FloatArray:
    """Matrices (..., 3, 3) to rotation vectors (..., 3), for angles below 180 degrees."""
    cosine = np.clip((np.trace(rotation, axis1=-2, axis2=-1) - 1.0) / 2.0, -1.0, 1.0)
    angle = np.arccos(cosine)[..., None]
    skew = rotation - np.swapaxes(rotation, -1, -2)
    v = np.stack([skew[..., 2, 1], skew[..., 0, 2], skew[..., 1, 0]], axis=-1) / 2.0
    out: FloatArray = v * np.where(angle > 1e-7, angle / np.maximum(np.sin(angle), 1e-12), 1.0)
    return out


def _cross(w: FloatArray) -> FloatArray:
    out = np.zeros((*w.shape[:-1], 3, 3))
    out[..., 0, 1], out[..., 0, 2] = -w[..., 2], w[..., 1]
    out[..., 1, 0], out[..., 1, 2] = w[..., 2], -w[..., 0]
    out[..., 2, 0], out[..., 2, 1] = -w[..., 1], w[..., 0]
    return out


@dataclass(frozen=True, slots=True)
class Linear:
    """Residuals (m, 2) px, derivatives by pose (m, 2, 6), lens values (m, 2, 7), point (m, 2, 3)."""

    residual: FloatArray
    by_pose: FloatArray
    by_shared: FloatArray
    by_point: FloatArray


def residuals(state: BundleState, obs: Observations) -> FloatArray:
    """Observed minus projected pixels (m, 2)."""
    return obs.pixel - _project(state, obs)[0]


def _project(state: BundleState, obs: Observations) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Pixels (m, 2), camera coordinates (m, 3) and undistorted x, y (m, 2)."""
    r = state.rotation[obs.frame]
    q = np.einsum("mji,mj->mi", r, state.point[obs.point] - state.center[obs.frame])
    xy = q[:, :2] / q[:, 2:]
    f, cx, cy, k1, k2, p1, p2 = state.shared[:7]
    x, y = xy.T
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * state.k3))
    u = f * (x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)) + cx
    v = f * (y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y) + cy
    return np.column_stack([u, v]), q, xy


def linearise(state: BundleState, obs: Observations) -> Linear:
    """Residuals and their model's derivatives at `state`."""
    uv, q, xy = _project(state, obs)
    f, cx, cy, k1, k2, p1, p2 = state.shared[:7]
    x, y = xy.T
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * state.k3))
    slope = k1 + r2 * (2 * k2 + 3 * r2 * state.k3)
    lens = np.empty((len(x), 2, 2))
    lens[:, 0, 0] = f * (radial + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x)
    lens[:, 0, 1] = lens[:, 1, 0] = f * (2 * x * y * slope + 2 * p1 * x + 2 * p2 * y)
    lens[:, 1, 1] = f * (radial + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x)
    pinhole = np.zeros((len(x), 2, 3))
    pinhole[:, 0, 0] = pinhole[:, 1, 1] = 1.0 / q[:, 2]
    pinhole[:, :, 2] = -xy / q[:, 2:]
    by_q = lens @ pinhole
    by_point = by_q @ np.swapaxes(state.rotation[obs.frame], -1, -2)
    shared = np.zeros((len(x), 2, LENS))
    shared[:, 0, 0], shared[:, 1, 0] = (uv[:, 0] - cx) / f, (uv[:, 1] - cy) / f
    shared[:, 0, 1] = shared[:, 1, 2] = 1.0
    shared[:, :, 3] = f * xy * r2[:, None]
    shared[:, :, 4] = f * xy * (r2 * r2)[:, None]
    shared[:, 0, 5], shared[:, 1, 5] = f * 2 * x * y, f * (r2 + 2 * y * y)
    shared[:, 0, 6], shared[:, 1, 6] = f * (r2 + 2 * x * x), f * 2 * x * y
    by_pose = np.concatenate([-by_point, by_q @ _cross(q)], axis=2)
    return Linear(obs.pixel - uv, by_pose, shared, by_point)


def _gaps(state: BundleState, priors: BundlePriors) -> tuple[FloatArray, FloatArray]:
    """How far poses are from their priors, (n, 6) metres and radians, and the same in sigmas."""
    mount, offset = state.shared[7:10], state.shared[10:13]
    place = priors.center + offset - state.center
    turn = mount - logarithm(np.swapaxes(priors.rotation, -1, -2) @ state.rotation)
    gap = np.concatenate([place, turn], axis=1)
    return gap, gap / np.concatenate([priors.center_sigma, priors.rotation_sigma], axis=1)


def _kept(sigmas: FloatArray) -> FloatArray:
    """Cauchy weights (n, 6) of places and of turns, each as one vector."""
    place = (sigmas[:, :3] ** 2).sum(axis=1) / PLACE_SCALE**2
    turn = (sigmas[:, 3:] ** 2).sum(axis=1) / TURN_SCALE**2
    return np.repeat(1.0 / (1.0 + np.stack([place, turn], axis=1)), 3, axis=1)


def _prior_cost(state: BundleState, priors: BundlePriors) -> float:
    _, sigmas = _gaps(state, priors)
    own = (priors.shared - state.shared) / priors.shared_sigma
    place, turn = -np.log(_kept(sigmas)[:, [0, 3]]).sum(axis=0)
    return float(PLACE_SCALE**2 * place + TURN_SCALE**2 * turn + (own**2).sum())


def _add_priors(system: Bordered, state: BundleState, priors: BundlePriors) -> None:
    """Put the priors' share into an empty system."""
    gap, sigmas = _gaps(state, priors)
    spread = np.concatenate([priors.center_sigma, priors.rotation_sigma], axis=1)
    weights = _kept(sigmas) / spread**2
    system.band[0] += weights.ravel()
    system.right[:] += (weights * gap).ravel()
    for k in range(6):
        shared = 10 + k if k < 3 else 7 + k - 3
        system.border[shared, k::6] -= weights[:, k]
        system.corner[shared, shared] += weights[:, k].sum()
        system.shared_right[shared] -= (weights[:, k] * gap[:, k]).sum()
    own = priors.shared_sigma**-2
    system.corner[np.diag_indices(SHARED)] += own
    system.shared_right[:] += own * (priors.shared - state.shared)


def _point_terms(state: BundleState, priors: BundlePriors) -> tuple[FloatArray, FloatArray, float]:
    """Weights and pulls (p, 3) of what is known of points, and its cost: Cauchy, as for poses."""
    weight = priors.point_sigma**-2.0
    gap = np.where(weight > 0, priors.point - state.point, 0.0)
    kept = 1.0 / (1.0 + (weight * gap**2).sum(axis=1) / POINT_SCALE**2)
    weight = weight * kept[:, None]
    return weight, weight * gap, -(POINT_SCALE**2) * float(np.log(kept).sum())


def robust_weights(residual: FloatArray, sigma_px: FloatArray, scale: float) -> FloatArray:
    """Cauchy weights (m,): 1 / (1 + (r / (scale sigma))^2)."""
    weights: FloatArray = 1.0 / (1.0 + (residual**2).sum(axis=1) / (scale * sigma_px) ** 2)
    return weights


def _cost(state: BundleState, obs: Observations, priors: BundlePriors, scale: float) -> float:
    r = residuals(state, obs)
    if not np.isfinite(r).all():
        return float("inf")
    s2 = (r**2).sum(axis=1) / obs.sigma_px**2
    pixels = float((scale**2 * np.log1p(s2 / scale**2)).sum())
    return pixels + _prior_cost(state, priors) + _point_terms(state, priors)[2]


def adjust(
    state: BundleState, obs: Observations, priors: BundlePriors, *, scale: float, rounds: int
) -> BundleState:
    """Minimise Cauchy-weighted pixels plus priors; `scale` in sigmas, at most `rounds` steps."""
    damping, cost = 1e-4, _cost(state, obs, priors, scale)
    for _ in range(rounds):
        trial = _step(state, obs, priors, scale, damping)
        trial_cost = _cost(trial, obs, priors, scale)
        if trial_cost < cost:
            gain, state, cost = (cost - trial_cost) / cost, trial, trial_cost
            damping = max(damping * 0.2, 1e-9)
            if gain < 1e-4:
                break
        else:
            damping *= 10.0
            if damping > 1e3:
                break
    return state


def _step(
    state: BundleState, obs: Observations, priors: BundlePriors, scale: float, damping: float
) -> BundleState:
    lin = linearise(state, obs)
    root = np.sqrt(robust_weights(lin.residual, obs.sigma_px, scale)) / obs.sigma_px
    w = root[:, None, None]
    a, s, b = lin.by_pose * w, lin.by_shared * w, lin.by_point * w
    r = lin.residual * root[:, None]
    weight, pull, _ = _point_terms(state, priors)
    starts = np.searchsorted(obs.point, np.arange(len(state.point) + 1))
    n = len(state.center)
    system = empty(6 * n, SHARED, 6 * (reach(obs.frame, starts) + 1))
    _add_priors(system, state, priors)
    inverse, rest = eliminate(
        system.band, system.border, system.corner, system.right, system.shared_right,
        starts, obs.frame, a, s, b, r, weight, pull, damping,
    )  # fmt: skip
    change = system.solve(damping)
    if change is None:  # a step to nowhere: more damping follows
        return replace(state, shared=np.full(SHARED, np.nan))
    poses, shared = change[0].reshape(n, 6), change[1]
    moved = np.einsum("mij,mj->mi", a, poses[obs.frame]) + s @ shared[:LENS]
    back = np.einsum("mij,mi->mj", b, moved)
    for k in range(3):
        rest[:, k] -= np.bincount(obs.point, back[:, k], minlength=len(rest))
    return BundleState(
        center=state.center + poses[:, :3],
        rotation=state.rotation @ exponential(poses[:, 3:]),
        shared=state.shared + shared,
        point=state.point + np.einsum("pij,pj->pi", inverse, rest),
        k3=state.k3,
    )


def without_outliers(state: BundleState, obs: Observations, limit_px: float) -> Observations:
    """Observations within `limit_px`, of points that at least two frames still see."""
    good = (residuals(state, obs) ** 2).sum(axis=1) < limit_px**2
    seen = np.bincount(obs.point[good], minlength=len(state.point))
    return obs.select(good & (seen[obs.point] >= 2))


def compact(
    state: BundleState, obs: Observations, priors: BundlePriors
) -> tuple[BundleState, Observations, BundlePriors]:
    """The same problem without points nobody sees."""
    used, index = np.unique(obs.point, return_inverse=True)
    return (
        replace(state, point=state.point[used]),
        replace(obs, point=index.astype(np.int64)),
        replace(priors, point=priors.point[used], point_sigma=priors.point_sigma[used]),
    )
