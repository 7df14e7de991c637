import numpy as np
import pytest

from thermal.drift import DriftParams, flat_basis, flat_image, pairwise_rms, sample_overlaps, solve_drift
from thermal.ground import PlaneGround
from thermal.loading import shrink
from thermal.pose import CameraPose


def solved(made, noise, *, contrast_K=6.0, params=None):
    flight = made.fly(made.Scene(contrast_K=contrast_K), noise=noise)
    down = np.array([[1.0, 0, 0], [0, -1.0, 0], [0, 0, -1.0]])
    turned = np.diag([-1.0, -1.0, 1.0]) @ down
    poses = [
        CameraPose(flight.centers[p], down if (k // 8) % 2 == 0 else turned)
        for k, p in enumerate(flight.paths)
    ]
    smalls = [shrink(flight.frames[p].celsius) for p in flight.paths]
    chosen = params or DriftParams()
    samples = sample_overlaps(smalls, poses, made.CAMERA, PlaneGround(0.0), chosen)
    drift = solve_drift(samples, np.arange(len(poses)) * 2.0, chosen)
    true = np.array([flight.offsets[p] for p in flight.paths])
    return drift, true - true.mean()


def test_smooth_drift_and_edge_falloff_are_found(made):
    drift, true = solved(made, made.Noise(attitude_deg=0.0, drift_K=3.0, falloff_K=1.0))
    assert drift.offsets_K - drift.offsets_K.mean() == pytest.approx(true, abs=0.25)
    image = flat_image(drift.flat, made.CAMERA)
    assert float(image[0, 0] + image[-1, -1]) / 2 == pytest.approx(-1.0, abs=0.2)
    assert drift.rms_after_K < 0.1
    assert drift.rms_before_K > 0.5


def test_a_shutter_jump_stays_in_the_offsets_and_not_in_the_map(made):
    drift, true = solved(made, made.Noise(attitude_deg=0.0, drift_K=0.5, jump_K=-7.8))
    step = drift.offsets_K[16] - drift.offsets_K[15]
    assert step == pytest.approx(true[16] - true[15], abs=0.2)
    assert drift.offsets_K == pytest.approx(true, abs=0.3)


def test_a_camera_that_is_warmer_on_one_side_does_not_tilt_the_map(made):
    drift, true = solved(made, made.Noise(attitude_deg=0.0, drift_K=0.5, tilt_K=2.0))
    error = drift.offsets_K - true
    assert np.abs(error).max() < 0.3


def test_a_steady_scene_without_drift_gets_no_correction(made):
    drift, _ = solved(made, made.Noise(attitude_deg=0.0, drift_K=0.0, falloff_K=0.0))
    assert np.abs(drift.offsets_K).max() < 0.1
    assert np.abs(flat_image(drift.flat, made.CAMERA)).max() < 0.15


def test_the_flat_field_is_zero_in_the_centre(made):
    middle = np.array([(made.CAMERA.width_px - 1) / 2, (made.CAMERA.height_px - 1) / 2])
    assert flat_basis(middle, made.CAMERA) == pytest.approx(np.zeros(7))


def test_frames_that_share_nothing_are_left_as_they_are(made):
    poses = [CameraPose(np.array([k * 1000.0, 0.0, 60.0]), np.diag([1.0, -1.0, -1.0])) for k in range(3)]
    smalls = [np.full((32, 40), 20.0 + k, np.float32) for k in range(3)]
    samples = sample_overlaps(smalls, poses, made.CAMERA, PlaneGround(0.0), DriftParams())
    drift = solve_drift(samples, np.arange(3.0), DriftParams())
    assert drift.offsets_K.tolist() == [0.0, 0.0, 0.0]
    assert drift.rms_before_K is None
    assert pairwise_rms(samples, samples.celsius) == (None, 0)
