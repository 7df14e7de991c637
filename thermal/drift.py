"""Temperature drift: one offset a frame and one flat field, from what overlapping frames disagree on.

Model: seen = scene + offset[frame] + flat(pixel). The scene's value at each sampled ground point is
eliminated. Overlaps cannot tell the flat field's linear terms from offsets that follow the place (a free
polynomial once made a 15 K slope from nothing, and so does calling them zero where the camera has them). What
tells them apart is time: drift runs on steadily, whatever way the drone turns, so offsets are held to a
constant rate with a random walk about it, and jumps (shutter recalibrations) are let through.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.camera import Camera
from core.geo import FloatArray
from thermal.frame import CelsiusArray
from thermal.ground import Ground
from thermal.loading import SMALL
from thermal.mosaic import ground_under
from thermal.pose import CameraPose, footprint_m

IntArray = NDArray[np.int64]
FLAT_TERMS = 7


@dataclass(frozen=True, slots=True)
class DriftParams:
    """`points_across` sampled ground points over a frame's width; `hold_out` every so manieth is kept aside.

    `scale_K` robust scale of a disagreement; `position_m` how far a sample may lie off, so that samples on
    steep temperature edges count less; `offset_K`, `flat_K` and `linear_K` (to the corners) priors' sigmas;
    `walk_K` how far drift strays from its rate between two frames.
    """

    points_across: int = 26
    hold_out: int = 5
    scale_K: float = 0.3
    position_m: float = 0.3
    noise_K: float = 0.1
    offset_K: float = 20.0
    flat_K: float = 3.0
    linear_K: float = 1.5
    walk_K: float = 0.1
    rounds: int = 12


@dataclass(frozen=True, slots=True)
class Samples:
    """Temperatures at ground points: `point`, `frame`, `celsius`, `sigma_K` (m,), `flat` (m, 7)."""

    point: IntArray
    frame: IntArray
    celsius: FloatArray
    sigma_K: FloatArray
    flat: FloatArray

    def select(self, keep: NDArray[np.bool_]) -> "Samples":
        """The samples where `keep` is true."""
        return Samples(
            self.point[keep], self.frame[keep], self.celsius[keep], self.sigma_K[keep], self.flat[keep]
        )


@dataclass(frozen=True, slots=True)
class Drift:
    """What to take off: `offsets_K` (n,) and the flat field's coefficients (7,).

    `rms_before_K` and `rms_after_K`: RMS over pairs of frames of their median difference at points that were
    not used in solving, None without overlap. `noise_K`: robust spread of single samples after correction.
    """

    offsets_K: FloatArray
    flat: FloatArray
    rms_before_K: float | None
    rms_after_K: float | None
    noise_K: float
    pairs: int


def flat_basis(pixels: FloatArray, camera: Camera) -> FloatArray:
    """Flat field terms (..., 7) at pixels: r^2, r^4, r^6, x^2 - y^2, xy, x, y; r = 1 in the corners."""
    half = np.array([camera.width_px, camera.height_px]) / 2.0
    p = (np.asarray(pixels, float) + 0.5 - half) / float(np.hypot(*half))
    x, y = p[..., 0], p[..., 1]
    r2 = x * x + y * y
    return np.stack([r2, r2**2, r2**3, x * x - y * y, x * y, x, y], axis=-1)


def flat_image(flat: FloatArray, camera: Camera) -> CelsiusArray:
    """The flat field as float32 (height, width), K; 0 in the centre."""
    cols, rows = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    image: CelsiusArray = (flat_basis(np.stack([cols, rows], -1), camera) @ flat).astype(np.float32)
    return image


def sample_overlaps(
    smalls: Sequence[CelsiusArray],
    poses: Sequence[CameraPose],
    camera: Camera,
    ground: Ground,
    params: DriftParams,
) -> Samples:
    """Sample all frames' small copies on one lattice of ground points that two frames or more saw."""
    heights = [p.center_m[2] - ground_under(ground, p) for p in poses]
    step = float(np.median(heights)) / camera.focal_px * camera.width_px / params.points_across
    low = np.array([footprint_m(p, camera, ground_under(ground, p)) for p in poses])
    origin, far = low.min(axis=(0, 1)), low.max(axis=(0, 1))
    cols = int(np.ceil((far[0] - origin[0]) / step)) + 1
    parts = []
    for k, (small, pose) in enumerate(zip(smalls, poses, strict=True)):
        first = np.floor((low[k].min(axis=0) - origin) / step).astype(int)
        last = np.ceil((low[k].max(axis=0) - origin) / step).astype(int)
        i, j = (
            a.ravel() for a in np.meshgrid(np.arange(first[0], last[0] + 1), np.arange(first[1], last[1] + 1))
        )
        at = origin + np.column_stack([i, j]) * step
        up = ground.heights_m(at)
        pixels = pose.pixels(np.column_stack([at, up]), camera)
        parts.append(
            _one_frame(small, pixels, (j * cols + i).astype(np.int64), k, camera, params, heights[k])
        )
    return _shared(_joined(parts))


