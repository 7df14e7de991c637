"""A map of before is held: known frames are put back to where they were drawn, added ones go with them."""

from dataclasses import replace

import numpy as np
import pytest

from core.camera import Camera
from thermal.drift import Drift
from thermal.driftsolve import FLAT_TERMS
from thermal.ground import PlaneGround
from thermal.overlaps import centred
from thermal.pose import CameraPose
from thermal.work.holding import _field, _hits, _with_neighbours, fitted, held_drift
from thermal.work.record import nine_pixels

CAMERA = Camera("test", 640, 512, 9.1, 12.0, k1=-0.05)
PIXELS = nine_pixels(CAMERA)
SHIFT = np.array([0.05, -0.02, 0.0])
DOWN = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])


def turned(pose, vector):
    angle = np.linalg.norm(vector)
    k = np.cross(np.eye(3), np.asarray(vector) / angle) * -1.0
    by = np.eye(3) + np.sin(angle) * k + (1.0 - np.cos(angle)) * k @ k
    return CameraPose(pose.center_m, pose.rotation @ by)


def test_a_frame_is_put_back_to_where_its_pixels_fell():
    """By another lens and ground than it was drawn with, a pose is found that shows it in the same place."""
    ground = PlaneGround(-3.0, 0.01, -0.02)
    was = turned(CameraPose(np.array([10.0, -20.0, 57.0]), DOWN), (0.01, -0.02, 0.3))
    target = _hits(was, PIXELS, CAMERA, ground)
    moved = turned(
        CameraPose(was.center_m + np.array([0.2, -0.1, 0.3]), was.rotation), (0.003, 0.002, -0.004)
    )
    lens = replace(CAMERA, focal_mm=CAMERA.focal_mm * 1.002)
    lower = PlaneGround(-3.1, 0.01, -0.02)
    before = np.hypot(*(_hits(moved, PIXELS, lens, lower) - target).T).max()
    back = fitted(moved, target, PIXELS, lens, lower)
    after = np.hypot(*(_hits(back, PIXELS, lens, lower) - target).T).max()
    assert before > 0.2
    assert after < 0.02  # a fifth of a pixel


def test_an_added_frame_moves_along_with_the_known_ones_beside_it():
    poses = [CameraPose(np.array([10.0 * k, 0.0, 50.0]), DOWN) for k in range(4)]
    back = {k: CameraPose(poses[k].center_m + SHIFT, DOWN) for k in (0, 1, 2)}
    held = _with_neighbours(poses, back, 2)
    assert held[3].center_m == pytest.approx(poses[3].center_m + SHIFT)
    assert held[1] is back[1]


def drift_of(rng, frames):
    offsets = rng.normal(0, 2.0, frames)
    return Drift(
        offsets - offsets.mean(), rng.normal(0, 0.2, (frames, 2)), rng.normal(0, 0.3, FLAT_TERMS), None, None,
        0.05, 0,
    )  # fmt: skip


def test_what_was_taken_off_known_frames_is_taken_off_again_up_to_one_level():
    rng = np.random.default_rng(3)
    now = drift_of(rng, 5)
    bend = centred(PIXELS, CAMERA) @ np.array([0.2, -0.1])
    taken = {k: _field(now, k, PIXELS, CAMERA) + 0.3 * k + bend + 1.7 for k in range(4)}
    held = held_drift(now, taken, CAMERA, 2)
    gaps = np.array([taken[k] - _field(held, k, PIXELS, CAMERA) for k in range(4)])
    assert np.ptp(gaps) < 1e-9
    added = _field(held, 4, PIXELS, CAMERA) - _field(now, 4, PIXELS, CAMERA)
    assert added == pytest.approx(
        np.mean([_field(held, k, PIXELS, CAMERA) - _field(now, k, PIXELS, CAMERA) for k in (2, 3)], axis=0)
    )
