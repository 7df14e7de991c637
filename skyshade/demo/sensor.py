"""What an uncooled thermal camera adds to the truth: drift, shutter jumps, falloff, fixed pattern, noise."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyshade.demo.paint import FloatGrid
from skyshade.demo.render import RenderCamera

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SensorParams:
    """Strengths in kelvin; times in seconds.

    `netd_K` noise of one pixel in one frame; `falloff_K` how much colder the corners read; `pattern_K` the
    fixed pattern's standard deviation; `trend_K` drift after the start as the camera settles, with the time
    constant `settle_s`; `walk_K` the random walk's standard deviation after one minute; `jump_K` the step
    when the shutter recalibrates, once in the middle half of the flight; `offset_K` an error of the whole
    flight.
    """

    netd_K: float = 0.05
    falloff_K: float = 1.0
    pattern_K: float = 0.04
    trend_K: float = 2.5
    settle_s: float = 180.0
    walk_K: float = 0.5
    jump_K: float = -4.0
    offset_K: float = 0.8


def drift_K(params: SensorParams, times_s: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The error all pixels of a frame share, kelvin, one for each of the rising `times_s`."""
    since = times_s - times_s[0]
    steps_min = np.diff(times_s, prepend=times_s[0]) / 60.0
    walk = np.cumsum(rng.standard_normal(len(times_s)) * params.walk_K * np.sqrt(np.maximum(steps_min, 0.0)))
    trend = params.trend_K * (1.0 - np.exp(-since / params.settle_s))
    jump_at = int(rng.integers(len(times_s) // 4, max(len(times_s) * 3 // 4, len(times_s) // 4 + 1)))
    jump = np.where(np.arange(len(times_s)) >= max(jump_at, 1), params.jump_K, 0.0)
    drift: FloatArray = params.offset_K + trend + walk + jump
    return drift


@functools.lru_cache(maxsize=4)
def fixed_error_K(params: SensorParams, camera: RenderCamera, seed: int) -> FloatGrid:
    """The error each pixel keeps in every frame, (height, width) kelvin: falloff and fixed pattern."""
    rng = np.random.default_rng(seed)
    x = (np.arange(camera.width_px) - camera.cx_px) / camera.width_px
    y = (np.arange(camera.height_px) - camera.cy_px) / camera.width_px
    away = x[None, :] ** 2 + y[:, None] ** 2
    columns = rng.standard_normal(camera.width_px)[None, :]
    pixels = rng.standard_normal((camera.height_px, camera.width_px))
    pattern = params.pattern_K * (columns + pixels) / np.sqrt(2.0)
    error: FloatGrid = (pattern - params.falloff_K * away / away.max()).astype(np.float32)
    return error


def as_measured(
    seen_C: FloatGrid, fixed_K: FloatGrid, drift: float, params: SensorParams, rng: np.random.Generator
) -> FloatGrid:
    """The temperatures the camera reports for what it sees, float32."""
    noise = rng.standard_normal(seen_C.shape, np.float32) * np.float32(params.netd_K)
    return seen_C + fixed_K + np.float32(drift) + noise


def preview(celsius: FloatGrid) -> NDArray[np.uint8]:
    """The grey picture people see: stretched between the 1st and 99th percentile."""
    low, high = np.percentile(celsius[::4, ::4], (1.0, 99.0))
    grey = (celsius - np.float32(low)) * np.float32(255.0 / max(high - low, 0.5))
    shown: NDArray[np.uint8] = np.clip(grey, 0, 255).astype(np.uint8)
    return shown