def _one_frame(
    small: CelsiusArray, pixels: FloatArray, point: IntArray, frame: int, camera: Camera, params: DriftParams,
    height_m: float,
) -> Samples:  # fmt: skip
    from scipy.ndimage import map_coordinates

    margin = 2.0 * SMALL
    size = np.array([camera.width_px, camera.height_px])
    inside = ((pixels > margin) & (pixels < size - margin)).all(axis=1)
    at = ((pixels[inside] + 0.5) / SMALL - 0.5)[:, ::-1].T
    value = map_coordinates(small.astype(float), at, order=1, mode="nearest")
    rows, cols = np.gradient(small.astype(float))
    slope = map_coordinates(np.hypot(rows, cols), at, order=1, mode="nearest") / (
        height_m / camera.focal_px * SMALL
    )
    sigma = np.hypot(params.noise_K, slope * params.position_m)
    known = np.isfinite(value) & np.isfinite(sigma)
    return Samples(
        point[inside][known], np.full(int(known.sum()), frame), value[known], sigma[known],
        flat_basis(pixels[inside][known], camera),
    )  # fmt: skip


def _joined(parts: Sequence[Samples]) -> Samples:
    return Samples(
        *(
            np.concatenate([getattr(p, name) for p in parts])
            for name in ("point", "frame", "celsius", "sigma_K", "flat")
        )
    )


def _shared(samples: Samples) -> Samples:
    label, index, count = np.unique(samples.point, return_inverse=True, return_counts=True)
    del label
    shared = Samples(index.astype(np.int64), samples.frame, samples.celsius, samples.sigma_K, samples.flat)
    return shared.select(count[index] >= 2)


def solve_drift(samples: Samples, times_s: FloatArray, params: DriftParams) -> Drift:
    """Offsets with mean zero and the flat field, robustly; figures at the points held out.

    `times_s` (n,) when each frame was taken, or their order; only their succession and spacing count.
    """
    frames = len(times_s)
    if len(samples.frame) == 0:
        return Drift(np.zeros(frames), np.zeros(FLAT_TERMS), None, None, params.noise_K, 0)
    held = samples.point % params.hold_out == 0
    use = samples.select(~held)
    x = _solve(use, steps_in_time(times_s), frames, params)
    offsets, flat = x[:frames], x[frames : frames + FLAT_TERMS]
    test = samples.select(held)
    corrected = test.celsius - offsets[test.frame] - test.flat @ flat
    before, pairs = pairwise_rms(test, test.celsius)
    after, _ = pairwise_rms(test, corrected)
    rest = _residual(use, x, np.ones(len(use.frame)), frames)
    noise = 1.4826 * float(np.median(np.abs(rest)))
    return Drift(offsets, flat, before, after, max(noise, 0.02), pairs)


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


def _solve(samples: Samples, steps: Steps, frames: int, params: DriftParams) -> FloatArray:
    """Offsets, flat field and rate by reweighted least squares, the scene eliminated; robust scales fall."""
    x = np.zeros(frames + FLAT_TERMS + 1)
    robust, smooth = np.ones(len(samples.frame)), np.ones(len(steps.first))
    for turn in range(params.rounds):
        normal, right = _overlap_terms(samples, robust / samples.sigma_K**2, frames)
        _add_priors(normal, steps, smooth, frames, params)
        x = np.asarray(np.linalg.solve(normal, right), float)
        rest = _residual(samples, x, robust / samples.sigma_K**2, frames)
        scale = max(params.scale_K, 8.0 * 0.5**turn) * samples.sigma_K / params.noise_K
        robust = 1.0 / (1.0 + (rest / scale) ** 2)
        stray = (x[steps.second] - x[steps.first] - x[-1] * steps.intervals) / np.sqrt(steps.intervals)
        smooth = 1.0 / (1.0 + (stray / max(3.0 * params.walk_K, 2.0 * 0.7**turn)) ** 2)
    return x


