from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thermal.banded import empty, frame_order, reach
from thermal.bundle import (
    LENS,
    BundlePriors,
    BundleState,
    Observations,
    adjust,
    exponential,
    linearise,
    logarithm,
    residuals,
)
from thermal.schur import eliminate

ANGLE = st.floats(-1.5, 1.5)


@given(ANGLE, ANGLE, ANGLE)
def test_a_rotation_vector_comes_back_from_its_matrix(x, y, z):
    w = np.array([[x, y, z]])
    assert logarithm(exponential(w)) == pytest.approx(w, abs=1e-6)


def problem(frames=5, points=40, seed=0):
    rng = np.random.default_rng(seed)
    down = np.diag([1.0, -1.0, -1.0])
    center = np.column_stack(
        [np.arange(frames) * 8.0, rng.normal(0, 4, frames), 60 + rng.normal(0, 1, frames)]
    )
    rotation = down @ exponential(rng.normal(0, 0.03, (frames, 3)))
    point = np.column_stack(
        [rng.uniform(-5, 40, points), rng.uniform(-20, 20, points), rng.uniform(0, 8, points)]
    )
    shared = np.zeros(13)
    shared[:7] = 500.0, 320.0, 256.0, -0.02, 0.01, 0.0005, -0.0003
    state = BundleState(center, rotation, shared, point, 0.0)
    f, p = (a.ravel() for a in np.meshgrid(np.arange(frames), np.arange(points)))
    order = np.argsort(p, kind="stable")
    obs = Observations(f[order], p[order], np.zeros((len(f), 2)), np.ones(len(f)))
    return state, replace(obs, pixel=-residuals(state, obs))


def moved(state, **change):
    return replace(state, **{name: getattr(state, name) + by for name, by in change.items()})


def test_the_derivatives_agree_with_finite_differences():
    state, obs = problem()
    lin, h = linearise(state, obs), 1e-6
    first = obs.frame == 2
    for k in range(3):
        step = np.zeros((5, 3))
        step[2, k] = h
        by_center = -(residuals(moved(state, center=step), obs) - residuals(state, obs)) / h
        assert lin.by_pose[first][:, :, k] == pytest.approx(by_center[first], rel=1e-3, abs=1e-3)
        turned = replace(state, rotation=state.rotation @ exponential(step))
        by_turn = -(residuals(turned, obs) - residuals(state, obs)) / h
        assert lin.by_pose[first][:, :, 3 + k] == pytest.approx(by_turn[first], rel=1e-3, abs=1e-2)
        point = np.zeros((40, 3))
        point[:, k] = h
        by_point = -(residuals(moved(state, point=point), obs) - residuals(state, obs)) / h
        assert lin.by_point[:, :, k] == pytest.approx(by_point, rel=1e-3, abs=1e-3)
    for k in range(LENS):
        shared = np.zeros(13)
        shared[k] = h
        by_shared = -(residuals(moved(state, shared=shared), obs) - residuals(state, obs)) / h
        assert lin.by_shared[:, :, k] == pytest.approx(by_shared, rel=1e-3, abs=1e-3)


def test_eliminating_points_gives_the_solution_of_the_full_system():
    rng = np.random.default_rng(4)
    frames, points, shared = 4, 6, LENS
    frame = np.concatenate([np.arange(k % 2, k % 2 + 3) for k in range(points)])
    point = np.repeat(np.arange(points), 3)
    m = len(frame)
    a, s, b = rng.normal(size=(m, 2, 6)), rng.normal(size=(m, 2, shared)), rng.normal(size=(m, 2, 3))
    r = rng.normal(size=(m, 2))
    size = 6 * frames + shared
    jacobian = np.zeros((2 * m, size + 3 * points))
    for o in range(m):
        jacobian[2 * o : 2 * o + 2, 6 * frame[o] : 6 * frame[o] + 6] = a[o]
        jacobian[2 * o : 2 * o + 2, 6 * frames : size] = s[o]
        jacobian[2 * o : 2 * o + 2, size + 3 * point[o] : size + 3 * point[o] + 3] = b[o]
    prior = np.concatenate([np.full(size, 0.5), np.full(3 * points, 2.0)])
    full = np.linalg.solve(jacobian.T @ jacobian + np.diag(prior), jacobian.T @ r.ravel())
    starts = np.arange(points + 1) * 3
    system = empty(6 * frames, shared, 6 * (reach(frame, starts) + 1))
    system.band[0] = system.corner[np.diag_indices(shared)] = 0.5
    eliminate(
        system.band, system.border, system.corner, system.right, system.shared_right,
        starts, frame, a, s, b, r, np.full((points, 3), 2.0), np.zeros((points, 3)), 0.0,
    )  # fmt: skip
    assert system.band.shape == (18, 24)
    own, common = system.solve(0.0)
    assert np.concatenate([own, common]) == pytest.approx(full[:size], abs=1e-6)


def test_frames_of_a_lawnmower_flight_stand_near_those_they_overlap():
    """Frames seen together with the next line's: numbered in any order, the band stays one line wide."""
    lines, shots = 6, 9
    at = np.stack(np.meshgrid(np.arange(lines), np.arange(shots), indexing="ij"), -1).reshape(-1, 2)
    at = at[np.random.default_rng(0).permutation(len(at))]
    near = [(k, m) for k in range(len(at)) for m in range(k) if np.abs(at[k] - at[m]).max() == 1]
    frame, point = np.array(near).ravel(), np.repeat(np.arange(len(near)), 2)
    order = frame_order(frame, point, len(at))
    assert sorted(order) == list(range(len(at)))
    place = np.argsort(order)
    assert reach(place[frame], 2 * np.arange(len(near) + 1)) <= 2 * lines + 2


def test_a_system_that_is_not_definite_has_no_solution():
    system = empty(6, 2, 6)
    assert system.solve(1e-3) is None


def test_noisy_priors_are_brought_back_and_a_wrong_match_does_not_pull():
    true, obs = problem(frames=8, points=120)
    rng = np.random.default_rng(2)
    wrong = rng.choice(len(obs.frame), 60, replace=False)
    pixel = obs.pixel + rng.normal(0, 0.3, obs.pixel.shape)
    pixel[wrong] += rng.normal(0, 60, (60, 2))
    obs = replace(obs, pixel=pixel)
    center = true.center + rng.normal(0, 1.0, true.center.shape)
    rotation = true.rotation @ exponential(rng.normal(0, 0.02, (8, 3)))
    sigma = np.concatenate([[1.0, 1.0, 1.0, 1e-3, 1e-3, 1e-4, 1e-4], np.full(3, 1e-3), np.full(3, 1e-6)])
    known = BundlePriors(
        center, rotation, np.full((8, 3), 1.0), np.full((8, 3), 0.02), true.shared, sigma,
        np.zeros((120, 3)), np.full((120, 3), np.inf),
    )  # fmt: skip
    state = BundleState(center, rotation, true.shared.copy(), true.point + rng.normal(0, 2, (120, 3)), 0.0)
    for scale in (30.0, 6.0, 2.0):
        state = adjust(state, obs, known, scale=scale, rounds=20)
    good = np.ones(len(obs.frame), bool)
    good[wrong] = False
    assert np.sqrt((residuals(state, obs)[good] ** 2).sum(1).mean()) < 0.5
    before = np.abs((center - center.mean(0)) - (true.center - true.center.mean(0))).max()
    after = np.abs((state.center - state.center.mean(0)) - (true.center - true.center.mean(0))).max()
    assert after < before
