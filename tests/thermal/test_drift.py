import numpy as np
import pytest

from thermal.drift import corrected, flat_image, jump_texts, solve_drift
from thermal.driftsolve import flat_basis
from thermal.ground import PlaneGround
from thermal.loading import shrink
from thermal.overlaps import centred, is_held, meetings, pairwise_rms, sample_overlaps, without_held
from thermal.pose import CameraPose


def sampled(made, noise, *, ramp_K=None):
    """Samples of a made flight at its true poses; `ramp_K` (frames, 2) warms frames to the right and down."""
    flight = made.fly(made.Scene(contrast_K=6.0), noise=noise)
    down = np.array([[1.0, 0, 0], [0, -1.0, 0], [0, 0, -1.0]])
    turned = np.diag([-1.0, -1.0, 1.0]) @ down
    poses = [
        CameraPose(flight.centers[p], down if (k // 8) % 2 == 0 else turned)
        for k, p in enumerate(flight.paths)
    ]
    ramps = np.zeros((len(poses), 2)) if ramp_K is None else ramp_K
    cols, rows = np.meshgrid(np.arange(160) - 79.5, np.arange(128) - 63.5)
    half = np.hypot(80.0, 64.0)
    smalls = [
        shrink(flight.frames[p].celsius + np.float32(r[0]) * cols / half + np.float32(r[1]) * rows / half)
        for p, r in zip(flight.paths, ramps, strict=True)
    ]
    true = np.array([flight.offsets[p] for p in flight.paths])
    return sample_overlaps(smalls, poses, made.CAMERA, PlaneGround(0.0)), true - true.mean()


def solved(made, noise, *, ramp_K=None):
    samples, true = sampled(made, noise, ramp_K=ramp_K)
    return solve_drift(samples, np.arange(len(true)) * 2.0), true


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
    assert flat_basis(centred(middle, made.CAMERA)) == pytest.approx(np.zeros(7))


def test_frames_that_share_nothing_are_left_as_they_are(made):
    poses = [CameraPose(np.array([k * 1000.0, 0.0, 60.0]), np.diag([1.0, -1.0, -1.0])) for k in range(3)]
    smalls = [np.full((32, 40), 20.0 + k, np.float32) for k in range(3)]
    samples = sample_overlaps(smalls, poses, made.CAMERA, PlaneGround(0.0))
    drift = solve_drift(samples, np.arange(3.0))
    assert drift.offsets_K.tolist() == [0.0, 0.0, 0.0]
    assert drift.rms_before_K is None
    assert pairwise_rms(samples, samples.celsius) == (None, 0)


def test_a_ramp_that_wanders_across_frames_is_found(made):
    turn = np.linspace(0.0, 5.0, 32)
    ramps = 0.5 * np.column_stack([np.sin(turn), np.cos(turn)])
    noise = made.Noise(attitude_deg=0.0, drift_K=0.5)
    drift, true = solved(made, noise, ramp_K=ramps)
    assert np.abs(drift.ramps_K + drift.flat[5:7] - ramps).max() < 0.3  # what all frames share is the field's
    assert np.abs(drift.offsets_K - true).max() < 0.3
    assert drift.rms_after_K < 0.1


def test_without_ramps_in_the_camera_hardly_any_are_found(made):
    drift, _ = solved(made, made.Noise(attitude_deg=0.0, drift_K=2.0))
    assert drift.largest_ramp_K < 0.3


def test_a_jump_is_told_with_the_frames_it_lies_between(made):
    drift, _ = solved(made, made.Noise(attitude_deg=0.0, drift_K=0.5, jump_K=-7.8))
    (jump,) = drift.jumps
    assert (jump.before, jump.after) == (15, 16)
    (text,) = jump_texts(drift, [f"{k}.jpg" for k in range(32)])
    assert f"{jump.size_K:+.1f} K between 15.jpg and 16.jpg" in text


def test_pairs_kept_aside_share_no_point_in_what_is_solved_from(made):
    samples, _ = sampled(made, made.Noise(attitude_deg=0.0))
    held = meetings(samples, held_only=True)
    left = meetings(without_held(samples, held))
    rest = without_held(samples, held)
    pairs = set(zip(rest.frame[left.one].tolist(), rest.frame[left.other].tolist(), strict=True))
    kept = set(zip(samples.frame[held.one].tolist(), samples.frame[held.other].tolist(), strict=True))
    assert kept
    assert not pairs & kept
    assert 0.1 < len(kept) / len(kept | pairs) < 0.35


def test_a_corrected_frame_has_lost_what_was_added_to_it(made):
    drift, _ = solved(made, made.Noise(attitude_deg=0.0, drift_K=1.0))
    camera, flat = made.CAMERA, flat_image(drift.flat, made.CAMERA)
    cols, rows = np.meshgrid(np.arange(160), np.arange(128))
    at = centred(np.stack([cols, rows], -1), camera)
    added = drift.offsets_K[3] + at @ drift.ramps_K[3] + flat + 0.5
    plain = corrected((20.0 + added).astype(np.float32), drift, 3, flat, camera, 0.5)
    assert plain == pytest.approx(np.full((128, 160), 20.0), abs=1e-4)


def test_numbers_of_frames_far_apart_are_dealt_into_fifths():
    one, other = (a.ravel() for a in np.meshgrid(np.arange(300), np.arange(300, 400)))
    assert 0.18 < is_held(one, other).mean() < 0.22