def _overlap_terms(samples: Samples, weight: FloatArray, frames: int) -> tuple[FloatArray, FloatArray]:
    """Normal matrix and right side (n + 8) of the samples with every point's own temperature eliminated."""
    from scipy.sparse import csr_array

    m, size, terms = len(samples.frame), frames + FLAT_TERMS + 1, FLAT_TERMS + 1
    flat_columns = np.broadcast_to(np.arange(frames, size - 1), (m, FLAT_TERMS))
    columns = np.column_stack([samples.frame, flat_columns])
    values = np.column_stack([np.ones(m), samples.flat])
    design = csr_array((values.ravel(), columns.ravel(), np.arange(m + 1) * terms), shape=(m, size))
    points = int(samples.point.max()) + 1
    gather = csr_array((weight, (samples.point, np.arange(m))), shape=(points, m))
    total = np.maximum(np.bincount(samples.point, weight, minlength=points), 1e-12)
    mean_rows = gather @ design
    heavy = csr_array(design.multiply(weight[:, None]))
    share = csr_array(mean_rows.multiply(1.0 / total[:, None]))
    normal = (heavy.T @ design - share.T @ mean_rows).toarray()
    right = heavy.T @ samples.celsius - share.T @ (gather @ samples.celsius)
    return np.asarray(normal, float), np.asarray(right, float)


def _add_priors(
    normal: FloatArray, steps: Steps, smooth: FloatArray, frames: int, params: DriftParams
) -> None:
    """Priors on offsets and flat field, mean zero (the level is an anchor's), steadiness in time."""
    flat = [params.flat_K] * (FLAT_TERMS - 2) + [params.linear_K] * 2
    sigma = np.array([params.offset_K] * frames + flat + [params.offset_K])
    normal[np.diag_indices_from(normal)] += sigma**-2
    normal[:frames, :frames] += 1.0
    rows = np.zeros((len(steps.first), len(normal)))
    index = np.arange(len(steps.first))
    rows[index, steps.second] = 1.0
    rows[index, steps.first] = -1.0
    rows[:, -1] = -steps.intervals
    normal += rows.T @ (rows * (smooth / (params.walk_K**2 * steps.intervals))[:, None])


def _residual(samples: Samples, x: FloatArray, weight: FloatArray, frames: int) -> FloatArray:
    """Corrected samples less the weighted mean of their point."""
    corrected = samples.celsius - x[samples.frame] - samples.flat @ x[frames : frames + FLAT_TERMS]
    points = int(samples.point.max()) + 1
    total = np.maximum(np.bincount(samples.point, weight, minlength=points), 1e-12)
    mean = np.bincount(samples.point, weight * corrected, minlength=points) / total
    return np.asarray(corrected - mean[samples.point], float)


def pairwise_rms(samples: Samples, celsius: FloatArray, least: int = 10) -> tuple[float | None, int]:
    """RMS over pairs of frames of the median difference at their shared points, and the number of pairs."""
    first, second, gap = _differences(samples, celsius)
    if len(gap) == 0:
        return None, 0
    key = first * (int(samples.frame.max()) + 1) + second
    order = np.lexsort((gap, key))
    key, gap = key[order], gap[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    sizes = np.diff(np.concatenate([starts, [len(key)]]))
    full = sizes >= least
    if not full.any():
        return None, 0
    low, high = starts + (sizes - 1) // 2, starts + sizes // 2
    medians = (gap[low] + gap[high])[full] / 2.0
    return float(np.sqrt(np.mean(medians**2))), int(full.sum())


def _differences(samples: Samples, celsius: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """All (first frame, second frame, difference) at shared points, first < second."""
    order = np.lexsort((samples.frame, samples.point))
    point, frame, value = samples.point[order], samples.frame[order], celsius[order]
    parts = []
    for away in range(1, int(np.bincount(point).max(initial=0))):
        same = point[away:] == point[:-away]
        if not same.any():
            break
        parts.append((frame[:-away][same], frame[away:][same], (value[away:] - value[:-away])[same]))
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    a, b, gap = (np.concatenate(column) for column in zip(*parts, strict=True))
    return a.astype(np.int64), b.astype(np.int64), gap
