from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import convolve, gaussian_filter

from thermal.blunders import BlunderParams, blurred, detail
from thermal.pose import flight_from

NOISE_K = 0.05


class Mixed:
    """A scene, and east of `edge_m` the same scene with everything smaller than 8 m rubbed out."""

    def __init__(self, scene, edge_m):
        self.scene, self.smooth, self.edge_m = scene, replace(scene, layers=[]), edge_m
        self.smooth.layers[:] = [layer for layer in scene.layers if layer[0] >= 8.0]  # made anew by `replace`
        self.ground_m, self.roofs = scene.ground_m, scene.roofs

    def celsius(self, center, axes, camera):
        rough, smooth = (s.celsius(center, axes, camera) for s in (self.scene, self.smooth))
        cols, rows = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
        x, y = (cols - camera.width_px / 2) / camera.focal_px, (rows - camera.height_px / 2) / camera.focal_px
        ray = x[..., None] * axes[0] + y[..., None] * axes[1] + axes[2]
        east = center[0] + ray[..., 0] * (self.ground_m - center[2]) / ray[..., 2]
        return np.where(east > self.edge_m, smooth, rough)


@pytest.fixture(scope="module")
def flight(made):
    return made.fly(made.Scene(), height=45.0, noise=made.Noise(celsius=NOISE_K))


def motion(length_px, angle_deg):
    """A streak of even weight, drawn in a square by many points."""
    half = int(length_px) // 2 + 2
    at = np.linspace(-length_px / 2, length_px / 2, 400)
    edges = np.arange(-half, half + 2) - 0.5
    angle = np.radians(angle_deg)
    kernel, _, _ = np.histogram2d(at * np.sin(angle), at * np.cos(angle), bins=(edges, edges))
    return kernel / kernel.sum()


def taken_blurred(celsius, blur):
    """The frame through a blur; the sensor's noise comes after it."""
    soft = blur(np.asarray(celsius, float))
    return soft + np.random.default_rng(7).normal(0, NOISE_K, soft.shape)


def lost(flight, spoilt=None, ground_m=0.0):
    """Numbers of the frames called blurred, `spoilt` maps a number to its blur."""
    spoilt = spoilt or {}
    priors = flight_from([f.info for f in flight.frames.values()])[0].priors
    details = [
        detail(taken_blurred(f.celsius, spoilt[k]) if k in spoilt else f.celsius)
        for k, f in enumerate(flight.frames.values())
    ]
    kept, rejected = blurred(priors, details, ground_m, BlunderParams())
    assert len(kept) + len(rejected) == len(priors)
    return set(range(len(priors))) - set(kept)


@pytest.mark.parametrize("seed", range(3))
def test_no_sharp_frame_is_called_blurred(made, seed):
    scene = made.Scene(seed=seed, roofs=((12.0, 10.0, 4.0, 6.0, 55.0),))
    assert lost(made.fly(scene, height=45.0, noise=made.Noise(position_m=3.0, seed=seed))) == set()


def test_sharp_frames_over_smooth_ground_are_kept_beside_rough_ground(made):
    mixed = Mixed(made.Scene(), edge_m=30.0)
    flight = made.fly(mixed, height=45.0, noise=made.Noise(celsius=NOISE_K))
    energy = [detail(f.celsius).fine[:, ::2].mean() for f in flight.frames.values()]
    assert max(energy) > 3.0 * min(energy)
    assert lost(flight) == set()


@pytest.mark.parametrize("sigma_px", [4.0, 8.0])
def test_frames_out_of_focus_are_found(flight, sigma_px):
    spoilt = dict.fromkeys((2, 13, 21), lambda t: gaussian_filter(t, sigma_px))
    assert lost(flight, spoilt) == set(spoilt)


@pytest.mark.parametrize("length_px", [6.0, 8.0])
@pytest.mark.parametrize("angle_deg", [0.0, 35.0, 90.0])
def test_frames_blurred_by_motion_in_any_direction_are_found(flight, length_px, angle_deg):
    spoilt = dict.fromkeys((5, 18), lambda t: convolve(t, motion(length_px, angle_deg), mode="nearest"))
    assert lost(flight, spoilt) == set(spoilt)


def test_a_run_of_blurred_frames_is_found_though_they_are_each_others_neighbours(flight):
    spoilt = dict.fromkeys(range(9, 14), lambda t: gaussian_filter(t, 4.0))
    assert lost(flight, spoilt) == set(spoilt)


def test_where_the_ground_shows_nothing_but_noise_blur_cannot_be_told_and_frames_stay(made):
    flight = made.fly(made.Scene(contrast_K=0.0), noise=made.Noise(celsius=NOISE_K))
    assert lost(flight, {6: lambda t: gaussian_filter(t, 6.0)}) == set()


def test_without_the_grounds_height_or_another_frame_nothing_is_called_blurred(flight, made):
    spoilt = {5: lambda t: gaussian_filter(t, 6.0)}
    assert lost(flight, spoilt, ground_m=None) == set()
    alone = made.fly(made.Scene(), lines=1, per_line=1)
    assert lost(alone, {0: lambda t: gaussian_filter(t, 6.0)}) == set()


def test_pixels_without_a_temperature_do_not_matter(flight):
    celsius = next(iter(flight.frames.values())).celsius
    holed = np.where(np.indices(celsius.shape).sum(axis=0) == 60, np.nan, celsius)
    assert np.isfinite(detail(holed).fine).all()
